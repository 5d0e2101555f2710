"""Paths of addresses, percent-encoded as Django's `reverse` encodes them."""

from __future__ import annotations

from urllib.parse import quote

UNQUOTED = "!$&'()*+,;=/~:@"
"""Characters that `reverse` leaves as they are in a path."""


def encoded_path(path: str) -> str:
    """Returns a path percent-encoded."""
    return quote(path, safe=UNQUOTED)
