"""`cosmodrome status`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cosmodrome.cli.parameters import parser, read_age
from cosmodrome.cli.terminal import err, fail, out, sentences
from cosmodrome.environment import Environment
from cosmodrome.server import startup

if TYPE_CHECKING:
    from cosmodrome.mirror.status import MirrorState, ResourceState

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def status(
    max_age: Annotated[
        timedelta | None,
        typer.Option(
            "--max-age",
            parser=parser(read_age),
            metavar="AGE",
            help="End with exit code 1 if a part of the mirror is older, as 36h or P1D, or not whole.",
        ),
    ] = None,
) -> None:
    """Tell which database this is, what it holds, its data version, and as of when it is derived.

        cosmodrome status
        cosmodrome status --max-age 36h

    Of a mirror also how current the copy of each resource is, and which calls are left.  Changes nothing.
    The exit code is 1, with a sentence, if there is no catalogue or one of another version.
    """
    with sentences():
        environment = startup.set_up()
        startup.open_unchanged(environment)
    for name, value in facts(environment):
        out.print(f"{name + ':':14}{value}", markup=False)
    from cosmodrome.changes.snapshots import snapshot
    from cosmodrome.mirror.status import age_problem, mirror_state

    with snapshot():
        state = mirror_state()
    if state.is_mirror:
        show_mirror(state)
    if max_age is not None and (problem := age_problem(state, max_age)):
        fail(problem)


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

    from cosmodrome.database.paths import file_of

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


def show_mirror(state: MirrorState) -> None:
    """Prints how current each resource is, and which calls are left."""
    from cosmodrome.mirror.status import written

    budget = state.budget
    left = "" if budget.left is None else f", {budget.left} left"
    until = f" (the next one from {written(budget.free_at)})" if budget.free_at else ""
    mirrored = f"{state.upstream}, {state.complete} of {len(state.resources)} resources complete"
    sync = f"since {written(state.sync_since)}" if state.sync_since else "not running"
    for name, value in (
        ("mirror of", mirrored),
        ("calls", f"{budget.used} used of {budget.rate}{left}{until}"),
        ("sync", sync),
        ("set aside", str(state.set_aside)),
    ):
        out.print(f"{name + ':':14}{value}", markup=False)
    titles = "resource", "records", "copy", "complete as of", "age", "next call", "set aside"
    for line in aligned([titles, *map(columns, state.resources)]):
        out.print(line, markup=False)
    if state.alarm:
        err.print(state.alarm, style="red", markup=False)


def columns(state: ResourceState) -> tuple[str, ...]:
    """The columns of a resource in the table."""
    from cosmodrome.mirror.status import age_text, written

    return (
        state.path,
        str(state.records),
        state.progress,
        written(state.complete_as_of) or "",
        age_text(state.age),
        written(state.next_due) or "",
        str(state.set_aside or ""),
    )


def aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """The rows of a table as lines, whose columns are as wide as their longest text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = (map(str.ljust, row, widths) for row in rows)
    return ["  ".join(row).rstrip() for row in padded]
