"""Records taken apart: every table's rows as one file states them, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from cosmodrome.ingest.errors import Where, identified, shown
from cosmodrome.ingest.plans import (
    Back,
    Many,
    NamedRecord,
    One,
    Part,
    Parts,
    Reader,
    Through,
    Value,
    plan_of,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.shapes import Shape
from cosmodrome.time.durations import write_duration


@dataclass
class Row:
    """What a file says of one row."""

    where: Where
    """Where it was met first."""
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[Any]] = field(default_factory=dict)
    """Ids in many-to-many lists, in order."""
    children: dict[str, list[Any]] = field(default_factory=dict)
    """Ids in lists of owned children."""
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Lists of what has no ids, as columns."""
    joined: dict[str, list[Any]] = field(default_factory=dict)
    """Ids in lists that are the other side of a many-to-many relation."""
    stated: set[str] = field(default_factory=set)
    """Columns that the row's own record states, which count for more than copies nested in others."""

    @property
    def is_reference(self) -> bool:
        """Whether nothing but the id is said of it."""
        return not (self.values or self.links or self.children or self.parts or self.joined)


@dataclass(frozen=True, slots=True)
class Copy:
    """One of the places in which a file speaks of a row."""

    key: Any
    row: Row
    where: Where
    own: bool
    """Whether it is the row's own record, as against a copy nested in another."""


