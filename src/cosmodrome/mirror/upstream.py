"""The client of the upstream: one call at a time, within the budget, and without trust in what comes back.

What may succeed later is tried again, with pauses that grow and vary, each attempt a call of the budget.
Everything else is an `UpstreamError`, whose text is a sentence.  No redirect is followed.  The token is sent
in a header alone: it is in no url, sentence or log.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from random import SystemRandom
from typing import Any, NoReturn

import httpx
import stamina

from cosmodrome.database.outages import reason_of
from cosmodrome.ingest.errors import describe_value, printable
from cosmodrome.ingest.values import parse_integer
from cosmodrome.mirror.budget import LONGEST_RETRY, Budget, BudgetSpent, Call, Purpose
from cosmodrome.time import clock

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(60, connect=20)
"""Real seconds: the service was seen to take eleven for an answer."""
DEADLINE = 180.0
"""Real seconds after which an answer that still comes is given up."""
MOST_BYTES = 64_000_000
"""Bytes of an answer, unpacked: a hundred launches in full are six million."""
ATTEMPTS = 5
FIRST_PAUSE, LONGEST_PAUSE, JITTER = 5.0, 300.0, 5.0
"""Seconds of the clock between two attempts: the first pause, the longest, and what is added at random."""
THROTTLED_PAUSE = 60.0
"""Seconds of the clock without a call after a refusal that does not say how long it holds."""
MOST_NUMBER = 2**62
WAIT_SENTENCE = re.compile(r"available in (\d{1,9}) second")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Logs that a call is made again, with the reason."""
    logger.info("%s It is tried again (%d of %d).", details.caused_by, details.retry_num, ATTEMPTS - 1)


stamina.instrumentation.set_on_retry_hooks([log_retry])


class UpstreamError(Exception):
    """A call has failed; the text is a sentence."""


class Unreachable(UpstreamError):
    """The upstream does not answer, or not now: the same call may succeed later."""


class KeyRefused(UpstreamError):
    """The upstream does not let this caller in."""


class NotThere(UpstreamError):
    """The upstream has nothing at the path."""


class BadAnswer(UpstreamError):
    """The answer can't be trusted."""


@dataclass(frozen=True)
class Answer:
    """An answer with a JSON value."""

    path: str
    value: Any
    read_at: datetime
    """The moment of the answer, as the upstream dates it."""


@dataclass(frozen=True)
class Throttle:
    """The rate of this caller, as the upstream tells it."""

    limit: int
    seconds: int
    used: int


