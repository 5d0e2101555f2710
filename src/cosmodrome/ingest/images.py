"""Images of rows: the published values of all columns, the lists, and the parts that have no ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils.duration import duration_string

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, batches
from cosmodrome.changes.transactions import by_table, show_published
from cosmodrome.ingest.models import Statement
from cosmodrome.ingest.plans import PartList, plan_of
from cosmodrome.shapes.relations import read_lists, through_columns, through_rows, write_lists
from cosmodrome.shapes.shapes import SHAPES

Row = tuple[Model, Any]
"""A table, and the id of a row."""
Stated = dict[str, list[str]] | None
"""The `Statement.facts` of a row; None: nothing was ever stated of it."""


@dataclass
class Image:
    """A row as it is stored, with derived values left out."""

    columns: dict[str, Any]
    """The values by the column's `attname`, the id left out."""
    lists: dict[str, list[Any]] = field(default_factory=dict)
    """The ids in the row's own many-to-many lists, in order, by relation."""
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The columns of the rows that exist only in a list of this row and have no ids, by relation."""

    def get(self, fact: str) -> Any:
        """Returns the value of a fact; None also where it is no value, but a listing."""
        return self._facts_with(fact).get(fact)

    def set(self, fact: str, value: Any) -> None:
        """Sets the value of a fact."""
        self._facts_with(fact)[fact] = value

    def _facts_with(self, fact: str) -> dict[str, Any]:
        """The facts of the same kind."""
        kinds: tuple[dict[str, Any], ...] = (self.lists, self.parts)
        return next((facts for facts in kinds if fact in facts), self.columns)

    def copy(self) -> Image:
        """Returns an image of the same values."""
        return Image(dict(self.columns), dict(self.lists), dict(self.parts))


def facts_of(table: Model) -> list[str]:
    """Returns the facts of a table that are values: columns, lists, and lists of parts."""
    columns = [column.attname for column in table._meta.concrete_fields if not column.primary_key]
    return [*columns, *list_names(table), *part_relations(table)]


def list_names(table: Model) -> list[str]:
    """Returns the names of a table's own many-to-many lists."""
    return [relation.name for relation in table._meta.many_to_many]


@cache
def part_relations(table: Model) -> dict[str, Any]:
    """Returns the relations of a table to rows that have no ids on the wire, by name."""
    names = {
        target.relation
        for plan in map(plan_of, SHAPES.values())
        for target in plan.targets.values()
        if plan.model is table and isinstance(target, PartList)
    }
    return {name: table._meta.get_field(name) for name in sorted(names)}


@cache
def owners_of_parts(part: Model) -> list[tuple[Model, str, str]]:
    """Returns the tables that list rows of `part`, with the relation and the column that points back."""
    found = []
    for table in apps.get_app_config("catalogue").get_models():
        for name, relation in part_relations(table).items():
            if relation.related_model is part:
                found.append((table, name, relation.field.attname))
    return found


@cache
def list_between(between: Model) -> tuple[Model, str] | None:
    """Returns the table whose list the rows of `between` are, and their column for it; None: no list."""
    for table in apps.get_app_config("catalogue").get_models():
        for relation in table._meta.many_to_many:
            if relation.remote_field.through is between:
                return table, through_columns(relation)[0]
    return None


def read_images(table: Model, keys: Iterable[Any]) -> dict[Any, Image]:
    """Returns the images of those of these rows that exist."""
    found: dict[Any, Image] = {}
    names = [column.attname for column in table._meta.concrete_fields if not column.primary_key]
    for some in batches(keys, ROWS_PER_STATEMENT):
        rows = table._default_manager.in_bulk(some)
        show_published(rows.values())
        images = {key: Image({name: getattr(row, name) for name in names}) for key, row in rows.items()}
        for relation in table._meta.many_to_many:
            for key, listed in read_lists(relation, images).items():
                images[key].lists[relation.name] = listed
        for name, relation in part_relations(table).items():
            for key, listed in read_parts(relation, images).items():
                images[key].parts[name] = listed
        found |= images
    return found


def gone_rows(edits: Iterable[Row]) -> set[Row]:
    """Returns those of these rows that are not there."""
    return {
        (table, key)
        for table, keys in by_table(edits).items()
        for key in set(keys) - set(table._default_manager.filter(pk__in=keys).values_list("pk", flat=True))
    }


