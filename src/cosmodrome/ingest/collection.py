"""Takes records apart into the rows of all tables, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import models

from cosmodrome.ingest.errors import BrokenFile, Fault, RecordPath, describe_value, record_label
from cosmodrome.ingest.plans import (
    ColumnValue,
    NamedRecord,
    PartList,
    PointedRecord,
    Reader,
    RecordList,
    ReverseRecord,
    Target,
    ThroughRecord,
    plan_of,
)
from cosmodrome.ingest.statements import rank_of
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.shapes import Shape
from cosmodrome.time.durations import write_duration


@dataclass
class CollectedRow:
    """The columns and lists that a file states of one row."""

    where: RecordPath
    """The first place in the file where the row occurs."""
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[Any]] = field(default_factory=dict)
    """Ids in many-to-many lists, in order, by relation."""
    children: dict[str, list[Any]] = field(default_factory=dict)
    """Ids in lists of rows that point to this one, by the name of the listing."""
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Lists of records without ids, as columns, by relation."""
    joined: dict[str, list[Any]] = field(default_factory=dict)
    """Ids in lists that are the reverse side of a many-to-many relation, by relation."""
    stated: set[str] = field(default_factory=set)
    """Columns that the row's own record states: these take precedence over copies nested in others."""
    records: list[int] = field(default_factory=list)
    """The numbers of the records of the file in which the row occurs."""

    outdated: bool = False
    """Whether a newer page has stated some of this already, so that it was dropped."""
    overruled: bool = False
    """Whether that page stated another value of a column."""

    @property
    def is_reference(self) -> bool:
        """Whether the file states nothing of the row but its id."""
        return not (self.outdated or any(self.kinds))

    @property
    def kinds(self) -> tuple[dict[str, Any], ...]:
        """The facts by name: first the columns, then each kind of list."""
        return self.values, self.links, self.children, self.parts, self.joined


@dataclass(frozen=True, slots=True)
class RecordCopy:
    """One occurrence of a row in a file."""

    key: Any
    row: CollectedRow
    where: RecordPath
    own: bool
    """Whether this is the row's own record, as against a copy nested in another."""


