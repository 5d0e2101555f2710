"""The WSGI callable that answers what it has kept, and asks Django for the rest."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, nullcontext
from itertools import count
from typing import Any
from wsgiref.types import WSGIEnvironment

from cosmodrome.changes.snapshots import LAYER, ROUTE, VALIDITY, Validity
from cosmodrome.http_cache.again import ADDRESS, ASKED, DECIDING, Again, Given, Telling, Words
from cosmodrome.http_cache.bypass import Shortcut
from cosmodrome.http_cache.entries import IDENTITY, Entry, Headers, best_coding, lasting, matches_etag
from cosmodrome.http_cache.memory import malloc_trim
from cosmodrome.http_cache.passage import Passage
from cosmodrome.http_cache.shelf import Key, Shelf
from cosmodrome.http_cache.turns import Turns
from cosmodrome.resources.store import KEPT
from cosmodrome.time import clock

Wsgi = Callable[[WSGIEnvironment, Any], Iterable[bytes]]

PAST = re.compile(r"(?:^|&)(?:a|%61)(?:t|%74)=", re.IGNORECASE)
"""A query that asks for another moment."""
TIMED = 16
"""Of so many answers that were kept, one has its time taken: it would cost more than the answer."""
GIVEN_BACK = 500
"""After so many answers that were made, memory that is free is given back."""
SHARE_OF_THE_PAST = 8
"""One part in so many of the room is for answers as of other moments, of which there is no end."""
SHARE_OF_THE_SECOND = 16
"""One part in so many is for answers of this very second: nearly always they are those of the present."""


class ResponseCache:
    """Answers of one process.

    Kept are answers to GET under `prefix` that Django gave with 200, or would have, with a `Validity`: it
    says for which version and until when they hold.  The key is all that Django's answer hangs on: the
    address as it was asked, since links repeat it, and the `Accept` header.
    """

    def __init__(
        self,
        application: Wsgi,
        prefix: str,
        limit: int,
        committed_version: Callable[[], int | None],
        passage: Callable[[WSGIEnvironment], Passage],
        telling: Telling = lambda *_: lambda *_: None,
        filled: Callable[[Mapping[str, int]], None] = lambda _: None,
    ) -> None:
        """`committed_version` is None if the database does not tell; `passage` counts a call.

        `telling` is asked who is told of answers that Django does not give, and of the seconds that each
        took, as far as they were taken; `filled` is told the bytes that are kept then.
        """
        self._application = application
        self._prefix = prefix
        self._committed_version = committed_version
        self._passage = passage
        self._telling = telling
        self._filled = filled
        self._hits = count()
        self._misses = count(1)
        self._again = Again(limit // SHARE_OF_THE_SECOND)
        self.past = Shelf(limit // SHARE_OF_THE_PAST)
        self.present = Shelf(limit - self.past.limit - self._again.limit)
        self._turns = Turns()
        self.shortcut = Shortcut(telling)

    def __call__(self, environ: WSGIEnvironment, start_response: Any) -> Iterable[bytes]:
        start = time.monotonic()
        words = tuple(map(environ.get, DECIDING))
        given = self._again.get(words)
        if given is not None and given.holds(self._committed_version(), start):
            environ[LAYER] = "cache"
            given.times += 1
            if not next(self._hits) % TIMED:
                given.told(0, time.monotonic() - start)
            start_response(given.status, list(given.headers))
            return given.body
        environ[LAYER] = "django"
        is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if not is_read or not environ["PATH_INFO"].startswith(self._prefix) or "HTTP_HOST" not in environ:
            return self._application(environ, start_response)
        return self._asked(words, environ, start_response, start)

    def _asked(
        self, words: Words, environ: WSGIEnvironment, start_response: Any, start: float
    ) -> Iterable[bytes]:
        """What is asked for the first time within a second: given if it is kept, else made."""
        key = tuple([word or "" for word in words[ASKED]])
        shelf = self.past if asks_the_past(key[1]) else self.present
        version, entry = self._kept(shelf, key)
        if entry is None:
            with self._turns.taking(key) as has_waited:
                if has_waited:
                    version, entry = self._kept(shelf, key)
                if entry is None:
                    return self._made(version, shelf, key, environ, start_response)
        passage = self._passage(environ)
        if passage is Passage.REFUSED:
            return self._application(environ, start_response)
        age = entry.age
        status, headers, body = self._formed(entry, age, shelf, key, environ)
        told = self._telling("cache", entry.route, environ["REQUEST_METHOD"], int(status[:3]))
        if passage is Passage.FREE and self._again.has_room(start):
            older_at = entry.made + age + 1
            given = Given.at(start, entry.reading, older_at, status, list(headers), body, told)
            self._again.put(words, given, start)
        environ[LAYER] = "cache"
        told(1, None if next(self._hits) % TIMED else time.monotonic() - start)
        start_response(status, headers)
        return body

    def _kept(self, shelf: Shelf, key: Key) -> tuple[int | None, Entry | None]:
        """The version, and what can be answered now: nothing if no version can be told."""
        version = self._committed_version()
        entry = None if version is None else shelf.get(version, key)
        if entry and entry.reading.since <= clock.unrecorded_now() < entry.reading.until:
            return version, entry
        return version, None

    def _made(
        self, version: int | None, shelf: Shelf, key: Key, environ: WSGIEnvironment, start_response: Any
    ) -> Iterable[bytes]:
        """A new answer, which is kept if it may be.  HEAD is asked as GET: its headers are the same."""
        method, environ["REQUEST_METHOD"] = environ["REQUEST_METHOD"], "GET"
        entry = None if version is None else self.shortcut.entry(key[ADDRESS], environ, version)
        if entry is None:
            status, headers, body = asked(self._application, environ)
            reading: Validity | None = environ.get(VALIDITY)
            if reading is None or not status.startswith("200 "):
                start_response(status, headers)
                return [] if method == "HEAD" else [body]
            self.shortcut.learn(key[ADDRESS], environ, headers)
            entry = Entry(lasting(headers), body, reading, environ.get(ROUTE, ""))
        environ["REQUEST_METHOD"] = method
        shelf.put(key, entry)
        self._tell_filled()
        if not next(self._misses) % GIVEN_BACK:
            malloc_trim()
        status, headers, chunks = self._formed(entry, 0, shelf, key, environ)
        start_response(status, headers)
        return chunks

    def _tell_filled(self) -> None:
        """Tells how much is kept."""
        self._filled({"answers": self.present.bytes, "past": self.past.bytes, **KEPT.sizes()})

    def _formed(
        self, entry: Entry, age: int, shelf: Shelf, key: Key, environ: WSGIEnvironment
    ) -> tuple[str, Headers, list[bytes]]:
        """The answer in the coding that the client likes best, or that it has it already."""
        coding = best_coding(environ.get("HTTP_ACCEPT_ENCODING", IDENTITY))
        variant = entry.variants.get(coding)
        if variant is None:
            with self._turns.taking((*key, coding)):
                variant = entry.variant(coding)
            shelf.grow(key, entry)
            self._tell_filled()
        aged = ("Age", str(age))
        if "HTTP_IF_NONE_MATCH" in environ and matches_etag(variant.tag, environ["HTTP_IF_NONE_MATCH"]):
            return "304 Not Modified", [*variant.headers_unchanged, aged], []
        body = [] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]
        return "200 OK", [*variant.headers, aged], body


def asks_the_past(query: str) -> bool:
    """Whether another moment is asked for."""
    return ("at=" in query or "%" in query) and PAST.search(query) is not None  # the first two cost nothing


def asked(application: Wsgi, environ: WSGIEnvironment) -> tuple[str, Headers, bytes]:
    """What a WSGI callable answers."""
    told: list[Any] = []

    def start_response(status: str, headers: Headers, exc_info: Any = None) -> None:
        del exc_info
        told[:] = [status, headers]

    chunks: Any = application(environ, start_response)
    with closing(chunks) if hasattr(chunks, "close") else nullcontext():
        body = b"".join(chunks)
    status, headers = told
    return status, headers, body
