"""Invalidation: which fragments a change makes worthless.

When a row changes, its own fragments are dropped, and those that write out a column of it or list it.  The
shapes tell which these are, read backwards.  A fragment that merely references a dropped one stays.  Each
change logs what it makes worthless, and each process drops what the changes since it last looked have logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from threading import Lock
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError

from cosmodrome.changes.editions import Edition
from cosmodrome.changes.models import InvalidationLog
from cosmodrome.changes.rowset import Model, RowSet, batches
from cosmodrome.changes.transactions import ChangeListener
from cosmodrome.rendering.fragments import FragmentStore
from cosmodrome.rendering.templates import template_of
from cosmodrome.shapes.graph import Nesting, graph_of, shapes_of
from cosmodrome.shapes.relations import related_table, through_columns, through_rows
from cosmodrome.shapes.shapes import SHAPES, shape_model

MOST = 1000
"""Ids of a table that are logged for one change; of more, all fragments of the table are dropped."""
CHANGES = 1000
"""Changes that are kept in the log; a process that has missed more drops everything."""
BATCH = 500
"""Ids in one statement."""

MOST_EDITIONS = 4
"""Privately settled editions of which it is known what of the published version is worthless in them."""
PRIVATE_ROWS: dict[Edition, RowSet] = {}
"""By such an edition: the records whose fragments are other ones than as published."""
PRIVATE_LOCK = Lock()


class Invalidation(ChangeListener):
    """Logs what one change makes worthless."""

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
        """Writes the log of the change, and deletes that of the oldest."""
        InvalidationLog.objects.create(pk=version, rows=dict(map(as_logged, self.rows)))
        oldest = InvalidationLog.objects.order_by("-pk").values_list("pk", flat=True)[CHANGES : CHANGES + 1]
        for each in oldest:
            InvalidationLog.objects.filter(pk__lte=each).delete()

    def settled_privately(self, edition: Edition) -> None:
        """Notes what of the published version is worthless in an edition that a reader has settled."""
        with PRIVATE_LOCK:
            PRIVATE_ROWS[edition] = self.rows
            while len(PRIVATE_ROWS) > MOST_EDITIONS:
                del PRIVATE_ROWS[next(iter(PRIVATE_ROWS))]

    def add(self, model: Model, keys: list[Any]) -> None:
        """Adds rows, and the rows whose fragments show something of them."""
        if model in shown_tables():
            self.rows.add(model, keys)
        for owner, path in shown_by(model):
            for batch in self._batches(owner, keys):
                showing = owner._default_manager.filter(**{f"{path}__in": batch})
                self.rows.add(owner, showing.values_list("pk", flat=True))
        for relation in linked_by(model):
            owner, (here, _) = relation.model, through_columns(relation)
            for batch in self._batches(owner, keys):
                links = through_rows(relation).filter(pk__in=batch)
                self.rows.add(owner, links.values_list(here, flat=True))

    def _batches(self, owner: Model, keys: list[Any]) -> Iterator[list[Any]]:
        for batch in batches(keys, BATCH):
            if not self.rows.has_all(owner):
                yield batch


def as_logged(rows: tuple[Model, set[Any] | None]) -> tuple[str, list[Any] | None]:
    """Returns a table and its ids as JSON has them."""
    model, keys = rows
    return model._meta.label_lower, None if keys is None else [
        key if isinstance(key, int) else str(key) for key in keys
    ]


@cache
def shown_tables() -> frozenset[Model]:
    """Returns the tables that have shapes."""
    return frozenset(shape_model(shape) for shape in SHAPES.values())


@cache
def shown_by(model: Model) -> list[tuple[Model, str]]:
    """Returns the tables whose fragments write out or list rows of a table, each with the path to those rows.

    The links of a many-to-many list are made and cut by a change of the row whose column declares them.
    """
    found: set[tuple[Model, str]] = set()
    for shape in SHAPES.values():
        owner = shape_model(shape)
        paths = {path: related_table(owner, path.split("__")) for path in template_of(shape).joined}
        for key in graph_of(shape).nested:
            if not key.is_pointer and key.relation.auto_created:
                paths[key.relation.name] = key.table
        found.update((owner, path) for path, end in paths.items() if end is model)
    return sorted(found, key=lambda each: (each[0].__name__, each[1]))


@cache
def linked_by(model: Model) -> list[Any]:
    """Returns the many-to-many relations that are shown and whose links are the rows of a table."""
    nested = [key for shape in SHAPES.values() for key in graph_of(shape).nested]
    found = {(key.relation.model, key.relation.name): key.relation for key in nested if links_are(key, model)}
    return [found[place] for place in sorted(found, key=str)]


def links_are(key: Nesting, model: Model) -> bool:
    """Whether a key lists by the links that are the rows of a table."""
    return bool(key.relation.many_to_many) and through_rows(key.relation).model is model


def drop_differing(store: FragmentStore, before: Edition, after: Edition) -> None:
    """Drops what is another in the edition `after` than in the edition `before`, which the store holds."""
    if before.version != after.version:
        drop_changed(store, before.version, after.version)
    for edition in (before, after):
        if edition.settled_at is None:
            continue
        rows = PRIVATE_ROWS.get(edition)
        if rows is None:
            store.clear()
            return
        for model, keys in rows:
            drop_rows(store, model, keys)


def drop_changed(store: FragmentStore, since: int, until: int) -> None:
    """Drops what the changes after the version `since`, up to `until`, made worthless."""
    changes = list(InvalidationLog.objects.filter(pk__gte=since, pk__lte=until).order_by("pk"))
    if len(changes) < 2 or (changes[0].pk, changes[-1].pk) != (since, until):
        store.clear()  # some are deleted from the log, or a backup was restored
        return
    for change in changes[1:]:
        for table, keys in change.rows.items():
            model: Model = apps.get_model(table)
            column: Any = model._meta.pk
            try:
                listed = None if keys is None else list(map(column.to_python, keys))
            except ValidationError:  # by a fault of an earlier version: answers must not wait for its mending
                listed = None
            drop_rows(store, model, listed)


def drop_rows(store: FragmentStore, model: Model, keys: Iterable[Any] | None) -> None:
    """Drops the fragments of these rows of a table, or of all."""
    listed = None if keys is None else list(keys)
    for shape in shapes_of(model):
        store.drop(template_of(shape), listed)
