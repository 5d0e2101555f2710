"""The WSGI callable in front of Django: gives stored responses, and stores those that Django makes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, nullcontext
from threading import Lock
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from cosmodrome.changes.snapshots import LAYER, ROUTE, VALIDITY, Validity
from cosmodrome.http_cache.bypass import Bypass
from cosmodrome.http_cache.entries import IDENTITY, Entry, Headers, best_coding, is_storable, stored_headers
from cosmodrome.http_cache.memory import malloc_trim
from cosmodrome.http_cache.recorder import Measure, Recorder, unmeasured
from cosmodrome.rendering.lru import TwoQueueCache
from cosmodrome.resources.store import STORE

Answer = tuple[str, Headers, list[bytes]]
"""Status line, headers and body of a response."""
RequestKey = tuple[str | None, ...]
"""The parts of a request on which Django's answer to GET depends."""
ADDRESS = slice(3, 6)
"""The parts of the key that are the server's address, which links repeat."""
SAMPLING = 16
"""Of so many hits of one kind, one is timed: timing each would take longer than the hit."""
TRIM_EVERY = 500
"""After so many misses, free memory is returned to the system."""
NEW_SHARE = 1 / 16
"""The part of the room for entries that nobody has requested again: making one again takes little time."""


class ResponseCache:
    """The responses of one process to GET and HEAD for paths that begin with `prefix`.

    The entries are those of one data version.  The lock guards them and every change of one.
    """

    def __init__(
        self,
        application: WSGIApplication,
        prefix: str,
        limit: int,
        committed_version: Callable[[], int | None],
        admits: Callable[[WSGIEnvironment], bool],
        measure: Measure = unmeasured,
        report_sizes: Callable[[Mapping[str, int]], None] = lambda _: None,
    ) -> None:
        """`committed_version` returns None if the database does not answer.

        `admits` checks a caller as Django would, and counts the call if there is a rate.  A call that it
        does not admit is not counted, and goes to Django, which says why.  `limit` and sizes are in bytes.
        """
        self._application = application
        self._prefix = prefix
        self._committed_version = committed_version
        self._admits = admits
        self._report_sizes = report_sizes
        self._misses = 0
        self._lock = Lock()
        self._version = -1
        self.entries: TwoQueueCache[RequestKey, Entry] = TwoQueueCache(limit, NEW_SHARE)
        self.recorder = Recorder(measure)
        self.bypass = Bypass(measure)

    def __call__(self, environ: WSGIEnvironment, start_response: Any) -> Iterable[bytes]:
        """Answers as a WSGI callable, whatever it takes."""
        status, headers, body = self.kept(environ) or self.made(environ)
        start_response(status, headers)
        return body

    def kept(self, environ: WSGIEnvironment) -> Answer | None:
        """Returns the response if it is stored, in the coding that the client prefers; else None.

        Nothing is made, compressed or asked of a database but, when it has changed, its version.
        """
        if not self.is_cacheable(environ):
            return None
        start = time.monotonic()
        version = self._committed_version()
        key = request_key(environ)
        entry = None if version is None else self._valid_entry(version, key, start)
        if entry is None or coding_for(environ) not in entry.variants or not self._admits(environ):
            return None
        return self._counted(entry, environ, start)

    def direct(self, environ: WSGIEnvironment) -> Answer | None:
        """Returns the response if it can be put together from what the store holds, at once; else None.

        Waits for no lock and asks no database; the response is not compressed unless it is small.
        """
        version = self._committed_version() if self.is_cacheable(environ) else None
        if version is None or not STORE.lock.acquire(blocking=False):
            return None
        try:
            if STORE.version != version:
                return None
            entry = self.bypass.entry(request_key(environ)[ADDRESS], environ, version)
        finally:
            STORE.lock.release()
        return None if entry is None else self._put(entry, environ)

    def made(self, environ: WSGIEnvironment) -> Answer:
        """Returns the response: stored, or made from fragments or by Django, and then stored if it may be."""
        environ[LAYER] = "django"
        if not self.is_cacheable(environ):
            return whole(self._application, environ)
        start = time.monotonic()
        version = self._committed_version()
        entry = None if version is None else self._valid_entry(version, request_key(environ), start)
        if entry is None:
            return self._miss(version, environ)
        if not self._admits(environ):
            return whole(self._application, environ)
        return self._counted(entry, environ, start)

    def plain(self, environ: WSGIEnvironment) -> Answer:
        """Returns Django's response, whatever is stored; it is not stored either."""
        environ[LAYER] = "django"
        return whole(self._application, environ)

    def is_cacheable(self, environ: WSGIEnvironment) -> bool:
        """Whether the response to a request may be stored, as far as the request tells."""
        is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD") and "HTTP_HOST" in environ
        return is_read and environ["PATH_INFO"].startswith(self._prefix)

    def _valid_entry(self, version: int, key: RequestKey, now: float) -> Entry | None:
        with self._lock:
            if version != self._version:
                self.entries.clear()
                self._version = version
            entry = self.entries.get(key)
            return entry if entry is not None and entry.is_valid(now) else None

    def _counted(self, entry: Entry, environ: WSGIEnvironment, start: float) -> Answer:
        """Returns the response of a stored entry, and counts it."""
        answer = self._respond(entry, environ)
        environ[LAYER] = "cache"
        count = self.recorder[entry.route, environ["REQUEST_METHOD"], answer[0]]
        if not count.hits % SAMPLING:
            count.record(0, time.monotonic() - start)
        count.hits += 1
        if not self.recorder.is_scheduled:
            self.recorder.schedule()
        return answer

    def _respond(self, entry: Entry, environ: WSGIEnvironment) -> Answer:
        """Returns the response of an entry, in the coding that the client prefers."""
        coding = coding_for(environ)
        if coding not in entry.variants:
            entry.compress(coding)  # not under the lock: others are answered meanwhile
            key = request_key(environ)
            with self._lock:
                self.entries.resize(key, entry.size + size_of(key))
        return entry.respond(environ["REQUEST_METHOD"], coding, environ.get("HTTP_IF_NONE_MATCH"))

    def _miss(self, version: int | None, environ: WSGIEnvironment) -> Answer:
        """Makes a response, and stores it if it may be.  HEAD is made as GET: its headers are the same."""
        method, address = environ["REQUEST_METHOD"], request_key(environ)[ADDRESS]
        environ["REQUEST_METHOD"] = "GET"
        entry = None if version is None else self.bypass.entry(address, environ, version)
        if entry is None:
            status, headers, body = whole(self._application, environ)
            environ["REQUEST_METHOD"] = method
            validity: Validity | None = environ.get(VALIDITY)
            if validity is None or not is_storable(status, headers):
                return status, headers, [] if method == "HEAD" else body
            self.bypass.learn(address, environ, headers)
            entry = Entry(stored_headers(headers), body[0], validity, environ.get(ROUTE, ""))
        environ["REQUEST_METHOD"] = method
        return self._put(entry, environ)

    def _put(self, entry: Entry, environ: WSGIEnvironment) -> Answer:
        """Stores a new entry, and returns its response."""
        key = request_key(environ)
        with self._lock:
            if entry.validity.version == self._version:  # else a change was committed since
                self.entries.put(key, entry, entry.size + size_of(key))
        answer = self._respond(entry, environ)
        self._report_sizes({"answers": self.entries.size, **STORE.sizes()})
        self._misses += 1
        if not self._misses % TRIM_EVERY:
            malloc_trim()
        return answer


def request_key(environ: WSGIEnvironment) -> RequestKey:
    """Returns the key of a request."""
    get = environ.get  # each by itself: twice as fast as `map`
    return (
        get("PATH_INFO"),
        get("QUERY_STRING"),
        get("HTTP_ACCEPT"),
        get("HTTP_HOST"),
        get("wsgi.url_scheme"),
        get("SCRIPT_NAME"),
    )


def size_of(key: RequestKey) -> int:
    """Returns the bytes that the texts of a key take, about: beyond Latin-1, two a character."""
    return 2 * sum(len(text) for text in key if text)


def coding_for(environ: WSGIEnvironment) -> str:
    """Returns the coding that a request prefers."""
    accepted = environ.get("HTTP_ACCEPT_ENCODING")
    return best_coding(accepted) if accepted else IDENTITY


def whole(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Returns a WSGI callable's response, its body in one piece."""
    started: list[Any] = []

    def start_response(*response: Any) -> Any:
        started[:] = response

    chunks: Any = application(environ, start_response)
    with closing(chunks) if hasattr(chunks, "close") else nullcontext():
        body = b"".join(chunks)
    return started[0], started[1], [body]
