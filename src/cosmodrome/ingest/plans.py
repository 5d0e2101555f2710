"""How a shape is read: for each of its keys, where the value goes.  Found from the shape, once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.db import models

from cosmodrome.resources.registry import resource_of
from cosmodrome.shapes import graph
from cosmodrome.shapes.graph import Constant, Key, Name, Nesting, Url, graph_of
from cosmodrome.shapes.shapes import SHAPES, Shape, required_columns, shape_model
from cosmodrome.shapes.tables import LARGEST, SMALLEST
from cosmodrome.time.clock import read_instant
from cosmodrome.time.durations import storable_duration

Reader = Callable[[Any], Any]
"""A JSON value into a column's value.  Raises ValueError: what is expected, in a few words."""


UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL keeps no NUL, and UTF-8 no half of a surrogate pair."""


@dataclass(frozen=True)
class Value:
    """A plain value, into a column."""

    column: str
    read: Reader


@dataclass(frozen=True)
class NamedRecord:
    """Another record by its name alone, into the column that keeps the name."""

    relation: str
    column: str
    read: Reader


@dataclass(frozen=True)
class One:
    """A nested record, into its own table and a column that points to it."""

    column: str
    nullable: bool
    shape: type[Shape]


@dataclass(frozen=True)
class Through:
    """A nested record by way of a row that shares its id: a flight's launch, by way of the rocket."""

    column: str
    """The column that points to the row between."""
    between: type[models.Model]
    nullable: bool
    shape: type[Shape]


@dataclass(frozen=True)
class Back:
    """A nested record that points back to this one: a landing's first stage, a launch's rocket."""

    shape: type[Shape]
    points_back: str | None
    """Its column that points here; None where it shares this record's id."""


@dataclass(frozen=True)
class Parts:
    """A nested list of what has no ids: links, the events of a timeline.  It is kept as it is read."""

    relation: str
    shape: type[Shape]


@dataclass(frozen=True)
class Many:
    """A nested list, into its own table and into what links the two."""

    model: type[models.Model]
    """The table of the record that holds the list."""
    relation: str
    shape: type[Shape]
    nullable: bool
    points_back: str | None
    """The children's column that points to this record; None where a table between links them."""
    linked: bool
    """Whether this side's list decides the links: an own many-to-many relation."""
    joined: bool
    """Whether the list is the other side of such a relation: it adds links and takes none away."""
    owned: bool
    """Whether the children have no life of their own, so that those not listed are gone."""


Part = Value | NamedRecord | One | Through | Back | Parts | Many


@dataclass(frozen=True)
class Plan:
    """What is done with each key of a shape.  None: known, and nothing to keep."""

    model: type[models.Model]
    parts: dict[str, Part | None]
    """The id among them, which `read_id` reads."""
    read_id: Reader


@cache
def plan_of(shape: type[Shape]) -> Plan:
    """The plan of a shape."""
    keys, model = graph_of(shape).keys, shape_model(shape)
    return Plan(model, {key.name: part_of(model, key) for key in keys}, reader_of(id_column(model)))


@cache
def named_relations() -> list[tuple[type[models.Model], str]]:
    """Every relation of which some shape has only the name, with its table."""
    plans = [plan_of(shape) for shape in SHAPES.values()]
    found = {
        (plan.model, part.relation)
        for plan in plans
        for part in plan.parts.values()
        if isinstance(part, NamedRecord)
    }
    return sorted(found, key=str)


def part_of(model: type[models.Model], key: Key) -> Part | None:
    """Where the value of one key of a shape of `model` goes."""
    if isinstance(key, Nesting):
        return nested_part(key)
    if isinstance(key, Constant | Url) or key.field.source == "id":
        return None
    if isinstance(key, Name):
        kept = key.name_column
        return NamedRecord(key.relation.name, kept, reader_of(model._meta.get_field(kept)))
    column: Any = model._meta.get_field(str(key.field.source))
    known = column.attname in required_columns(model)
    return Value(column.attname, reader_of(column, column.null and not known))


