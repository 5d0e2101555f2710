"""Finds all that is wrong in the records of a file, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from typing import Any

from django.db import models

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, batches
from cosmodrome.ingest.collection import CollectedRow, CollectedRows
from cosmodrome.ingest.errors import WHOLE_FILE, BrokenFile, Fault
from cosmodrome.ingest.upsert import require_columns

Collect = Callable[[Container[int], bool], list[CollectedRows]]
"""Collects the records of a file, but for those with these numbers, by their moments of reading.

The second argument is `CollectedRows.skips_repeats`.
"""


def valid_readings(collect: Collect, skip_invalid: bool) -> tuple[list[CollectedRows], list[Fault]]:
    """Returns the collected records without faults, and the faults of those that are left out.

    Leaving out a record may leave another without a row that it names: that is found the next time round.
    Raises BrokenFile with all faults, if there are any, unless `skip_invalid` and each is that of a record.
    """
    named: list[Fault] = []
    left_out: set[int] = set()
    while True:
        readings = collect(left_out, True)
        faults = all_faults(readings, skip_invalid)
        if faults or any(reading.disagreements for reading in readings):
            readings = collect(left_out, False)
            faults = all_faults(readings, skip_invalid)
        if not faults:
            return readings, named
        if not skip_invalid or any(fault.record == WHOLE_FILE for fault in faults):
            raise BrokenFile(*(fault.sentence for fault in faults))
        named += faults
        left_out |= {fault.record for fault in faults}


def all_faults(readings: list[CollectedRows], skip_invalid: bool) -> list[Fault]:
    """Returns the faults of the records in their order, those of new rows among them.

    Unless `skip_invalid`, of what is wrong with a new row only the first is told.
    """
    faults = [fault for reading in readings for fault in reading.faults]
    broken = {fault.record for fault in faults}
    for mentions in faults_of_new_rows(readings):
        if broken.isdisjoint(fault.record for fault in mentions):  # else it may follow from those faults
            faults += mentions if skip_invalid else mentions[:1]
    return sorted(faults, key=lambda fault: fault.record)


def faults_of_new_rows(readings: list[CollectedRows]) -> Iterator[list[Fault]]:
    """Yields, for each row that is in no table and of which the file states too little, what is missing.

    It is a fault of each record in which the row occurs.
    """
    known: dict[type[models.Model], set[Any]] = {}
    for reading in readings:
        for model, rows in reading.rows.items():
            present = known.setdefault(model, set())
            present |= existing_keys(model, rows.keys() - present)
            for key in [key for key in rows if key not in present]:
                present.add(key)
                if faults := faults_of_new_row(model, key, rows[key], reading):
                    yield faults


def existing_keys(model: type[models.Model], keys: set[Any]) -> set[Any]:
    """Returns those of `keys` that the table has."""
    rows = model._default_manager
    return {
        key
        for part in batches(keys, ROWS_PER_STATEMENT)
        for key in rows.filter(pk__in=part).values_list("pk", flat=True)
    }


def faults_of_new_row(
    model: type[models.Model], key: Any, row: CollectedRow, reading: CollectedRows
) -> list[Fault]:
    """Returns what is missing of a row that is to be created, for each record in which it occurs."""
    faults = []
    for number in row.records:
        where = row.where if number == row.records[0] else reading.places[number]
        try:
            require_columns(model, key, replace(row, where=where))
        except BrokenFile as error:
            faults.append(Fault(number, str(error)))
    return faults
