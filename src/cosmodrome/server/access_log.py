"""The access log: a line on standard output for each request, as `COSMODROME_ACCESS_LOG` says.

It stands around what Granian serves, and is not there at all while the setting is off.
"""

from __future__ import annotations

import json
import logging
import os
import re
import select
import stat
from asyncio import get_running_loop
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from multiprocessing.util import Finalize
from time import perf_counter
from typing import Any, Protocol
from urllib.parse import quote
from wsgiref.types import WSGIEnvironment

from cosmodrome.access.network import caller_address
from cosmodrome.access.request_ids import HEADER, request_id
from cosmodrome.changes.snapshots import LAYER
from cosmodrome.http_cache.entries import Headers
from cosmodrome.server.front import Front, Scope
from cosmodrome.server.lanes import LANE
from cosmodrome.server.transports import Relay, Streaming
from cosmodrome.time import clock

logger = logging.getLogger(__name__)

STANDARD_OUTPUT = 1
INTERVAL = 0.1
"""Seconds that a line waits for others: writing each by itself would take longer than a kept answer."""
MOST_WAITING = 20_000
"""Lines that wait while nobody reads the output; of more, the number alone is logged."""
LONGEST_TARGET = 2000
"""Characters of a path and its query that a line has."""
LONGEST_METHOD = 20
UNSAFE = re.compile(r"[^!#-\[\]-~]")
"""Characters that would end a line or a quoted part of it; a path has no codes, so there `%` and `?` too."""
UNSAFE_IN_PATH = re.compile(r"[^!#$&->@-\[\]-~]")


class Served(Protocol):
    """A callable that Granian can serve."""

    def open_catalogue(self) -> None: ...
    async def __rsgi__(self, scope: Any, transport: Any) -> None: ...


class Exchange:
    """A request, and its answer as far as it is given."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.environ: WSGIEnvironment = {}
        """The request as `Front` has it; who answers notes there what the log tells."""
        self.start = perf_counter()
        self.status: int | None = None
        self.size: int | None = None
        """Bytes of the body; None if it was streamed, or nothing was answered."""

    @property
    def milliseconds(self) -> float:
        """The time since the request came."""
        return round(1000 * (perf_counter() - self.start), 3)

    @property
    def target(self) -> str:
        """The path with its query, with percent-codes for all that could forge a line."""
        path = encoded(UNSAFE_IN_PATH, self.scope.path)
        query = self.scope.query_string
        return (f"{path}?{encoded(UNSAFE, query)}" if query else path)[:LONGEST_TARGET]


def encoded(unsafe: re.Pattern[str], text: str) -> str:
    """Returns a text with percent-codes for some of its characters."""
    return unsafe.sub(lambda found: quote(found[0], safe="", errors="replace"), text)


def as_json(exchange: Exchange) -> str:
    """Returns a line as a JSON object; what is not known is null."""
    environ = exchange.environ
    told = {
        "at": f"{clock.real_now().replace(tzinfo=None).isoformat(timespec='milliseconds')}Z",
        "id": request_id(environ),
        "caller": caller_address(environ),
        "method": exchange.scope.method[:LONGEST_METHOD],
        "path": exchange.target,
        "status": exchange.status,
        "bytes": exchange.size,
        "layer": environ.get(LAYER, "front"),
        "lane": environ.get(LANE),
        "ms": exchange.milliseconds,
    }
    return json.dumps(told)


def as_common(exchange: Exchange) -> str:
    """Returns a line in the Common Log Format, with id, layer, lane and milliseconds after it."""
    environ, scope = exchange.environ, exchange.scope
    at = f"{clock.real_now():%d/%b/%Y:%H:%M:%S +0000}"
    asked = f"{one_word(scope.method)} {exchange.target} HTTP/{scope.http_version}"
    answered = f"{or_dash(exchange.status)} {or_dash(exchange.size)}"
    made = f"{request_id(environ)} {environ.get(LAYER, 'front')} {environ.get(LANE, '-')}"
    return f'{caller_address(environ)} - - [{at}] "{asked}" {answered} {made} {exchange.milliseconds}'


def one_word(method: str) -> str:
    """Returns a method, as one word without quotes."""
    return encoded(UNSAFE, method)[:LONGEST_METHOD]


def or_dash(number: int | None) -> int | str:
    """Returns a number, or the format's sign for none."""
    return "-" if number is None else number


