"""Shows JSON as HTML: indented, coloured, with links for urls, and with nested objects that fold.

A page has room for so many bytes.  What has no place in it is left out and marked by an ellipsis, which no
reader takes for JSON; time goes with the room, not with the data.  Nothing here needs a script.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import escape
from json.encoder import encode_basestring
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from rest_framework.utils.encoders import JSONEncoder

from cosmodrome.web.names import record_name

ROOM = 200_000
"""Bytes of HTML that the JSON on a page may take; the form and the help around it take up to 100 kB."""
SMALL = 30_000
"""Bytes of HTML up to which nothing is folded."""
STUB = 400
"""Bytes for which an object is not opened: it is shown as `{…}`."""
LINE = 20
"""Bytes of markup of a line, beside its text and its indentation."""
BLOCK = 90
"""Bytes of markup of a nested object or list, at most, beside its lines."""
LONGEST_LABEL = 60
"""Characters of the name that a folded object is called by."""

HTTP_URL = re.compile(r"https?://\S+", re.IGNORECASE)
NEWLINE = "\n"
SIGNS = {True: ("{", "}"), False: ("[", "]")}
"""The signs that open and close an object, and a list."""


class LenientJSONEncoder(JSONEncoder):
    """DRF's encoder for pages, which must not fail: objects that are not serializable become texts."""

    def default(self, obj: Any) -> Any:
        """Returns a serializable form of `obj`."""
        try:
            return super().default(obj)
        except TypeError:
            return str(obj)


@dataclass(frozen=True)
class Shown:
    """JSON as HTML."""

    html: SafeString
    is_cut: bool
    """Whether there was no room for all of it."""


def json_as_html(data: Any, room: int = ROOM) -> SafeString:
    """The HTML of `data` alone."""
    return shown_json(data, room).html


def shown_json(data: Any, room: int = ROOM) -> Shown:
    """`data` as JSON with its tokens marked up, and with a link for each string that is an http(s) url.

    An empty text for None, which is an empty response.
    """
    if data is None:
        return Shown(mark_safe(""), is_cut=False)
    data = plain(data)
    is_list = isinstance(data, dict) and "results" in data
    whole = html_size(data, room)
    writer = Writer(open_levels=99 if whole <= SMALL else 3 if is_list else 1)
    writer.write(data, "", "", 0, room, fits=whole <= room)
    return Shown(mark_safe("".join(writer.parts)), writer.is_cut)  # noqa: S308 - every part is escaped


