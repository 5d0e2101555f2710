"""JSON as HTML: indented, coloured, and with every address a link."""

from __future__ import annotations

import json
import re
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from rest_framework.utils.encoders import JSONEncoder

TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))'
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<word>true|false|null)"
    r"|(?P<indent>^ +)",
    re.MULTILINE,
)
ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


class Lenient(JSONEncoder):
    """DRF's encoder, for a page that must come out: what has no JSON is shown as text."""

    def default(self, obj: Any) -> Any:
        """What is written for `obj`."""
        try:
            return super().default(obj)
        except TypeError:
            return str(obj)


def json_text(data: Any) -> str:
    """`data` as the API writes it, indented by 4; nothing for None, which is an empty answer."""
    if data is None:
        return ""
    return json.dumps(data, indent=4, ensure_ascii=False, cls=Lenient, skipkeys=True)


def json_as_html(data: Any) -> SafeString:
    """`json_text` with its parts in spans, and each string that is an http(s) address a link."""
    text = json_text(data)
    parts, end = [], 0
    for token in TOKEN.finditer(text):
        parts += [escape(text[end : token.start()]), marked(token)]
        end = token.end()
    return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 - every part is escaped


def marked(token: re.Match[str]) -> str:
    """One token of JSON as HTML."""
    kind, text = str(token.lastgroup), token[0]
    if kind == "string" and ADDRESS.fullmatch(address := json.loads(text)):
        return f'"<a href="{escape(address)}" rel="nofollow noopener">{escape(text[1:-1])}</a>"'
    return f'<span class="{kind}">{escape(text)}</span>'
