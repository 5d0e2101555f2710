"""Loads one file into the catalogue, in one transaction: whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, models

from cosmodrome.changes.transactions import atomic_change
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.ingest.errors import BrokenFile, printable
from cosmodrome.ingest.files import STANDARD_INPUT, Hints, RecordPage, parse_pages, read_source
from cosmodrome.ingest.upsert import Outcome, upsert
from cosmodrome.progress import NO_PROGRESS, Progress


@dataclass
class RowCounts:
    """How many records were created, changed, and left as they were."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.created} created, {self.changed} changed, {self.unchanged} unchanged"

    @property
    def total(self) -> int:
        """The number of all these records."""
        return self.created + self.changed + self.unchanged

    def count(self, model: type[models.Model], keys: Iterable[Any], outcome: Outcome) -> None:
        """Counts the rows of `model` with these ids."""
        keys = set(keys)
        created, changed = outcome.created[model] & keys, outcome.changed[model] & keys
        self.created += len(created)
        self.changed += len(changed)
        self.unchanged += len(keys) - len(created) - len(changed)


@dataclass
class Report:
    """The result of loading one file, for people."""

    records: dict[type[models.Model], RowCounts] = field(default_factory=dict)
    """The records that the file lists, by table."""
    nested: RowCounts = field(default_factory=RowCounts)
    """The records that were nested in those."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the person who loads the file."""

    def __str__(self) -> str:
        lines = [f"{counted_name(tally.total, model)}: {tally}" for model, tally in self.records.items()]
        lines = lines or ["no records"]
        if self.nested.total:
            lines.append(f"{self.nested.total} nested in them: {self.nested}")
        return "; ".join(lines)


def load_file(
    source: str,
    endpoint: str | None = None,
    as_of: datetime | None = None,
    progress: Progress = NO_PROGRESS,
) -> Report:
    """Loads a file, or standard input for `-`.

    `endpoint` is the path of the endpoint, for files that do not show it.  `as_of` is the moment of the
    reading; by default, the response's own `Date` header or the file's time.  Raises BrokenFile, and then
    changes nothing.
    """
    try:
        data, file_time = read_source(source)
        return load_bytes(data, Hints(source, endpoint, as_of, file_time), progress)
    except BrokenFile as error:
        name = "standard input" if source == STANDARD_INPUT else source
        raise BrokenFile(printable(f"{name}: {error}")) from None


def load_bytes(data: bytes, hints: Hints, progress: Progress = NO_PROGRESS) -> Report:
    """Loads the content of a file.  Raises BrokenFile, and then changes nothing."""
    readings = collect_by_moment(list(parse_pages(data, hints)), progress)
    progress.begin_stage("writing", sum(len(rows) for reading in readings for rows in reading.rows.values()))
    report = Report()
    try:
        with atomic_change() as change:
            for reading in readings:
                add_to_report(report, reading, upsert(reading, change, progress.advance))
    except DatabaseError as error:
        raise BrokenFile(f"The catalogue can't be written to ({' '.join(str(error).split())}).") from None
    report.notes = [printable(note) for note in report.notes]
    return report


def collect_by_moment(pages: list[RecordPage], progress: Progress) -> list[CollectedRows]:
    """Collects the rows of all records, separately for each moment of reading, the oldest first."""
    readings: dict[datetime, CollectedRows] = {}
    number = 0
    progress.begin_stage("reading", sum(len(page.records) for page in pages))
    for page in pages:
        reading = readings.setdefault(page.read_at, CollectedRows(page.read_at, page.is_certain))
        for resource, record in page.records:
            number += 1
            reading.add(resource, record, number)
            progress.advance(1)
    for reading in readings.values():
        reading.drop_unlisted_children()
    return [readings[moment] for moment in sorted(readings)]


def add_to_report(report: Report, collected: CollectedRows, outcome: Outcome) -> None:
    """Adds the outcome of one collection to the report."""
    for model, rows in collected.rows.items():
        own = collected.records.get(model, set())
        if own:
            report.records.setdefault(model, RowCounts()).count(model, own, outcome)
        nested = {key for key, row in rows.items() if not row.is_reference} - own
        report.nested.count(model, nested, outcome)
    if collected.unknown_keys:
        keys = first_few(sorted(collected.unknown_keys))
        report.notes.append(f"Not in the contract, and left out: {keys}.")
    if collected.disagreements:
        places = [f"{place} ({what})" for place, what in collected.disagreements.items()]
        report.notes.append(f"Copies of one record differ within the file: {first_few(places)}.")
    if outcome.newer_facts_kept:
        kept = "1 record was" if outcome.newer_facts_kept == 1 else f"{outcome.newer_facts_kept} records were"
        report.notes.append(f"Some facts of {kept} told later than this file tells them, and stay.")
    if gone := sum(map(len, outcome.removed.values())):
        kinds = [counted_name(len(keys), model) for model, keys in outcome.removed.items()]
        stand = "is" if gone == 1 else "are"
        report.notes.append(
            f"{' and '.join(kinds)} {stand} gone: the newest page of the owner does not list them."
        )


def counted_name(number: int, model: type[models.Model]) -> str:
    """`1 agency`, `2 agencies`."""
    names = model._meta
    return f"{number} {names.verbose_name if number == 1 else names.verbose_name_plural}".lower()


def first_few(items: list[str], most: int = 5) -> str:
    """The first few of `items`, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