def read_parts(
    relation: Any, keys: Iterable[Any], without: Collection[Any] = ()
) -> dict[Any, list[dict[str, Any]]]:
    """Returns the columns of the parts that each of `keys` lists, in order, but for those `without`."""
    back = relation.field.attname
    columns = relation.related_model._meta.concrete_fields
    names = [column.attname for column in columns if not column.primary_key and column.attname != back]
    parts: dict[Any, list[dict[str, Any]]] = {key: [] for key in keys}
    rows = relation.related_model._default_manager.filter(**{f"{back}__in": list(parts)}).order_by("pk")
    for row in rows.exclude(pk__in=without):
        parts[getattr(row, back)].append({name: getattr(row, name) for name in names})
    return parts


def read_stated(table: Model, keys: Iterable[Any]) -> dict[Any, dict[str, list[str]]]:
    """Returns the `Statement.facts` of those of these rows that have any."""
    by_text = {str(key): key for key in keys}
    found: dict[Any, dict[str, list[str]]] = {}
    for some in batches(by_text, ROWS_PER_STATEMENT):
        statements = Statement.objects.filter(table=table._meta.label_lower, row__in=some)
        found |= {by_text[row]: facts for row, facts in statements.values_list("row", "facts")}
    return found


def write_stated(table: Model, stated: dict[Any, Stated]) -> None:
    """Makes these rows have exactly these `Statement.facts`."""
    label = table._meta.label_lower
    for some in batches(stated, ROWS_PER_STATEMENT):
        Statement.objects.filter(table=label, row__in=[str(key) for key in some]).delete()
        Statement.objects.bulk_create(
            Statement(table=label, row=str(key), facts=facts) for key in some if (facts := stated[key])
        )


def write_images(table: Model, images: dict[Any, Image | None]) -> None:
    """Makes these rows exactly what their images say; None: makes them not exist.

    All are taken out first, so that no two have a value at once that only one can have.  Foreign keys are
    checked at the end of the transaction, and nothing goes with the rows.
    """
    for some in batches(images, ROWS_PER_STATEMENT):
        take_out(table, some)
    present = {key: image for key, image in images.items() if image is not None}
    for some in batches(present, ROWS_PER_STATEMENT):
        table._default_manager.bulk_create([table(pk=key, **present[key].columns) for key in some])
        for relation in table._meta.many_to_many:
            name = relation.name
            write_lists(
                relation, {key: present[key].lists[name] for key in some if name in present[key].lists}
            )
        for name, relation in part_relations(table).items():
            back, part = relation.field.attname, relation.related_model
            rows = [part(**each, **{back: key}) for key in some for each in present[key].parts.get(name, [])]
            part._default_manager.bulk_create(rows)


def take_out(table: Model, keys: list[Any]) -> None:
    """Deletes rows with their lists and parts, and nothing that points to them."""
    for relation in table._meta.many_to_many:
        here, _ = through_columns(relation)
        delete_raw(through_rows(relation).filter(**{f"{here}__in": keys}))
    for relation in part_relations(table).values():
        delete_raw(relation.related_model._default_manager.filter(**{f"{relation.field.attname}__in": keys}))
    delete_raw(table._default_manager.filter(pk__in=keys))


def delete_raw(rows: Any) -> None:
    """Deletes rows by one statement, which follows no pointer."""
    rows._raw_delete(rows.db)  # noqa: SLF001 - Django has no other name for it


def encoded(image: Image | None) -> Any:
    """Returns an image as JSON."""
    if image is None:
        return None
    return {
        "columns": {name: as_json(value) for name, value in image.columns.items()},
        "lists": {name: [as_json(key) for key in keys] for name, keys in image.lists.items()},
        "parts": {
            name: [{column: as_json(value) for column, value in part.items()} for part in parts]
            for name, parts in image.parts.items()
        },
    }


def as_json(value: Any) -> Any:
    """Returns a column's value as JSON, with nothing lost."""
    match value:
        case timedelta():
            return duration_string(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
    return value


def decoded(table: Model, value: Any) -> Image | None:
    """Returns an image that was stored as JSON; columns that the table has no more are left out."""
    if value is None:
        return None
    relations = part_relations(table)
    return Image(
        dict(decoded_columns(table, value["columns"])),
        {
            name: [key_of(table._meta.get_field(name).related_model, key) for key in keys]
            for name, keys in value["lists"].items()
        },
        {
            name: [dict(decoded_columns(relations[name].related_model, part)) for part in parts]
            for name, parts in value["parts"].items()
        },
    )


def decoded_columns(table: Model, columns: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yields the columns of a row with their values."""
    own: dict[str, Any] = {column.attname: column for column in table._meta.concrete_fields}
    for name, value in columns.items():
        if name in own:
            yield name, own[name].to_python(value)


def key_of(table: Any, text: Any) -> Any:
    """Returns the id of a row of a table from a text or a number."""
    key: models.Field[Any, Any] = table._meta.pk
    return key.to_python(text)
