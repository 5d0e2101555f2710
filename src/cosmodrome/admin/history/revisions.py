"""Revisions as they are read: what each has changed, and what a record was after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from cosmodrome.admin import introspection
from cosmodrome.admin.history.recorder import shown_facts, value_at
from cosmodrome.admin.history.values import NOTHING, Writer
from cosmodrome.admin.models import Revision
from cosmodrome.changes.rowset import Model
from cosmodrome.ingest.images import Image, Row, as_json, decoded, key_of, part_relations, read_images
from cosmodrome.time import clock


@dataclass(frozen=True)
class Difference:
    """A field with the values on both sides, as texts."""

    fact: str
    label: str
    old: str
    new: str


def revisions_of(row: Row) -> models.QuerySet[Revision]:
    """Returns the revisions of a record, the newest first."""
    return Revision.objects.filter(table=row[0]._meta.label_lower, row=str(row[1])).order_by("-pk")


def revisions_with_parts(row: Row, relations: Iterable[Any]) -> models.QuerySet[Revision]:
    """Returns the revisions of a record and of the rows that point to it by relations, the newest first."""
    table, key = row
    wanted = Q(table=table._meta.label_lower, row=str(key))
    for relation in relations:
        if relation.name not in part_relations(table):  # those are facts of the record
            part, column = relation.related_model, relation.field.attname
            there = part._default_manager.filter(**{column: key}).values_list("pk", flat=True)
            pointing = Q(row__in=[str(each) for each in there])
            for side in ("before", "after"):
                pointing |= Q(**{f"{side}__columns__{column}": as_json(key)})
            wanted |= Q(table=part._meta.label_lower) & pointing
    return Revision.objects.filter(wanted).order_by("-pk")


def row_of(revision: Revision) -> Row:
    """Returns the table and the id of a revision's record."""
    table = apps.get_model(revision.table)
    return table, key_of(table, revision.row)


def differences_of(revision: Revision, writer: Writer) -> Iterator[Difference]:
    """Yields what a revision has changed; of a record that was made or deleted, all that it had."""
    row = row_of(revision)
    sides = decoded(row[0], revision.before), decoded(row[0], revision.after)
    yield from differences(row, sides, writer, revision.at)


def differences(
    row: Row, sides: tuple[Image | None, Image | None], writer: Writer, at: Any
) -> Iterator[Difference]:
    """Yields the facts in which two images differ as of an instant; None: a record that is not there."""
    table, _ = row
    for fact in shown_facts(table):
        if any(each is not None and has(each, fact) for each in sides):
            old, new = (
                NOTHING if each is None else writer.text(table, fact, value_at(row, each, fact, at))
                for each in sides
            )
            if old != new:
                yield Difference(fact, writer.label(table, fact), old, new)


def has(image: Image, fact: str) -> bool:
    """Whether an image has a fact."""
    return fact in image.columns or fact in image.lists or fact in image.parts


def facts_after(row: Row, revision: Revision | None) -> Image:
    """Returns what people have changed of a record since a revision, as it was after that.

    None is the time before the first revision.  What nobody has changed since is not in it: what has come
    from elsewhere meanwhile stays.
    """
    found = Image({})
    later = revisions_of(row).exclude(before__isnull=True).exclude(after__isnull=True)
    for each in later.filter(pk__gt=revision.pk) if revision else later:
        if image := decoded(row[0], each.before):
            found.columns |= image.columns
            found.lists |= image.lists
            found.parts |= image.parts
    return found


def present(row: Row, facts: Image) -> Image:
    """Returns those of a record's present facts that `facts` has."""
    image = read_images(row[0], [row[1]])[row[1]]
    return Image(
        {name: image.columns[name] for name in facts.columns if name in image.columns},
        {name: image.lists[name] for name in facts.lists},
        {name: image.parts[name] for name in facts.parts},
    )


def entered_values(row: Row, facts: Image) -> dict[str, Any]:
    """Returns what has to be entered in a record's form, by field, so that it has these facts again."""
    table, _ = row
    now = clock.now()
    columns = {column.attname: column.name for column in table._meta.concrete_fields}
    return {
        columns.get(fact, fact): value_at(row, facts, fact, now)
        for fact in shown_facts(table)
        if has(facts, fact)
    }


def exact_columns(table: Model, facts: Image) -> dict[str, Any]:
    """Returns the columns of facts that don't depend on the moment at which they are entered."""
    totals = introspection.total_column_names(table)
    moving = (*totals, *(f"{name}_pace" for name in totals))
    return {name: value for name, value in facts.columns.items() if name not in moving}
