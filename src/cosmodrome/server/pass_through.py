"""Pass-through: requests that the catalogue can't answer in full yet wait for the upstream without a thread.

A call to the upstream is made in a lane of its own, once for all who ask for the same.  Whoever has waited
for `WITHIN` seconds is answered with what there is, and the call goes on.  All is called on the event loop's
thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from time import monotonic
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError

from cosmodrome.access.gate import gate
from cosmodrome.access.network import caller_address
from cosmodrome.access.usage import ADMITTED
from cosmodrome.changes.snapshots import LAYER, Validity
from cosmodrome.http_cache.cache import Answer, coding_for
from cosmodrome.http_cache.entries import IDENTITY, Entry, stored_headers
from cosmodrome.mirror.freshness import FRESHNESS, INCOMPLETE, TOLD
from cosmodrome.mirror.read_through.asked import Asked, admits_host, asked_of, place_of
from cosmodrome.mirror.read_through.middleware import PASSED
from cosmodrome.mirror.read_through.passed import Passed
from cosmodrome.mirror.read_through.reader import Known, Outcome, ReadThrough, take_in
from cosmodrome.server.lanes import Busy, Lane
from cosmodrome.time import clock

logger = logging.getLogger(__name__)

WITHIN = 8.0
"""Seconds for which a request waits for the upstream."""
LOOK_EVERY = 0.2
"""Seconds between two looks at what has come of a call that another process makes."""
STALE = '110 - "Response is Stale"'
"""The value of the header `Warning`."""


class PassThrough:
    """The requests of a worker that are passed on."""

    def __init__(self, lanes: Mapping[str, Lane], plain: Callable[[WSGIEnvironment], Answer]) -> None:
        """`plain` answers a request by Django, whatever is kept."""
        self._lanes, self._plain = lanes, plain
        self._reader = ReadThrough()
        self._admits = gate()
        self._flights: dict[str, asyncio.Task[Passed | Outcome]] = {}
        self._intakes: set[asyncio.Task[None]] = set()

    async def answer(self, environ: WSGIEnvironment) -> Answer | None:
        """Returns the upstream's answer; None if the catalogue is to answer, which may be marked incomplete.

        Raises Busy.
        """
        place = place_in(environ)
        if place is None:
            return None
        address = caller_address(environ)
        asked = asked_in(place, environ)
        try:
            known = await self._lanes["kept"].run(address, lambda: self._known(asked or place, environ))
        except DatabaseError:  # who answers from the catalogue meets it too
            known = Known(is_whole=False, passed=None)
        if known is None or known.is_whole:
            return None
        passed, is_stale = known.passed if asked else None, False
        if asked is not None and (passed is None or not passed.is_fresh):
            fetched = await self._fetched(asked, address)
            passed, is_stale = fetched or passed, fetched is None
        if passed is None:
            environ[INCOMPLETE] = True
            return None
        return await self._given(passed, environ, is_stale)

    def _known(self, asked: Asked, environ: WSGIEnvironment) -> Known | None:
        """Returns what is known to a request; None for one that is refused, which is not counted then."""
        if not self._admits(environ):
            return None
        environ[ADMITTED] = True
        return self._reader.known(asked)

    async def _fetched(self, asked: Asked, address: str) -> Passed | None:
        """Returns the upstream's answer, if it comes in time."""
        deadline = monotonic() + WITHIN
        flight = self._flights.get(asked.key)
        if flight is None:
            flight = self._flights[asked.key] = asyncio.create_task(self._fly(asked, address))
            flight.add_done_callback(lambda _: self._flights.pop(asked.key))
        await asyncio.wait([flight], timeout=WITHIN)
        outcome = flight.result() if flight.done() else Outcome.NOTHING
        while outcome is Outcome.ELSEWHERE and monotonic() < deadline:
            await asyncio.sleep(LOOK_EVERY)
            outcome = await self._lanes["kept"].run(address, lambda: self._reader.elsewhere(asked))
        return outcome if isinstance(outcome, Passed) else None

    async def _fly(self, asked: Asked, address: str) -> Passed | Outcome:
        """Passes a request on, when the turn of the address has come."""
        try:
            outcome = await self._lanes["upstream"].run(address, lambda: self._reader.fetch(asked, address))
        except Busy:
            return Outcome.NOTHING
        except Exception:
            logger.exception("%s could not be passed on", asked.target)
            return Outcome.NOTHING
        if isinstance(outcome, Passed):
            intake = asyncio.create_task(self._take_in(outcome))
            self._intakes.add(intake)
            intake.add_done_callback(self._intakes.discard)
        return outcome

    async def _take_in(self, passed: Passed) -> None:
        """Takes an answer in, after who has asked for it was answered."""
        try:
            await self._lanes["intake"].run("", lambda: take_in(passed))
        except Busy:
            logger.info("%s is not taken in: there is too much to take in", passed.asked.target)
        except Exception:
            logger.exception("%s is not taken in", passed.asked.target)

    async def _given(self, passed: Passed, environ: WSGIEnvironment, is_stale: bool) -> Answer | None:
        """Returns the response with an answer of the upstream; None if that is for the catalogue to say."""
        if passed.status != 200:
            return None  # the record is not there, or is one of this catalogue alone
        environ[TOLD], environ[LAYER] = True, "upstream"
        lane = self._lanes["ordinary"]
        return await lane.run(caller_address(environ), lambda: self._made(passed, environ, is_stale))

    def _made(self, passed: Passed, environ: WSGIEnvironment, is_stale: bool) -> Answer:
        """Makes the response with an answer of the upstream."""
        made = self._plain({**environ, PASSED: passed, "REQUEST_METHOD": "GET"})
        if not made[0].startswith("200 "):
            return made
        entry = Entry(stored_headers(made[1]), made[2][0], Validity(0, clock.EPOCH, clock.LAST))
        coding = coding_for(environ)
        if coding != IDENTITY:
            entry.compress(coding)
        method, etag = environ["REQUEST_METHOD"], environ.get("HTTP_IF_NONE_MATCH")
        status, headers, body = entry.respond(method, coding, etag)
        own = [("Age", str(int(passed.age.total_seconds()))), *([("Warning", STALE)] if is_stale else [])]
        return status, [*(header for header in headers if header[0] != "Age"), *own], body


def place_in(environ: WSGIEnvironment) -> Asked | None:
    """Returns what a request names, if not everything is there that the upstream has; None otherwise."""
    place = place_of(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] in ("GET", "HEAD") else None
    return place if place is not None and place.path in FRESHNESS.incomplete else None


def asked_in(place: Asked, environ: WSGIEnvironment) -> Asked | None:
    """Returns what a request asks for, as it may be passed on; None if it may not."""
    if not settings.UPSTREAM or settings.READ_ONLY:
        return None
    request = WSGIRequest(dict(environ))  # a copy: it decodes the path in place
    try:
        return asked_of(place, request) if admits_host(request) else None
    except Exception:  # noqa: BLE001 - whatever it is, Django meets it too and says what is wrong
        return None
