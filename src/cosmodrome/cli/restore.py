"""`cosmodrome restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cosmodrome.cli.terminal import fail, out, sentences
from cosmodrome.server import startup

ON_POSTGRESQL = (
    "PostgreSQL's own program puts backups back: pg_restore --clean --if-exists --single-transaction "
    "--dbname=NAME FILE, and `cosmodrome derive --all` after it."
)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `cosmodrome backup` has made.")],
) -> None:
    """Put a backup in the place of the catalogue, which is kept beside it under a dated name.

        cosmodrome restore monday.sqlite3

    The server has to be stopped before.
    """
    with sentences():
        environment = startup.set_up()
        startup.refuse_read_only(environment)
        if not environment.uses_sqlite:
            fail(ON_POSTGRESQL)
    from django.db import connection, transaction

    from cosmodrome.changes.versions import raise_data_version
    from cosmodrome.database import copies

    catalogue = Path(connection.settings_dict["NAME"])
    try:
        copies.refuse_no_copy(file)  # before a folder is made for it
        with sentences(), startup.database_sentences():
            environment.prepare()
        kept = copies.put_back(file, catalogue)
    except copies.CopyError as error:
        fail(str(error))
    with sentences():
        startup.open_catalogue(environment)
    with transaction.atomic():
        raise_data_version()  # so that caches, here and elsewhere, take nothing for current
    before = f"; what was there is {kept}" if kept else ""
    out.print(f"{file} is the catalogue now{before}", markup=False)
