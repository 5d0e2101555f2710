"""One finished answer, in each coding that somebody has asked for."""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha1

from django.utils.http import parse_etags

from cosmodrome.changes.snapshots import Validity

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

Headers = list[tuple[str, str]]

IDENTITY = "identity"
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstd.compress(body, level=9),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
"""What an answer can be compressed with, the best first."""
OVERHEAD = 6000
"""Bytes that Python takes for an answer beside its body: a test holds this."""
MADE_ANEW = frozenset(("content-length", "vary", "cache-control", "etag"))
DESCRIBING = frozenset(("content-type", "content-language", "content-encoding", "content-length"))
"""Headers that tell of a body, which a 304 has none of."""


def lasting(headers: Headers) -> Headers:
    """What a kept answer takes over of Django's headers, and what it has in the place of the others."""
    vary = [*(value for name, value in headers if name.lower() == "vary"), "Accept-Encoding"]
    return [
        *(header for header in headers if header[0].lower() not in MADE_ANEW),
        ("Vary", ", ".join(vary)),
        ("Cache-Control", "no-cache"),
    ]


class Variant:
    """The answer in one coding."""

    __slots__ = ("body", "headers", "tag")

    def __init__(self, headers: Headers, body: bytes, tag: str, coding: str) -> None:
        self.body = body
        self.tag = tag
        self.headers: Headers = [*headers, ("ETag", tag), ("Content-Length", str(len(body)))]
        if coding != IDENTITY:
            self.headers.append(("Content-Encoding", coding))

    @property
    def headers_unchanged(self) -> Headers:
        """Of a 304."""
        return [header for header in self.headers if header[0].lower() not in DESCRIBING]


class Entry:
    """One answer."""

    __slots__ = ("_body", "_headers", "_tag", "made", "reading", "route", "variants")

    def __init__(self, headers: Headers, body: bytes, reading: Validity, route: str = "") -> None:
        """`headers` are those that last."""
        self.route = route
        self.reading = reading
        self.made = time.monotonic()
        self._headers = headers
        self._body = body
        self._tag = sha1(body, usedforsecurity=False).hexdigest()  # twice as fast as BLAKE2
        self.variants = {IDENTITY: Variant(self._headers, body, f'"{self._tag}"', IDENTITY)}
        """By coding, as far as somebody has asked for it."""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return OVERHEAD + sum(len(variant.body) for variant in self.variants.values())

    def variant(self, coding: str) -> Variant:
        """The answer in a coding, compressed once; as it is where compressing gains nothing."""
        found = self.variants.get(coding)
        if found is None:
            body = CODINGS[coding](self._body)
            found = self.variants[IDENTITY]
            if len(body) < len(self._body):
                found = Variant(self._headers, body, f'"{self._tag}-{coding}"', coding)
            self.variants[coding] = found
        return found

    @property
    def age(self) -> int:
        """Seconds since it was made."""
        return int(time.monotonic() - self.made)


def size_of(words: Iterable[str | None]) -> int:
    """About how many bytes the texts take by which an answer is found: beyond ASCII two a letter."""
    return 2 * sum(len(word) for word in words if word)


@lru_cache(maxsize=1000)
def best_coding(accepted: str) -> str:
    """The coding to answer with, by an `Accept-Encoding` header: the best of those that are liked most.

    gzip, deflate, br, zstd        zstd
    gzip;q=1.0, zstd;q=0.5         gzip
    *                              zstd
    gzip;q=0, br                   identity
    """
    liked: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        liked[name.strip()] = quality(parameters)
    others = liked.get("*", 0.0)
    found = max(CODINGS, key=lambda coding: liked.get(coding, others))
    return found if liked.get(found, others) > 0 else IDENTITY


def quality(parameters: str) -> float:
    """How much a coding is liked: `q=0.5`; 1 if nothing is said, 0 if it makes no sense."""
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def matches_etag(tag: str, header: str) -> bool:
    """Whether an `If-None-Match` header names this ETag; weakly, as it is compared for reading."""
    tags = parse_etags(header)
    return "*" in tags or any(known.removeprefix("W/") == tag for known in tags)
