"""`cosmodrome synth`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cosmodrome.cli.parameters import parser
from cosmodrome.cli.terminal import fail, out, progress_bar, sentences
from cosmodrome.server import startup
from cosmodrome.time.clock import read_instant, write_instant


def synth(
    spacecraft: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many craft.")] = 600,
    seed: Annotated[int, typer.Option(help="The same seed invents the same catalogue.")] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            parser=parser(read_instant),
            metavar="INSTANT",
            help="What is now in the invented world: nothing has flown after; 2026-05-01T12:00:00Z.",
        ),
    ] = None,
    hostile: Annotated[
        bool,
        typer.Option(
            "--hostile",
            help="Nulls, empty lists, long texts and odd characters wherever the contract allows them.",
        ),
    ] = False,
) -> None:
    """Fill an empty catalogue with an invented fleet, for trying, testing and measuring.

        cosmodrome synth --spacecraft 60 --seed 7
        cosmodrome synth --spacecraft 20 --hostile --until 2026-05-01T12:00:00Z

    Every endpoint has records, and all agree with each other; every name says that it is invented.
    Values are null as rarely as in real records, unless it is hostile.
    Launches that were planned as of --until go by: give the present for upcoming ones from now on.
    """
    with sentences():
        environment = startup.set_up()
        if until:
            refuse_year(until.year)
        startup.open_catalogue(environment)
    from cosmodrome.synth.catalogue import NOW, NotEmptyError, invent

    try:
        with progress_bar(shown=True) as progress:
            invented = invent(spacecraft, seed, until or NOW, progress, hostile)
    except NotEmptyError as error:
        fail(str(error))
    counts = startup.catalogue_counts()
    told = ", ".join(f"{counts[path]} {path}" for path in ("spacecraft", "launches", "astronauts"))
    moment = write_instant(until or NOW)
    out.print(f"{told} and more, all invented: {invented.total} rows, as of {moment}", markup=False)
    if not until:
        out.print("Launches planned as of that instant go by with time: --until moves it.", markup=False)


def refuse_year(year: int) -> None:
    """Ends the command if the year leaves no room for a history or for plans."""
    from cosmodrome.synth.catalogue import YEARS

    if year not in YEARS:
        fail(
            f"--until is in the year {year}: choose an instant between the years {YEARS[0]} and {YEARS[-1]}."
        )
