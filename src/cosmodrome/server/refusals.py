"""Answers to requests that are refused before Django hears of them, or that have failed, and their log."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from time import monotonic
from wsgiref.types import WSGIEnvironment

from cosmodrome.access.request_ids import HEADER, request_id
from cosmodrome.database.outages import RETRY_AFTER, outage_sentence
from cosmodrome.http_cache.cache import Answer
from cosmodrome.server.bodies import BUSY, BodyError
from cosmodrome.server.lanes import LANE, Busy

logger = logging.getLogger(__name__)

QUIET_SECONDS = 1.0
"""The time after a line about a full server in which there is no other: a flood would fill the disk."""
LONGEST_PATH = 200
"""Characters of a path that a line has."""


class FullLog:
    """Logs requests that found no room: one in a second, with the number of those that have no line."""

    def __init__(self) -> None:
        self._last = -QUIET_SECONDS
        self._silent = 0

    def log(self, environ: WSGIEnvironment) -> None:
        """Logs a request that found no room, or counts it."""
        now = monotonic()
        if now - self._last < QUIET_SECONDS:
            self._silent += 1
            return
        method, path = environ.get("REQUEST_METHOD", ""), environ["PATH_INFO"][:LONGEST_PATH]
        where = f" in the lane {environ[LANE]}" if LANE in environ else ""
        more = f"; so were {self._silent} others since the line before" if self._silent else ""
        logger.warning(
            "%s %s was refused (503), as there was no room for it%s%s",
            *(method, path, where, more),
            extra={"environ": environ},
        )
        self._last, self._silent = now, 0


FULL = FullLog()
"""The log of this process."""


def is_exhausted(error: Exception) -> bool:
    """Whether an error says that there is no memory, or no thread, to be had."""
    return isinstance(error, MemoryError) or "can't start new thread" in str(error)


def answer_to(error: Exception, environ: WSGIEnvironment) -> Answer:
    """Returns the answer to a request that is refused, or has failed, which is logged."""
    if isinstance(error, Busy):
        error = BodyError(HTTPStatus.SERVICE_UNAVAILABLE, BUSY)
    if isinstance(error, BodyError):
        answer = refusal(error.status, error.sentence)
        if error.status is not HTTPStatus.SERVICE_UNAVAILABLE:
            return answer
        FULL.log(environ)
        return with_request_id(answer, environ)
    logger.error("A request could not be answered", exc_info=error, extra={"environ": environ})
    return with_request_id(failure(error), environ)


def failure(error: Exception) -> Answer:
    """Returns the answer to an error that nobody has caught."""
    if is_exhausted(error):
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The server is out of memory: try again later.")
    if sentence := outage_sentence(error):
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, sentence)
    return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on this server.")


def with_request_id(answer: Answer, environ: WSGIEnvironment) -> Answer:
    """Returns an answer to an error, with the id that the line of the log has."""
    status, headers, body = answer
    return status, [*headers, (HEADER, request_id(environ))], body


def refusal(status: HTTPStatus, sentence: str) -> Answer:
    """Returns an answer in the form of the API's errors; a busy server's says when to come again."""
    body = json.dumps({"detail": sentence}, separators=(",", ":")).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "no-store"),
    ]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", RETRY_AFTER))
    return f"{status.value} {status.phrase}", headers, [body]
