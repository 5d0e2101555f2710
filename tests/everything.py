"""Some of everything: three rows in each table that has none, made from nothing but its declaration.

The first row of a table has all that it can have, the second lacks all that it can lack, the third is
like the first with other values.  A family is covered by the tests that run over the registry as soon
as it is declared.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models, transaction

from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.database.sequences import advance_sequences
from cosmodrome.shapes.relations import add_links
from cosmodrome.shapes.shapes import not_null_columns

FIRST_ID = 1
ROWS = 3
AROUND = datetime(2026, 5, 1, 12, tzinfo=UTC)
"""The instants lie around the tests' clock: before it, long after it, and an hour before it."""
INSTANTS = (AROUND - timedelta(days=40), AROUND + timedelta(days=30), AROUND - timedelta(hours=1))


OF_LOADING = ("over_by", "parts_stated_at")
"""Columns that only loading a page sets."""


def make() -> None:
    """Makes the rows, all at once: tables refer to each other in circles."""
    tables = list(apps.get_app_config("catalogue").get_models())
    empty = [model for model in tables if not model._default_manager.exists()]
    with transaction.atomic():
        for model in empty:
            model._default_manager.bulk_create([row(model, number, empty) for number in range(ROWS)])
        for model in empty:
            for column in model._meta.many_to_many:
                link(model, column, empty)
        advance_sequences(empty)


def key(model: type[models.Model], number: int, empty: list[type[models.Model]]) -> Any:
    """The id of one of a table's rows, made here or there already."""
    primary: Any = model._meta.pk
    if primary.is_relation:
        return key(primary.related_model, number, empty)
    if model in empty:
        serial = FIRST_ID + number % ROWS
        return UUID(int=serial) if isinstance(primary, models.UUIDField) else serial
    there = model._default_manager.order_by("pk").values_list("pk", flat=True)
    if model is Spacecraft:  # one with more flights than are made here, so that its totals stand
        there = there.filter(flights_count__gte=ROWS)
    first = list(there[:ROWS])
    return first[number % len(first)]


def row(model: type[models.Model], number: int, empty: list[type[models.Model]]) -> models.Model:
    """One row."""
    values: dict[str, Any] = {}
    for column in model._meta.concrete_fields:
        lacking = number == 1 and column.null and column.attname not in not_null_columns(model)
        if not lacking and column.name not in OF_LOADING:
            values[column.attname] = value(model, column, number, empty)
    return model(**values)


def value(model: type[models.Model], column: Any, number: int, empty: list[type[models.Model]]) -> Any:
    """What a column holds in the row of this number."""
    if column.primary_key:
        return key(model, number, empty)
    if column.is_relation:
        step = 1 if column.related_model is model else 0
        return key(column.related_model, number + step, empty)
    if column.name.endswith("_name") and column.name.removesuffix("_name") in names_of_relations(model):
        related = model._meta.get_field(column.name.removesuffix("_name")).related_model
        return text(related._meta.get_field("name"), number)  # type: ignore[union-attr]  # a relation has one
    for kind, make_value in KINDS:
        if isinstance(column, kind):
            return make_value(column, number)
    raise TypeError(f"nothing to put into {column!r}")


def names_of_relations(model: type[models.Model]) -> set[str]:
    return {column.name for column in model._meta.concrete_fields if column.is_relation}


def text(column: Any, number: int) -> str:
    """A text with what texts have: letters beyond ASCII, quotes, brackets; as short as it must be."""
    if number == 1 and column.blank:
        return ""
    words = f'{number + 1} {column.model.__name__} {column.name} "é" <made up>'
    return words[: column.max_length] if column.max_length else words


KINDS: list[tuple[type[models.Field[Any, Any]], Any]] = [
    (models.BooleanField, lambda _column, number: number != 1),
    (models.IntegerField, lambda _column, number: 7 * number),
    (models.FloatField, lambda _column, number: 12742000.0 * number or 5.972168e24),
    (models.DateTimeField, lambda _column, number: INSTANTS[number]),
    (models.DateField, lambda _column, number: INSTANTS[number].date()),
    (models.DurationField, lambda _column, number: timedelta(days=2 * number, seconds=3)),
    (models.URLField, lambda column, number: "" if number == 1 and column.blank else f"https://made.example/{number}"),
    (models.CharField, text),
    (models.TextField, lambda column, number: f"https://made.example/{column.name}/{number}" if "url" in column.name or "image" in column.name else f"{column.name}-{number}"),
]  # fmt: skip
"""What each kind of column gets, the narrower kind before the wider."""


def link(model: type[models.Model], column: Any, empty: list[type[models.Model]]) -> None:
    """Several in the first row's list, against the order of their ids; none in the second's; one in the third's."""
    related = [key(column.related_model, number, empty) for number in range(ROWS)]
    pairs = [(0, related[2]), (0, related[0]), (2, related[1])]
    add_links(column, [(key(model, number, empty), other) for number, other in dict.fromkeys(pairs)])
