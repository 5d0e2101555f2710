"""Relations between tables: where a path leads, and lists in the order of the wire.

A many-to-many list keeps the order in which it was written: the rows of the table between are numbered.  Seen
from the other side, and where rows point to the one that lists them, a list is in the order of the ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

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
        return [getattr(link, nested) for link in links.order_by(list_order(relation))]
    rows = relation.related_model._default_manager.filter(**{relation.field.attname: row.pk})
    return list((rows.filter(condition) if condition else rows).order_by("pk"))


def list_order(relation: Any) -> str:
    """Returns the column of the through rows by which a many-to-many list is ordered."""
    _, there = through_columns(relation)
    return there if relation.auto_created else "pk"


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
