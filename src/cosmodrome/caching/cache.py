"""The WSGI callable that answers what it has kept, and asks Django for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import closing, nullcontext
from typing import Any

from django.db import DatabaseError, close_old_connections

from cosmodrome.caching.entries import IDENTITY, Entry, Headers, best_coding, is_known
from cosmodrome.caching.shelf import Key, Shelf
from cosmodrome.caching.turns import Turns
from cosmodrome.engine import clock
from cosmodrome.engine.snapshots import LAYER, READING, ROUTE, Reading

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]

PAST = re.compile(r"(?:^|&)(?:a|%61)(?:t|%74)=", re.IGNORECASE)
"""A query that asks for another moment."""
SHARE_OF_THE_PAST = 8
"""One part in so many of the room is for answers as of other moments, of which there is no end."""


class ResponseCache:
    """Answers of one process.

    Kept are answers to GET under `prefix` that Django gave with 200 and with a `Reading`: it says for which
    version and until when they hold.  The key is all that Django's answer hangs on: the address as it was
    asked, since links repeat it, and the `Accept` header.
    """

    def __init__(
        self,
        application: Wsgi,
        prefix: str,
        limit: int,
        committed_version: Callable[[], int],
        lets_through: Callable[[Environ], bool],
        answered: Callable[[str, str, int], None] = lambda _route, _method, _status: None,
    ) -> None:
        """`lets_through` counts a call that Django will not see; False if it is to be refused.

        `answered` is told of each that is not: the route, the method and the status.
        """
        self._application = application
        self._prefix = prefix
        self._committed_version = committed_version
        self._lets_through = lets_through
        self._answered = answered
        self.past = Shelf(limit // SHARE_OF_THE_PAST)
        self.present = Shelf(limit - self.past.limit)
        self._turns = Turns()

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
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
        shelf = self.past if "=" in key[1] and PAST.search(key[1]) else self.present
        entry = self._kept(shelf, key)
        if entry is None:
            with self._turns.taking(key) as has_waited:
                entry = self._kept(shelf, key) if has_waited else None
                if entry is None:
                    return self._rendered(shelf, key, environ, start_response)
        if not self._lets_through(environ):
            return self._application(environ, start_response)
        environ[LAYER] = "cache"
        return self._answer(entry, shelf, key, environ, start_response)

    def _kept(self, shelf: Shelf, key: Key) -> Entry | None:
        """What can be answered now: nothing while the version can't be told, which is Django's to say."""
        try:
            entry = shelf.get(self._committed_version(), key)
        except DatabaseError:
            close_old_connections()  # so that the next one is opened anew
            return None
        if entry and entry.reading.since <= clock.shown_now() < entry.reading.until:
            return entry
        return None

    def _rendered(self, shelf: Shelf, key: Key, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Django's answer, which is kept if it may be.  HEAD is asked as GET: its headers are the same."""
        method, environ["REQUEST_METHOD"] = environ["REQUEST_METHOD"], "GET"
        status, headers, body = asked(self._application, environ)
        environ["REQUEST_METHOD"] = method
        reading: Reading | None = environ.get(READING)
        if reading is None or not status.startswith("200 "):
            start_response(status, headers)
            return [] if method == "HEAD" else [body]
        entry = Entry(headers, body, reading, environ.get(ROUTE, ""))
        shelf.put(key, entry)
        return self._answer(entry, shelf, key, environ, start_response)

    def _answer(
        self, entry: Entry, shelf: Shelf, key: Key, environ: Environ, start_response: Any
    ) -> Iterable[bytes]:
        """The answer in the coding that the client likes best, or that it has it already."""
        coding = best_coding(environ.get("HTTP_ACCEPT_ENCODING", IDENTITY))
        variant = entry.variants.get(coding)
        if variant is None:
            with self._turns.taking((*key, coding)):
                variant = entry.variant(coding)
            shelf.put(key, entry)
        age = ("Age", str(entry.age))
        if "HTTP_IF_NONE_MATCH" in environ and is_known(variant.tag, environ["HTTP_IF_NONE_MATCH"]):
            self._tell(entry, environ, 304)
            start_response("304 Not Modified", [*variant.headers_unchanged, age])
            return []
        self._tell(entry, environ, 200)
        start_response("200 OK", [*variant.headers, age])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]

    def _tell(self, entry: Entry, environ: Environ, status: int) -> None:
        """Tells of an answer that Django knows nothing of."""
        if environ[LAYER] == "cache":
            self._answered(entry.route, environ["REQUEST_METHOD"], status)


def asked(application: Wsgi, environ: Environ) -> tuple[str, Headers, bytes]:
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