FORMS: dict[str, Callable[[Exchange], str]] = {"common": as_common, "json": as_json}
"""The forms of a line, by the value of the setting."""

EXCHANGE: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
"""The exchange that the event loop's task is about."""


def follow(environ: WSGIEnvironment) -> None:
    """Lets an exchange know the environ in which its layer is noted."""
    exchange = EXCHANGE.get()
    if exchange is not None:
        exchange.environ = environ


class Lines:
    """Lines on their way to a descriptor, of which whole ones are written and none is waited for.

    The event loop writes them, in pieces that a pipe takes whole: those of several workers do not mix.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: deque[bytes] = deque()
        self._is_scheduled = self._is_broken = False
        self._lost = 0
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def add(self, line: str) -> None:
        """Adds a line, to be written within a moment."""
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(line.encode() + b"\n")
        self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            get_running_loop().call_later(INTERVAL, self._write_and_wait)

    def _write_and_wait(self) -> None:
        self._is_scheduled = False
        self.write()
        if self._waiting:  # nobody reads at present
            self._schedule()

    def write(self) -> None:
        """Writes the lines that wait, as far as they are read."""
        try:
            while self._waiting and self._poll.poll(0):
                piece = self._taken()
                try:
                    os.write(self._descriptor, piece)
                except BlockingIOError:  # another worker was faster
                    self._waiting.appendleft(piece)
                    return
        except OSError as error:
            self._waiting.clear()
            if not self._is_broken:
                logger.warning("The access log can't be written: %s", error.strerror)
            self._is_broken = True
        if self._lost and not self._waiting:
            logger.warning("%d lines of the access log are lost: nobody read it", self._lost)
            self._lost = 0

    def _taken(self) -> bytes:
        """Takes whole lines, as many as a pipe takes at once."""
        piece = bytearray(self._waiting.popleft())
        while self._waiting and len(piece) + len(self._waiting[0]) <= select.PIPE_BUF:
            piece += self._waiting.popleft()
        return bytes(piece)


def without_blocking(descriptor: int) -> int:
    """Returns a descriptor of the same pipe that never blocks; of anything else the one that there is.

    To make a descriptor that other processes have as well non-blocking would make theirs so.
    """
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return descriptor
    try:
        return os.open(f"/dev/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return descriptor


class Noted(Relay):
    """A transport that notes the answer of an exchange, and adds the id to its headers."""

    def __init__(self, transport: Streaming, exchange: Exchange) -> None:
        super().__init__(transport)
        self._exchange = exchange

    def passed(self, status: int, headers: Headers) -> Headers:
        """Returns the headers with the id."""
        self._exchange.status = status
        own = HEADER, request_id(self._exchange.environ)
        return headers if own in headers else [*headers, own]

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answers with a body."""
        self._exchange.size = len(body)
        super().response_bytes(status, headers, body)

    def response_empty(self, status: int, headers: Headers) -> None:
        """Answers without one."""
        self._exchange.size = 0
        super().response_empty(status, headers)


class AccessLogged:
    """A callable that Granian serves, with a line in the log for each request."""

    def __init__(self, served: Served, form: Callable[[Exchange], str], lines: Lines) -> None:
        self._served, self._form, self._lines = served, form, lines

    def open_catalogue(self) -> None:
        """Opens the catalogue in each lane."""
        self._served.open_catalogue()

    async def __rsgi__(self, scope: Scope, transport: Streaming) -> None:
        """Answers one request."""
        exchange = Exchange(scope)
        EXCHANGE.set(exchange)
        try:
            await self._served.__rsgi__(scope, Noted(transport, exchange))
        finally:
            self._lines.add(self._form(exchange))


def logged(front: Front, served: Served, form: str) -> AccessLogged:
    """Returns what is served, with lines of a form; `front` is in it, and tells what it did."""
    front.add_change(follow)
    lines = Lines(without_blocking(STANDARD_OUTPUT))
    Finalize(None, lines.write, exitpriority=1)  # a worker of Granian's runs no other handlers at its end
    return AccessLogged(served, FORMS[form], lines)
