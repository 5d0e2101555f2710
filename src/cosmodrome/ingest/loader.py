"""One file into the catalogue, in one transaction: whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, models

from cosmodrome.changes.transactions import changing
from cosmodrome.ingest.collection import Gathered
from cosmodrome.ingest.errors import BrokenFile, printable
from cosmodrome.ingest.files import STANDARD_INPUT, Hints, Page, open_file, read_pages
from cosmodrome.ingest.upsert import Outcome, upsert
from cosmodrome.progress import NO_PROGRESS, Progress


@dataclass
class Tally:
    """How many records were created, changed, and left as they were."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.created} created, {self.changed} changed, {self.unchanged} unchanged"

    @property
    def total(self) -> int:
        """All of them."""
        return self.created + self.changed + self.unchanged

    def count(self, model: type[models.Model], keys: Iterable[Any], outcome: Outcome) -> None:
        """Adds the rows of `model` with these ids."""
        keys = set(keys)
        created, changed = outcome.created[model] & keys, outcome.changed[model] & keys
        self.created += len(created)
        self.changed += len(changed)
        self.unchanged += len(keys) - len(created) - len(changed)


@dataclass
class Report:
    """What became of one file."""

    records: dict[type[models.Model], Tally] = field(default_factory=dict)
    """What the file lists, by table."""
    nested: Tally = field(default_factory=Tally)
    """Whatever came nested in the records."""
    notes: list[str] = field(default_factory=list)
    """What the person who loads the file should know."""

    def __str__(self) -> str:
        lines = [f"{counted(tally.total, model)}: {tally}" for model, tally in self.records.items()]
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

    `endpoint` tells what it is of where the file does not; `as_of` is the moment it was read at, which
    else is its own `Date` header or the file's time.  Raises BrokenFile, and then changes nothing.
    """
    try:
        data, file_time = open_file(source)
        return load_bytes(data, Hints(source, endpoint, as_of, file_time), progress)
    except BrokenFile as error:
        name = "standard input" if source == STANDARD_INPUT else source
        raise BrokenFile(printable(f"{name}: {error}")) from None


def load_bytes(data: bytes, hints: Hints, progress: Progress = NO_PROGRESS) -> Report:
    """Loads what a file holds.  Raises BrokenFile, and then changes nothing."""
    readings = gathered_by_moment(list(read_pages(data, hints)), progress)
    progress.begin_stage("writing", sum(len(rows) for reading in readings for rows in reading.rows.values()))
    report = Report()
    try:
        with changing() as change:
            for reading in readings:
                add_to_report(report, reading, upsert(reading, change, progress.advance))
    except DatabaseError as error:
        raise BrokenFile(f"The catalogue can't be written to ({' '.join(str(error).split())}).") from None
    report.notes = [printable(note) for note in report.notes]
    return report


def gathered_by_moment(pages: list[Page], progress: Progress) -> list[Gathered]:
    """All records taken apart; pages read at different moments are kept apart, the oldest first."""
    readings: dict[datetime, Gathered] = {}
    number = 0
    progress.begin_stage("reading", sum(len(page.records) for page in pages))
    for page in pages:
        reading = readings.setdefault(page.read_at, Gathered(page.read_at, page.is_certain))
        for resource, record in page.records:
            number += 1
            reading.add(resource, record, number)
            progress.advance(1)
    for reading in readings.values():
        reading.settle()
    return [readings[moment] for moment in sorted(readings)]


def add_to_report(report: Report, gathered: Gathered, outcome: Outcome) -> None:
    """What became of the rows, for people."""
    for model, rows in gathered.rows.items():
        own = gathered.records.get(model, set())
        if own:
            report.records.setdefault(model, Tally()).count(model, own, outcome)
        nested = {key for key, row in rows.items() if not row.is_reference} - own
        report.nested.count(model, nested, outcome)
    if gathered.unknown_keys:
        keys = listed(sorted(gathered.unknown_keys))
        report.notes.append(f"Not in the contract, and left out: {keys}.")
    if gathered.disagreements:
        places = [f"{place} ({what})" for place, what in gathered.disagreements.items()]
        report.notes.append(f"Copies of one record differ within the file: {listed(places)}.")
    if outcome.newer_totals_kept:
        report.notes.append(
            f"The totals of {outcome.newer_totals_kept} records were read later than this file's, and stay."
        )


def counted(number: int, model: type[models.Model]) -> str:
    """`1 agency`, `2 agencies`."""
    names = model._meta
    return f"{number} {names.verbose_name if number == 1 else names.verbose_name_plural}".lower()


def listed(items: list[str], most: int = 5) -> str:
    """The first few of `items`, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
