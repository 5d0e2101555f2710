"""Relations: where a path of them leads, and many-to-many lists in their order.

The rows between two tables are numbered as they were written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    here, _ = ends(relation)
    between(relation).filter(**{f"{here}__in": list(lists)}).delete()
    add_links(relation, ((key, related) for key, listed in lists.items() for related in listed))


def add_links(relation: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
    """Lets the first of each pair list the second, after what it lists already."""
    here, there = ends(relation)
    rows = between(relation)
    rows.bulk_create([rows.model(**{here: key, there: related}) for key, related in pairs], batch_size=ROWS)


def between(relation: Any) -> Any:
    """The rows between the two tables."""
    return declared(relation).remote_field.through._default_manager


def ends(relation: Any) -> tuple[str, str]:
    """Their columns, seen from the side that `relation` is of: the one that lists, and what is listed."""
    column = declared(relation)
    here, there = f"{column.m2m_field_name()}_id", f"{column.m2m_reverse_field_name()}_id"
    return (there, here) if relation.auto_created else (here, there)


def declared(relation: Any) -> Any:
    """The column that declares a relation, whichever side that is on."""
    return relation.remote_field if relation.auto_created else relation


def related_table(model: Any, names: Iterable[str]) -> Any:
    """The table to which relations lead, one after the other."""
    for name in names:
        model = model._meta.get_field(name).related_model
    return model


def is_list(relation: Any) -> bool:
    """Whether it leads to rows by their own pointers or links, and not by the pointer of its row."""
    return bool(relation.auto_created or relation.many_to_many)


def ways(names: Sequence[str]) -> list[str]:
    """The path to each of the tables on the way, as Django writes it: `rocket`, `rocket__launch`."""
    return ["__".join(names[:length]) for length in range(1, len(names) + 1)]
