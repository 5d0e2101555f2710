"""Invented catalogues for tests, read into plain data: every row of every table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test import override_settings

from cosmodrome.shapes.relations import read_lists
from pages import emptied, tables

Rows = dict[Any, dict[str, Any]]


@dataclass
class Dump:
    """An invented catalogue."""

    tables: dict[str, Rows] = field(default_factory=dict)
    """Rows by table and id."""
    lists: dict[str, dict[Any, list[Any]]] = field(default_factory=dict)
    """Ids in many-to-many lists, by `Table.relation` and id."""

    def rows(self, table: str) -> list[dict[str, Any]]:
        return list(self.tables[table].values())


@contextmanager
def invented(craft: int, seed: int = 1, **options: Any) -> Iterator[None]:
    """An invented catalogue in place of the one that is there, for the time of the block."""
    from cosmodrome.synth.catalogue import NOW, invent

    with emptied(), override_settings(CLOCK_STOPPED_AT=options.get("now", NOW)):
        invent(craft, seed, **options)
        connection.check_constraints()
        yield


def dump() -> Dump:
    """All rows that there are."""
    read = Dump()
    for model in tables():
        rows = {row[model._meta.pk.attname]: row for row in model._default_manager.order_by("pk").values()}
        read.tables[model.__name__] = rows
        for column in model._meta.many_to_many:
            read.lists[f"{model.__name__}.{column.name}"] = read_lists(column, rows)
    return read
