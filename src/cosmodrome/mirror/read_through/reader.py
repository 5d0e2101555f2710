"""Read-through: a request that the catalogue can't answer in full yet is passed upstream, once.

One process passes it on for all, within the budget and before the plan's own calls; what comes back is
remembered, and taken into the catalogue.  No failure of the upstream is one of the answer: then there is the
last known answer, or what the catalogue has.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cached_property
from threading import Lock

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.utils.crypto import salted_hmac

from cosmodrome.database.connections import discard_unusable
from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.ingest.files import Hints
from cosmodrome.ingest.loader import load_bytes
from cosmodrome.mirror import intake
from cosmodrome.mirror.budget import Budget, BudgetSpent, Purpose
from cosmodrome.mirror.freshness import FRESHNESS
from cosmodrome.mirror.models import RecordDigest, UpstreamCall
from cosmodrome.mirror.pages import MOST_RECORDS, Page
from cosmodrome.mirror.read_through.asked import Asked
from cosmodrome.mirror.read_through.passed import (
    BadText,
    Passed,
    claim,
    forget_complete,
    is_claimed,
    marked,
    release,
    remember,
    remembered,
)
from cosmodrome.mirror.upstream import Answer, BadAnswer, NotThere, Upstream, UpstreamError, read_number
from cosmodrome.resources.pagination import Pagination
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.time import clock

logger = logging.getLogger(__name__)

AHEAD = 5.0
"""Seconds of the clock for which a request waits for the budget, before the plan's calls."""
AWAY = timedelta(seconds=30)
"""The time for which nothing is passed to an upstream that has failed twice in a row."""
MOST_BYTES = 16_000_000
"""Bytes of an answer that is passed on, unpacked."""


class Outcome(Enum):
    """What has come of passing a request on, if no answer has."""

    ELSEWHERE = "another process passes it on"
    NOTHING = "the budget is spent, or the upstream does not answer"


@dataclass(frozen=True)
class Known:
    """What is known to a request before it is passed on."""

    is_whole: bool
    """Whether the catalogue has all of the record."""
    passed: Passed | None
    """The last answer of the upstream."""


class ReadThrough:
    """Passes requests on to the upstream.  Its methods are for threads that may wait."""

    def __init__(self) -> None:
        self._lock = Lock()

    @cached_property
    def upstream(self) -> Upstream:
        """The client of the service."""
        budget = Budget(settings.UPSTREAM_RATE)
        return Upstream(settings.UPSTREAM, settings.UPSTREAM_TOKEN, budget, most_bytes=MOST_BYTES)

    def known(self, asked: Asked) -> Known:
        """Returns what is known to a request.  Raises DatabaseError."""
        discard_unusable()
        return Known(is_whole(asked), remembered(asked))

    def elsewhere(self, asked: Asked) -> Passed | Outcome:
        """Returns what has come of a request that another process passes on.  Raises DatabaseError."""
        discard_unusable()
        if is_claimed(asked):
            return Outcome.ELSEWHERE
        passed = remembered(asked)
        return passed if passed is not None and passed.is_fresh else Outcome.NOTHING

    def fetch(self, asked: Asked, address: str) -> Passed | Outcome:
        """Passes a request on, unless another process does; returns what has come of it.

        Raises DatabaseError.
        """
        discard_unusable()
        if is_away():
            return Outcome.NOTHING
        if not claim(asked):
            return Outcome.ELSEWHERE
        passed = None
        try:
            passed = self._call(asked, caller_key(address))
            return passed or Outcome.NOTHING
        finally:
            if passed is None:
                release(asked)
            else:
                remember(passed)
                forget_complete(FRESHNESS.incomplete)

    def _call(self, asked: Asked, caller: str) -> Passed | None:
        """Makes the call; None, and a line in the log, if it brings no answer."""
        with self._lock:
            upstream = self.upstream
        try:
            passed: Passed = upstream.get(
                asked.target,
                Purpose.READ_THROUGH,
                AHEAD,
                lambda answer: read(asked, answer),
                caller,
            )
        except BudgetSpent as spent:
            logger.info("%s is not passed on. %s", asked.target, spent)
        except NotThere:
            if asked.pk is not None:
                return Passed(asked, 404, b"", 0, clock.now())
        except UpstreamError as error:
            logger.warning("%s", error)
        else:
            return passed
        return None


