"""The recorder: notes what a person changes, with what was there before, in the transaction of the change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Q

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, batches
from cosmodrome.changes.transactions import by_table
from cosmodrome.derived.materialised.refresh import dependents
from cosmodrome.derived.registry import DEPENDENCIES, EVERY_ROW
from cosmodrome.edits.models import LocalEdit
from cosmodrome.ingest.images import (
    Image,
    Row,
    Stated,
    decoded,
    encoded,
    facts_of,
    owners_of_parts,
    read_stated,
    write_stated,
)
from cosmodrome.ingest.notes import RowNotes, is_noted
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time import clock

SET_HERE = ("last_updated", "totals_read_at", "parts_stated_at", "over_by")
"""Columns that nobody enters: they follow from what is entered."""


@dataclass
class Intent:
    """The wish of a person about a row: facts, or that it is deleted."""

    entered: dict[str, str] = field(default_factory=dict)
    """The facts that were entered, each with the instant of that."""
    deleted: datetime | None = None
    change: int | None = None
    """The data version of the change in which that was; None: of this one."""


class Recorder(RowNotes):
    """Notes the rows of one change before they are written, and stores as local edits how they differ."""

    def __init__(self) -> None:
        super().__init__()
        self.intents: dict[Row, Intent] = {}
        self.moves_parts = False
        """Whether a part was entered, which may have come from the list of another row."""

    def entered(self, model: Model, key: Any, facts: list[str], moment: datetime) -> None:
        at = moment.isoformat()
        if owners_of_parts(model):
            self.moves_parts = True
            self.created(model, [key])
        for owner, name, back in owners_of_parts(model):
            for each in model._default_manager.filter(pk=key).values_list(back, flat=True):
                if each is not None:
                    self.intents.setdefault((owner, each), Intent()).entered[name] = at
        if is_noted(model):
            if (model, key) not in self.before:
                self.created(model, [key])
            intent = self.intents.setdefault((model, key), Intent())
            intent.entered |= dict.fromkeys(facts, at)

    def stated(self, model: Model, keys: list[Any], moment: datetime) -> None:
        """Notes the rows whose `parts_stated_at` the next listener raises."""
        for table, parts in () if self.is_idle else DEPENDENCIES.items():
            paths = [path for part, path in parts if part is model and path not in ("", EVERY_ROW)]
            if not paths or not issubclass(table, PublishedTotals):
                continue
            counting = {key for path in paths for key in dependents(model, path, keys)}
            older = Q(parts_stated_at=None) | Q(parts_stated_at__lt=moment)
            for some in batches(counting, ROWS_PER_STATEMENT):
                rows = table._default_manager.filter(older, pk__in=some)
                self.note(table, list(rows.values_list("pk", flat=True)))

    def committed(self, version: int) -> None:
        """Stores what a person has done in the change, if a person made it."""
        if not self.before:
            return
        after = self.images_now()
        now = clock.now()
        for row, before in self.before.items():
            if before.image is not None and after[row] is None:
                self.intents[row] = Intent(deleted=now)
        if self.intents:
            if self.moves_parts:
                self.add_moved_parts(after, now)
            self.add_what_follows(after)
            self.store(version, after)

    def add_moved_parts(self, after: dict[Row, Image | None], at: datetime) -> None:
        """Adds the lists that have lost a part to the list of another row, where it was entered."""
        for row, before in self.before.items():
            now = after[row]
            if before.image is None or now is None:
                continue
            lost = [name for name, parts in before.image.parts.items() if now.parts.get(name) != parts]
            for name in lost:
                self.intents.setdefault(row, Intent()).entered.setdefault(name, at.isoformat())

    def add_what_follows(self, after: dict[Row, Image | None]) -> None:
        """Adds the facts that followed from what was entered: the slug of a name, all of a new row."""
        for row, intent in self.intents.items():
            now, before = after.get(row), self.before[row].image if row in self.before else None
            if now is None or not intent.entered:
                continue
            at = max(intent.entered.values())
            for fact in facts_of(row[0]):
                follows = before is None or fact not in following(row[0])
                if follows and fact not in SET_HERE and (before is None or before.get(fact) != now.get(fact)):
                    intent.entered.setdefault(fact, at)

    def store(self, version: int, after: dict[Row, Image | None]) -> None:
        """Stores how the noted rows differ, on top of what is stored of them already."""
        known = {(edit.table, edit.row): edit for edit in LocalEdit.objects.all()}
        stated = {
            (table, key): facts
            for table, keys in by_table(self.before).items()
            for key, facts in read_stated(table, keys).items()
        }
        wanted: list[LocalEdit] = []
        over: list[LocalEdit] = []
        unmade: dict[Row, Stated] = {}
        for row, before in self.before.items():
            name = (row[0]._meta.label_lower, str(row[1]))
            edit = known.get(name) or LocalEdit(
                table=name[0], row=name[1], theirs=encoded(before.image), stated=before.stated, change=0
            )
            intent = self.intents.get(row, Intent())
            edit.change = edit.change or intent.change or version
            is_edit = set_intent(edit, row[0], intent, after[row])
            differs = after[row] != decoded(row[0], edit.theirs) or stated.get(row) != edit.stated
            (wanted if is_edit or (differs and (edit.theirs or after[row])) else over).append(edit)
            if edit.theirs is None and after[row] is None:
                unmade[row] = edit.stated
        LocalEdit.objects.filter(pk__in=[edit.pk for edit in over if edit.pk]).delete()
        for table, keys in by_table(unmade).items():  # made here and gone again: it states nothing more
            write_stated(table, {key: unmade[table, key] for key in keys})
        for edit in wanted:
            edit.pk = None
        LocalEdit.objects.bulk_create(
            wanted,
            batch_size=ROWS_PER_STATEMENT,
            update_conflicts=True,
            update_fields=["entered", "deleted", "change"],
            unique_fields=["table", "row"],
        )
        self.before, self.intents = {}, {}


def set_intent(edit: LocalEdit, table: Model, intent: Intent, now: Image | None) -> bool:
    """Adds what a person wants of a row to what is known; returns whether anything is left of it."""
    if now is None:
        edit.entered = {}
        edit.deleted = (intent.deleted or edit.deleted) if edit.theirs else None
        return edit.deleted is not None
    theirs, values = decoded(table, edit.theirs), {*facts_of(table)}
    edit.deleted = None
    edit.entered = {
        fact: at
        for fact, at in {**edit.entered, **intent.entered}.items()
        if theirs is None or fact not in values or now.get(fact) != theirs.get(fact)
    }
    return bool(edit.entered)


@cache
def following(table: Model) -> frozenset[str]:
    """Returns the columns of a table that are totals, or say since when and how fast those grow."""
    totals = table.published_totals if issubclass(table, PublishedTotals) else ()
    ends = ("_since", "_pace")
    names = (column.attname for column in table._meta.concrete_fields)
    return frozenset([*totals, *(name for name in names if name.endswith(ends))])
