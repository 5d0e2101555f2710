"""Intake: takes the records of a page into the catalogue, those that say anything new.

A page is one transaction, together with what its sweep writes of it.  A page without news changes nothing in
the catalogue, whose data version stays.  A record that can't be taken in is set aside with a sentence, and
the others are taken in.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, transaction

from cosmodrome.changes.transactions import Change, atomic_change
from cosmodrome.database.outages import reason_of
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.ingest.errors import BrokenFile, Fault, describe_value
from cosmodrome.ingest.faults import valid_readings
from cosmodrome.ingest.upsert import upsert
from cosmodrome.mirror.digests import Digest, digest_of, known_digests, write_digests
from cosmodrome.mirror.freshness import owner_of
from cosmodrome.mirror.models import SetAside
from cosmodrome.mirror.pages import Page, key_of
from cosmodrome.resources.resources import Resource
from cosmodrome.time import clock

Bookkeeping = Callable[[], None]
"""Writes, in the transaction of a page, how far its sweep has come."""


@dataclass
class Taken:
    """The outcome of one page."""

    page: Page
    records: int = 0
    """The records that said something new, and were taken in."""
    unchanged: int = 0
    aside: list[SetAside] = field(default_factory=list)
    """The records that were set aside."""


@dataclass(frozen=True)
class Candidate:
    """A record of a page that says something new."""

    number: int
    """Its place on the page, from 1 on."""
    key: str
    record: dict[str, Any]
    digest: Digest


def take_in(page: Page, bookkeeping: Bookkeeping = lambda: None) -> Taken:
    """Takes a page into the catalogue.  Raises DatabaseError, and then changes nothing."""
    taken = Taken(page)
    candidates = list(news(page, taken))
    rows, left_out = collected(page, candidates, taken)
    try:
        write(page, candidates, left_out, rows, taken, bookkeeping)
    except (IntegrityError, DataError, BrokenFile):  # which record it is only shows one by one
        taken.records = 0
        for one in candidates:
            if one.number not in left_out:
                left_out |= take_one(page, one, taken)
        write(page, candidates, left_out, None, taken, bookkeeping)
        taken.records = len(candidates) - len(left_out)
    return taken


def news(page: Page, taken: Taken) -> Iterator[Candidate]:
    """Yields the records of a page that say something new; sets aside what is no record."""
    known = known_digests(owner_of(page.resource).path, page.keys)
    for number, record in enumerate(page.records, start=1):
        key = key_of(record)
        if fault := fault_of(page.resource, record):
            set_aside(taken, number, record, f"{label(page.resource, key, number)}: {fault}")
            continue
        digest = digest_of(owner_of(page.resource), record, page.read_at)
        if digest.is_news(known.get(str(key))):
            yield Candidate(number, str(key), record, digest)
        else:
            taken.unchanged += 1


def fault_of(resource: type[Resource], record: Any) -> str:
    """Returns what is wrong with a record as a whole; empty if nothing is."""
    if not isinstance(record, dict):
        return f"an object is expected, not {describe_value(record)}."
    if key_of(record) is None:
        return f"id: a number or a text is expected, not {describe_value(record.get('id'))}."
    mode = record.get("response_mode")
    if "detailed" in resource.modes and mode != "detailed":
        return f"response_mode: 'detailed' was asked for, and it is {describe_value(mode)}."
    return ""


def label(resource: type[Resource], key: Any, number: int) -> str:
    """Returns a record's name in sentences."""
    return f"{owner_of(resource).path} {key}" if key is not None else f"{resource.path} no. {number}"


def collected(page: Page, candidates: list[Candidate], taken: Taken) -> tuple[CollectedRows | None, set[int]]:
    """Returns the rows of the records without faults, and the numbers of the others, which it sets aside."""

    def collect(left_out: Container[int], skips_repeats: bool) -> list[CollectedRows]:
        rows = CollectedRows(page.read_at, is_certain=True, skips_repeats=skips_repeats)
        for one in candidates:
            if one.number not in left_out:
                rows.add(owner_of(page.resource), one.record, one.number)
        rows.drop_unlisted_children()
        return [rows]

    if not candidates:
        return None, set()
    readings, faults = valid_readings(collect, skip_invalid=True)
    by_number = {one.number: one for one in candidates}
    first: dict[int, Fault] = {}
    for fault in faults:
        first.setdefault(fault.record, fault)
    for number, fault in first.items():
        set_aside(taken, number, by_number[number].record, fault.sentence)
    rows = readings[0] if len(first) < len(candidates) else None
    return rows, set(first)


def set_aside(taken: Taken, number: int, record: Any, sentence: str) -> None:
    """Sets a record aside, to be tried again whenever it is read."""
    page = taken.page
    taken.aside.append(
        SetAside(
            resource=owner_of(page.resource).path,
            key=str(page.key_at(number)),
            page=page.path,
            sentence=sentence,
            record=storable(record),
            since=clock.now(),
        )
    )


def storable(record: Any) -> Any:
    """Returns a record as every database can store it: PostgreSQL takes no NUL, and no half characters."""
    if isinstance(record, str):
        return record.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(record, list):
        return [storable(item) for item in record]
    if isinstance(record, dict):
        return {storable(name): storable(value) for name, value in record.items()}
    return None if isinstance(record, float) and record in (float("inf"), float("-inf")) else record


def write(
    page: Page,
    candidates: list[Candidate],
    left_out: set[int],
    rows: CollectedRows | None,
    taken: Taken,
    bookkeeping: Bookkeeping,
) -> None:
    """Writes rows with their digests and the progress, in one transaction."""
    path = owner_of(page.resource).path
    with changing(rows is not None) as change:
        if rows is not None and change is not None:
            with change.taking_in():
                upsert(rows, change, lambda _: None)
        fresh = {one.key: one.digest for one in candidates if one.number not in left_out}
        write_digests(path, fresh)
        taken.records = len(fresh)
        SetAside.objects.filter(resource=path, key__in=[str(key) for key in page.keys]).exclude(
            key__in=[row.key for row in taken.aside]
        ).delete()
        for row in taken.aside:
            row.pk = None  # it has one if this is the second attempt
        SetAside.objects.bulk_create(
            taken.aside,
            update_conflicts=True,
            update_fields=["page", "sentence", "record"],
            unique_fields=["resource", "key"],
        )
        bookkeeping()


@contextmanager
def changing(is_change: bool) -> Iterator[Change | None]:
    """A change of the catalogue, or else a transaction that leaves the data version alone."""
    if is_change:
        with atomic_change() as change:
            yield change
    else:
        with transaction.atomic():
            yield None


def take_one(page: Page, one: Candidate, taken: Taken) -> set[int]:
    """Takes in one record by itself; sets it aside, and returns its number, if the database refuses it."""
    rows = CollectedRows(page.read_at, is_certain=True)
    try:
        rows.add(owner_of(page.resource), one.record, one.number)
        rows.drop_unlisted_children()
        with atomic_change() as change, change.taking_in():
            upsert(rows, change, lambda _: None)
    except (IntegrityError, DataError, BrokenFile) as error:
        reason = reason_of(error).rstrip(".")
        set_aside(taken, one.number, one.record, f"{label(page.resource, one.key, one.number)}: {reason}.")
        return {one.number}
    return set()
