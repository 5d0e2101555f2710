"""Markdown as HTML, as CommonMark and its tables have it, by markdown-it.

HTML in a document is shown and not obeyed, a link with a scheme that runs code is none, and an image is shown
only if it is one of ours.  Headings are found by the names that GitHub gives them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cosmodrome.web.layout import LONGEST_WORD, code_as_html

LONGEST_LEAD = 200
"""Characters of the sentence that tells what a document is about."""

SHOWN = ("", "console", "diff", "text")
"""Languages of blocks that nobody wants to copy whole: they have outputs and explanations in them."""

Resolve = Callable[[str], str]
"""Returns where a link or an image leads; empty: nowhere."""


@dataclass(frozen=True)
class Section:
    """A heading of the second level, and what comes below it."""

    title: str
    anchor: str
    html: SafeString


@dataclass(frozen=True)
class Html:
    """A document as HTML."""

    title: str
    lead: str
    """The first sentence, as text."""
    intro: SafeString
    """The part before the first heading of the second level."""
    sections: tuple[Section, ...]


def document_html(text: str, resolve: Resolve) -> Html:
    """Returns the HTML of a document, with its links resolved."""
    tokens = MARKDOWN.parse(text)
    add_anchors(tokens)
    name_cells(tokens)
    for token in tokens:
        resolve_links(token.children or [], resolve)
    title, parts = "", [list[Token]()]
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.type == "heading_open" and token.tag == "h1" and not title:
            title = text_of(tokens[place + 1])
            place += 3
            continue
        if token.type == "heading_open" and token.tag == "h2" and not token.level:
            parts.append([])
        parts[-1].append(token)
        place += 1
    intro, *rest = parts
    return Html(title, lead_of(intro), as_html(intro), tuple(map(section_of, rest)))


def section_of(tokens: list[Token]) -> Section:
    """Returns the section that begins with a heading."""
    opening, heading, _, *below = tokens
    return Section(text_of(heading), str(opening.attrGet("id")), as_html(below))


def lead_of(tokens: list[Token]) -> str:
    """Returns the first sentence of the first paragraph."""
    first = next((each for each in tokens if each.type == "inline"), None)
    text = text_of(first) if first else ""
    sentence = re.split(r"(?<=[.:!?])\s", text, maxsplit=1)[0]
    sentence = re.sub(":$", ".", sentence)
    return sentence if len(sentence) <= LONGEST_LEAD else f"{sentence[: LONGEST_LEAD - 1]}…"


def text_of(token: Token) -> str:
    """Returns the text of what is inline, without its markup."""
    parts = [
        " " if each.type in ("softbreak", "hardbreak") else each.content for each in token.children or []
    ]
    return "".join(parts)


def add_anchors(tokens: list[Token]) -> None:
    """Names headings as GitHub does: `Tokens & rates` is `tokens--rates`, a second one `tokens--rates-1`."""
    taken: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            anchor = re.sub(r"[^\w\- ]", "", text_of(inline).lower()).replace(" ", "-")
            count = taken[anchor] = taken.get(anchor, -1) + 1
            opening.attrSet("id", f"{anchor}-{count}" if count else anchor)


def name_cells(tokens: list[Token]) -> None:
    """Gives each cell of a table the name of its column, which stands beside it where a table has no room."""
    heads: list[str] = []
    column = 0
    for opening, inline in pairwise(tokens):
        if opening.type == "thead_open":
            heads = []
        elif opening.type == "tr_open":
            column = 0
        elif opening.type == "th_open":
            heads.append(text_of(inline))
        elif opening.type == "td_open":
            if column and heads[column : column + 1]:
                opening.attrSet("data-name", heads[column])
            column += 1


def resolve_links(tokens: list[Token], resolve: Resolve) -> None:
    """Resolves links and images; an image that is not ours is shown as its text."""
    for token, inside in zip_longest(tokens, tokens[1:]):
        if token.type == "link_open":
            token.attrSet("href", resolve(str(token.attrGet("href"))))
            if inside.type == "text" and " " not in inside.content and len(inside.content) <= LONGEST_WORD:
                token.attrSet("class", "name")
        elif token.type == "image":
            address = resolve(str(token.attrGet("src")))
            if address.startswith("/"):
                token.attrSet("src", address)
            else:
                token.type, token.children = "text", None


def as_html(tokens: Sequence[Token]) -> SafeString:
    """Returns tokens as HTML."""
    return SafeString(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))


def sentence_html(text: str) -> SafeString:
    """Returns a sentence in Markdown as HTML, without a paragraph around it."""
    return SafeString(MARKDOWN.renderInline(text))


def code_inline(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    """Renders code in a sentence, whose words are broken between their parts if they have to be."""
    del renderer, options, env
    return f"<code>{code_as_html(tokens[place].content)}</code>"


def code_block(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    """Renders lines of code, which are not wrapped: they scroll, for those without a mouse as well."""
    del renderer, options, env
    copied = "" if tokens[place].info in SHOWN else " data-copy"
    return f'<pre class="code" tabindex="0"{copied}><code>{escape(tokens[place].content)}</code></pre>\n'


def parser() -> MarkdownIt:
    """Returns the parser, which renders as well."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("code_inline", code_inline)
    markdown.add_render_rule("fence", code_block)
    markdown.add_render_rule("code_block", code_block)
    return markdown


MARKDOWN = parser()
