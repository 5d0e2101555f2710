"""Answers of the upstream to requests that were passed on: checked, remembered, and given with our host.

The table is beside the catalogue, so all workers share it and a restart keeps it.  An answer is kept until
the resource is complete.  In its text, urls of records have marks where the host and the format belong.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, Sum
from django.http import HttpRequest, HttpResponse

from cosmodrome.mirror.freshness import DATA_AS_OF
from cosmodrome.mirror.models import PassedAnswer
from cosmodrome.mirror.read_through.asked import Asked
from cosmodrome.rendering.fragments import BASE, FORMAT
from cosmodrome.rendering.templates import as_json
from cosmodrome.resources.pagination import Pagination
from cosmodrome.resources.responder import filled_in, path_of, root_of
from cosmodrome.resources.schema.ignored import IGNORED, as_header, ignored_names
from cosmodrome.time import clock

FRESH_HOURS = 1
"""The time for which an answer is given without asking again."""
MOST_KEPT = 100_000_000
"""Bytes of all answers that are remembered, compressed."""
CLAIM = timedelta(seconds=200)
"""The real time after which a request counts as given up by the process that passed it on."""
BASE_MARK, FORMAT_MARK = "\ue000", "\ue001"
"""Characters for private use, which stand in a remembered text where the host and the format belong."""


class BadText(ValueError):
    """A value can't be written as JSON."""


@dataclass(frozen=True)
class Passed:
    """An answer of the upstream."""

    asked: Asked
    status: int
    """200, or 404 for a record that the upstream does not have."""
    body: bytes
    """A record or an object, or the records of a page in brackets, with marks."""
    count: int
    """The records that the list has; of anything else 0."""
    read_at: datetime

    @property
    def age(self) -> timedelta:
        """The time since it was read."""
        return max(timedelta(0), clock.unrecorded_now() - self.read_at)

    @property
    def is_fresh(self) -> bool:
        """Whether it is given without asking again."""
        return self.age < timedelta(hours=FRESH_HOURS)

    def content(self, request: HttpRequest) -> bytes:
        """Returns the body for a request: with its host, its format, and links as its parameters ask."""
        texts = [self.with_marks(BASE, FORMAT)]
        if self.asked.is_list:
            page = Pagination().page(self.count, request.GET)
            head, tail = page.envelope(f"{root_of(request)}{path_of(self.asked.view)}")
            texts = [head.removesuffix(b"["), *texts, tail.removeprefix(b"]")]
        return filled_in(texts, request)

    def with_urls_at(self, base: str) -> bytes:
        """Returns the text with the urls of records below `base`, in no format."""
        return self.with_marks(base.encode(), b"")

    def with_marks(self, base: bytes, form: bytes) -> bytes:
        """Returns the text with these in place of the marks for the host and for the format."""
        return self.body.replace(BASE_MARK.encode(), base).replace(FORMAT_MARK.encode(), form)

    def response(self, request: HttpRequest) -> HttpResponse:
        """Returns the answer as the views give theirs."""
        response = HttpResponse(self.content(request), "application/json", headers={"Vary": "Accept"})
        response.headers["Allow"] = "GET"
        response.headers[DATA_AS_OF] = clock.write_instant(self.read_at)
        is_record = self.asked.pk is not None
        if ignored := as_header(ignored_names(self.asked.view, request.GET, is_record)):
            response.headers[IGNORED] = ignored
        return response


def marked(value: Any, base: re.Pattern[str]) -> bytes:
    """Returns a value as JSON, with marks in the urls that begin with `base`.  Raises BadText."""
    try:
        return as_json(marked_value(value, base))
    except (ValueError, RecursionError) as error:
        raise BadText(str(error)) from None


def marked_value(value: Any, base: re.Pattern[str]) -> Any:
    """Returns a value with a mark for the host and one for the format in each url that begins with `base`."""
    if isinstance(value, str):
        text = value.replace(BASE_MARK, "").replace(FORMAT_MARK, "")
        if not (found := base.match(text)):
            return text
        return f"{BASE_MARK}{text[found.end() :]}{'' if '?' in text else FORMAT_MARK}"
    if isinstance(value, list):
        return [marked_value(each, base) for each in value]
    if isinstance(value, dict):
        return {marked_value(name, base): marked_value(each, base) for name, each in value.items()}
    return value


def remembered(asked: Asked) -> Passed | None:
    """Returns the last answer that is known to a request; None if none is."""
    row = PassedAnswer.objects.filter(pk=asked.key, status__isnull=False).first()
    if row is None or row.status is None or row.read_at is None:
        return None
    return Passed(asked, row.status, zlib.decompress(row.body), row.count, row.read_at)


def claim(asked: Asked) -> bool:
    """Claims a request for this process, so that no other passes it on meanwhile; False if another has."""
    now = clock.real_now()
    _, is_new = PassedAnswer.objects.get_or_create(
        pk=asked.key, defaults={"target": asked.target, "path": asked.path, "claimed": now}
    )
    if is_new:
        return True
    return bool(PassedAnswer.objects.filter(is_free(now), pk=asked.key).update(claimed=now))


def is_free(now: datetime) -> Q:
    """Returns the condition of a row that no living process has claimed, by the real time."""
    return Q(claimed=None) | Q(claimed__lt=now - CLAIM) | Q(claimed__gt=now + CLAIM)


def is_claimed(asked: Asked) -> bool:
    """Whether a process passes a request on now."""
    return PassedAnswer.objects.filter(pk=asked.key).exclude(is_free(clock.real_now())).exists()


def release(asked: Asked) -> None:
    """Gives a claim up."""
    PassedAnswer.objects.filter(pk=asked.key).update(claimed=None)
    PassedAnswer.objects.filter(pk=asked.key, status=None).delete()


def remember(passed: Passed) -> None:
    """Remembers an answer, and gives the claim up."""
    body = zlib.compress(passed.body)
    PassedAnswer.objects.filter(pk=passed.asked.key).update(
        status=passed.status,
        body=body,
        size=len(body),
        count=passed.count,
        read_at=passed.read_at,
        claimed=None,
    )
    keep_within(MOST_KEPT)


def keep_within(most: int) -> None:
    """Forgets the oldest answers that are more than `most` bytes together."""
    size = PassedAnswer.objects.aggregate(bytes=Sum("size"))["bytes"] or 0
    if size <= most:
        return
    rows = PassedAnswer.objects.filter(status__isnull=False).order_by(F("read_at").asc())
    for key, own in rows.values_list("pk", "size"):
        PassedAnswer.objects.filter(pk=key).delete()
        size -= own
        if size <= most:
            return


def forget_complete(incomplete: Container[str]) -> None:
    """Forgets the answers of paths at which everything is there."""
    paths = set(PassedAnswer.objects.values_list("path", flat=True).distinct())
    PassedAnswer.objects.filter(path__in=[path for path in paths if path not in incomplete]).delete()
