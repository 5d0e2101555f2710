"""A stored response, in each coding that a client has asked for."""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha1
from threading import Lock
from typing import NamedTuple

from django.utils.http import parse_etags

from cosmodrome.changes.snapshots import Validity
from cosmodrome.time import clock

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

Headers = list[tuple[str, str]]

IDENTITY = "identity"
SMALL = 100_000
"""Bytes of a body up to which gzip takes its time."""
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    # zstd's level 9 would save 10 % of the bytes and take six times as long
    "zstd": lambda body: zstd.compress(body, level=3),
    # for large bodies the fastest, a third longer: 7 MB take 40 ms instead of 120
    "gzip": lambda body: gzip.compress(body, compresslevel=6 if len(body) <= SMALL else 1, mtime=0),
}
"""The codings, the best first.  Compressing releases the GIL."""
OVERHEAD = 6500
"""Bytes that Python takes for an entry beside its bodies: a test checks it."""
LONGEST_REMEMBERED = 200
"""Characters of an `Accept-Encoding` header whose coding is remembered: clients can make up any number."""
LONGEST_READ = 4000
"""Characters of an `Accept-Encoding` header that is read; a longer one gets the body as it is."""
REPLACED = frozenset(("content-length", "vary", "etag"))
DESCRIBING = frozenset(("content-type", "content-language", "content-encoding", "content-length"))
"""Headers that describe a body; a 304 has none."""
FORBIDDING = frozenset(("cache-control", "set-cookie"))
IN_THE_KEY = frozenset(("accept", "accept-encoding", "host"))
"""Request headers that a stored response may vary by."""


def is_storable(status: str, headers: Headers) -> bool:
    """Whether a response may be stored: a view prevents it by `Cache-Control`, `Set-Cookie` or `Vary`."""
    names = {name.lower() for name, _ in headers}
    vary = ",".join(value for name, value in headers if name.lower() == "vary")
    varies_by = {name.strip().lower() for name in vary.split(",") if name}
    return status.startswith("200 ") and names.isdisjoint(FORBIDDING) and varies_by <= IN_THE_KEY


def stored_headers(headers: Headers) -> Headers:
    """Returns the headers of an entry: Django's, without those that the cache writes itself."""
    vary = [*(value for name, value in headers if name.lower() == "vary"), "Accept-Encoding"]
    kept = [header for header in headers if header[0].lower() not in REPLACED]
    return [*kept, ("Vary", ", ".join(vary)), ("Cache-Control", "no-cache")]


class Variant(NamedTuple):
    """The response in one coding."""

    body: bytes
    etag: str
    headers: Headers
    headers_unchanged: Headers
    """The headers of a 304."""


class Entry:
    """A stored response."""

    def __init__(self, headers: Headers, body: bytes, validity: Validity, route: str = "") -> None:
        """`headers` are those that `stored_headers` returns."""
        self.route = route
        self.validity = validity
        self.size = OVERHEAD
        """The bytes that the entry takes, about."""
        self.variants: dict[str, Variant] = {}
        """By coding; each but the first is added when a client asks for it."""
        self._headers = headers
        self._digest = sha1(body, usedforsecurity=False).hexdigest()  # twice as fast as BLAKE2
        self._made = time.monotonic()
        self._age = "Age", "0"
        self._deadline = 0.0
        self._setting: clock.Setting | None = None
        self._compressing = Lock()
        self._add(IDENTITY, body, f'"{self._digest}"')

    def is_valid(self, now: float) -> bool:
        """Whether the entry holds at `now`, by `time.monotonic()`.

        This reads the catalogue's clock when `Age` grows, once a second.  Once for good would be wrong: the
        system's clock can be set, and the monotonic one stands still while a machine sleeps.
        """
        if now < self._deadline and clock.setting() is self._setting:
            return True
        if not self.validity.since <= clock.unrecorded_now() < self.validity.until:
            return False
        age = int(now - self._made)
        self._age = "Age", str(age)
        self._deadline = min(self._made + age + 1, now + clock.seconds_until(self.validity.until))
        self._setting = clock.setting()
        return True

    def respond(
        self, method: str, coding: str, if_none_match: str | None
    ) -> tuple[str, Headers, list[bytes]]:
        """Returns status, headers and body in a coding that is there; 304 if the client has that body."""
        variant = self.variants[coding]
        if if_none_match is not None and matches_etag(variant.etag, if_none_match):
            return "304 Not Modified", [*variant.headers_unchanged, self._age], []
        return "200 OK", [*variant.headers, self._age], [] if method == "HEAD" else [variant.body]

    def compress(self, coding: str) -> None:
        """Adds a coding, once, whoever asks; where compressing gains nothing, the body as it is."""
        with self._compressing:
            if coding in self.variants:
                return
            plain = self.variants[IDENTITY]
            body = CODINGS[coding](plain.body)
            if len(body) >= len(plain.body):
                self.variants[coding] = plain
            else:
                self._add(coding, body, f'"{self._digest}-{coding}"', ("Content-Encoding", coding))

    def _add(self, coding: str, body: bytes, etag: str, *more: tuple[str, str]) -> None:
        headers = [*self._headers, ("ETag", etag), ("Content-Length", str(len(body))), *more]
        unchanged = [header for header in headers if header[0].lower() not in DESCRIBING]
        self.size += len(body)
        self.variants[coding] = Variant(body, etag, headers, unchanged)


def best_coding(accepted: str) -> str:
    """Returns the coding that an `Accept-Encoding` header prefers, the best of several.

    gzip, deflate, br, zstd        zstd
    gzip;q=1.0, zstd;q=0.5         gzip
    *                              zstd
    gzip;q=0, br                   identity
    """
    if len(accepted) > LONGEST_REMEMBERED:
        return parsed.__wrapped__(accepted) if len(accepted) <= LONGEST_READ else IDENTITY
    return parsed(accepted)


@lru_cache(maxsize=1000)
def parsed(accepted: str) -> str:
    """Returns the best coding, by the header's own text."""
    qualities: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        qualities[name.strip()] = quality(parameters)
    others = qualities.get("*", 0.0)
    found = max(CODINGS, key=lambda coding: qualities.get(coding, others))
    return found if qualities.get(found, others) > 0 else IDENTITY


def quality(parameters: str) -> float:
    """Returns the number in `q=0.5`; 1 where there is no `q`, 0 where it is no number."""
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def matches_etag(etag: str, header: str) -> bool:
    """Whether an `If-None-Match` header names this ETag, by the weak comparison."""
    if header.removeprefix("W/") == etag:  # as nearly always: parsing takes longer than the rest of a hit
        return True
    etags = parse_etags(header)
    return "*" in etags or any(known.removeprefix("W/") == etag for known in etags)
