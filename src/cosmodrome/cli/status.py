"""`cosmodrome status`."""

from __future__ import annotations

from cosmodrome.cli.terminal import out, sentences
from cosmodrome.environment import Environment
from cosmodrome.server import startup

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def status() -> None:
    """Tell which database this is, what it holds, its data version, and as of when it is derived.

    Changes nothing.  The exit code is 1, with a sentence, if there is no catalogue or one of another version.
    """
    with sentences():
        environment = startup.set_up()
        startup.open_unchanged(environment)
    for name, value in facts(environment):
        out.print(f"{name + ':':14}{value}", markup=False)


def facts(environment: Environment) -> list[tuple[str, str]]:
    """Returns the facts about the catalogue, each with its name."""
    from cosmodrome.changes.snapshots import snapshot

    with snapshot():
        return [
            ("database", place(environment)),
            ("records", records()),
            ("data version", version()),
            ("derived", derivation()),
        ]


def place(environment: Environment) -> str:
    """The database's kind and place, and the bytes of a file."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return f"PostgreSQL, {environment.database_place}"
    from pathlib import Path

    from cosmodrome.database.migrations import file_of

    file = file_of(connection.settings_dict["NAME"])
    size = sum(part.stat().st_size for part in (file, Path(f"{file}-wal")) if part.exists())
    return f"SQLite, {file} ({size / 1_000_000:.1f} MB)"


def records() -> str:
    """The number of records of the main endpoints, and of all."""
    counts = startup.catalogue_counts()
    told = ", ".join(f"{counts[path]} {path}" for path in ("spacecraft", "launches", "astronauts"))
    return f"{told}; {sum(counts.values())} in all {len(counts)} lists"


def version() -> str:
    """The data version and its age."""
    from cosmodrome.changes.versions import age_of, data_version

    number = data_version()
    return f"{number}, {ago(age_of(number))}" if number else "none: nothing was ever loaded"


def derivation() -> str:
    """As of when values are derived, and when time changes the first of them."""
    from cosmodrome.derived.materialised.models import DerivationState
    from cosmodrome.time.clock import write_instant

    state = DerivationState.objects.first()
    if state is None:
        return "never"
    until = f", and right until {write_instant(state.until)}" if state.until else ""
    return f"as of {write_instant(state.as_of)}{until}"


def ago(seconds: float) -> str:
    """`3 hours ago`."""
    for size, name in UNITS:
        if number := int(seconds // size):
            return f"{number} {name}{'s' * (number > 1)} ago"
    return "just now"
