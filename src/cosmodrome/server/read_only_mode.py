"""`serve --read-only`: a catalogue that nobody writes to, on a read-only medium for example.

SQLite is told that the file does not change, and then takes no lock and makes no file beside it.  What the
server writes for itself, the counts of calls, the key and the metrics, is in a temporary folder, which is
gone when the server stops.
"""

from __future__ import annotations

from pathlib import Path

from cosmodrome.environment import PREFIX, Environment
from cosmodrome.server.startup import StartError, database_sentences, open_unchanged, refuse_log


def catalogue_setting(environment: Environment) -> dict[str, str]:
    """Returns the setting, by variable, that names the catalogue where the data folder is another one.

    Raises StartError if it is no SQLite file, or one that may be written to.
    """
    if not environment.uses_sqlite:
        raise StartError(
            "Only an SQLite file can be served with --read-only; PostgreSQL knows roles that only read."
        )
    file = Path(environment.database()["NAME"]).resolve()
    refuse_log(file)
    return {f"{PREFIX}DATABASE_URL": f"sqlite:///{file}"}


def open_read_only(environment: Environment) -> None:
    """Looks at the catalogue, and makes the file of counts.  Raises StartError, also for another version."""
    from cosmodrome.database.migrations import migrate_all

    open_unchanged(environment)
    with database_sentences():
        environment.prepare()
        migrate_all()  # those of the counts: the catalogue lacks none
