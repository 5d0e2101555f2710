"""Bodies of requests: read within bounds of size and time, before Django hears of the request.

Only the admin takes any.  A request to another path is answered without a look at its body, and Granian then
closes the connection.  A body is read into memory, never into a file, and a large one only for a person who
has logged in.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import parse_cookie

from cosmodrome.access.network import caller_address
from cosmodrome.admin.middleware import ADMIN_PREFIX

LOG_IN_BYTES = 65_536
"""Bytes of a body without a session: enough for the form to log in."""
FORM_BYTES = 2_500_000
"""Bytes of a body with a session: enough for the longest form, and less than Django writes to a file."""
BODY_SECONDS = 10.0
"""Seconds in which a body must have come."""
MOST_AT_ONCE = 64
MOST_OF_ONE = 8
"""Bodies that a worker reads at once: of all addresses, and of one."""

DISCARDED_BYTES = 64_000_000
DISCARD_SECONDS = 1.0
"""Of a body that is too large so much is read, and forgotten, for so long: most clients look at an answer
only when they have sent all, and lose it if the connection is closed before."""

BUSY = "The server is busy: try again in a moment."
"""The sentence for a request that has no place among those that wait."""

Check = Callable[[WSGIEnvironment], Awaitable[bool]]


class BodyError(Exception):
    """The body of a request is not read, or not to its end."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Bodies:
    """The bodies that a worker reads.  All is called on the event loop's thread."""

    def __init__(self, is_logged_in: Check) -> None:
        """`is_logged_in` finds out whether a request is that of a person who has logged in."""
        self._is_logged_in = is_logged_in
        self._reading: Counter[str] = Counter()

    async def read(self, environ: WSGIEnvironment, chunks: AsyncIterable[bytes]) -> None:
        """Reads the body of a request, for a path that takes one, into its environment.  Raises BodyError."""
        if not environ["PATH_INFO"].startswith(ADMIN_PREFIX):
            return
        address = caller_address(environ)
        if self._reading[address] >= MOST_OF_ONE or self._reading.total() >= MOST_AT_ONCE:
            raise BodyError(HTTPStatus.SERVICE_UNAVAILABLE, BUSY)
        self._reading[address] += 1
        try:
            environ["wsgi.input"] = await self._read(environ, chunks)
        finally:
            self._reading[address] -= 1
            self._reading += Counter()  # forgets those that have none

    async def _read(self, environ: WSGIEnvironment, chunks: AsyncIterable[bytes]) -> BytesIO:
        told = environ.get("CONTENT_LENGTH")
        length = int(told) if told else None
        most = LOG_IN_BYTES
        if (length is None or length > most) and await self._is_logged_in(environ):
            most = FORM_BYTES
        parts = parts_of(chunks)
        if length is not None and length > most:
            await discard(parts)
            raise too_large(most)
        body = BytesIO()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in parts:
                    if body.tell() + len(chunk) > most:
                        await discard(parts)
                        raise too_large(most)
                    body.write(chunk)
        except TimeoutError:
            raise BodyError(
                HTTPStatus.REQUEST_TIMEOUT, f"The body has not come within {BODY_SECONDS:g} seconds."
            ) from None
        if length is not None and body.tell() < length:
            raise BodyError(HTTPStatus.BAD_REQUEST, "The body has ended before its end.")
        environ["CONTENT_LENGTH"] = str(body.tell())  # chunked ones tell none, and Django would read none
        body.seek(0)
        return body


async def parts_of(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yields a body that Granian gives to one loop alone; this can be read on in a second one."""
    async for chunk in chunks:
        yield chunk


async def discard(parts: AsyncIterator[bytes]) -> None:
    """Reads what is left of a body, within bounds, and keeps nothing of it."""
    read = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_SECONDS):
            async for part in parts:
                read += len(part)
                if read > DISCARDED_BYTES:
                    break


def too_large(most: int) -> BodyError:
    """Returns the error of a body that is too large."""
    before = ", until you have logged in" if most == LOG_IN_BYTES else ""
    sentence = f"The body of a request may have {most:,} bytes at most{before}."
    return BodyError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)


def has_session(environ: WSGIEnvironment) -> bool:
    """Whether a request has the session of a person who has logged in.  Asks the database."""
    key = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME)
    return bool(key) and SESSION_KEY in SessionStore(key)
