"""Finds what goes with records that are deleted, from the declarations, so that it can be said before.

What goes with a record:
- what the table says, by CASCADE: the rocket of a launch, its flights, the links of an agency;
- what would be half: a row of which `needs_one_of` names columns, and in which the last of them that is not
  null points to what goes.  A docking goes with the craft that docks, a port with its station;
- what only it lists: a row that it points to one to one, as a flight to its landing, and a row without an
  endpoint in a list of it, as an astronaut in a role in a crew.  It goes with the last that lists it.

A record that others need stays: those that point to it by PROTECT, or by a column that the wire needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from cosmodrome.changes.rowset import Model, batches
from cosmodrome.changes.transactions import Change
from cosmodrome.resources.registry import resource_of
from cosmodrome.shapes.relations import through_columns, through_rows
from cosmodrome.shapes.shapes import not_null_columns

Keys = dict[Model, set[Any]]


@dataclass
class Deletion:
    """Rows that go together, and those that need one of them and stay: then nothing may be deleted."""

    rows: Keys = field(default_factory=dict)
    needed_by: Keys = field(default_factory=dict)

    def __contains__(self, row: tuple[Model, Any]) -> bool:
        model, key = row
        return key in self.rows.get(model, ())

    def carry_out(self, change: Change) -> None:
        """Deletes all rows, those that point to others first.  Raises ProtectedError if one is needed."""
        waiting = list(self.rows.items())
        while waiting:
            refused = []
            for model, keys in waiting:
                try:
                    for part in batches(keys, 500):
                        change.delete(model._default_manager.filter(pk__in=part))
                except models.ProtectedError as error:
                    refused.append((model, keys))
                    last = error
            if len(refused) == len(waiting):
                raise last
            waiting = refused


def deletion_of(model: Model, keys: Iterable[Any]) -> Deletion:
    """Returns what goes with rows of a table, themselves included."""
    deletion = Deletion()
    ahead: list[tuple[Model, set[Any]]] = [(model, set(keys))]
    while ahead:
        table, found = ahead.pop()
        new = found - deletion.rows.setdefault(table, set())
        if new:
            deletion.rows[table] |= new
            ahead += [*dependents(table, new, deletion), *orphans(table, new, deletion)]
        if not ahead:  # a row may be listed by two that go
            ahead += [
                each for table, rows in list(deletion.rows.items()) for each in orphans(table, rows, deletion)
            ]
    for table, found in list(deletion.rows.items()):
        for relation in pointing_relations(table):
            if is_needed_through(relation):
                stay = pointing(relation, found) - deletion.rows.get(relation.related_model, set())
                if stay:
                    deletion.needed_by.setdefault(relation.related_model, set()).update(stay)
    return deletion


def pointing_relations(model: Model) -> list[Any]:
    """The relations by which rows of any table point to rows of `model`."""
    relations = model._meta.get_fields(include_hidden=True)
    return [each for each in relations if each.auto_created and not each.concrete and not each.many_to_many]


def pointing(relation: Any, keys: Iterable[Any]) -> set[Any]:
    """The ids of the rows that point to any of `keys` by a relation."""
    rows, column = relation.related_model._default_manager, relation.field.attname
    return {
        key
        for part in batches(keys, 500)
        for key in rows.filter(**{f"{column}__in": part}).values_list("pk", flat=True)
    }


def is_needed_through(relation: Any) -> bool:
    """Whether a row can't be without the row that it points to by a relation."""
    if relation.on_delete is models.PROTECT:
        return True
    return relation.on_delete is models.SET_NULL and relation.field.attname in not_null_columns(
        relation.related_model
    )


def dependents(model: Model, keys: set[Any], deletion: Deletion) -> Iterator[tuple[Model, set[Any]]]:
    """Yields rows that point to any of `keys` and go with it."""
    for relation in pointing_relations(model):
        if relation.related_model._meta.auto_created:
            continue  # the links of a many-to-many list
        if relation.on_delete is models.CASCADE:
            yield relation.related_model, pointing(relation, keys)
        for names in needed_groups(relation.related_model):
            if relation.field.name in names:
                yield relation.related_model, halves(relation, names, keys, deletion)


def needed_groups(model: Model) -> tuple[tuple[str, ...], ...]:
    """The groups of relations of which a row needs one each, as declared."""
    return getattr(model, "needs_one_of", ())


def halves(relation: Any, names: tuple[str, ...], keys: set[Any], deletion: Deletion) -> set[Any]:
    """The ids of rows that point to any of `keys`, and by `names` to nothing that stays."""
    model = relation.related_model
    rows = model._default_manager.filter(pk__in=pointing(relation, keys))
    return {row.pk for row in rows if not any(stays(row, name, deletion) for name in names)}


def stays(row: Any, name: str, deletion: Deletion) -> bool:
    """Whether a row points to one that is not deleted, by a relation."""
    column = row._meta.get_field(name)
    key = getattr(row, column.attname)
    return key is not None and (column.related_model, key) not in deletion


def orphans(model: Model, keys: set[Any], deletion: Deletion) -> Iterator[tuple[Model, set[Any]]]:
    """Yields rows that `keys` list and no row that stays does."""
    for column in (*model._meta.concrete_fields, *model._meta.many_to_many):
        if is_own(column):
            table: Any = column.related_model
            listed = listed_by(column, keys) - deletion.rows.get(table, set())
            alone = {key for key in listed if not is_listed(table, key, deletion)}
            if alone:
                yield table, alone


def is_own(column: Any) -> bool:
    """Whether rows that a column points to or lists exist only as part of those that do."""
    if column.many_to_many:
        return resource_of(column.related_model) is None
    return bool(column.one_to_one and not column.primary_key)


def listed_by(column: Any, keys: Iterable[Any]) -> set[Any]:
    """The ids that rows of these ids point to or list by a column."""
    if column.many_to_many:
        here, there = through_columns(column)
        rows = through_rows(column)
    else:
        here, there, rows = "pk", column.attname, column.model._default_manager
    found = {
        key
        for part in batches(keys, 500)
        for key in rows.filter(**{f"{here}__in": part}).values_list(there, flat=True)
    }
    return found - {None}


def is_listed(model: Model, key: Any, deletion: Deletion) -> bool:
    """Whether a row that stays points to the row or lists it."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete:
            continue
        owner: Any = relation.related_model
        if relation.many_to_many:
            here, there = through_columns(relation)
            owners = set(through_rows(relation).filter(**{here: key}).values_list(there, flat=True))
        elif owner._meta.auto_created:
            continue  # the links, which are looked through above
        else:
            owners = pointing(relation, [key])
        if owners - deletion.rows.get(owner, set()):
            return True
    return False
