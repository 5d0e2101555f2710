"""Many-to-many lists in their order: the rows between two tables are numbered as they were written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

ROWS = 500
"""Rows in one statement, with room for both ids: SQLite takes 32,766 parameters."""


def read_lists(relation: Any, keys: Iterable[Any]) -> dict[Any, list[Any]]:
    """What each of `keys` lists, by id, in order."""
    here, there = ends(relation)
    lists: dict[Any, list[Any]] = {key: [] for key in keys}
    links = between(relation).filter(**{f"{here}__in": list(lists)}).order_by("pk")
    for key, related in links.values_list(here, there):
        lists[key].append(related)
    return lists


def write_lists(relation: Any, lists: dict[Any, list[Any]]) -> None:
    """Makes each key list what it should, in that order."""
    here, there = ends(relation)
    rows = between(relation)
    rows.filter(**{f"{here}__in": list(lists)}).delete()
    rows.bulk_create(
        [rows.model(**{here: key, there: related}) for key, listed in lists.items() for related in listed],
        batch_size=ROWS,
    )


def between(relation: Any) -> Any:
    """The rows between the two tables."""
    return relation.remote_field.through._default_manager


def ends(relation: Any) -> tuple[str, str]:
    """Their columns: the one that lists, and what is listed."""
    return f"{relation.m2m_field_name()}_id", f"{relation.m2m_reverse_field_name()}_id"
