"""`cosmodrome copy`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import dj_database_url
import typer

from cosmodrome.cli.terminal import fail, out, progress_bar, sentences
from cosmodrome.environment import readers
from cosmodrome.server import startup

FORMS = "write postgresql://USER:PASSWORD@HOST/NAME, or the name of a file, as FILE.sqlite3"
FILE_ENDINGS = (".sqlite3", ".sqlite", ".db")


def copy(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URL",
            help="An empty database, postgresql://USER:PASSWORD@HOST/NAME, or a file to be, FILE.sqlite3; "
            "- to read it from standard input, where no one else sees the password.",
        ),
    ],
) -> None:
    """Copy the whole catalogue into another database, while it is served: from SQLite to PostgreSQL, or back.

        cosmodrome copy --to postgresql://me:password@db.example/catalogue
        cosmodrome copy --to catalogue.sqlite3

    The copy is of one instant, compared row by row, and whole or not there.  Counted calls and log-ins stay
    behind.
    """
    with sentences():
        environment = startup.set_up()
        target = read_target(sys.stdin.readline().strip() if to == "-" else to)
        place = target if isinstance(target, Path) else replace(environment, database_url=target)
        startup.open_unchanged(environment)
    from cosmodrome.changes.snapshots import snapshot
    from cosmodrome.database.copies import CopyError
    from cosmodrome.database.transfer import transfer, transfer_to_file

    try:
        with snapshot(), progress_bar(shown=True) as progress:
            if isinstance(place, Path):
                done = transfer_to_file(place, progress)
            else:
                done = transfer(place.database(), progress)
    except CopyError as error:
        fail(str(error))
    told = place if isinstance(place, Path) else place.database_place
    out.print(f"{told}: {done.rows} rows of {done.tables} tables, compared one by one", markup=False)


def read_target(text: str) -> Path | str:
    """Returns the file, or the url of the PostgreSQL database, that a text names.

    Raises StartError, with a sentence that never repeats the text: there may be a password in it.
    """
    if "://" not in text and text.endswith(FILE_ENDINGS):
        return Path(text).absolute()
    if "://" not in text:
        raise startup.StartError(f"What --to names is neither a url nor a file: {FORMS}.")
    try:
        url = readers.database_url(text)
    except ValueError as error:
        raise startup.StartError(f"The url of --to {error}.") from None
    if url.startswith("sqlite:"):
        return Path(dj_database_url.parse(url)["NAME"]).absolute()
    return url
