"""`cosmodrome version`."""

from __future__ import annotations

from cosmodrome.cli.terminal import out


def version() -> None:
    """Print the version of Cosmodrome and of the interface it speaks."""
    from importlib.metadata import version as version_of

    out.print(f"Cosmodrome {version_of('cosmodrome')}, Launch Library 2.3.0", markup=False)
