"""`cosmodrome derive`."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmodrome.cli.terminal import out, progress_bar, sentences
from cosmodrome.server import startup
from cosmodrome.time.clock import write_instant


def derive(
    every: Annotated[
        bool,
        typer.Option("--all", help="Derive every row anew, not only what has happened since the last time."),
    ] = False,
) -> None:
    """Bring what is derived up to date: counters, durations, who is in space.

        cosmodrome derive
        cosmodrome derive --all

    The server does so by itself, with every change and as time passes.  `--all` is for a database into which
    something else has written.
    """
    with sentences():
        startup.open_existing(startup.set_up())
    from cosmodrome.changes import transactions as changes
    from cosmodrome.derived.materialised.refresh import derive_all
    from cosmodrome.time import clock

    if not every:
        changes.settle()
        out.print(f"All is derived as of {write_instant(clock.now())}.", markup=False)
        return
    with progress_bar(shown=True) as progress:
        changed = derive_all(progress)
    told = ", ".join(f"{number} {table}" for table, number in changed.items() if number)
    out.print(f"Changed: {told or 'nothing'}.", markup=False)
