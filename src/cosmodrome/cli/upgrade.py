"""`cosmodrome upgrade`."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmodrome.cli.terminal import out, sentences
from cosmodrome.server import startup


def upgrade(
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Change nothing; tell which migrations the database lacks, with exit code 1 if any.",
        ),
    ] = False,
) -> None:
    """Bring the database up to date with this version of Cosmodrome, as `cosmodrome serve` does at its start.

        cosmodrome upgrade --check
        cosmodrome upgrade

    Make a backup before: the way back is `cosmodrome restore`, with the version that made it.
    """
    with sentences():
        environment = startup.set_up()
        startup.refuse_missing(environment)
        with startup.database_sentences():
            startup.refuse_newer()
            missing = missing_in_all()
        if missing and not check:
            startup.open_catalogue(environment)
    if not missing:
        out.print("The database is up to date.", markup=False)
        return
    told = ", ".join(missing)
    if check:
        out.print(f"The database lacks {told}: `cosmodrome upgrade` runs that.", markup=False)
        raise typer.Exit(1)
    out.print(f"The database has had {told} now, and is up to date.", markup=False)


def missing_in_all() -> list[str]:
    """Returns the migrations that one of the databases lacks.  Raises DatabaseError.

    A file of counts that is not there is made whole, by whoever writes to it first.
    """
    from django.db import connections

    from cosmodrome.database.migrations import is_catalogue_there, missing_migrations

    lacking = {one for name in connections if is_catalogue_there(name) for one in missing_migrations(name)}
    return sorted(f"{app}.{migration}" for app, migration in lacking)