class Gathered:
    """The rows, by table and id, of what was read at one moment."""

    def __init__(self, read_at: datetime, is_certain: bool) -> None:
        self.read_at, self.is_certain = read_at, is_certain
        self.rows: dict[type[models.Model], dict[Any, Row]] = {}
        self.records: dict[type[models.Model], set[Any]] = {}
        """The ids of the records that the file lists, as against those nested in them."""
        self.unknown_keys: set[str] = set()
        self.disagreements: dict[str, str] = {}
        """Copies of one record that differ within the file: its place, and what was kept."""
        self._owned: set[Many] = set()

    def add(self, resource: type[Resource], record: dict[str, Any], number: int) -> None:
        """Takes in one record of a list.  Raises BrokenFile."""
        where = Where(identified(resource.path, record, number))
        shape = shape_for(resource, record, where)
        key = self._take(shape, record, where, own=True)
        self.records.setdefault(plan_of(shape).model, set()).add(key)

    def settle(self) -> None:
        """Forgets owned children of which one copy of their parent tells and the copy that is kept does not.

        To be called when all is added: else they would be created and deleted again by each load.
        """
        for part in self._owned:
            children, column = self.rows.get(plan_of(part.shape).model, {}), str(part.points_back)
            for key, child in list(children.items()):
                if column in child.values:  # else another kind of parent owns it
                    parent = self.rows[part.model][child.values[column]]
                    if key not in parent.children[part.relation]:
                        del children[key]

    def _take(self, shape: type[Shape], record: Any, where: Where, own: bool, key: Any = None) -> Any:
        """Takes in a record and all that is nested in it; answers its id, which is `key` if that is known."""
        plan = plan_of(shape)
        if not isinstance(record, dict):
            raise where.wrong(f"an object is expected, not {shown(record)}.")
        if "id" not in record:
            raise where.wrong("there is no 'id'.")
        if key is None:
            key = read(plan.read_id, record["id"], where, "id")
        self._put_all(shape, record, Copy(key, self._row(plan.model, key, where), where, own))
        return key

    def _row(self, model: type[models.Model], key: Any, where: Where) -> Row:
        """The row of this id, met here if not before."""
        return self.rows.setdefault(model, {}).setdefault(key, Row(where))

    def _put_all(self, shape: type[Shape], record: dict[str, Any], copy: Copy) -> None:
        """Puts all keys of a record where they belong."""
        plan = plan_of(shape)
        for name, value in record.items():
            part = plan.parts.get(name)
            if part is not None:
                self._put(copy, part, name, value)
            elif name not in plan.parts:
                self.unknown_keys.add(f"{shape.component}.{name}")

    def _put(self, copy: Copy, part: Part, name: str, value: Any) -> None:
        """Puts the value of one key where it belongs."""
        match part:
            case Value(column, reader) | NamedRecord(_, column, reader):
                self._set(copy, copy.row.values, column, read(reader, value, copy.where, name), name)
            case One() | Through():
                self._put_one(copy, part, name, value)
            case Back(shape, points_back) if value is not None:
                key = copy.key if points_back is None else None
                child = self._take(shape, value, copy.where / name, own=False, key=key)
                self._point_back(shape, child, points_back, copy, name)
            case Parts(relation, shape):
                where = copy.where / name
                items = [self._part(shape, item, where / f"[{n}]") for n, item in listed(value, where)]
                self._set(copy, copy.row.parts, relation, items, name)
            case Many():
                self._put_list(copy, part, name, value)

    def _put_one(self, copy: Copy, part: One | Through, name: str, value: Any) -> None:
        """Puts a nested record, and what points to it."""
        where = copy.where / name
        if value is None and not part.nullable:
            raise where.wrong("an object is expected, not null.")
        related = None if value is None else self._take(part.shape, value, where, own=False)
        if isinstance(part, Through) and related is not None:
            self._row(part.between, related, where)
        self._set(copy, copy.row.values, part.column, related, name)

    def _put_list(self, copy: Copy, part: Many, name: str, value: Any) -> None:
        """Puts a nested list: its records, and what links them to this row."""
        where = copy.where / name
        if not isinstance(value, list) and not (value is None and part.nullable):
            raise where.wrong(f"a list is expected, not {shown(value)}.")
        keys = []
        for index, item in enumerate(value or []):
            place = f"[{index}]"
            child = self._take(part.shape, item, where / place, own=False)
            keys.append(child)
            self._point_back(
                part.shape, child, part.points_back, Copy(copy.key, copy.row, where, False), place
            )
        keys = list(dict.fromkeys(keys))
        if part.linked:
            self._set(copy, copy.row.links, part.relation, keys, name)
        elif part.joined:
            self._set(copy, copy.row.joined, part.relation, keys, name)
        elif part.owned:
            self._owned.add(part)
            self._set(copy, copy.row.children, part.relation, keys, name)

    def _point_back(
        self, shape: type[Shape], child: Any, column: str | None, parent: Copy, name: str
    ) -> None:
        """Lets a nested record point to the one that nests it, by `column` if it has one for that."""
        if column is not None:
            row = self.rows[plan_of(shape).model][child]
            self._set(Copy(child, row, parent.where, own=False), row.values, column, parent.key, name)

    def _part(self, shape: type[Shape], item: Any, where: Where) -> dict[str, Any]:
        """The columns of what has no id."""
        if not isinstance(item, dict):
            raise where.wrong(f"an object is expected, not {shown(item)}.")
        row = Row(where)
        self._put_all(shape, item, Copy(None, row, where, own=False))
        return row.values

    def _set(self, copy: Copy, into: dict[str, Any], column: str, value: Any, name: str) -> None:
        """Sets one column.  The row's own record decides; of nested copies, the last."""
        stated = copy.row.stated
        differs = column in into and into[column] != value
        if differs and copy.own and column in stated:
            raise (copy.where / name).wrong(
                "the record stands twice in the file and disagrees with itself: "
                f"{shown(plain(into[column]))} and {shown(plain(value))}."
            )
        if column in stated and not copy.own:
            if differs:
                self.disagreements[str(copy.where / name)] = "the record's own value is kept"
            return
        if differs:
            kept = "the record's own value" if copy.own else "the last value"
            self.disagreements[str(copy.where / name)] = f"{kept} is kept"
        if copy.own:
            stated.add(column)
        into[column] = value


def listed(value: Any, where: Where) -> Iterator[tuple[int, Any]]:
    """The items of a list, numbered.  Raises BrokenFile for anything else."""
    if not isinstance(value, list):
        raise where.wrong(f"a list is expected, not {shown(value)}.")
    yield from enumerate(value)


def shape_for(resource: type[Resource], record: dict[str, Any], where: Where) -> type[Shape]:
    """The shape that a record of `resource` says it has."""
    mode = record.get("response_mode")
    if mode is None:
        return resource.record_shape()
    if not isinstance(mode, str) or mode not in resource.modes:
        raise (where / "response_mode").wrong(
            f"one of {', '.join(resource.modes)} is expected, not {shown(mode)}."
        )
    return resource.modes[mode]


def read(reader: Reader, value: Any, where: Where, name: str) -> Any:
    """`value` read, or a BrokenFile that says where it stands."""
    try:
        return reader(value)
    except ValueError as error:
        raise (where / name).wrong(f"{error}, not {shown(value)}.") from None


def plain(value: Any) -> Any:
    """A column's value as the wire has it, for `shown`."""
    if isinstance(value, timedelta):
        return write_duration(value)
    return value if value is None or isinstance(value, bool | int | float | list) else str(value)
