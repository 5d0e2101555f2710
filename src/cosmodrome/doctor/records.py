"""Records as sentences name them: by a name that people know, and by the path of their url."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import reverse

from cosmodrome.resources.registry import resource_of
from cosmodrome.shapes.fields import to_wire

Table = type[models.Model]
Key = tuple[Table, Any]
"""A row: its table and its id."""

NAME_PATHS = {
    "AstronautFlight": "astronaut__name",
    "FirstStage": "launcher__serial_number",
    "Launcher": "serial_number",
    "LauncherConfig": "full_name",
    "PayloadFlight": "payload__name",
    "Rocket": "launch__name",
    "RoadClosure": "title",
    "SpacecraftFlight": "spacecraft__name",
    "TimelineEvent": "launch__name",
}
"""By table: the path to a row's name, where that is not the column `name`."""


@dataclass(frozen=True)
class Record:
    """A row that a finding names."""

    table: Table
    id: Any
    name: str

    @property
    def path(self) -> str | None:
        """The path of the record's url; None if it has none."""
        return row_path(self.table, self.id)

    def __str__(self) -> str:
        """`Ferry (/2.3.0/spacecraft/1/)`, `docking event 7 (/2.3.0/docking_events/7/)`, `landing type 3`."""
        kind = f"{row_kind(self.table)} {to_wire(self.id)}"
        if self.path is None:
            return f"{self.name} ({kind})" if self.name else kind
        return f"{self.name or kind} ({self.path})"

    def as_json(self) -> dict[str, Any]:
        """The object that `--format json` prints."""
        return {"table": self.table.__name__, "id": to_wire(self.id), "name": self.name, "path": self.path}


def row_kind(table: Table) -> str:
    """The kind of row that a table has, as sentences name it: `launch vehicle`."""
    return str(table._meta.verbose_name).lower()


def row_path(table: Table, key: Any) -> str | None:
    """The path of a row's url; None if the table has no endpoint."""
    return reverse(f"{table._meta.model_name}-detail", args=[key]) if resource_of(table) else None


def name_path(table: Table) -> str | None:
    """The path from a row of the table to its name; None: its rows have none."""
    if table.__name__ in NAME_PATHS:
        return NAME_PATHS[table.__name__]
    return "name" if any(column.name == "name" for column in table._meta.concrete_fields) else None


def named(keys: Iterable[Key]) -> dict[Key, Record]:
    """The records with these keys, with one statement for up to 500 rows of a table."""
    ids: dict[Table, set[Any]] = {}
    for table, key in keys:
        ids.setdefault(table, set()).add(key)
    return {(table, key): Record(table, key, name) for table in ids for key, name in names(table, ids[table])}


def names(table: Table, ids: set[Any]) -> Iterator[tuple[Any, str]]:
    """Yields ids with the names of their rows, the empty string where a row has none."""
    path = name_path(table)
    if path is None:
        yield from ((key, "") for key in ids)
        return
    left = iter(ids)
    while some := list(islice(left, 500)):
        found = dict(table._default_manager.filter(pk__in=some).values_list("pk", path))
        yield from ((key, str(found.get(key) or "").strip()) for key in some)


def target(table: Table, path: str) -> Table | None:
    """The table whose ids the column at the end of a path holds; None: it holds values, or is no column."""
    at: Table | None = table
    for step in path.split("__"):
        if at is None:
            return None
        if step in ("pk", at._meta.pk.name if at._meta.pk else ""):
            continue
        try:
            column = at._meta.get_field(step)
        except FieldDoesNotExist:
            return None
        at = column.related_model if isinstance(column.related_model, type) else None
    return at
