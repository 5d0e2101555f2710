"""Whether a database is new, older or newer than this program, by the migrations that it has had."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from cosmodrome.database.paths import file_of
from cosmodrome.database.routers import apps_in
from cosmodrome.database.tables import Migration, create_tables


@cache
def known_migrations(*apps: str) -> frozenset[Migration]:
    """The migrations of this version, of some apps or of all, which are read from disk once."""
    known = MigrationLoader(None).disk_migrations or ()
    return frozenset(one for one in known if not apps or one[0] in apps)


def applied_migrations(database: str = DEFAULT_DB_ALIAS) -> set[Migration]:
    """The migrations that a database has had; none if it holds no catalogue.  Raises DatabaseError."""
    return set(MigrationRecorder(connections[database]).applied_migrations())


def is_catalogue_there(database: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether there is a catalogue; makes no file.  Raises DatabaseError where it can't be found out."""
    wrapper: Any = connections[database]
    if wrapper.vendor == "sqlite" and not wrapper.is_in_memory_db():
        file = file_of(wrapper.settings_dict["NAME"])
        if not file.exists() or not file.stat().st_size:
            return False  # SQLite would make the file
    return bool(applied_migrations(database))


def missing_migrations(database: str = DEFAULT_DB_ALIAS) -> list[Migration]:
    """The migrations of this version that a database has not had yet.  Raises DatabaseError."""
    return sorted(known_migrations(*apps_in(database)) - applied_migrations(database))


def newer_migration(database: str = DEFAULT_DB_ALIAS) -> Migration | None:
    """The first migration of a database that this version does not have.  Raises DatabaseError."""
    return min(applied_migrations(database) - known_migrations(), default=None)


def version_problem(database: str = DEFAULT_DB_ALIAS) -> str:
    """A sentence about a database that is older or newer than this program; empty if it is neither.

    Raises DatabaseError.
    """
    if newer := newer_migration(database):
        return newer_sentence(newer)
    if missing := missing_migrations(database):
        app, migration = missing[0]
        return (
            f"The database lacks {len(missing)} of this version's migrations, the first is "
            f"{app}.{migration}: start `cosmodrome serve` again, which brings it up to date."
        )
    return ""


def newer_sentence(migration: Migration) -> str:
    """The sentence about a database that has had a migration that this version does not know."""
    app, name = migration
    return (
        f"The database is of a newer version of Cosmodrome (it has had {app}.{name}): "
        "install that version, or use another database."
    )


def migrate_all() -> None:
    """Brings every database up to date; does nothing to one that is.  Raises DatabaseError."""
    for database in connections:
        missing = missing_migrations(database)
        if missing and not applied_migrations(database):
            create_tables(database, known_migrations(*apps_in(database)))
        elif missing:
            migrate(database)


def migrate(database: str) -> None:
    """Runs the migrations that a database lacks.  Raises DatabaseError."""
    options: dict[str, Any] = {"database": database, "verbosity": 0, "interactive": False}
    for app in apps_in(database):
        call_command("migrate", app, **options)
    if not apps_in(database):
        call_command("migrate", **options)