class CollectedRows:
    """The rows that were read at one moment, by table and id."""

    def __init__(self, read_at: datetime, is_certain: bool, skips_repeats: bool = False) -> None:
        """`skips_repeats`: a nested copy that equals the last one of its record is not taken apart again.

        That is five times as fast, and the same if in the end no two copies disagree and nothing is wrong.
        """
        self.read_at, self.is_certain, self.skips_repeats = read_at, is_certain, skips_repeats
        self.rows: dict[type[models.Model], dict[Any, CollectedRow]] = {}
        self.records: dict[type[models.Model], set[Any]] = {}
        """The ids of the records that the file lists, as against those nested in them."""
        self.unknown_keys: set[str] = set()
        self.disagreements: dict[str, str] = {}
        """Copies of one record that differ within the file: the place, and which value is kept."""
        self.faults: list[Fault] = []
        """The faults of the records; if there are any, the rows are incomplete and must not be written."""
        self.places: dict[int, RecordPath] = {}
        """The name of each record in messages, by its number in the file."""
        self._owned: set[RecordList] = set()
        self._number = 0
        self._last: dict[tuple[type[Shape], Any], tuple[dict[str, Any], Any]] = {}
        """The last copy of each nested record by shape and id, and its key."""

    @cached_property
    def ranks(self) -> tuple[int, int]:
        """The ranks of what is stated of a row in copies that others nest, and in its own record.

        To be read when all records are added.
        """
        names = {model._meta.label_lower: sorted(map(str, keys)) for model, keys in self.records.items()}
        page = str(sorted(names.items()))
        return (
            rank_of(self.read_at, False, page, self.is_certain),
            rank_of(self.read_at, True, page, self.is_certain),
        )

    def add(self, resource: type[Resource], record: dict[str, Any], number: int) -> None:
        """Adds the record that is `number` in the file, with all that is nested in it; notes its faults."""
        self._add(resource.path, lambda where: shape_for(resource, record, where), record, number)

    def add_shown(self, shape: type[Shape], name: str, record: dict[str, Any], number: int) -> None:
        """Adds a record in a shape, of those that no endpoint lists; `name` is for messages."""
        self._add(name, lambda _: shape, record, number)

    def _add(
        self, name: str, find: Callable[[RecordPath], type[Shape]], record: dict[str, Any], number: int
    ) -> None:
        """Adds a record in the shape that is found for it."""
        self._number = number
        where = self.places[number] = RecordPath(record_label(name, record, number))
        try:
            shape = find(where)
            key = self._add_record(shape, record, where, own=True)
        except BrokenFile as error:
            self._note(error)
        else:
            self.records.setdefault(plan_of(shape).model, set()).add(key)

    def drop_unlisted_children(self) -> None:
        """Drops owned children that one copy of their parent lists and the copy that is kept does not.

        To be called when all records are added: otherwise each load would create and delete these children.
        """
        for target in self._owned:
            children, column = self.rows.get(plan_of(target.shape).model, {}), str(target.points_back)
            for key, child in list(children.items()):
                if column in child.values:  # else another kind of parent owns the child
                    parent = self.rows[target.model][child.values[column]]
                    if key not in parent.children[target.listing]:
                        del children[key]

    def _note(self, error: BrokenFile) -> None:
        """Notes what is wrong in the record that is being added, so that the rest of it is read, too."""
        self.faults += [Fault(self._number, str(sentence)) for sentence in error.args]

    def _add_record(
        self, shape: type[Shape], record: Any, where: RecordPath, own: bool, key: Any = None
    ) -> Any:
        """Adds a record with all that is nested in it; returns its id, which is `key` if that is given."""
        plan = plan_of(shape)
        if not isinstance(record, dict):
            raise where.error(f"an object is expected, not {describe_value(record)}.")
        if "id" not in record:
            raise where.error("there is no 'id'.")
        if key is None:
            key = read_value(plan.read_id, record["id"], where, "id")
        self._add_keys(shape, record, RecordCopy(key, self._row(plan.model, key, where), where, own))
        return key

    def _add_copy(self, shape: type[Shape], record: Any, where: RecordPath) -> Any:
        """Adds a copy of a record that another one nests; returns its id."""
        shown = record.get("id") if isinstance(record, dict) and self.skips_repeats else None
        if not isinstance(shown, int | str):
            return self._add_record(shape, record, where, own=False)
        last, key = self._last.get((shape, shown), (None, None))
        if last != record:
            key = self._add_record(shape, record, where, own=False)
            self._last[shape, shown] = record, key
        return key

    def _row(self, model: type[models.Model], key: Any, where: RecordPath) -> CollectedRow:
        """The row of this id, added if it is new."""
        row = self.rows.setdefault(model, {}).setdefault(key, CollectedRow(where))
        if row.records[-1:] != [self._number]:
            row.records.append(self._number)
        return row

    def _add_keys(self, shape: type[Shape], record: dict[str, Any], copy: RecordCopy) -> None:
        """Adds the values of all keys of a record."""
        plan = plan_of(shape)
        for name, value in record.items():
            target = plan.targets.get(name)
            if target is not None:
                try:
                    self._add_value(copy, target, name, value)
                except BrokenFile as error:
                    self._note(error)
            elif name not in plan.targets:
                self.unknown_keys.add(f"{shape.component}.{name}")

    def _add_value(self, copy: RecordCopy, target: Target, name: str, value: Any) -> None:
        """Adds the value of one key to its target."""
        match target:
            case ColumnValue(column, reader) | NamedRecord(_, column, reader):
                self._set(copy, copy.row.values, column, read_value(reader, value, copy.where, name), name)
            case PointedRecord() | ThroughRecord():
                self._add_nested(copy, target, name, value)
            case ReverseRecord():
                self._add_reverse(copy, target, name, value)
            case PartList(relation, shape):
                where = copy.where / name
                items = [
                    self._columns_of_part(shape, item, where / f"[{n}]")
                    for n, item in numbered_items(value, where)
                ]
                self._set(copy, copy.row.parts, relation, items, name)
            case RecordList():
                self._add_list(copy, target, name, value)

    def _add_nested(
        self, copy: RecordCopy, target: PointedRecord | ThroughRecord, name: str, value: Any
    ) -> None:
        """Adds a nested record, and the foreign key to it."""
        where = copy.where / name
        if value is None and not target.nullable:
            raise where.error("an object is expected, not null.")
        related = None if value is None else self._add_copy(target.shape, value, where)
        if isinstance(target, ThroughRecord) and related is not None:
            self._row(target.between, related, where)
        self._set(copy, copy.row.values, target.column, related, name)

    def _add_reverse(self, copy: RecordCopy, target: ReverseRecord, name: str, value: Any) -> None:
        """Adds a nested record that points to this row, or says that none does."""
        listed = []
        if value is not None:
            key = copy.key if target.points_back is None else None
            listed = [self._add_record(target.shape, value, copy.where / name, own=False, key=key)]
            self._set_back_reference(target.shape, listed[0], target.points_back, copy, name)
        if target.points_back is not None:
            self._set(copy, copy.row.children, target.listing, listed, name)

    def _add_list(self, copy: RecordCopy, target: RecordList, name: str, value: Any) -> None:
        """Adds a nested list: its records, and their links to this row."""
        where = copy.where / name
        if not isinstance(value, list) and not (value is None and target.nullable):
            raise where.error(f"a list is expected, not {describe_value(value)}.")
        keys = []
        for index, item in enumerate(value or []):
            place = f"[{index}]"
            child = self._add_copy(target.shape, item, where / place)
            keys.append(child)
            self._set_back_reference(
                target.shape, child, target.points_back, RecordCopy(copy.key, copy.row, where, False), place
            )
        keys = list(dict.fromkeys(keys))
        if target.linked:
            self._set(copy, copy.row.links, target.relation, keys, name)
        elif target.joined:
            self._set(copy, copy.row.joined, target.relation, keys, name)
        else:
            if target.owned:
                self._owned.add(target)
            self._set(copy, copy.row.children, target.listing, keys, name)

    def _set_back_reference(
        self, shape: type[Shape], child: Any, column: str | None, parent: RecordCopy, name: str
    ) -> None:
        """Points a nested record to the one that nests it, by `column`; None: it has no such column."""
        if column is not None:
            row = self.rows[plan_of(shape).model][child]
            self._set(RecordCopy(child, row, parent.where, own=False), row.values, column, parent.key, name)

    def _columns_of_part(self, shape: type[Shape], item: Any, where: RecordPath) -> dict[str, Any]:
        """The columns of a record without an id."""
        if not isinstance(item, dict):
            raise where.error(f"an object is expected, not {describe_value(item)}.")
        row = CollectedRow(where)
        self._add_keys(shape, item, RecordCopy(None, row, where, own=False))
        return row.values

    def _set(self, copy: RecordCopy, into: dict[str, Any], column: str, value: Any, name: str) -> None:
        """Sets one column.  The row's own record takes precedence over nested copies; of those, the last."""
        stated = copy.row.stated
        differs = column in into and into[column] != value
        if differs and copy.own and column in stated:
            raise (copy.where / name).error(
                "the record stands twice in the file and disagrees with itself: "
                f"{describe_value(wire_value(into[column]))} and {describe_value(wire_value(value))}."
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


def numbered_items(value: Any, where: RecordPath) -> Iterator[tuple[int, Any]]:
    """Yields the items of a list with their numbers.  Raises BrokenFile for anything else."""
    if not isinstance(value, list):
        raise where.error(f"a list is expected, not {describe_value(value)}.")
    yield from enumerate(value)


def shape_for(resource: type[Resource], record: dict[str, Any], where: RecordPath) -> type[Shape]:
    """The shape of a record of `resource`, by its own `response_mode` if it has one."""
    mode = record.get("response_mode")
    if mode is None:
        return resource.record_shape()
    if not isinstance(mode, str) or mode not in resource.modes:
        raise (where / "response_mode").error(
            f"one of {', '.join(resource.modes)} is expected, not {describe_value(mode)}."
        )
    return resource.modes[mode]


def read_value(reader: Reader, value: Any, where: RecordPath, name: str) -> Any:
    """Reads `value`.  Raises BrokenFile, which says where it stands."""
    try:
        return reader(value)
    except ValueError as error:
        raise (where / name).error(f"{error}, not {describe_value(value)}.") from None


def wire_value(value: Any) -> Any:
    """A column's value as it is on the wire, for `describe_value`."""
    if isinstance(value, timedelta):
        return write_duration(value)
    return value if value is None or isinstance(value, bool | int | float | list) else str(value)