def is_whole(asked: Asked) -> bool:
    """Whether the catalogue has all of the record that is asked for, as the upstream tells it."""
    if asked.pk is None:
        return False
    return RecordDigest.objects.filter(resource=asked.owner, key=asked.pk, is_gone=False).exists()


def is_away() -> bool:
    """Whether the last two calls have failed, the last one a moment ago: then the upstream is left alone."""
    since = clock.now() - AWAY
    calls = UpstreamCall.objects.exclude(Q(purpose=Purpose.THROTTLE) | Q(ended=None)).order_by("-ended")
    last = list(calls.values_list("status", "ended")[:2])
    has_failed = [status is None or status in (403, 429) or status >= 500 for status, _ in last]
    return len(last) == 2 and all(has_failed) and last[0][1] is not None and last[0][1] > since


def caller_key(address: str) -> str:
    """Returns a text by which calls for one address are counted, and which does not tell the address."""
    return str(salted_hmac("cosmodrome.mirror", address, algorithm="sha256").hexdigest()[:16])


def read(asked: Asked, answer: Answer) -> Passed:
    """Returns what an answer of the upstream says to a request.  Raises BadAnswer."""
    value, count = answer.value, 0
    if not isinstance(value, dict):
        raise BadAnswer(f"{answer.path}: an object is expected.")
    if asked.is_list:
        count = read_count(answer)
        value = value["results"]
    elif asked.pk is not None and str(value.get("id")).lower() != asked.pk.lower():
        raise BadAnswer(f"{answer.path}: id: the record is another one than was asked for.")
    try:
        body = marked(value, own_urls())
    except BadText as error:
        raise BadAnswer(f"{answer.path}: it can't be written as JSON ({error}).") from None
    if settings.UPSTREAM_TOKEN and settings.UPSTREAM_TOKEN.encode() in body:
        raise BadAnswer(f"{answer.path}: it repeats the key that was sent.")
    return Passed(asked, 200, body, count, answer.read_at)


def read_count(answer: Answer) -> int:
    """Returns the count of a page whose envelope is right.  Raises BadAnswer."""
    count = read_number(answer, "count", answer.value.get("count"), MOST_RECORDS)
    records = answer.value.get("results")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise BadAnswer(f"{answer.path}: results: a list of objects is expected.")
    if len(records) > min(count, Pagination.max_limit):
        raise BadAnswer(f"{answer.path}: results: there are more records than were asked for.")
    return count


def own_urls() -> re.Pattern[str]:
    """Returns a pattern of the beginning of urls of the upstream's records, up to the version."""
    host = re.escape(settings.UPSTREAM.partition("://")[2])
    return re.compile(rf"https?://{host}/(?={re.escape(settings.VERSION)}/)")


def take_in(passed: Passed) -> None:
    """Takes the records of an answer into the catalogue, those without faults."""
    if not passed.asked.owner or passed.status != 200:
        return
    text = passed.with_urls_at(f"{settings.UPSTREAM}/")
    records = text if passed.asked.is_list else b"[%b]" % text
    try:
        take = take_in_whole if is_full(passed.asked) else load
        faults = take(passed, records)
    except (BrokenFile, DatabaseError) as error:
        logger.warning("%s is not taken in: %s", passed.asked.target, error)
        return
    for fault in faults:
        logger.warning("%s: %s", passed.asked.target, fault)


def is_full(asked: Asked) -> bool:
    """Whether an answer shows all that there is to a record, as the pages of a sweep do."""
    has_more = "detailed" in RESOURCES[asked.owner].modes and asked.is_list
    return not has_more or "mode=detailed" in asked.query.split("&")


def take_in_whole(passed: Passed, records: bytes) -> list[str]:
    """Takes whole records in as a sweep does, and returns sentences about those that are set aside."""
    owner, found = RESOURCES[passed.asked.owner], json.loads(records)
    page = Page(owner, passed.asked.target, 0, len(found), found, has_next=False, read_at=passed.read_at)
    return [row.sentence for row in intake.take_in(page).aside]


def load(passed: Passed, records: bytes) -> list[str]:
    """Takes in what records in another mode tell, and returns sentences about those that are left out."""
    hints = Hints("an answer of the upstream", passed.asked.owner, passed.read_at)
    report = load_bytes(records, hints, skip_invalid=True, overrules_people=False)
    return [fault.sentence for fault in report.left_out]
