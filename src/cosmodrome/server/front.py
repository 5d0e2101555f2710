"""The callable that Granian serves: RSGI, so that requests that wait hold no thread.

Answers that are kept are given on the event loop's own thread, and so are those that fragments give at once.
All others go through a lane (`lanes`), where Django makes them.  The loop's thread asks no database.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from math import inf
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, Protocol
from wsgiref.types import WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation

from cosmodrome.access.network import caller_address
from cosmodrome.changes.snapshots import LAYER
from cosmodrome.changes.versions import data_version
from cosmodrome.http_cache.bypass import DIRECT
from cosmodrome.http_cache.cache import Answer, ResponseCache, whole
from cosmodrome.http_cache.entries import Headers
from cosmodrome.http_cache.freshness import Committed, has_wal_index
from cosmodrome.http_cache.recorder import Measure, unmeasured
from cosmodrome.mirror.freshness import COMPLETE, DATA_AS_OF, FRESHNESS, INCOMPLETE, NEVER, TOLD
from cosmodrome.server.bodies import Bodies, has_session
from cosmodrome.server.lanes import AT_ONCE, DEAR, LANE, UPSTREAM_THREADS, Costs, Kind, Lane, kind_of
from cosmodrome.server.refusals import answer_to
from cosmodrome.server.unread import LARGE, Unread

if TYPE_CHECKING:
    from cosmodrome.server.pass_through import PassThrough

PROBES = ("/healthz", "/readyz", "/metrics")
WAITING_SHARE = 10
"""Of the time that a request took, this part is its cost at least, whatever the processor did meanwhile."""


class Scope(Protocol):
    """A request, as Granian passes it."""

    proto: str
    method: str
    path: str
    query_string: str
    scheme: str
    http_version: str
    server: str
    client: str
    headers: Any


class Transport(Protocol):
    """Granian's way to read the body and to answer."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None: ...


class Uncached:
    """Django without a response cache, asked in the same way."""

    def __init__(self, django: WSGIApplication) -> None:
        self._django = django

    def is_cacheable(self, environ: WSGIEnvironment) -> bool:
        """No response is stored."""
        del environ
        return False

    def kept(self, environ: WSGIEnvironment) -> None:
        """There is none."""

    def direct(self, environ: WSGIEnvironment) -> None:
        """There is none."""

    def made(self, environ: WSGIEnvironment) -> Answer:
        """Returns Django's response."""
        environ[LAYER] = "django"
        return whole(self._django, environ)

    plain = made


