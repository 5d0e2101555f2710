"""Loads one file into the catalogue, in one transaction: whole, or not at all."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, models

from cosmodrome.changes.transactions import atomic_change
from cosmodrome.database.outages import outage_sentence, reason_of
from cosmodrome.ingest.archives import Document
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.ingest.errors import BrokenFile, Fault, printable
from cosmodrome.ingest.faults import valid_readings
from cosmodrome.ingest.files import Hints, RecordPage, parse_pages
from cosmodrome.ingest.mentions import NamedOnly, named_only
from cosmodrome.ingest.moments import Moment
from cosmodrome.ingest.sources import documents
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
    guessed: Moment | None = None
    """The moment as of which the file's facts stand, if nothing tells it; of several, the first."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the person who loads the file."""
    named_only: NamedOnly = field(default_factory=dict)
    """The ids of `records` that no list shows yet, by table and by the columns that they lack."""
    left_out: list[Fault] = field(default_factory=list)
    """The faults of the records that were left out."""

    def __str__(self) -> str:
        lines = [
            f"{counted_name(tally.total, model)}: {tally}{self.named_only_of(model)}"
            for model, tally in self.records.items()
        ]
        lines = lines or ["no records"]
        if self.nested.total:
            lines.append(f"{self.nested.total} nested in them: {self.nested}")
        if self.left_out:
            number = len({fault.record for fault in self.left_out})
            lines.append(f"{number} record{'s' * (number > 1)} left out")
        return "; ".join(lines)

    def named_only_of(self, model: type[models.Model]) -> str:
        """How many of the records of a table are named only, and what they lack: after their tally."""
        return "".join(
            f", {len(keys)} named only: lacks {lacks} ({first_few([str(key) for key in keys])})"
            for (each, lacks), keys in self.named_only.items()
            if each is model
        )


def load_file(
    source: str,
    endpoint: str | None = None,
    as_of: datetime | None = None,
    progress: Progress = NO_PROGRESS,
    skip_invalid: bool = False,
) -> Report:
    """Loads a file that is not an archive of several, or standard input for `-`.

    `endpoint` is the path of the endpoint, for files that do not show it.  `as_of` is the moment of the
    reading, for pages that do not tell it: see `moments`.  With `skip_invalid`, records
    with faults are left out, and the report names them.  Raises BrokenFile, and then changes nothing.
    """
    found = list(documents(source))
    if len(found) > 1:
        raise BrokenFile(f"There are {len(found)} files in it: `cosmodrome load` loads each.").of_file(source)
    return load_document(found[0], endpoint, as_of, progress, skip_invalid)


def load_document(
    document: Document,
    endpoint: str | None = None,
    as_of: datetime | None = None,
    progress: Progress = NO_PROGRESS,
    skip_invalid: bool = False,
) -> Report:
    """Loads one of the documents that `sources` finds; see `load_file`."""
    try:
        if document.error:
            raise document.error
        hints = Hints(document.name, endpoint, as_of, document.time)
        return load_bytes(document.data, hints, progress, skip_invalid)
    except BrokenFile as error:
        raise error.of_file(document.name) from None


def load_bytes(
    data: bytes,
    hints: Hints,
    progress: Progress = NO_PROGRESS,
    skip_invalid: bool = False,
    overrules_people: bool = True,
) -> Report:
    """Loads the content of a file.  Raises BrokenFile, and then changes nothing.

    Without `overrules_people`, all that a person has entered here stays, also if the file was read later.
    """
    pages = list(parse_pages(data, hints))
    readings, faults = valid_readings(
        lambda left_out, skips_repeats: collect_by_moment(pages, progress, left_out, skips_repeats),
        skip_invalid,
    )
    progress.begin_stage("writing", sum(len(rows) for reading in readings for rows in reading.rows.values()))
    guessed = (page.moment for page in pages if page.records and not page.moment.is_certain)
    report = Report(left_out=faults, guessed=next(guessed, None))
    if other := next((page.moment for page in pages if hints.as_of not in (None, page.moment.at)), None):
        report.notes.append(f"Taken as of {other.words}, not of --as-of.")
    try:
        with atomic_change() as change:
            for reading in readings:
                with change.taking_in(reading if overrules_people else None):
                    outcome = upsert(reading, change, progress.advance)
                add_to_report(report, reading, outcome)
            report.named_only = named_only(readings)
    except DatabaseError as error:
        reason = outage_sentence(error).rstrip(".") or reason_of(error)
        raise BrokenFile(f"The catalogue can't be written to ({reason}).") from None
    report.notes = [printable(note) for note in report.notes]
    return report


def collect_by_moment(
    pages: list[RecordPage], progress: Progress, left_out: Container[int], skips_repeats: bool
) -> list[CollectedRows]:
    """Collects the rows of all records, separately for each moment of reading, the oldest first.

    `left_out` has the numbers of records that are not collected; `skips_repeats` as in `CollectedRows`.
    """
    readings: dict[datetime, CollectedRows] = {}
    progress.begin_stage("reading", sum(len(page.records) for page in pages))
    for page in pages:
        moment = page.moment
        new = CollectedRows(moment.at, moment.is_certain, skips_repeats)
        reading = readings.setdefault(moment.at, new)
        for number, resource, record in page.records:
            if number not in left_out:
                reading.add(resource, record, number)
            progress.advance(1)
        reading.faults += [fault for fault in page.faults if fault.record not in left_out]
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
        kept = "1 record" if outcome.newer_facts_kept == 1 else f"{outcome.newer_facts_kept} records"
        report.notes.append(f"Facts of {kept} stay that a page told later than this file does.")
    if gone := sum(map(len, outcome.removed.values())):
        kinds = [counted_name(len(keys), model) for model, keys in outcome.removed.items()]
        stand, them = ("is", "it") if gone == 1 else ("are", "them")
        report.notes.append(
            f"{' and '.join(kinds)} {stand} gone: the newest page of the owner does not list {them}."
        )


def counted_name(number: int, model: type[models.Model]) -> str:
    """`1 agency`, `2 agencies`."""
    names = model._meta
    return f"{number} {names.verbose_name if number == 1 else names.verbose_name_plural}".lower()


def first_few(items: list[str], most: int = 5) -> str:
    """The first few of `items`, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
