"""Makes all tables of a new database at once, as its migrations would.

The migrations of a new catalogue take eight seconds of processor, nearly all of them to work out how the
models looked after each step.  `tests/test_database.py` compares both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections, router
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from django.utils.timezone import now

from cosmodrome.database.routers import apps_in

Migration = tuple[str, str]
"""The label of an app and the name of a migration."""


def create_tables(database: str, migrations: frozenset[Migration]) -> None:
    """Makes the tables of a database that has none, with what Django's apps put into them.

    All or nothing of the tables is made.  Raises DatabaseError.
    """
    make_tables(database, tables_in(database), migrations)
    emit_post_migrate_signal(verbosity=0, interactive=False, db=database)


def make_tables(database: str, tables: Iterable[type[Model]], migrations: frozenset[Migration]) -> None:
    """Makes these tables, without a row, and records these migrations as applied.  Raises DatabaseError."""
    with connections[database].schema_editor() as editor:
        recorded: Any = MigrationRecorder.Migration
        for model in (recorded, *tables):
            editor.create_model(model)
        recorded.objects.using(database).bulk_create(
            recorded(app=app, name=name, applied=now()) for app, name in sorted(migrations)
        )


def tables_in(database: str) -> Iterator[type[Model]]:
    """Yields the models that have a table in a database, but for those that another table makes."""
    wanted = apps_in(database)
    for app in apps.get_app_configs():
        if not wanted or app.label in wanted:
            yield from router.get_migratable_models(app, database)
