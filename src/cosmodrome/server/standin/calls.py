"""The log of calls: one line for each request below the version's path; a test sees there what clients did.

A line is a JSON object: `at`, the instant of the server's clock, to the microsecond; `status`, null if no
answer was given; `counted`, whether the call was counted against a rate; `caller`, `method`, `path` with its
query; `fault`, the kind of fault that the answer has, or null.  A counted call is of the instant at which it
was counted, so that the log shows the rate as it was held to; any other is of the instant at which it came.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from wsgiref.types import WSGIEnvironment

from cosmodrome.access.network import caller_address
from cosmodrome.access.usage import ON_COUNTED
from cosmodrome.http_cache.entries import Headers
from cosmodrome.server.front import Front, Scope, environ_of
from cosmodrome.server.standin.fates import target_of
from cosmodrome.server.standin.misbehaviour import HEADER, Misbehaving
from cosmodrome.server.transports import Relay, Streaming
from cosmodrome.time import clock

logger = logging.getLogger(__name__)

MOST_BYTES = 100_000_000
"""Bytes of a log: about half a million calls.  A line at its end then says that it is full."""
LONGEST_TARGET = 2_000
"""Characters of a path and its query that a line has."""
FULL = b'{"full": true}'


class Call:
    """A request, as far as it is known."""

    def __init__(self, scope: Scope) -> None:
        self.at = clock.running_now()
        self.method = scope.method
        self.target = target_of(scope.path, scope.query_string)
        self.caller = f"address {caller_address(environ_of(scope))}"
        self.is_counted = False
        self.status: int | None = None
        self.fault: str | None = None

    def count(self, at: datetime, caller: str) -> None:
        """Notes that the call was counted, as one of a caller's."""
        self.at, self.caller, self.is_counted = at, caller, True

    def answer(self, status: int, headers: Headers) -> None:
        """Notes the answer."""
        self.status = status
        self.fault = next((value for name, value in headers if name == HEADER), None)

    @property
    def line(self) -> bytes:
        """The line of the log."""
        told = {
            "at": f"{self.at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
            "status": self.status,
            "counted": self.is_counted,
            "caller": self.caller,
            "method": self.method,
            "path": self.target[:LONGEST_TARGET],
            "fault": self.fault,
        }
        return json.dumps(told).encode() + b"\n"


CALL: ContextVar[Call | None] = ContextVar("call", default=None)
"""The call that the event loop's task answers."""


def follow(environ: WSGIEnvironment) -> None:
    """Lets a call know when it is counted, and as whose."""
    call = CALL.get()
    if call is not None:
        environ[ON_COUNTED] = call.count


class CallLog:
    """The file, which all workers write to."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._is_broken = False

    def write(self, call: Call) -> None:
        """Adds a line, if there is room; an error is logged once, and no reason to give no answer."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)  # of two workers one finds that it is full
            try:
                self._add(call.line)
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError as error:
            if not self._is_broken:
                logger.warning("A call can't be logged: %s", error.strerror)
            self._is_broken = True

    def _add(self, line: bytes) -> None:
        size = os.fstat(self._descriptor).st_size
        if size + len(line) <= MOST_BYTES:
            os.write(self._descriptor, line)
        elif size < MOST_BYTES:
            os.write(self._descriptor, FULL.ljust(MOST_BYTES - size) + b"\n")  # full from now on


class Noted(Relay):
    """A transport that logs the answer of a call before it is given: who has it finds it in the log."""

    def __init__(self, transport: Streaming, call: Call, log: CallLog) -> None:
        super().__init__(transport)
        self._call, self._log = call, log

    def passed(self, status: int, headers: Headers) -> Headers:
        if self._call.status is None:
            self._call.answer(status, headers)
            self._log.write(self._call)
        return headers


class Logged:
    """A `Front`, or one that misbehaves, whose calls are logged."""

    def __init__(self, front: Front | Misbehaving, log: CallLog, prefix: str) -> None:
        """`prefix` is the path that calls are below, as `/2.3.0/`."""
        self._front, self._log, self._prefix = front, log, prefix

    def open_catalogue(self) -> None:
        """Opens the catalogue in each lane."""
        self._front.open_catalogue()

    async def __rsgi__(self, scope: Scope, transport: Streaming) -> None:
        """Answers one request."""
        if not scope.path.startswith(self._prefix):
            await self._front.__rsgi__(scope, transport)
            return
        call = Call(scope)
        CALL.set(call)
        try:
            await self._front.__rsgi__(scope, Noted(transport, call, self._log))
        finally:
            if call.status is None:
                self._log.write(call)