class Upstream:
    """A service of Launch Library 2.3.0 at `url`, which is called within a budget."""

    def __init__(
        self,
        url: str,
        token: str,
        budget: Budget,
        sleep: Callable[[float], object] = time.sleep,
        most_bytes: int | None = None,
    ) -> None:
        """`most_bytes` is of one answer, unpacked; None for `MOST_BYTES`."""
        self.url, self.budget, self.most_bytes = url.rstrip("/"), budget, most_bytes
        self._sleep = sleep
        self.tell: Callable[[str], object] = lambda _: None
        """Called with a sentence at the first failure of a call that is tried again, before the pause."""
        self._client = httpx.Client(
            headers={
                "User-Agent": f"Cosmodrome/{version('cosmodrome')} (a mirror of Launch Library)",
                "Accept": "application/json",
                **({"Authorization": f"Token {token}"} if token else {}),
            },
            timeout=TIMEOUT,
            follow_redirects=False,
            verify=self.url.startswith("https:"),  # to read the certificates takes a second
            mounts={f"all://{host}": None for host in LOOPBACK},  # a proxy is for other machines
        )

    @property
    def host(self) -> str:
        """The host and port of the service."""
        return httpx.URL(self.url).netloc.decode()

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def get(
        self,
        path: str,
        purpose: Purpose,
        patience: float | None = None,
        check: Callable[[Answer], Any] = lambda answer: answer,
        caller: str = "",
    ) -> Any:
        """Returns what `check` makes of the answer at a path such as `/2.3.0/agencies/?limit=100`.

        Without `patience` it waits for the budget, and tries again what may succeed later, also where `check`
        raises BadAnswer.  With it, in seconds of the clock, there is one attempt, or BudgetSpent is raised.
        Raises UpstreamError.
        """
        if patience is not None:
            return check(self._call(self.budget.reserve(path, purpose, patience, caller)))
        second = 1 / clock.speed()
        for attempt in stamina.retry_context(
            on=(Unreachable, BadAnswer),
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=FIRST_PAUSE * second,
            wait_max=LONGEST_PAUSE * second,
            wait_jitter=JITTER * second,
        ):
            with attempt:
                try:
                    return check(self._call(self._take(path, purpose)))
                except (Unreachable, BadAnswer) as error:
                    if attempt.num == 1:
                        pause = attempt.next_wait + JITTER * second / 2
                        self.tell(
                            f"{error} Trying again in about {pause:.0f} s, {ATTEMPTS - 1} times at most."
                        )
                    raise
        raise AssertionError("stamina raises the last error")  # pragma: no cover - for the type checker

    def throttle(self) -> Throttle:
        """Asks for the rate of this caller, which is free of charge.  Raises UpstreamError."""
        found: Throttle = self.get("/2.3.0/api-throttle/", Purpose.THROTTLE, check=read_throttle)
        return found

    def ask_rate(self) -> None:
        """Asks for the rate of this caller, and keeps to it.  Raises UpstreamError."""
        told = self.throttle()
        self.budget.heed(told.limit, told.seconds, told.used)

    def _take(self, path: str, purpose: Purpose) -> Call:
        try:
            return self.budget.take(path, purpose, self._sleep)
        except BudgetSpent as spent:
            raise UpstreamError(
                f"{spent} The clock stands still, so none will ever be free: let it run, or set no rate."
            ) from None

    def _call(self, call: Call) -> Answer:
        """Makes one call, and records how it ended.  Raises UpstreamError."""
        call.wait(self._sleep)
        status, retry_at = None, None
        try:
            status, headers, body = self._exchange(call.row.path)
            retry_at = retry_instant(status, headers, body)
        finally:
            call.end(status, retry_at)
        refuse_status(call.row.path, status, headers, body)
        return Answer(call.row.path, json_of(call.row.path, body), moment_of(headers))

    def _exchange(self, path: str) -> tuple[int, httpx.Headers, bytes]:
        """Returns status, headers and body.  Raises Unreachable, and BadAnswer for a body without an end."""
        began, body, most = time.monotonic(), bytearray(), self.most_bytes or MOST_BYTES
        try:
            with self._client.stream("GET", self.url + path) as answer:
                for part in answer.iter_bytes(1 << 16):
                    body += part
                    if len(body) > most:
                        raise BadAnswer(f"{path}: the answer has more than {most} bytes.")
                    if time.monotonic() - began > DEADLINE:
                        raise Unreachable(f"{path}: the answer has not ended after {DEADLINE:.0f} seconds.")
                return answer.status_code, answer.headers, bytes(body)
        except httpx.TimeoutException:
            raise Unreachable(f"{path}: {self.url} does not answer in time.") from None
        except httpx.HTTPError as error:
            reason = printable(reason_of(error)) or type(error).__name__
            raise Unreachable(f"{path}: {self.url} can't be reached ({reason}).") from None


def refuse_status(path: str, status: int, headers: httpx.Headers, body: bytes) -> None:
    """Raises UpstreamError for an answer without a JSON value."""
    is_html = body.lstrip()[:1] == b"<"
    if status == 429 or status >= 500 or (status == 403 and is_html):
        page = ", and a page that keeps programs away" if is_html and status in (403, 429, 503) else ""
        raise Unreachable(f"{path}: the upstream answers with HTTP {status}{page}.")
    if status in (401, 403):
        raise KeyRefused(
            f"{path}: the upstream does not let us in (HTTP {status}): see COSMODROME_UPSTREAM_TOKEN."
        )
    if status in (404, 410):
        raise NotThere(f"{path}: the upstream has no such path (HTTP {status}).")
    if 300 <= status < 400:
        there = printable(headers.get("location", "nowhere")[:200])
        raise BadAnswer(
            f"{path}: the upstream redirects to {there}, which is not followed: "
            "set COSMODROME_UPSTREAM to where the service is."
        )
    if status != 200:
        raise BadAnswer(f"{path}: the upstream answers with HTTP {status}.")
    if is_html:
        raise BadAnswer(f"{path}: the answer is an HTML page, not JSON.")


