"""`serve --read-only`: a catalogue that nobody writes to, on a read-only medium for example.

SQLite is told that the file does not change, and then takes no lock and makes no file beside it.  What the
server writes for itself, the counts of calls, the key and the metrics, is in a temporary folder, which is
gone when the server stops.
"""

from __future__ import annotations

from pathlib import Path

from cosmodrome.environment import PREFIX, Environment
from cosmodrome.server.startup import StartError, database_sentences, open_unchanged


def catalogue_setting(environment: Environment) -> dict[str, str]:
    """Returns the setting, by variable, that names the catalogue where the data folder is another one.

    Raises StartError if it is no SQLite file, or one that may be written to.
    """
    if not environment.uses_sqlite:
        raise StartError(
            "Only an SQLite file can be served with --read-only; PostgreSQL knows roles that only read."
        )
    file = Path(environment.database()["NAME"]).resolve()
    log = Path(f"{file}-wal")
    try:
        has_log = log.exists() and log.stat().st_size > 0
    except OSError as error:
        raise StartError(f"The database {file} can't be read ({error.strerror}).") from None
    if has_log:
        raise StartError(
            f"{log} is not empty: a program has the database open, or the last changes are still in it, "
            "which --read-only does not read. Stop that program, or start and stop `cosmodrome serve` once "
            "where the file can be written to, or make a copy with `cosmodrome backup`."
        )
    return {f"{PREFIX}DATABASE_URL": f"sqlite:///{file}"}


def open_read_only(environment: Environment) -> None:
    """Looks at the catalogue, and makes the file of counts.  Raises StartError, also for another version."""
    from cosmodrome.database.migrations import migrate_all

    open_unchanged(environment)
    with database_sentences():
        environment.prepare()
        migrate_all()  # those of the counts: the catalogue lacks none
