"""`cosmodrome backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cosmodrome.cli.terminal import fail, out, sentences
from cosmodrome.server import startup


def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to; an older backup there is replaced.")
    ],
) -> None:
    """Copy the whole catalogue into a file, while it is served and loaded into.

        cosmodrome backup monday.sqlite3

    The copy is of one instant, and is checked.  On PostgreSQL, pg_dump makes it.
    """
    if str(file) == "-":
        fail("A backup is a file, and goes to no standard output: write the name of a file.")
    with sentences():
        environment = startup.set_up()
        startup.open_unchanged(environment)
    from django.db import connection

    from cosmodrome.database import copies
    from cosmodrome.database.paths import NOBODY_WRITES, file_of

    try:
        if environment.uses_sqlite:
            catalogue = file_of(connection.settings_dict["NAME"])
            access = NOBODY_WRITES if environment.is_read_only else "mode=rw"
            copies.back_up(catalogue, file.absolute(), access)
        else:
            copies.dump(connection.settings_dict, file.absolute())
    except copies.CopyError as error:
        fail(str(error))
    out.print(f"{file}: {file.stat().st_size / 1_000_000:.1f} MB", markup=False)
