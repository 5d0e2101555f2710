"""Relations between tables: where a path leads, and lists in the order of the wire.

A many-to-many list keeps the order in which it was written: the rows of the table between are numbered.  Seen
from the other side, and where rows point to the one that lists them, a list is in the order of its table, as
the table's own list is by default: that of `default_order`, then the id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.db.models import Window
from django.db.models.functions import RowNumber

from cosmodrome.shapes.collation import collated

ROWS = 500
"""Rows in one statement, with room for both ids: SQLite takes 32,766 parameters."""


def read_lists(relation: Any, keys: Iterable[Any]) -> dict[Any, list[Any]]:
    """Returns the ids that each of `keys` lists, in order."""
    here, there = through_columns(relation)
    lists: dict[Any, list[Any]] = {key: [] for key in keys}
    links = through_rows(relation).filter(**{f"{here}__in": list(lists)}).order_by("pk")
    for key, related in links.values_list(here, there):
        lists[key].append(related)
    return lists


def write_lists(relation: Any, lists: dict[Any, list[Any]]) -> None:
    """Makes each key list exactly these ids, in that order."""
    here, _ = through_columns(relation)
    through_rows(relation).filter(**{f"{here}__in": list(lists)}).delete()
    add_links(relation, ((key, related) for key, listed in lists.items() for related in listed))


def add_links(relation: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
    """Appends the second id of each pair to the list of the first."""
    here, there = through_columns(relation)
    rows = through_rows(relation)
    rows.bulk_create([rows.model(**{here: key, there: related}) for key, related in pairs], batch_size=ROWS)


def remove_links(relation: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
    """Removes the second id of each pair from the list of the first."""
    here, there = through_columns(relation)
    for key, related in pairs:
        through_rows(relation).filter(**{here: key, there: related}).delete()


def related_rows(row: Any, relation: Any, condition: models.Q | None = None) -> list[Any]:
    """Returns the rows that one row lists, in order, by a statement of its own."""
    if relation.many_to_many:
        here, there = through_columns(relation)
        nested = there.removesuffix("_id")
        links = through_rows(relation).filter(**{here: row.pk}).select_related(nested)
        return [getattr(link, nested) for link in links.order_by(*list_order(relation))]
    table = relation.related_model
    rows = table._default_manager.filter(**{relation.field.attname: row.pk})
    return list((rows.filter(condition) if condition else rows).order_by(*table_order(table)))


def default_order(model: type[models.Model]) -> tuple[str, ...]:
    """Returns the columns by which a table's rows are listed unless asked, as `-net`; the id comes after."""
    return getattr(model, "default_order", ())


def table_order(model: type[models.Model], path: str = "") -> list[Any]:
    """Returns the default order of a table, for `order_by`; `path` is the look-up path to its rows."""
    order: list[Any] = []
    for term in default_order(model):
        name = term.removeprefix("-")
        column = collated(f"{path}{name}", model._meta.get_field(name))
        order.append(column.desc(nulls_first=True) if term != name else column.asc(nulls_last=True))
    return [*order, models.F(f"{path}pk").asc()]


def list_order(relation: Any) -> list[Any]:
    """Returns the order of a many-to-many list, in terms of the through rows."""
    if not relation.auto_created:
        return [models.F("pk").asc()]
    _, there = through_columns(relation)
    return table_order(relation.related_model, f"{there.removesuffix('_id')}__")


def list_place(relation: Any) -> Any:
    """Returns what compares as the places of a many-to-many list, in terms of the through rows."""
    *terms, last = order = list_order(relation)
    return Window(RowNumber(), order_by=order) if terms else last.expression


def through_rows(relation: Any) -> Any:
    """Returns the manager of the rows between the two tables of a many-to-many relation."""
    return declaring_field(relation).remote_field.through._default_manager


def through_columns(relation: Any) -> tuple[str, str]:
    """Returns the columns of the through rows: of the row that lists, and of the row that is listed."""
    column = declaring_field(relation)
    here, there = f"{column.m2m_field_name()}_id", f"{column.m2m_reverse_field_name()}_id"
    return (there, here) if relation.auto_created else (here, there)


def declaring_field(relation: Any) -> Any:
    """Returns the field that declares a relation, whichever side `relation` is seen from."""
    return relation.remote_field if relation.auto_created else relation


def related_table(model: Any, names: Iterable[str]) -> Any:
    """Returns the table to which relations lead, one after the other."""
    for name in names:
        model = model._meta.get_field(name).related_model
    return model


def is_to_many(relation: Any) -> bool:
    """Whether a relation leads to rows that point or link to the row, and not by a pointer of the row."""
    return bool(relation.auto_created or relation.many_to_many)


def path_prefixes(names: Sequence[str]) -> list[str]:
    """Returns the look-up path of each table on the way: `rocket`, `rocket__launch`."""
    return ["__".join(names[:length]) for length in range(1, len(names) + 1)]
