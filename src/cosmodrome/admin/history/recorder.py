"""The recorder: stores what a person changes in the admin, with the values before and after it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils.text import Truncator

from cosmodrome.admin import introspection
from cosmodrome.admin.display.names import table_name
from cosmodrome.admin.models import Revision
from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model
from cosmodrome.ingest.images import Image, Row, encoded, list_names, part_relations
from cosmodrome.ingest.notes import RowNotes
from cosmodrome.time import clock
from cosmodrome.time.accrual import accrued_in

SAVED = "saved"
"""How it is done on a record's own page; other pages name themselves."""


class HistoryRecorder(RowNotes):
    """Notes the rows of a change only once it is told who makes it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_idle = True
        self.by = ""
        self.how = SAVED

    def begin(self, by: str) -> None:
        """Has to be called before a person writes rows, with the name of the account."""
        self.by, self.is_idle = by, False

    def created(self, model: Model, keys: list[Any]) -> None:
        if not self.is_idle:
            super().created(model, keys)

    def revisions(self, change: int = 0) -> list[Revision]:
        """Returns a revision, which is not stored, of each row that is not as it was before the change."""
        now = clock.now()
        found = []
        for row, image in self.images_now().items():
            sides = changed_facts(row, self.before[row].image, image)
            if sides is not None:
                names = {"table": row[0]._meta.label_lower, "row": str(row[1]), "name": name_of(row, sides)}
                values = {"before": encoded(sides[0]), "after": encoded(sides[1])}
                found.append(Revision(**names, **values, at=now, by=self.by, how=self.how, change=change))
        return found

    def committed(self, version: int) -> None:
        """Stores the revisions of the change."""
        if self.before:
            Revision.objects.bulk_create(self.revisions(version), ROWS_PER_STATEMENT)


Sides = tuple[Image | None, Image | None]
"""The images of a row before and after a change."""


def changed_facts(row: Row, before: Image | None, after: Image | None) -> Sides | None:
    """Returns both images with no more than what has changed of what people enter; None if nothing has."""
    if before is None or after is None:
        return None if before is after else (before, after)
    now = clock.now()
    table, _ = row
    facts = [f for f in shown_facts(table) if value_at(row, before, f, now) != value_at(row, after, f, now)]
    return (only(before, facts), only(after, facts)) if facts else None


def shown_facts(table: Model) -> list[str]:
    """Returns the facts of a table that people enter: columns, lists, and lists of parts."""
    columns = {column.name: column.attname for column in table._meta.concrete_fields}
    names = [name for name in introspection.editable_columns(table) if name in columns]
    return [
        *(columns[name] for name in names if name != table._meta.pk.name),
        *list_names(table),
        *part_relations(table),
    ]


def value_at(row: Row, image: Image, fact: str, now: Any) -> Any:
    """Returns the value of a fact; of a duration that grows, as of `now`."""
    if f"{fact}_since" in image.columns:
        return accrued_in(row[0](pk=row[1], **image.columns), fact, now)
    return image.get(fact)


def only(image: Image, facts: list[str]) -> Image:
    """Returns an image with no more than these facts, and the columns that go with them."""
    with_them = {f"{fact}_{end}" for fact in facts for end in ("since", "pace")}  # of durations
    with_them |= {
        f"{fact.removesuffix('_id')}_name" for fact in facts if fact.endswith("_id")
    }  # `RelatedName`
    return Image(
        {name: value for name, value in image.columns.items() if name in facts or name in with_them},
        {name: keys for name, keys in image.lists.items() if name in facts},
        {name: parts for name, parts in image.parts.items() if name in facts},
    )


def name_of(row: Row, sides: Sides) -> str:
    """Returns what a row is called, or was before it was deleted."""
    table, key = row
    before, after = sides
    if after is None and before is not None:
        record = table(pk=key, **before.columns)
    else:
        record = table._default_manager.get(pk=key)
    try:
        text = str(record)
    except (ObjectDoesNotExist, AttributeError):  # its name is that of a record that has gone with it
        text = f"{table_name(table)} {key}"
    return Truncator(text).chars(Revision._meta.get_field("name").max_length or 0)