class Writer:
    """Writes values one after the other, and counts the bytes."""

    def __init__(self, open_levels: int) -> None:
        self.open_levels = open_levels
        self.parts: list[str] = []
        self.size = 0
        self.is_cut = False

    def add(self, html: str) -> None:
        """Appends HTML."""
        self.parts.append(html)
        self.size += len(html) if html.isascii() else len(html.encode("utf-8", "replace"))

    def write(self, value: Any, before: str, after: str, level: int, room: int, *, fits: bool) -> None:
        """Writes a value with what stands before and after it on its lines; `fits`: all of it has room."""
        if not isinstance(value, dict | list):
            self.write_scalar(value, before, after, room, fits=fits)
        elif not value:
            self.add(f"{before}{''.join(SIGNS[isinstance(value, dict)])}{after}")
        elif not (fits := fits or html_size(value, room) <= room) and room < STUB:
            self.write_stub(value, before, after)
        elif level == 0:
            self.write_block(value, before, after, level, room, fits=fits)
        else:
            label = escape(label_of(value))
            opened = " open" if level < self.open_levels else ""
            self.add(f'<details{opened}><summary data-is="{label}">')
            self.write_block(value, before, after, level, room, fits=fits)
            self.add("</details>")

    def write_scalar(self, value: Any, before: str, after: str, room: int, *, fits: bool) -> None:
        """Writes a text, a number or a word; of a text that has no room the beginning."""
        if not fits and isinstance(value, str) and scalar_size(value) > max(room, STUB):
            self.is_cut = True
            value, after = value[: max(room, STUB) // 8], f" …{after}"
        self.add(f"{before}{scalar_as_html(value)}{after}")

    def write_stub(self, value: Any, before: str, after: str) -> None:
        """Writes an object or a list without what is in it, and a link to its own page if it has one."""
        self.is_cut = True
        opening, closing = SIGNS[isinstance(value, dict)]
        url = value.get("url") if isinstance(value, dict) else None
        inner = f'<a href="{escape(str(url))}">…</a>' if is_url(url) else "…"
        self.add(f"{before}{opening}{inner}{closing}{after}")

    def write_block(self, value: Any, before: str, after: str, level: int, room: int, *, fits: bool) -> None:
        """Writes an object or a list line by line.

        Where not all has room, texts and numbers come first, and what is nested shares the rest.
        """
        opening, closing = SIGNS[isinstance(value, dict)]
        end = self.size + room
        self.add(f"{before}{opening}{'</summary>' if level else NEWLINE}")
        indent = "\t" * (level + 1)
        lines = lines_of(value, indent)
        nested = sum(is_nested(child) for _, child in lines)
        reserved = 0 if fits else sum(len(start) + scalar_size(child) for start, child in lines)
        for number, (start, child) in enumerate(lines, 1):
            if not fits and self.size > end:
                self.is_cut = True
                self.add(f"{indent}… {len(lines) - number + 1:,} more\n")
                break
            reserved -= 0 if fits else len(start) + scalar_size(child)
            share = end - self.size
            if is_nested(child):
                share = max(share - reserved, 0) // nested
                nested -= 1
            self.write(child, start, ",\n" if number < len(lines) else "\n", level + 1, share, fits=fits)
        self.add("\t" * level + closing + after)


def lines_of(value: Any, indent: str) -> list[tuple[str, Any]]:
    """Returns what the lines of an object or a list begin with, and the values that follow."""
    if isinstance(value, dict):
        return [(f"{indent}<b>{text_as_html(key)}</b>: ", plain(child)) for key, child in value.items()]
    return [(indent, plain(child)) for child in value]


def plain(value: Any) -> Any:
    """Returns a value as JSON has it: as it is, if it has been read from JSON."""
    is_plain = isinstance(value, str | int | float | list | None) or (
        isinstance(value, dict) and all(isinstance(key, str) for key in value)
    )
    return value if is_plain else json.loads(json.dumps(value, cls=LenientJSONEncoder, skipkeys=True))


def is_nested(value: Any) -> bool:
    """Whether a value has lines of its own."""
    return bool(value) and isinstance(value, dict | list)


def html_size(value: Any, room: int) -> int:
    """Returns how many bytes the HTML of a value takes, at most; more than `room` if it is more."""
    size, ahead = 0, [(value, 1)]
    while ahead and size <= room:
        each, level = ahead.pop()
        each = plain(each)
        if isinstance(each, dict):
            size += BLOCK + level + sum(len(key.encode("utf-8", "replace")) + LINE + level for key in each)
            ahead += [(child, level + 1) for child in each.values()]
        elif isinstance(each, list):
            size += BLOCK + level + (LINE + level) * len(each)
            ahead += [(child, level + 1) for child in each]
        else:
            size += scalar_size(each)
    return size


def scalar_size(value: Any) -> int:
    """Returns how many bytes the HTML of a text, a number or a word takes, about; 0 for what is nested."""
    if isinstance(value, str) and len(value) > ROOM:
        return len(value)  # more than there is room for, which is enough to know
    if isinstance(value, str):
        return len(scalar_as_html(value).encode("utf-8", "replace"))
    return 0 if is_nested(value) else 16


def scalar_as_html(value: Any) -> str:
    """A text, a number or a word as HTML."""
    if not isinstance(value, str):
        return "<u>null</u>" if value is None else f"<u>{json.dumps(value)}</u>"
    text = text_as_html(value)
    if is_url(value):
        return f'"<a href="{escape(value)}" rel="nofollow">{text[1:-1]}</a>"'
    return f"<i>{text}</i>"


def text_as_html(text: str) -> str:
    """A text as JSON as HTML, with its quotes."""
    return escape(encode_basestring(text), quote=False)


def is_url(value: Any) -> bool:
    """Whether a value is an http(s) url and nothing else."""
    return isinstance(value, str) and HTTP_URL.fullmatch(value) is not None


def label_of(value: Any) -> str:
    """Returns the end of a folded object, with its name; of a list, with the number of its items."""
    if isinstance(value, list):
        return f"] {len(value):,}"
    named = record_name(value) or str(value.get("id", ""))
    return f"}} {named[:LONGEST_LABEL]}"
