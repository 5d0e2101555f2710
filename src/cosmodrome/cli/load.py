"""`cosmodrome load`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cosmodrome.cli.parameters import parser
from cosmodrome.cli.terminal import err, out, progress_bar, sentences
from cosmodrome.server import startup
from cosmodrome.time.clock import read_instant

if TYPE_CHECKING:
    from cosmodrome.ingest.archives import Document

LONG_FILE = 500_000
"""Bytes from which a file is worth a progress bar."""


def load(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, folders, or - for standard input.")
    ],
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint",
            metavar="PATH",
            help="What the files are of, where they do not tell: config/countries.",
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            parser=parser(read_instant),
            metavar="INSTANT",
            help="When the files were read from the original, where neither a Date header nor durations "
            "that grow tell it; else their own time.",
        ),
    ] = None,
    skip_invalid: Annotated[
        bool,
        typer.Option("--skip-invalid", help="Leave out records with faults, name each, and load the rest."),
    ] = False,
) -> None:
    """Take in pages of Launch Library: each file whole or not at all.

        cosmodrome load launches.json pages.zip saved/
        curl -si https://ll.thespacedevs.com/2.3.0/pads/ | cosmodrome load -
        cosmodrome load list.json --endpoint config/countries --as-of 2026-05-01

    Answers with their envelope, with their headers (curl -i), one after the other, arrays, single records,
    one record a line, the browsable page copied as text; any of these compressed by gzip, bzip2, xz or zstd,
    in zip or tar archives, or in a folder.  Loading a page again changes nothing.
    """
    with sentences():
        environment = startup.set_up()
        startup.open_catalogue(environment)
    from cosmodrome.ingest.sources import documents

    results = [
        loaded(document, endpoint, as_of, skip_invalid) for file in files for document in documents(file)
    ]
    if not all(results):
        if len(results) > 1:
            err.print(f"{sum(results)} of {len(results)} files loaded.", markup=False)
        raise typer.Exit(1)


def loaded(document: Document, endpoint: str | None, as_of: datetime | None, skip_invalid: bool) -> bool:
    """Loads one document and prints a report of it; returns whether it was loaded."""
    from cosmodrome.ingest.errors import BrokenFile, printable
    from cosmodrome.ingest.loader import load_document

    try:
        with progress_bar(shown=len(document.data) > LONG_FILE) as progress:
            report = load_document(document, endpoint, as_of, progress, skip_invalid)
    except BrokenFile as error:
        err.print(str(error), style="red", markup=False)
        return False
    guess = f"; as of {report.guessed.words}" if report.guessed else ""
    out.print(f"{printable(document.name)}: {report}{guess}", markup=False)
    for fault in report.left_out:
        err.print(f"Left out: {printable(fault.sentence)}", style="yellow", markup=False)
    for note in report.notes:
        err.print(printable(note), style="yellow", markup=False)
    return True
