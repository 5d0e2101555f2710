"""The documents in Markdown: where they are, what they are called, and where links between them lead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path, PurePosixPath
from posixpath import normpath
from re import Match
from urllib.parse import urlsplit

from django.urls import get_script_prefix, reverse
from django.utils.html import escape

import cosmodrome
from cosmodrome.web.documents.markdown import Html, document_html
from cosmodrome.web.layout import code_as_html

PACKAGE = Path(cosmodrome.__file__).parent
IN_WHEEL = PACKAGE / "documents"
"""The documents in an installed wheel, laid out as in the project."""
ROOT = IN_WHEEL if IN_WHEEL.is_dir() else PACKAGE.parent.parent
SAMPLE = "src/cosmodrome/sample/README.md"
"""A document that is in the package itself."""
INDEX = "docs/README.md"
"""The document that names the others by what one wants to do; the documentation page shows it."""
README = "README.md"
OWN = ("127.0.0.1:8000", "localhost:8000")
"""The hosts by which documents call the server, which here is this one."""
SHOWN = re.compile(r"(?s)<pre.*?</pre>|<span>http://127\.0\.0\.1:8000([^<]*)</span>|http://127\.0\.0\.1:8000")
"""Matches the address of the server in the HTML of documents: in a block, as a word of code, elsewhere."""
STARTING = re.compile(r"\b(?:serve|systemctl|compose)\b")
"""Matches a command that starts a server: in a block with one, the address stays as the block says."""
MOST_KEPT = 128
"""Pages that a process keeps: more than twice as many as there are, for a server below two paths."""
IMAGES = {".png": "image/png"}
"""Types of the images that documents show, by the ends of their names."""


@dataclass(frozen=True)
class Document:
    """A document of the project."""

    path: str
    """The place in the project, as `docs/time-travel.md`."""
    file: Path

    @property
    def name(self) -> str:
        """The part of the address: `time-travel`; that of the sample's README is `sample`."""
        if self.path == SAMPLE:
            return "sample"
        return self.path.removeprefix("docs/").removesuffix(".md").lower()

    @property
    def href(self) -> str:
        """The address of its page."""
        return reverse("documentation") if self.path == INDEX else reverse("document", args=[self.name])

    @property
    def html(self) -> Html:
        """The content; read and rendered once."""
        return rendered(self, get_script_prefix())


@cache
def documents() -> dict[str, Document]:
    """Returns all documents by their paths."""
    files = {file.relative_to(ROOT).as_posix(): file for file in sorted(ROOT.glob("docs/**/*.md"))}
    files |= {file.name: file for file in sorted(ROOT.glob("*.md"))}
    if (sample := PACKAGE / "sample" / "README.md").is_file():
        files[SAMPLE] = sample
    return {path: Document(path, file) for path, file in files.items()}


@cache
def images() -> dict[str, Path]:
    """Returns the images of documents by their paths."""
    return {
        file.relative_to(ROOT).as_posix(): file
        for file in ROOT.glob("docs/images/*")
        if file.suffix in IMAGES
    }


def document_named(name: str) -> Document | None:
    """Returns the document whose address ends in a name, or whose file is called so; None if there is none.

    The index comes before the project's own README, which alone has `readme` in its address.
    """
    named = [each for each in documents().values() if each.name == name.lower().removesuffix(".md")]
    exact = (each for each in named if each.name == name and each.path != INDEX)
    return next(exact, named[0] if named else None)


def reached_at(html: str, address: str) -> str:
    """Returns the HTML of a page with the address that the server is reached at, without a closing slash."""

    def replaced(found: Match[str]) -> str:
        text = found[0]
        if text.startswith("<pre"):
            return text if STARTING.search(text) else text.replace(f"http://{OWN[0]}", escape(address))
        return escape(address) if found[1] is None else code_as_html(address + unescape(found[1]))

    return SHOWN.sub(replaced, html)


@lru_cache(MOST_KEPT)
def rendered(document: Document, prefix: str) -> Html:
    """Returns the HTML of a document, with links below the prefix of the server's address."""
    del prefix  # `reverse` knows it
    text = document.file.read_text(encoding="utf-8")
    return document_html(text, lambda target: address_of(target, document.path))


def address_of(target: str, path: str) -> str:
    """Returns where a link or an image in the document at `path` leads; empty if it leads nowhere.

    What is in the project and not served is at the project's own address.
    """
    parts = urlsplit(target)
    if parts.netloc in OWN:
        return f"{reverse('home')}{parts.path.removeprefix('/')}"
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return target
    place = normpath(str(PurePosixPath(path).parent / parts.path))
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    if found := documents().get(place):
        return f"{found.href}{fragment}"
    if place in images():
        return reverse("document-image", args=[PurePosixPath(place).name])
    return f"{project_address()}/blob/main/{place}{fragment}" if project_address() else ""


@cache
def project_address() -> str:
    """Returns the address of the project, as the package tells it; empty if it doesn't."""
    try:
        urls = metadata("cosmodrome").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    return next((url.partition(", ")[2] for url in urls if url.startswith("Homepage, ")), "")
