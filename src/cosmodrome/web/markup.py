"""Shows JSON as HTML: indented, coloured, and with links for urls."""

from __future__ import annotations

import json
import re
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from rest_framework.utils.encoders import JSONEncoder

JSON_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))'
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<word>true|false|null)"
    r"|(?P<indent>^ +)",
    re.MULTILINE,
)
HTTP_URL = re.compile(r"https?://\S+", re.IGNORECASE)


class LenientJSONEncoder(JSONEncoder):
    """DRF's encoder for pages, which must not fail: objects that are not serializable become texts."""

    def default(self, obj: Any) -> Any:
        """Returns a serializable form of `obj`."""
        try:
            return super().default(obj)
        except TypeError:
            return str(obj)


def json_text(data: Any) -> str:
    """`data` as JSON, indented by 4; an empty text for None, which is an empty response."""
    if data is None:
        return ""
    return json.dumps(data, indent=4, ensure_ascii=False, cls=LenientJSONEncoder, skipkeys=True)


def json_as_html(data: Any) -> SafeString:
    """`data` as JSON with its tokens in spans, and with a link for each string that is an http(s) url."""
    text = json_text(data)
    parts, end = [], 0
    for token in JSON_TOKEN.finditer(text):
        parts += [escape(text[end : token.start()]), token_as_html(token)]
        end = token.end()
    return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 - every part is escaped


def token_as_html(token: re.Match[str]) -> str:
    """One token of JSON as HTML."""
    kind, text = str(token.lastgroup), token[0]
    if kind == "string" and HTTP_URL.fullmatch(address := json.loads(text)):
        return f'"<a href="{escape(address)}" rel="nofollow noopener">{escape(text[1:-1])}</a>"'
    return f'<span class="{kind}">{escape(text)}</span>'