def json_of(path: str, body: bytes) -> Any:
    """Returns the JSON value of a body.  Raises BadAnswer."""
    try:
        return json.loads(body.decode(), parse_constant=refuse_constant, parse_int=parse_integer)
    except UnicodeDecodeError as error:
        raise BadAnswer(f"{path}: the answer is not UTF-8 text, at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        end = "is cut off" if error.pos >= len(error.doc.rstrip()) - 1 else f"is broken ({error.msg})"
        raise BadAnswer(f"{path}: the JSON {end} at character {error.pos} of {len(error.doc)}.") from None
    except RecursionError:
        raise BadAnswer(f"{path}: the JSON is nested too deeply.") from None
    except ValueError as error:
        raise BadAnswer(f"{path}: the JSON is broken: {error}.") from None


def refuse_constant(constant: str) -> NoReturn:
    """Refuses NaN and Infinity: Python would parse them, but JSON has neither."""
    raise ValueError(f"{constant} is no JSON value")


def moment_of(headers: httpx.Headers) -> datetime:
    """Returns the moment of an answer: its `Date`, unless the clock is simulated and that is real."""
    now = clock.now()
    try:
        date = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return now
    deviation = abs(date - now) + timedelta(minutes=1)  # one of both clocks, where both are near
    is_real = abs(date - clock.real_now()) < deviation
    return now if is_real and clock.setting() != (None, None) else date


def retry_instant(status: int, headers: httpx.Headers, body: bytes) -> datetime | None:
    """Returns the instant before which the upstream wants no call; None if it says nothing of the kind."""
    told = retry_seconds(headers.get("retry-after", ""), body[:1000])
    if told is None and status not in (403, 429):
        return None
    if status == 403 and body.lstrip()[:1] != b"<":
        return None
    seconds = THROTTLED_PAUSE if told is None else told
    varied = seconds + SystemRandom().uniform(0, min(JITTER, seconds))
    return clock.now() + min(timedelta(seconds=varied), LONGEST_RETRY)


def retry_seconds(header: str, body: bytes) -> float | None:
    """Returns the seconds that `Retry-After` names, or else the sentence of a throttled answer."""
    if header.isascii() and header.isdecimal():
        return min(float(header), LONGEST_RETRY.total_seconds())
    try:
        at = parsedate_to_datetime(header).astimezone(UTC)
    except (ValueError, OverflowError):
        sentence = WAIT_SENTENCE.search(body.decode(errors="replace"))
        return float(sentence[1]) if sentence else None
    return max(0.0, (at - clock.now()).total_seconds())


def read_number(answer: Answer, name: str, value: Any, most: int = MOST_NUMBER) -> int:
    """Returns the value of a key, if it is a number from 0 to `most`.  Raises BadAnswer."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise BadAnswer(f"{answer.path}: {name}: a number is expected, not {describe_value(value)}.")


def read_throttle(answer: Answer) -> Throttle:
    """Returns what an answer of `api-throttle` tells, as an object or in a list.  Raises BadAnswer."""
    value = answer.value[0] if isinstance(answer.value, list) and answer.value else answer.value
    if not isinstance(value, dict):
        raise BadAnswer(f"{answer.path}: an object is expected, not {describe_value(value)}.")
    names = ("your_request_limit", "limit_frequency_secs", "current_use")
    return Throttle(*(read_number(answer, name, value.get(name)) for name in names))
