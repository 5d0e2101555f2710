"""Invented catalogues for tests, read into plain data: every row of every table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

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


def tables() -> list[type[models.Model]]:
    return list(apps.get_app_config("catalogue").get_models(include_auto_created=True))


@contextmanager
def invented(craft: int, seed: int = 1, **options: Any) -> Iterator[None]:
    """An invented catalogue in place of the one that is there, for the time of the block."""
    from cosmodrome.synth.inventing import invent

    with transaction.atomic():
        with connection.cursor() as cursor:
            for model in tables():
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')  # noqa: S608
        invent(craft, seed, **options)
        connection.check_constraints()
        yield
        transaction.set_rollback(True)


def dump() -> Dump:
    """All rows that there are."""
    read = Dump()
    for model in tables():
        rows = {row[model._meta.pk.attname]: row for row in model._default_manager.order_by("pk").values()}
        read.tables[model.__name__] = rows
        for column in model._meta.many_to_many:
            between: Any = column.remote_field.through
            here, there = f"{column.m2m_field_name()}_id", f"{column.m2m_reverse_field_name()}_id"
            found = read.lists.setdefault(f"{model.__name__}.{column.name}", {key: [] for key in rows})
            for key, other in between.objects.order_by("pk").values_list(here, there):
                found[key].append(other)
    return read
