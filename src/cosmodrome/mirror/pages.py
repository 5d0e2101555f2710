"""Pages of a resource's list: how each is asked for, and what is checked before a record is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cosmodrome.ingest.errors import describe_value, printable
from cosmodrome.ingest.moments import moment_told
from cosmodrome.mirror.models import LONGEST_KEY
from cosmodrome.mirror.upstream import Answer, BadAnswer, read_number
from cosmodrome.resources.registry import RESOURCES, resource_of
from cosmodrome.resources.resources import Resource
from cosmodrome.time import clock

LIMIT = 100
"""Records of a page, the most that the service gives."""
STABLE_ORDERS = ("id", "created_on", "docking", "date", "name")
"""The fields by which lists are ordered, the best first: an id never changes, the others seldom do."""
KEY = re.compile(rf"[0-9A-Za-z-]{{1,{LONGEST_KEY}}}")
"""An id that is a text."""
PLACE = "no. "
"""The begin of what stands for the id of a record that has none, before its place in the list."""
MOST_RECORDS = 10_000_000
MOMENT_DEVIATION = 60
"""Seconds between the date of an answer and its making, at most."""


@dataclass(frozen=True)
class Page:
    """A page of records, whose envelope is right."""

    resource: type[Resource]
    path: str
    offset: int
    count: int
    records: list[Any]
    has_next: bool
    read_at: datetime

    @property
    def keys(self) -> list[Any]:
        """The ids of the records; of one without any, its place."""
        return [self.key_at(number) for number in range(1, len(self.records) + 1)]

    def key_at(self, number: int) -> Any:
        """Returns the id of a record by its number on the page, or its place in the list if it has none."""
        key = key_of(self.records[number - 1])
        return f"{PLACE}{self.offset + number}" if key is None else key


def swept_resources() -> dict[str, type[Resource]]:
    """Returns the resources that together have all records, by path: those that only select are left out."""
    return {path: each for path, each in RESOURCES.items() if resource_of(each.model()) is each}


def order_of(resource: type[Resource]) -> str:
    """Returns the field by which the pages of a resource are ordered; empty for the order of the service."""
    offered = resource.ordering_fields
    return next((name for name in STABLE_ORDERS if offered is None or name in offered), "")


def page_path(resource: type[Resource], offset: int, **further: str) -> str:
    """Returns the path of a page: all that the resource shows of a hundred records."""
    asked = {"mode": "detailed"} if "detailed" in resource.modes else {}
    ordered = {"ordering": order} if (order := order_of(resource)) else {}
    parameters = {**asked, "limit": str(LIMIT), "offset": str(offset), **ordered, **further}
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"/2.3.0/{resource.path}/?{query}"


def read_page(answer: Answer, resource: type[Resource], offset: int, host: str) -> Page:
    """Returns the page in an answer.  Raises BadAnswer, which names the page and what is wrong in it."""
    where, value = answer.path, answer.value
    if not isinstance(value, dict):
        raise BadAnswer(f"{where}: an object is expected, not {describe_value(value)}.")
    count, records = read_number(answer, "count", value.get("count"), MOST_RECORDS), value.get("results")
    if not isinstance(records, list):
        raise BadAnswer(f"{where}: results: a list is expected, not {describe_value(records)}.")
    if len(records) != (due := max(0, min(LIMIT, count - offset))):
        raise BadAnswer(
            f"{where}: results: there are {len(records)} records, where a count of {count} leaves {due}."
        )
    has_next = check_next(answer, resource, offset + LIMIT, host)
    if has_next != (offset + LIMIT < count):
        tells = "leads on" if has_next else "is null"
        raise BadAnswer(f"{where}: next: it {tells}, where a count of {count} does not.")
    refuse_repeats(where, resource, records)
    return Page(resource, where, offset, count, records, has_next, told_moment(answer, records))


def check_next(answer: Answer, resource: type[Resource], offset: int, host: str) -> bool:
    """Returns whether there is a next page.  Raises BadAnswer if `next` leads anywhere else than there."""
    link = answer.value.get("next")
    if link is None:
        return False
    if not isinstance(link, str):
        raise BadAnswer(f"{answer.path}: next: a url is expected, not {describe_value(link)}.")
    shown = printable(link[:200])
    try:
        parts = urlsplit(link)
    except ValueError:
        raise BadAnswer(f"{answer.path}: next: {shown!r} is no url.") from None
    if parts.netloc.lower() != host.lower() or not parts.path.endswith(f"/2.3.0/{resource.path}/"):
        raise BadAnswer(f"{answer.path}: next: it leads to {shown}, which is not this list.")
    if parse_qs(parts.query).get("offset") != [str(offset)]:
        raise BadAnswer(f"{answer.path}: next: it leads to {shown}, not to the offset {offset}.")
    return True


def refuse_repeats(where: str, resource: type[Resource], records: list[Any]) -> None:
    """Raises BadAnswer if two records of a page have the same id."""
    seen = set()
    for key in map(key_of, records):
        if key is not None and key in seen:
            raise BadAnswer(f"{where}: {resource.path} {key}: id: two records of the page have it.")
        seen.add(key)


def key_of(record: Any) -> Any:
    """Returns the id of a record, a number or a text; None if it has none."""
    key = record.get("id") if isinstance(record, dict) else None
    if isinstance(key, str):
        return key if KEY.fullmatch(key) else None
    return key if isinstance(key, int) and not isinstance(key, bool) else None


def told_moment(answer: Answer, records: list[Any]) -> datetime:
    """Returns the moment as of which the records stand.

    A `Date` has whole seconds, and is of the end of the answer: growing durations tell the moment to the
    second at which they were computed, if any of them can.
    """
    deviation = clock.stretched(timedelta(seconds=MOMENT_DEVIATION))
    told = moment_told(records, answer.read_at + deviation)
    return told if told is not None and told >= answer.read_at - deviation else answer.read_at