class Front:
    """Answers requests: at once, or in a lane."""

    def __init__(
        self,
        cache: ResponseCache | Uncached,
        prepare: Callable[[WSGIEnvironment], None],
        measure: Measure = unmeasured,
    ) -> None:
        """`prepare` changes the environment of each request before it is answered.

        `measure` records what is refused here; the cache and Django record what they answer.
        """
        self.cache, self.prepare, self.measure = cache, prepare, measure
        self.costs = Costs()
        names = "kept", "ordinary", "dear", "new", "admin", "probes", "intake"
        self.lanes = {name: Lane(name) for name in names}
        self.lanes["upstream"] = Lane("upstream", threads=UPSTREAM_THREADS)
        self._tried: set[Kind] = set()
        """The kinds of which one request is in the lane of new ones: it tells what the others cost."""
        self.bodies = Bodies(self.is_logged_in)
        self.unread = Unread()

    def add_change(self, change: Callable[[WSGIEnvironment], None]) -> None:
        """Lets `change` change the environment of each request, after `prepare`."""
        first = self.prepare

        def prepare(environ: WSGIEnvironment) -> None:
            first(environ)
            change(environ)

        self.prepare = prepare

    def open_catalogue(self) -> None:
        """Opens the catalogue in each lane: who has a file open reads on when it has lost its name."""
        for lane in self.lanes.values():
            lane.begin(data_version)
        self.lanes["kept"].begin(Committed().version)  # opens the WAL index, too

    async def __rsgi__(self, scope: Scope, transport: Transport) -> None:
        """Answers one request."""
        environ: WSGIEnvironment = {"PATH_INFO": ""}
        try:
            environ = environ_of(scope)
            status, headers, body = await self._answered(environ, scope, transport)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is an answer to it
            status, headers, body = answer_to(error, environ)
            self.measure("front", "none", scope.method, int(status[:3]))(1, None)
        if FRESHNESS.told:
            headers = with_freshness(headers, environ)
        if body:
            transport.response_bytes(int(status[:3]), headers, body[0])
        else:
            transport.response_empty(int(status[:3]), headers)

    async def _answered(self, environ: WSGIEnvironment, scope: Scope, transport: Transport) -> Answer:
        """Returns the answer to a request, when it may be sent.  Raises Busy, BodyError."""
        self.prepare(environ)
        answer = await self.pass_through.answer(environ) if FRESHNESS.incomplete else None
        answer = answer or self.at_once(environ)
        if answer is None:
            if environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS"):
                await self.bodies.read(environ, transport)
            answer = await self.in_turn(environ)
        if (body := answer[2]) and len(body[0]) >= LARGE:
            port = int(environ["SERVER_PORT"])
            await self.unread.take(caller_address(environ), scope.client, port, body[0])
        return answer

    @cached_property
    def pass_through(self) -> PassThrough:
        """What passes requests on to the upstream; only a mirror loads it."""
        from cosmodrome.server.pass_through import PassThrough

        return PassThrough(self.lanes, self.cache.plain)

    async def is_logged_in(self, environ: WSGIEnvironment) -> bool:
        """Whether a request is that of a person who has logged in.  Raises Busy."""
        return await self.lanes["admin"].run(caller_address(environ), lambda: has_session(environ))

    def wsgi(self, environ: WSGIEnvironment, start_response: Any) -> Iterable[bytes]:
        """Answers as a WSGI callable: in the caller's thread, in no lane, and passing nothing on."""
        self.prepare(environ)
        if FRESHNESS.of(environ["PATH_INFO"]) == NEVER:
            environ[INCOMPLETE] = True
        status, headers, body = self.cache.made(environ)
        start_response(status, with_freshness(headers, environ))
        return body

    def at_once(self, environ: WSGIEnvironment) -> Answer | None:
        """Returns the answer if it is kept, or if fragments give it in an instant; else None."""
        try:
            return self._known(environ) if needs_no_database(environ) else None
        except SynchronousOnlyOperation:  # the file was replaced this moment: a lane opens the new one
            return None

    def _known(self, environ: WSGIEnvironment) -> Answer | None:
        answer = self.cache.kept(environ)
        if answer is None and self.cache.is_cacheable(environ):
            kind = "direct", *kind_of(environ)
            if self.costs.of(kind) <= AT_ONCE:
                start = perf_counter()
                answer = self.cache.direct(environ)
                self.costs.note(kind, perf_counter() - start)
        return answer

    async def in_turn(self, environ: WSGIEnvironment) -> Answer:
        """Returns the answer, when the turn of the client has come.  Raises Busy."""
        address = caller_address(environ)
        path = environ["PATH_INFO"]
        if not self.cache.is_cacheable(environ):
            own = "probes" if path in PROBES else "admin" if path.startswith("/admin") else None
            if own:
                environ[LANE] = own
                return await self.lanes[own].run(address, lambda: self.cache.made(environ))
        elif not needs_no_database(environ):
            kept = await self.lanes["kept"].run(address, lambda: self.cache.kept(environ))
            if kept is not None:
                environ[LANE] = "kept"
                return kept
        kind = kind_of(environ)
        with self._lane(kind) as name:
            environ[LANE], lane = name, self.lanes[name]
            answer, seconds = await lane.run(address, lambda: measured(self.cache.made, environ))
        if environ[LAYER] != "cache":
            self.costs.note(("direct", *kind) if DIRECT in environ else kind, seconds)
        return answer

    @contextmanager
    def _lane(self, kind: Kind) -> Iterator[str]:
        """Returns the name of a kind's lane: one request of a kind not known yet waits for no dear ones."""
        seconds = self.costs.of(kind)
        if seconds < inf or kind in self._tried:
            yield "dear" if seconds >= DEAR else "ordinary"
            return
        self._tried.add(kind)
        try:
            yield "new"
        finally:
            self._tried.discard(kind)


def with_freshness(headers: Headers, environ: WSGIEnvironment) -> Headers:
    """Returns headers with the instant up to which the data is current, and a mark if it is not complete."""
    told = FRESHNESS.of(environ["PATH_INFO"])
    if told is None or TOLD in environ:
        return headers
    return [*headers, (DATA_AS_OF, told), *([(COMPLETE, "false")] if INCOMPLETE in environ else [])]


def needs_no_database(environ: WSGIEnvironment) -> bool:
    """Whether a kept answer may be given without asking a database: about the version, a token or a rate."""
    return settings.ANONYMOUS_RATE is None and "HTTP_AUTHORIZATION" not in environ and has_wal_index()


def measured(make: Callable[[WSGIEnvironment], Answer], environ: WSGIEnvironment) -> tuple[Answer, float]:
    """Returns an answer and its cost, in seconds of this thread's processor."""
    start, began = thread_time(), perf_counter()
    answer = make(environ)
    return answer, max(thread_time() - start, (perf_counter() - began) / WAITING_SHARE)


def environ_of(scope: Scope) -> WSGIEnvironment:
    """Returns a request as WSGI has it.

    Names with an underscore are left out: `X_Forwarded_For` would else be taken for what a proxy has added.
    """
    server, _, port = scope.server.rpartition(":")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": as_latin(scope.path),
        "QUERY_STRING": as_latin(scope.query_string),
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = as_latin(value)
        if key in environ:
            text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    return environ


def as_latin(text: str) -> str:
    """Returns a text as WSGI has it, a character for each byte of its UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")
