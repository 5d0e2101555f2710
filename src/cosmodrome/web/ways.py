"""Links to go on with from an address where there is nothing."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request

from cosmodrome.resources.schema.help import DOCUMENTATION
from cosmodrome.web.documents.documents import documents
from cosmodrome.web.suggestions import meant_path, parts_of

STARTS = {
    "api-root": "The API, with all its lists",
    "documentation": "The documentation",
    "home": "The start",
}
"""The texts of links to pages where one can begin again, by the name of the address."""


@dataclass(frozen=True)
class Link:
    """A link with its text."""

    text: str
    href: str


def near_documents(request: HttpRequest | Request) -> list[Link]:
    """Returns the document that was meant by a path below that of the documentation, if it is nearly one."""
    first, *rest = parts_of(request) or [""]
    named = {each.name: each for each in documents().values()} if f"/{first}/" == DOCUMENTATION else {}
    name = "/".join(rest).removesuffix(".md")
    return [Link(named[found].html.title, named[found].href) for found in get_close_matches(name, named, n=1)]


def ways_on(request: HttpRequest | Request) -> list[Link]:
    """Returns what was meant by a path, as far as one can tell, and where everything begins."""
    meant = meant_path(request)
    near = (
        [Link(meant, escape_uri_path(f"{get_script_prefix()}{meant}"))] if meant else near_documents(request)
    )
    return [*near, *(Link(text, reverse(name)) for name, text in STARTS.items())]
