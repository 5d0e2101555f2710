"""Differences between ours and theirs: told by resource, record and field, and released."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cosmodrome.changes.transactions import atomic_change, by_table
from cosmodrome.edits.merge import latest_reading, moments_of, value_at
from cosmodrome.edits.models import LocalEdit
from cosmodrome.edits.names import name_of
from cosmodrome.edits.needs import targets
from cosmodrome.edits.recorder import SET_HERE
from cosmodrome.edits.replay import EditListener, Edits, all_edits, without_edits
from cosmodrome.ingest.images import Image, Row, decoded, facts_of, gone_rows, part_relations, read_images
from cosmodrome.ingest.statements import moment_of
from cosmodrome.time.clock import read_instant

MADE_HERE, EDITED_HERE, NOT_THERE = "made here", "edited here", "no such record"
DELETED_HERE, GOES_WITH_ANOTHER, IS_THERE = "deleted here", "gone with another record", "there"


@dataclass(frozen=True)
class Difference:
    """A field of a record, or the record as a whole, in which ours and theirs differ."""

    resource: str
    record: str
    """The id."""
    field: str
    """Empty for the record as a whole."""
    ours: Any
    theirs: Any
    since: datetime | None
    """When a person entered ours; null: it follows from another edit."""
    told: datetime | None
    """The moment as of which theirs stands; null: it is not known."""


def differences(rows: Collection[Row] | None = None) -> list[Difference]:
    """Returns the differences of these rows, or of all, by resource and record."""
    edits = {row: edit for row, edit in all_edits().items() if rows is None or row in rows}
    ours = {
        (table, key): image
        for table, keys in by_table(edits).items()
        for key, image in read_images(table, keys).items()
    }
    found = [each for row, edit in edits.items() for each in differences_of(row, edit, ours.get(row))]
    return sorted(found, key=lambda each: (each.resource, len(each.record), each.record))


def differences_of(row: Row, edit: LocalEdit, ours: Image | None) -> Iterator[Difference]:
    """Yields the differences of a row."""
    theirs = decoded(row[0], edit.theirs)
    if ours is None or theirs is None:
        if ours is not theirs:
            yield whole_record(row, edit, is_ours=ours is not None)
        return
    told, at = moments_of(edit.stated), latest_reading(ours, theirs)
    for name, fact in shown_facts(row[0]):
        values = value_at(row, fact, ours, at), value_at(row, fact, theirs, at)
        if values[0] != values[1]:
            since = edit.entered.get(fact)
            yield Difference(
                *(name_of(row[0]), str(row[1]), name),
                *values,
                read_instant(since) if since else None,
                moment_of(told[fact]) if fact in told else None,
            )


def whole_record(row: Row, edit: LocalEdit, is_ours: bool) -> Difference:
    """Returns the difference of a record that only one side has."""
    since = edit.deleted or (read_instant(min(edit.entered.values())) if edit.entered else None)
    told = max(moments_of(edit.stated).values(), default=None)
    if is_ours:
        is_made = set(facts_of(row[0])).difference(SET_HERE) <= set(edit.entered)
        sides = (MADE_HERE if is_made else EDITED_HERE, NOT_THERE)
    else:
        sides = (DELETED_HERE if edit.deleted else GOES_WITH_ANOTHER, IS_THERE)
    return Difference(
        *(name_of(row[0]), str(row[1]), ""), *sides, since, moment_of(told) if told is not None else None
    )


def shown_facts(table: Any) -> list[tuple[str, str]]:
    """Returns the fields that a person can enter, with the fact of each."""
    columns = [
        (column.name, column.attname)
        for column in table._meta.concrete_fields
        if column.editable and not column.primary_key and column.name not in SET_HERE
    ]
    lists = [relation.name for relation in table._meta.many_to_many]
    return [*columns, *((name, name) for name in (*lists, *part_relations(table)))]


def release(rows: Collection[Row] | None = None) -> list[Row]:
    """Makes these rows theirs, or all rows, in one change; returns those that differed.

    What was deleted at once with one of them, and belongs to it, comes back with it.
    """
    edits = all_edits()
    released = set(edits) if rows is None else with_companions(set(rows) & set(edits), edits)
    if released:
        with atomic_change() as change, without_edits(change, change.listener(EditListener), None, released):
            pass
    return list(released)


def with_companions(rows: set[Row], edits: Edits) -> set[Row]:
    """Adds to rows what can't come back without them: what went at once, where one points to another."""
    gone = gone_rows(edits)
    near: dict[Row, set[Row]] = {row: set() for row in edits}
    for row, edit in edits.items():
        image = decoded(row[0], edit.theirs)
        for target in targets(row, image, with_lists=True) if image else ():
            if target in gone and (row not in gone or edits[target].change == edit.change):
                near[row].add(target)
                if row in gone:
                    near[target].add(row)
    found: set[Row] = set()
    ahead = set(rows)
    while ahead:
        found |= ahead
        ahead = {
            other for row in ahead if row in gone or not edits[row].entered for other in near[row]
        } - found
    return found
