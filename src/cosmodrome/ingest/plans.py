"""Plans for reading records: for each key of a shape, where its value is stored.  Each is made once."""

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
from cosmodrome.shapes.graph import Constant, Key, Name, Nesting, One, Url, graph_of
from cosmodrome.shapes.shapes import SHAPES, Shape, required_columns, shape_model
from cosmodrome.shapes.tables import LARGEST, SMALLEST
from cosmodrome.time.clock import read_instant
from cosmodrome.time.durations import storable_duration

Reader = Callable[[Any], Any]
"""Converts a JSON value to a column's value.  Raises ValueError with what is expected, in a few words."""


UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL can't store NUL, and UTF-8 can't encode half of a surrogate pair."""


@dataclass(frozen=True)
class ColumnValue:
    """A plain value, stored in a column."""

    column: str
    read: Reader


@dataclass(frozen=True)
class NamedRecord:
    """Another record by its name alone, into the column that keeps the name."""

    relation: str
    column: str
    read: Reader


@dataclass(frozen=True)
class PointedRecord:
    """A nested record, stored in its own table, with a foreign key to it."""

    column: str
    nullable: bool
    shape: type[Shape]


@dataclass(frozen=True)
class ThroughRecord:
    """A nested record reached through a row with the same id: a flight's launch, through the rocket."""

    column: str
    """The foreign key to the row between."""
    between: type[models.Model]
    nullable: bool
    shape: type[Shape]


@dataclass(frozen=True)
class ReverseRecord:
    """A nested record with a foreign key to this one: a landing's first stage, a launch's rocket."""

    shape: type[Shape]
    points_back: str | None
    """The nested record's foreign key to this one; None where both share an id."""
    listing: str
    """The name of the listing of which the record is all or, of a subset, what is open: see `Listing`."""
    subset: bool = False


@dataclass(frozen=True)
class PartList:
    """A nested list of records without ids, such as links or timeline events: replaced as a whole."""

    relation: str
    shape: type[Shape]


@dataclass(frozen=True)
class RecordList:
    """A nested list of records, stored in their own table, with links to this record."""

    model: type[models.Model]
    """The table of the record that holds the list."""
    relation: str
    shape: type[Shape]
    nullable: bool
    points_back: str | None
    """The children's foreign key to this record; None where a table between links them."""
    listing: str
    """The name of the listing, if the children point to this record: see `Listing`."""
    subset: bool
    """Whether the list has only those of them that have begun and not ended."""
    linked: bool
    """Whether the list decides the links: it is a many-to-many relation of this record's own."""
    joined: bool
    """Whether the list is the reverse side of such a relation."""
    owned: bool
    """Whether the children exist only as part of this record: they have no endpoint of their own."""


Target = ColumnValue | NamedRecord | PointedRecord | ThroughRecord | ReverseRecord | PartList | RecordList
"""Where the value of a key is stored."""


@dataclass(frozen=True)
class Listing:
    """A statement that an owner's page makes of all rows that point to it: those not listed do not.

    A subset lists those that have begun and not ended: those not listed have ended.
    """

    owner: type[models.Model]
    name: str
    """The relation; of a subset, the key, as one relation may have several."""
    children: type[models.Model]
    points_back: str
    """The children's foreign key to the owner."""
    subset: bool


@dataclass(frozen=True)
class Plan:
    """Where the value of each key of a shape is stored; None: the key is known, and is not stored."""

    model: type[models.Model]
    targets: dict[str, Target | None]
    """By key; the id is among them, and `read_id` reads it."""
    read_id: Reader


@cache
def plan_of(shape: type[Shape]) -> Plan:
    """The plan of a shape."""
    keys, model = graph_of(shape).keys, shape_model(shape)
    return Plan(model, {key.name: target_of(model, key) for key in keys}, reader_of(id_column(model)))


