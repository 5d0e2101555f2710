"""`cosmodrome version`."""

from __future__ import annotations

import typer

from cosmodrome.cli.terminal import out


def version() -> None:
    """Print the version of Cosmodrome and of the interface it speaks.

        cosmodrome version

    So does `cosmodrome --version`.
    """
    from importlib.metadata import version as version_of

    out.print(f"Cosmodrome {version_of('cosmodrome')}, Launch Library 2.3.0", markup=False)


def show(is_asked: bool) -> None:
    """Prints the version, if the option asks for it, and ends the command."""
    if is_asked:
        version()
        raise typer.Exit
