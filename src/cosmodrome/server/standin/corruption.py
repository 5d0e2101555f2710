"""Corruption: bodies of right answers with something wrong in them, as JSON that is read notices or does not.

Each function takes the body of an answer in JSON, its fate, and the url it was asked at; it returns the body
with the fault, or None if there is nothing in it that could have the fault.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from cosmodrome.server.standin.fates import Fate

ELSEWHERE = "elsewhere.example"
"""Another host: the name is kept free for examples, so that no request to it gets anywhere."""

Spoiler = Callable[[bytes, Fate, str], bytes | None]


def truncated(body: bytes, fate: Fate, url: str) -> bytes | None:
    """Returns the body without its end, of which at least the closing bracket is missing."""
    del url
    return body[: 1 + fate.number % (len(body) - 1)] if len(body) > 1 else None


def misled(body: bytes, fate: Fate, url: str) -> bytes | None:
    """Returns a page whose `next` leads to another host, or to itself."""
    page = json.loads(body)
    if not isinstance(page, dict) or "next" not in page:
        return None
    page["next"] = fate.pick(elsewhere(url), url)
    return as_bytes(page)


def elsewhere(url: str) -> str:
    """Returns the same address at another host."""
    parts = urlsplit(url)
    return urlunsplit(("https", ELSEWHERE, parts.path, parts.query, ""))


def mistyped(body: bytes, fate: Fate, url: str) -> bytes | None:
    """Returns the body with one value of a record in another type."""
    del url
    document = json.loads(body)
    records = records_of(document)
    if not records:
        return None
    record = records[fate.number % len(records)]
    names = [name for name, value in record.items() if value is not None]
    name = names[fate.number // len(records) % len(names)]
    record[name] = "a text" if isinstance(record[name], dict | list) else {"value": record[name]}
    return as_bytes(document)


def doubled(body: bytes, fate: Fate, url: str) -> bytes | None:
    """Returns a page with one record twice: in place of another, if there is one, or beside all others."""
    del url
    page = json.loads(body)
    records = page.get("results") if isinstance(page, dict) else None
    if not records:
        return None
    number, form = fate.number // 2, fate.number % 2 if len(records) > 1 else 0
    source = number % len(records)
    if form:
        records[(source + 1) % len(records)] = deepcopy(records[source])
    else:
        records.insert(source, deepcopy(records[source]))
    return as_bytes(page)


def records_of(document: Any) -> list[dict[str, Any]]:
    """Returns the records of a page, or the one record that a document is."""
    found = document.get("results", [document]) if isinstance(document, dict) else []
    return [each for each in found if isinstance(each, dict) and any(v is not None for v in each.values())]


def as_bytes(document: Any) -> bytes:
    """Returns a document as the wire writes it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


SPOILERS: dict[str, Spoiler] = {
    "truncate": truncated,
    "next": misled,
    "types": mistyped,
    "duplicate": doubled,
}
"""What spoils a body, by kind of fault."""
