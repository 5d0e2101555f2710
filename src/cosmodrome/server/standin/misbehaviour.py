"""What Granian serves when faults are set: a `Front` some of whose answers are spoiled on their way out.

A fault holds no lane: a slow answer waits on the event loop before it is made.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from cosmodrome.http_cache.entries import Headers
from cosmodrome.server import connections
from cosmodrome.server.front import Front, Scope
from cosmodrome.server.standin.corruption import SPOILERS
from cosmodrome.server.standin.fates import Fate, Fates, target_of
from cosmodrome.server.standin.replies import REPLIES
from cosmodrome.server.transports import Relay, Streaming

HEADER = "X-Cosmodrome-Fault"
"""Names the kind of fault in each answer that has one."""
OF_THE_RIGHT_BODY = ("content-length", "etag", "cache-control")
UNWANTED = ("accept-encoding", "if-none-match", "if-modified-since")
"""Request headers without which an answer has a body, as it is."""
FLUSH_SECONDS = 0.05
"""For the half of a body that a client gets before the connection ends."""
LARGE_BYTES = 100_000_000
"""Bytes of a body that is larger than any that the service gives."""
BLANKS = b" " * 1_000_000
PAUSE_SECONDS = 0.002
"""Between two parts of a large body: others are answered meanwhile."""
AT_ONCE = struct.pack("ii", 1, 0)
"""`SO_LINGER` for a socket that is reset when it is closed."""


class Labelled(Relay):
    """A transport whose answers have the header of a fault."""

    def __init__(self, transport: Streaming, kind: str) -> None:
        super().__init__(transport)
        self._label = HEADER, kind

    def passed(self, status: int, headers: Headers) -> Headers:
        del status
        return [*headers, self._label]


class Held:
    """A transport that holds an answer back."""

    def __init__(self, transport: Streaming) -> None:
        self._transport = transport
        self.status, self.body = 0, b""
        self.headers: Headers = []

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._transport.__aiter__()

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Holds an answer with a body."""
        self.status, self.headers, self.body = status, headers, body

    def response_empty(self, status: int, headers: Headers) -> None:
        """Holds an answer without one."""
        self.status, self.headers = status, headers

    @property
    def is_json(self) -> bool:
        """Whether it is a right answer in JSON."""
        types = [value for name, value in self.headers if name.lower() == "content-type"]
        return self.status == 200 and bool(self.body) and types == ["application/json"]

    @property
    def headers_of_another_body(self) -> Headers:
        """The headers, as they are with another body, which nobody is to keep."""
        others = [header for header in self.headers if header[0].lower() not in OF_THE_RIGHT_BODY]
        return [*others, ("Cache-Control", "no-store")]

    def release(self) -> None:
        """Gives the answer as it is."""
        if self.body:
            self._transport.response_bytes(self.status, self.headers, self.body)
        else:
            self._transport.response_empty(self.status, self.headers)