@cache
def listings() -> list[Listing]:
    """Every listing that some shape has."""
    found = {
        Listing(plan.model, target.listing, plan_of(target.shape).model, target.points_back, target.subset)
        for plan in map(plan_of, SHAPES.values())
        for target in plan.targets.values()
        if isinstance(target, RecordList | ReverseRecord) and target.points_back
    }
    return sorted(found, key=str)


@cache
def named_relations() -> list[tuple[type[models.Model], str]]:
    """Every relation for which some shape has only a name, with its table."""
    plans = [plan_of(shape) for shape in SHAPES.values()]
    found = {
        (plan.model, target.relation)
        for plan in plans
        for target in plan.targets.values()
        if isinstance(target, NamedRecord)
    }
    return sorted(found, key=str)


def target_of(model: type[models.Model], key: Key) -> Target | None:
    """Returns where the value of one key of a shape of `model` is stored; None: nowhere."""
    if isinstance(key, Nesting):
        return nested_target(key)
    if isinstance(key, Constant | Url) or key.field.source == "id":
        return None
    if isinstance(key, Name):
        kept = key.name_column
        return NamedRecord(key.relation.name, kept, reader_of(model._meta.get_field(kept)))
    column: Any = model._meta.get_field(str(key.field.source))
    known = column.attname in required_columns(model)
    return ColumnValue(column.attname, reader_of(column, column.null and not known))


def nested_target(key: Nesting) -> Target:
    """Returns where a nested record or list is stored."""
    model, relation, shape = key.owner, key.relation, key.shape
    if key.via:
        through: Any = model._meta.get_field(key.via[0])
        return ThroughRecord(through.attname, through.related_model, through.null, shape)
    if relation.one_to_one and relation.auto_created:
        shares_id = relation.field.primary_key
        return ReverseRecord(shape, None if shares_id else relation.field.attname, relation.name)
    if key.is_pointer:
        known = relation.attname in required_columns(model)
        return PointedRecord(relation.attname, relation.null and not known, shape)
    if all(each.name != "id" for each in graph_of(shape).keys):
        return PartList(relation.name, shape)
    listing = key.name if key.subset else relation.name
    if isinstance(key, One):
        return ReverseRecord(shape, relation.field.attname, listing, key.subset is not None)
    return RecordList(
        model=model,
        relation=relation.name,
        shape=shape,
        nullable=key.field.allow_null,
        points_back=relation.field.attname if relation.one_to_many else None,
        listing=listing,
        subset=key.subset is not None,
        linked=relation.many_to_many and not relation.auto_created,
        joined=relation.many_to_many and relation.auto_created,
        owned=relation.one_to_many and not key.subset and resource_of(key.table) is None,
    )


def id_column(model: type[models.Model]) -> Any:
    """The column of a table's ids; that of another table where rows share their ids."""
    column: Any = model._meta.pk
    return column.target_field if column.is_relation else column


def reader_of(column: Any, may_be_null: bool | None = None) -> Reader:
    """The reader for values of `column`, which allows null if the column does, or by `may_be_null`."""
    for kind, make in READERS:
        if isinstance(column, kind):
            null = column.null if may_be_null is None else may_be_null
            return nullable(make(column)) if null else make(column)
    raise TypeError(f"no reader for {column!r}")


def nullable(read: Reader) -> Reader:
    """A reader that allows null, and is `read` for all other values."""
    return lambda value: None if value is None else read(value)


def boolean(column: Any) -> Reader:
    """A reader of `true` and `false`."""
    del column

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("true or false is expected")
        return value

    return read


def whole_number(column: Any) -> Reader:
    """A reader of whole numbers of 32 bits."""
    del column

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("a whole number is expected")
        if not SMALLEST <= value <= LARGEST:
            raise ValueError(f"a number from {SMALLEST} to {LARGEST} is expected")
        return value

    return read


def decimal_number(column: Any) -> Reader:
    """A reader of any numbers."""
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
    """A reader of texts that every database can store."""
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
    """A reader of texts in a form of their own, such as instants."""

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
"""Readers by kind of column, subclasses before their parents."""
