"""Transports between a `Front` and Granian: each sees or changes the answers that pass it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from cosmodrome.http_cache.entries import Headers
from cosmodrome.server.front import Transport


class Streaming(Transport, Protocol):
    """Granian's way to answer, with a body that comes in parts as well."""

    def response_stream(self, status: int, headers: Headers) -> Any: ...


class Relay:
    """A transport that passes all on, with other headers if `passed` says so."""

    def __init__(self, transport: Streaming) -> None:
        self._transport = transport

    def passed(self, status: int, headers: Headers) -> Headers:
        """Returns the headers with which an answer is passed on."""
        raise NotImplementedError

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._transport.__aiter__()

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answers with a body."""
        self._transport.response_bytes(status, self.passed(status, headers), body)

    def response_empty(self, status: int, headers: Headers) -> None:
        """Answers without one."""
        self._transport.response_empty(status, self.passed(status, headers))

    def response_stream(self, status: int, headers: Headers) -> Any:
        """Begins an answer whose body comes in parts."""
        return self._transport.response_stream(status, self.passed(status, headers))
