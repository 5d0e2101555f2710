"""Bringing back what was deleted: with what went with it, and with the pointers that this has cut.

With a record goes what it points to or lists, and what points to it or lists it, if it went in the same
change.  What else was deleted or entered in that change stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError

from cosmodrome.admin.display.names import table_name
from cosmodrome.admin.history.recorder import only
from cosmodrome.admin.history.revisions import has, row_of
from cosmodrome.admin.models import Revision
from cosmodrome.changes.rowset import Model
from cosmodrome.changes.transactions import Change, by_table
from cosmodrome.ingest.images import Image, Row, decoded, facts_of, read_images, write_images
from cosmodrome.time import clock


class Restoration:
    """What comes back with a deleted record."""

    def __init__(self, deletion: Revision) -> None:
        revisions = list(Revision.objects.filter(change=deletion.change).order_by("pk"))
        every = {row_of(each): each for each in revisions}
        self.there = read_rows(every)
        gone = {
            row: image
            for row, each in every.items()
            if each.after is None and row not in self.there and (image := decoded(row[0], each.before))
        }
        self.gone = {row: gone[row] for row in connected(row_of(deletion), gone)}
        self.names = {row: each.name for row, each in every.items()}
        self.changed: dict[Row, tuple[Image, list[str]]] = {
            row: again
            for row, each in every.items()
            if each.before and each.after and row in self.there and (again := self._again(row, each))[1]
        }

    def _again(self, row: Row, revision: Revision) -> tuple[Image, list[str]]:
        """Returns a row that is there with the pointers that it has lost, unless it has others since."""
        before, after = decoded(row[0], revision.before), decoded(row[0], revision.after)
        image = self.there[row].copy()
        facts = []
        for fact in facts_of(row[0]):
            if not (before and after and has(before, fact) and image.get(fact) == after.get(fact)):
                continue
            if any(each in self.gone for each in pointed_to(row[0], only(before, [fact]))):
                image.set(fact, before.get(fact))
                facts.append(fact)
        return image, facts

    def problems(self) -> list[str]:
        """Returns sentences about what keeps the records from coming back."""
        found = []
        for row, image in self.gone.items():
            record = row[0](pk=row[1], **image.columns)
            name = f"{table_name(row[0])} “{self.names[row]}”"
            found += [
                f"{name} needs the {table_name(table)} {key}, which is gone: bring that back first."
                for table, key in pointed_to(row[0], Image(image.columns, {}, image.parts))
                if not self._will_be_there(table, key)
            ]
            try:
                record.validate_unique()
                record.validate_constraints()
            except ValidationError as error:
                found.append(f"{name} can't come back as it was: {' '.join(error.messages)}")
        return found

    def _will_be_there(self, table: Model, key: Any) -> bool:
        return (table, key) in self.gone or table._default_manager.filter(pk=key).exists()

    def carry_out(self, change: Change) -> None:
        """Writes the rows as they were, and announces it."""
        changed = {row: image for row, (image, _) in self.changed.items()}
        images = by_table_of({**self.gone, **changed})
        for table, keys in by_table(self.changed).items():
            change.before_write(table, keys)
        for table, keys in by_table(self.gone).items():
            change.created(table, keys)
        for table, rows in images.items():
            self._leave_out_what_is_gone(table, rows)
            write_images(table, {**rows})
        for table, rows in images.items():
            change.after_write(table, rows)
        entered = {row: facts_of(row[0]) for row in self.gone}
        entered |= {row: facts for row, (_, facts) in self.changed.items()}
        for (table, key), facts in entered.items():
            change.entered(table, key, facts, clock.now())

    def _leave_out_what_is_gone(self, table: Model, rows: dict[Any, Image]) -> None:
        """Leaves out of the lists of rows what is gone for good."""
        for relation in table._meta.many_to_many:
            listed: Any = relation.related_model
            for image in rows.values():
                keys = image.lists.get(relation.name, [])
                image.lists[relation.name] = [key for key in keys if self._will_be_there(listed, key)]


def by_table_of(images: dict[Row, Image]) -> dict[Model, dict[Any, Image]]:
    """Returns images by table and id."""
    return {table: {key: images[table, key] for key in keys} for table, keys in by_table(images).items()}


def read_rows(rows: Any) -> dict[Row, Image]:
    """Returns the images of those of these rows that exist."""
    return {
        (table, key): image
        for table, keys in by_table(rows).items()
        for key, image in read_images(table, keys).items()
    }


def connected(row: Row, images: dict[Row, Image]) -> set[Row]:
    """Returns those of these rows that hang together with one of them, by pointers in either direction."""
    near: dict[Row, set[Row]] = {each: set() for each in images}
    for each, image in images.items():
        for target in pointed_to(each[0], image):
            if target in images:
                near[each].add(target)
                near[target].add(each)
    found: set[Row] = set()
    ahead = {row} & set(images)
    while ahead:
        found |= ahead
        ahead = {other for each in ahead for other in near[each]} - found
    return found


def pointed_to(table: Model, image: Image) -> Iterator[Row]:
    """Yields the rows that a row points to by its columns, its lists, and the columns of its parts."""
    columns: dict[str, Any] = {column.attname: column for column in table._meta.concrete_fields}
    for name, value in image.columns.items():
        if value is not None and columns[name].related_model:
            yield columns[name].related_model, value
    for name, keys in image.lists.items():
        listed: Any = table._meta.get_field(name).related_model
        yield from ((listed, key) for key in keys)
    for name, parts in image.parts.items():
        part: Any = table._meta.get_field(name).related_model
        for each in parts:
            yield from pointed_to(part, Image(each))


def deletions(table: Model) -> list[Revision]:
    """Returns the last deletion of each record of a table that is gone, the newest first."""
    found: dict[str, Revision] = {}
    for each in Revision.objects.filter(table=table._meta.label_lower, after__isnull=True).order_by("pk"):
        found[each.row] = each
    there = {
        str(key)
        for key in table._default_manager.filter(
            pk__in=[row_of(each)[1] for each in found.values()]
        ).values_list("pk", flat=True)
    }
    return sorted((e for row, e in found.items() if row not in there), key=lambda e: e.pk, reverse=True)