class Plain:
    """A request that asks for a whole body, uncompressed."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.headers = {name: v for name, v in scope.headers.items() if name.lower() not in UNWANTED}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scope, name)


class Misbehaving:
    """A `Front` that misbehaves, as the fates will."""

    def __init__(self, front: Front, fates: Fates, slow: float, public_url: str) -> None:
        """`slow` is in real seconds."""
        self._front, self._fates, self._slow, self._public_url = front, fates, slow, public_url
        self._ways = {
            **dict.fromkeys(REPLIES, self._reply),
            **dict.fromkeys(SPOILERS, self._spoil),
            **dict.fromkeys(("reset", "short"), self._break_off),
            "slow": self._delay,
            "large": self._swell,
            "drop": self._drop,
        }
        """What gives an answer, by kind of fault."""

    def open_catalogue(self) -> None:
        """Opens the catalogue in each lane."""
        self._front.open_catalogue()

    async def __rsgi__(self, scope: Scope, transport: Streaming) -> None:
        """Answers one request."""
        is_read = scope.method in ("GET", "HEAD")
        fate = self._fates.of(scope.path, scope.query_string) if is_read else None
        if fate is None:
            await self._front.__rsgi__(scope, transport)
        else:
            await self._ways[fate.kind](fate, scope, transport)

    async def _delay(self, fate: Fate, scope: Scope, transport: Streaming) -> None:
        await asyncio.sleep(self._slow)
        await self._front.__rsgi__(scope, Labelled(transport, fate.kind))

    async def _reply(self, fate: Fate, scope: Scope, transport: Streaming) -> None:
        status, headers, body = REPLIES[fate.kind](fate, self._url(scope))
        labelled = Labelled(transport, fate.kind)
        if scope.method == "HEAD":
            labelled.response_empty(int(status[:3]), headers)
        else:
            labelled.response_bytes(int(status[:3]), headers, body[0])

    async def _drop(self, fate: Fate, scope: Scope, transport: Streaming) -> None:
        """Ends the connection; what is answered then reaches nobody, on Linux."""
        if isinstance(transport, Relay):
            transport.passed(500, [(HEADER, fate.kind)])  # logged before the client notices
        for connection in own_connections(scope):
            connections.close(connection)
        Labelled(transport, fate.kind).response_empty(500, [])

    async def _swell(self, fate: Fate, scope: Scope, transport: Streaming) -> None:
        """Sends JSON and blanks after it, with `Content-Length` or without."""
        held = await self._held(scope, transport)
        if not held.is_json:
            held.release()
            return
        length = [("Content-Length", str(LARGE_BYTES))] if fate.number % 2 else []
        headers = [*held.headers_of_another_body, *length]
        stream = Labelled(transport, fate.kind).response_stream(held.status, headers)
        with suppress(RuntimeError):  # the client has gone
            await stream.send_bytes(held.body)
            for start in range(len(held.body), LARGE_BYTES, len(BLANKS)):
                await stream.send_bytes(BLANKS[: LARGE_BYTES - start])
                await asyncio.sleep(PAUSE_SECONDS)

    async def _spoil(self, fate: Fate, scope: Scope, transport: Streaming) -> None:
        held = await self._held(scope, transport)
        body = SPOILERS[fate.kind](held.body, fate, self._url(scope)) if held.is_json else None
        if body is None:
            held.release()
        else:
            headers = [*held.headers_of_another_body, ("Content-Length", str(len(body)))]
            Labelled(transport, fate.kind).response_bytes(held.status, headers, body)

    async def _break_off(self, fate: Fate, scope: Scope, transport: Streaming) -> None:
        """Sends half of a body, and ends the connection: by a reset, or as if all had been sent."""
        held = await self._held(scope, transport)
        if not held.body:
            held.release()
            return
        headers = [*held.headers_of_another_body, ("Content-Length", str(len(held.body)))]
        stream = Labelled(transport, fate.kind).response_stream(held.status, headers)
        await stream.send_bytes(held.body[: len(held.body) // 2])
        await asyncio.sleep(FLUSH_SECONDS)
        if fate.kind == "reset":
            reset_when_closed(scope)  # which Granian does when a body ends too early

    async def _held(self, scope: Scope, transport: Streaming) -> Held:
        """Returns the right answer."""
        held = Held(transport)
        await self._front.__rsgi__(Plain(scope), held)
        return held

    def _url(self, scope: Scope) -> str:
        """Returns the url of a request as the client sees it."""
        address = self._public_url or f"{scope.scheme}://{scope.headers.get('host', scope.server)}"
        return address + target_of(scope.path, scope.query_string)


def own_connections(scope: Scope) -> list[connections.Connection]:
    """Returns the connection of a request; none on systems other than Linux."""
    if sys.platform != "linux":
        return []
    peer = connections.peer_of(scope.client)
    found = connections.connections(int(scope.server.rpartition(":")[2]))
    return [each for each in found if each.peer == peer]


def reset_when_closed(scope: Scope) -> None:
    """Sees to it that the connection of a request is reset when it is closed."""
    for connection in own_connections(scope):
        with suppress(OSError), socket.socket(fileno=os.dup(connection.descriptor)) as copy:
            copy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
