"""Instances and values as a query yields them, made from the rows of the database without the query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.db import connection, models
from django.db.models.query import ModelIterable, get_related_populators

Read = Callable[[list[Any]], Iterable[Any]]
"""Makes what a query yields of the rows that the database yields."""


def reader(rows: models.QuerySet[Any], compiler: Any) -> Read:
    """Returns what makes of the database's rows what a query yields; keeps nothing of the query."""
    columns = [each for each, *_ in compiler.select[: compiler.col_count]]
    converters = [
        (place, convert, models.Value(None, output_field=expression.output_field))
        for place, (converts, expression) in compiler.get_converters(columns).items()
        for convert in converts
    ]
    if rows._iterable_class is not ModelIterable:  # noqa: SLF001 - Django tells by no other name
        is_flat = len(columns) == 1
        return partial(read_values, converters, len(columns), is_flat)
    info = compiler.klass_info
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [each[0].target.attname for each in compiler.select[first:last]]
    populators = get_related_populators(info, compiler.select, rows.db)  # type: ignore[call-arg] # of 6.1
    annotations = list((compiler.annotation_col_map or {}).items())
    return partial(
        read_objects, converters, info["model"], rows.db, names, first, last, populators, annotations
    )


Converters = list[tuple[int, Any, Any]]


def converted(converters: Converters, row: Any) -> Any:
    """Returns a row of the database with the values of Python."""
    if not converters:
        return row
    values = list(row)
    for place, convert, expression in converters:
        values[place] = convert(values[place], expression, connection)
    return values


def read_values(converters: Converters, width: int, is_flat: bool, rows: list[Any]) -> Iterator[Any]:
    """Yields the values of a query, as tuples or, of one column, as they are."""
    for row in rows:
        values = converted(converters, row)
        yield values[0] if is_flat else tuple(values[:width])


def read_objects(
    converters: Converters, model: Any, database: str, names: list[str], first: int, last: int,
    populators: list[Any], annotations: list[tuple[str, int]], rows: list[Any],
) -> Iterator[Any]:  # fmt: skip
    """Yields the rows of a table, with those that are joined to them and with annotations."""
    for each in rows:
        row = converted(converters, each)
        found = model.from_db(database, names, row[first:last])
        for populator in populators:
            populator.populate(row, found)
        for name, place in annotations:
            setattr(found, name, row[place])
        yield found
