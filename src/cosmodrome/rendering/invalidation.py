"""What is dropped when a row changes: its own documents, and those that show more of it than a reference.

That is found from the shapes, backwards: whose documents write out a column of another table, and whose list
the rows that point to them.  What merely refers to a document is not touched when that is dropped.
Each change is written down, and each process drops what the changes since it last looked made worthless.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps

from cosmodrome.changes.models import InvalidationLog
from cosmodrome.changes.rowset import Model, RowSet, batches
from cosmodrome.changes.transactions import ChangeListener
from cosmodrome.rendering.fragments import Documents
from cosmodrome.rendering.templates import Listed, recipe_of, recipes_of
from cosmodrome.shapes.relations import between, ends, related_table
from cosmodrome.shapes.shapes import SHAPES

MOST = 1000
"""Ids of a table that are written down for one change; of more, all documents of the table are dropped."""
CHANGES = 1000
"""Changes that are kept; who has missed more drops everything."""
CHUNK = 500
"""Ids in one statement."""


class Invalidation(ChangeListener):
    """Writes down what one change makes worthless."""

    def __init__(self) -> None:
        self.rows = RowSet(MOST)

    def before_write(self, model: Model, keys: list[Any]) -> None:
        self.add(model, keys)

    def after_write(self, model: Model, keys: list[Any]) -> None:
        self.add(model, keys)

    def after_derive(self, model: Model, keys: list[Any]) -> None:
        self.add(model, keys)

    def all_rows_changed(self) -> None:
        self.rows.add_all(shown_tables())

    def committed(self, version: int) -> None:
        """Writes it down, and forgets the oldest changes."""
        InvalidationLog.objects.create(pk=version, rows=dict(map(written_down, self.rows)))
        oldest = InvalidationLog.objects.order_by("-pk").values_list("pk", flat=True)[CHANGES : CHANGES + 1]
        for each in oldest:
            InvalidationLog.objects.filter(pk__lte=each).delete()

    def add(self, model: Model, keys: list[Any]) -> None:
        """Adds rows, and those whose documents show something of them."""
        if model in shown_tables():
            self.rows.add(model, keys)
        for owner, path in shown_by(model):
            for part in self._parts(owner, keys):
                showing = owner._default_manager.filter(**{f"{path}__in": part})
                self.rows.add(owner, showing.values_list("pk", flat=True))
        for listed in linked_by(model):
            owner, (here, _) = listed.model, ends(listed)
            for part in self._parts(owner, keys):
                self.rows.add(owner, between(listed).filter(pk__in=part).values_list(here, flat=True))

    def _parts(self, owner: Model, keys: list[Any]) -> Iterator[list[Any]]:
        for some in batches(keys, CHUNK):
            if not self.rows.has_all(owner):
                yield some


def written_down(rows: tuple[Model, set[Any] | None]) -> tuple[str, list[Any] | None]:
    """A table and its ids in JSON."""
    model, keys = rows
    return model._meta.label_lower, None if keys is None else [
        key if isinstance(key, int) else str(key) for key in keys
    ]


@cache
def shown_tables() -> frozenset[Model]:
    """The tables that have shapes."""
    return frozenset(recipe_of(shape).model for shape in SHAPES.values())


@cache
def shown_by(model: Model) -> list[tuple[Model, str]]:
    """Whose documents have something of a table's rows written out, by a path from there to those rows.

    Links between two rows are made and cut by a change of the one whose column they are.
    """
    found: set[tuple[Model, str]] = set()
    for shape in SHAPES.values():
        recipe = recipe_of(shape)
        paths = {path: related_table(recipe.model, path.split("__")) for path in recipe.joined}
        for part in recipe.nested():
            if isinstance(part, Listed) and part.relation.auto_created:
                paths[part.relation.name] = part.relation.related_model
        found.update((recipe.model, path) for path, end in paths.items() if end is model)
    return sorted(found, key=lambda each: (each[0].__name__, each[1]))


@cache
def linked_by(model: Model) -> list[Any]:
    """The shown many-to-many relations whose links are the rows of a table."""
    listed = {
        (part.relation.model, part.relation.name): part.relation
        for shape in SHAPES.values()
        for part in recipe_of(shape).nested()
        if isinstance(part, Listed) and part.relation.many_to_many and between(part.relation).model is model
    }
    return [listed[place] for place in sorted(listed, key=str)]


def drop(documents: Documents, since: int | None, until: int) -> None:
    """Drops what the changes after the version `since` and up to `until` made worthless."""
    changes = list(InvalidationLog.objects.filter(pk__gte=since or 0, pk__lte=until).order_by("pk"))
    if len(changes) < 2 or (changes[0].pk, changes[-1].pk) != (since, until):
        documents.clear()  # some have been forgotten, or a backup was put back
        return
    for change in changes[1:]:
        for table, keys in change.rows.items():
            model: Model = apps.get_model(table)
            key: Any = model._meta.pk
            known = None if keys is None else [key.to_python(each) for each in keys]
            for recipe in recipes_of(model):
                documents.drop(recipe, known)
