"""`cosmodrome check`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from cosmodrome.cli.terminal import out, sentences
from cosmodrome.server import startup


class Form(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"


def check(
    form: Annotated[
        Form,
        typer.Option("--format", help="Text for people; json for programs: an array, with all findings."),
    ] = Form.text,
    every: Annotated[bool, typer.Option("--all", help="Print each finding, not some of each rule.")] = False,
) -> None:
    """Tell what in the catalogue contradicts itself.  Changes nothing.

    Missions open past any plausible end, landings before launches, dockings that overlap, counters that are
    not the sum of their flights, published totals that disagree with what their parts make, and more: each
    with its ids, its values and a sentence.

    The exit code is 1 if anything of severity error is found, else 0: a warning may be true after all.
    """
    with sentences():
        startup.open_catalogue(startup.set_up())
    from cosmodrome.doctor import Severity
    from cosmodrome.doctor.report import Counts, as_json, as_text
    from cosmodrome.ingest.errors import printable
    from cosmodrome.time.clock import now

    counts = Counts()
    if form is Form.json:
        for piece in as_json(now(), counts):
            sys.stdout.write(piece)
    else:
        for line, style in as_text(now(), counts, every):
            out.print(printable(line), style=style, markup=False)
    if counts[Severity.ERROR]:
        raise typer.Exit(1)
