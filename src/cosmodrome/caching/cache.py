"""The WSGI callable that answers what it has kept, and asks Django for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, nullcontext
from itertools import count
from time import perf_counter
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.db import DatabaseError, close_old_connections

from cosmodrome.caching.entries import IDENTITY, Entry, Headers, best_coding, is_known, lasting
from cosmodrome.caching.shelf import Key, Shelf
from cosmodrome.caching.shortcut import Answered, Shortcut
from cosmodrome.caching.turns import Turns
from cosmodrome.engine import clock
from cosmodrome.engine.kept import KEPT
from cosmodrome.engine.snapshots import LAYER, READING, ROUTE, Reading

Wsgi = Callable[[WSGIEnvironment, Any], Iterable[bytes]]

PAST = re.compile(r"(?:^|&)(?:a|%61)(?:t|%74)=", re.IGNORECASE)
"""A query that asks for another moment."""
ADDRESS = slice(3, 6)
"""Which parts of a key are the server's address."""
TIMED = 16
"""Of so many answers that were kept, one has its time taken: it would cost a fifth of each."""
SHARE_OF_THE_PAST = 8
"""One part in so many of the room is for answers as of other moments, of which there is no end."""


class ResponseCache:
    """Answers of one process.

    Kept are answers to GET under `prefix` that Django gave with 200, or would have, with a `Reading`: it
    says for which version and until when they hold.  The key is all that Django's answer hangs on: the
    address as it was asked, since links repeat it, and the `Accept` header.
    """

    def __init__(
        self,
        application: Wsgi,
        prefix: str,
        limit: int,
        committed_version: Callable[[], int],
        lets_through: Callable[[WSGIEnvironment], bool],
        answered: Answered = lambda *_: None,
        filled: Callable[[Mapping[str, int]], None] = lambda _: None,
    ) -> None:
        """`lets_through` counts a call that Django will not see; False if it is to be refused.

        `answered` is told of each that is not: who has answered, the route, the method, the status, and
        the seconds that it took if they were taken; `filled` of the bytes that are kept then.
        """
        self._application = application
        self._prefix = prefix
        self._committed_version = committed_version
        self._lets_through = lets_through
        self._answered = answered
        self._filled = filled
        self._hits = count()
        self.past = Shelf(limit // SHARE_OF_THE_PAST)
        self.present = Shelf(limit - self.past.limit)
        self._turns = Turns()
        self.shortcut = Shortcut(answered)

    def __call__(self, environ: WSGIEnvironment, start_response: Any) -> Iterable[bytes]:
        start = perf_counter()
        environ[LAYER] = "django"
        is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if not is_read or not environ["PATH_INFO"].startswith(self._prefix) or "HTTP_HOST" not in environ:
            return self._application(environ, start_response)
        key = (
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_ACCEPT", ""),
            environ["HTTP_HOST"],
            environ["wsgi.url_scheme"],
            environ.get("SCRIPT_NAME", ""),
        )
        shelf = self.past if asks_the_past(key[1]) else self.present
        version, entry = self._kept(shelf, key)
        if entry is None:
            with self._turns.taking(key) as has_waited:
                if has_waited:
                    version, entry = self._kept(shelf, key)
                if entry is None:
                    return self._made(version, shelf, key, environ, start_response)
        if not self._lets_through(environ):
            return self._application(environ, start_response)
        environ[LAYER] = "cache"
        return self._answer(entry, shelf, key, environ, start_response, start)

    def _kept(self, shelf: Shelf, key: Key) -> tuple[int | None, Entry | None]:
        """The version, and what can be answered now: no version can be told without the database."""
        try:
            version = self._committed_version()
        except DatabaseError:
            close_old_connections()  # so that the next one is opened anew
            return None, None
        entry = shelf.get(version, key)
        if entry and entry.reading.since <= clock.shown_now() < entry.reading.until:
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
            reading: Reading | None = environ.get(READING)
            if reading is None or not status.startswith("200 "):
                start_response(status, headers)
                return [] if method == "HEAD" else [body]
            self.shortcut.learn(key[ADDRESS], environ, headers)
            entry = Entry(lasting(headers), body, reading, environ.get(ROUTE, ""))
        environ["REQUEST_METHOD"] = method
        self._keep(shelf, key, entry)
        return self._answer(entry, shelf, key, environ, start_response)

    def _keep(self, shelf: Shelf, key: Key, entry: Entry) -> None:
        """Keeps an answer, and tells how much is kept."""
        shelf.put(key, entry)
        self._filled({"answers": self.present.bytes, "past": self.past.bytes, **KEPT.sizes()})

    def _answer(
        self,
        entry: Entry,
        shelf: Shelf,
        key: Key,
        environ: WSGIEnvironment,
        start_response: Any,
        start: float | None = None,
    ) -> Iterable[bytes]:
        """The answer in the coding that the client likes best, or that it has it already.

        `start`: when the call began, of an answer that was kept.
        """
        coding = best_coding(environ.get("HTTP_ACCEPT_ENCODING", IDENTITY))
        variant = entry.variants.get(coding)
        if variant is None:
            with self._turns.taking((*key, coding)):
                variant = entry.variant(coding)
            self._keep(shelf, key, entry)
        age = ("Age", str(entry.age))
        if "HTTP_IF_NONE_MATCH" in environ and is_known(variant.tag, environ["HTTP_IF_NONE_MATCH"]):
            self._tell(entry, environ, 304, start)
            start_response("304 Not Modified", [*variant.headers_unchanged, age])
            return []
        self._tell(entry, environ, 200, start)
        start_response("200 OK", [*variant.headers, age])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]

    def _tell(self, entry: Entry, environ: WSGIEnvironment, status: int, start: float | None) -> None:
        """Tells of an answer that was kept, if it was."""
        if start is not None:
            seconds = None if next(self._hits) % TIMED else perf_counter() - start
            self._answered("cache", entry.route, environ["REQUEST_METHOD"], status, seconds)


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
