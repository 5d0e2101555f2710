"""The steps of a start, for commands and workers: settings, Django, tables, declarations, sample.

A command calls `set_up` first.  Those that can make a catalogue call `open_catalogue` then, those that write
to one `open_existing`, and those that only read `open_unchanged`.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

from cosmodrome.environment import Environment, SettingsError
from cosmodrome.time.clock import real_now


class StartError(Exception):
    """The start failed; the text is a sentence for the person who starts."""


def set_up(overrides: Mapping[str, str] | None = None) -> Environment:
    """Sets Django up.  `overrides` are settings given on the command line, by variable.

    They go through the environment, since the server's workers are processes of their own.
    Raises StartError.
    """
    os.umask(0o077)  # what is made here is for its owner alone
    os.environ.update(overrides or {})
    os.environ.setdefault("COSMODROME_CLOCK_SINCE", real_now().isoformat())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cosmodrome.server.settings")
    try:
        environment = Environment.read(os.environ)
        import_libraries(environment)
        import django

        django.setup()
    except SettingsError as error:
        raise StartError(str(error)) from None
    return environment


def read_environment(overrides: Mapping[str, str]) -> Environment:
    """Reads the settings before anything is set up.  Raises StartError."""
    try:
        return Environment.read({**os.environ, **overrides})
    except SettingsError as error:
        raise StartError(str(error)) from None


def import_libraries(environment: Environment) -> None:
    """Imports the modules of Django and DRF that load optional packages, without those packages.

    DRF loads `requests` for its test client, and PostgreSQL's driver for column types of PostgreSQL;
    drf-spectacular loads Django's test tools, which load `jinja2`.  Nothing here uses these packages, and
    on SQLite they take 18 MB of each process; 10 MB where the development's packages are not installed.
    Every module imported later finds them, a plugin's too.
    """
    driver = ["psycopg"] if environment.uses_sqlite else []
    with hidden("jinja2", "requests", *driver):
        import_module("rest_framework.compat")
        import_module("django.test.utils")


@contextmanager
def hidden(*packages: str) -> Iterator[None]:
    """Lets imports in the block find none of these packages, unless one of them is loaded already.

    None in `sys.modules` is Python's documented mark of a module that can't be found.
    """
    names = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type] # typed without that None
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def open_catalogue(environment: Environment) -> None:
    """Makes the data folder and the database if there are none, and migrates the tables.

    Raises StartError, as it does for a database of a newer version.
    """
    refuse_read_only(environment)
    with database_sentences():
        environment.prepare()
        refuse_newer()
        with one_at_a_time(environment):
            from cosmodrome.database.migrations import migrate_all

            migrate_all()


def open_existing(environment: Environment) -> None:
    """Migrates the tables of the catalogue.  Raises StartError, as it does if there is no catalogue."""
    refuse_read_only(environment)
    refuse_missing(environment)
    open_catalogue(environment)


def open_unchanged(environment: Environment) -> None:
    """Looks at the catalogue, for commands that only read.

    Raises StartError if there is none, or one of another version.
    """
    refuse_missing(environment)
    if environment.is_read_only and environment.uses_sqlite:
        refuse_log(Path(environment.database()["NAME"]))
    with database_sentences():
        from cosmodrome.database.migrations import version_problem

        if problem := version_problem():
            raise StartError(problem)


def refuse_read_only(environment: Environment) -> None:
    """Raises StartError if nothing may be written to the catalogue."""
    if environment.is_read_only:
        raise StartError(
            "COSMODROME_READ_ONLY is on, and this would write to the catalogue: "
            "`cosmodrome serve` and the commands that only read work."
        )


def refuse_log(file: Path) -> None:
    """Raises StartError if changes are not in an SQLite file yet, which is read as if nobody wrote to it."""
    log = Path(f"{file}-wal")
    try:
        has_log = log.exists() and log.stat().st_size > 0
    except OSError as error:
        raise StartError(f"The database {file} can't be read ({error.strerror}).") from None
    if has_log:
        raise StartError(
            f"{log} is not empty: a program has the database open, or the last changes are still in it, "
            "which --read-only does not read. Stop that program, or start and stop `cosmodrome serve` once "
            "where the file can be written to, or make a copy with `cosmodrome backup`, "
            "without COSMODROME_READ_ONLY."
        )


def refuse_missing(environment: Environment) -> None:
    """Raises StartError if there is no catalogue."""
    with database_sentences():
        from cosmodrome.database.migrations import is_catalogue_there

        if not is_catalogue_there():
            raise StartError(
                f"There is no catalogue in {environment.database_place}: `cosmodrome serve` makes one, and "
                "so do `cosmodrome load` and `cosmodrome synth`."
            )


def refuse_newer() -> None:
    """Raises StartError if a newer version of Cosmodrome has changed the database."""
    from django.db import connections

    from cosmodrome.database.migrations import is_catalogue_there, newer_migration, newer_sentence

    for database in connections if is_catalogue_there() else ():
        if newer := newer_migration(database):
            raise StartError(newer_sentence(newer))


@contextmanager
def database_sentences() -> Iterator[None]:
    """An error of the database or the data folder in the block is a StartError, with a sentence."""
    from django.db import DatabaseError

    from cosmodrome.database.outages import reason_of

    try:
        yield
    except SettingsError as error:
        raise StartError(str(error)) from None
    except (DatabaseError, ImportError, OSError) as error:
        reason = reason_of(error)
        raise StartError(
            f"The database can't be opened ({reason}): see COSMODROME_DATABASE_URL and COSMODROME_DATA_DIR."
        ) from None


@contextmanager
def one_at_a_time(environment: Environment) -> Iterator[None]:
    """Holds a lock of the data folder: of two first starts, only one can make the tables."""
    with environment.secret_key_file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check_declarations() -> None:
    """Runs the system checks.  Raises StartError with all that fail."""
    from django.core import checks

    errors = [
        message
        for message in checks.run_checks()
        if message.level >= checks.ERROR and not message.is_silenced()
    ]
    if errors:
        raise StartError("\n".join(str(error) for error in errors))


def catalogue_counts() -> dict[str, int]:
    """Returns how many records each endpoint has, by path."""
    from cosmodrome.resources.registry import RESOURCES

    return {path: resource.rows().count() for path, resource in RESOURCES.items()}


def load_sample() -> None:
    """Loads the sample catalogue: all of it or nothing."""
    from django.db import transaction

    from cosmodrome import sample
    from cosmodrome.ingest.loader import load_file

    with transaction.atomic():
        for file in sample.FILES:
            load_file(str(file), as_of=sample.READ_AT)


def settle() -> None:
    """Settles the derived values that time alone has changed, if nobody else is writing."""
    from django.db import DatabaseError

    from cosmodrome.changes import transactions as changes

    with suppress(DatabaseError):  # the settler tries again
        changes.settle()