def nested_part(key: Nesting) -> Part:
    """Where a nested record or list goes."""
    model, relation, shape = key.owner, key.relation, key.shape
    if key.via:
        through: Any = model._meta.get_field(key.via[0])
        return Through(through.attname, through.related_model, through.null, shape)
    if relation.one_to_one and relation.auto_created:
        shares_id = relation.field.primary_key
        return Back(shape, None if shares_id else relation.field.attname)
    if key.is_pointer:
        known = relation.attname in required_columns(model)
        return One(relation.attname, relation.null and not known, shape)
    if all(each.name != "id" for each in graph_of(shape).keys):
        return Parts(relation.name, shape)
    if isinstance(key, graph.One):
        return Back(shape, relation.field.attname)
    return Many(
        model=model,
        relation=relation.name,
        shape=shape,
        nullable=key.field.allow_null,
        points_back=relation.field.attname if relation.one_to_many else None,
        linked=relation.many_to_many and not relation.auto_created,
        joined=relation.many_to_many and relation.auto_created,
        owned=relation.one_to_many and not key.subset and resource_of(key.table) is None,
    )


def id_column(model: type[models.Model]) -> Any:
    """The column that a table's rows are known by; another table's, where they share ids."""
    column: Any = model._meta.pk
    return column.target_field if column.is_relation else column


def reader_of(column: Any, may_be_null: bool | None = None) -> Reader:
    """What turns a JSON value into a value of `column`, which says whether null is one of them."""
    for kind, make in READERS:
        if isinstance(column, kind):
            null = column.null if may_be_null is None else may_be_null
            return nullable(make(column)) if null else make(column)
    raise TypeError(f"no reader for {column!r}")


def nullable(read: Reader) -> Reader:
    """`read`, with null for null."""
    return lambda value: None if value is None else read(value)


def boolean(column: Any) -> Reader:
    """`true`, `false`."""
    del column

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("true or false is expected")
        return value

    return read


def whole_number(column: Any) -> Reader:
    """A number of 32 bits."""
    del column

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("a whole number is expected")
        if not SMALLEST <= value <= LARGEST:
            raise ValueError(f"a number from {SMALLEST} to {LARGEST} is expected")
        return value

    return read


def decimal_number(column: Any) -> Reader:
    """Any number."""
    del column

    def read(value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError("a number is expected")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise ValueError("a number of usual size is expected")
        return number

    return read


def text(column: Any) -> Reader:
    """A text that every database can keep."""
    longest = column.max_length

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("a text is expected")
        if longest is not None and len(value) > longest:
            raise ValueError(f"at most {longest} characters are expected, and there are {len(value)}")
        if UNSTORABLE.search(value):
            raise ValueError("a text without NUL and halves of characters is expected")
        return value

    return read


def parsed(expected: str, parse: Callable[[str], Any]) -> Callable[[Any], Reader]:
    """A text in a form of its own."""

    def make(column: Any) -> Reader:
        del column

        def read(value: Any) -> Any:
            try:
                return parse(value)
            except (ValueError, TypeError, AttributeError):
                raise ValueError(f"{expected} is expected") from None

        return read

    return make


READERS: list[tuple[type[models.Field[Any, Any]], Callable[[Any], Reader]]] = [
    (models.BooleanField, boolean),
    (models.IntegerField, whole_number),
    (models.FloatField, decimal_number),
    (models.CharField, text),
    (models.TextField, text),
    (models.DateTimeField, parsed("an instant like 2024-05-01T00:00:00Z", read_instant)),
    (models.DateField, parsed("a date like 2024-05-01", date.fromisoformat)),
    (models.DurationField, parsed("a duration like P11DT19H14M36S", storable_duration)),
    (models.UUIDField, parsed("a UUID", UUID)),
]
"""Kinds of columns, the narrower before the wider."""
