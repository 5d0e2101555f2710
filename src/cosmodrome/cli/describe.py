"""`cosmodrome describe`."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmodrome.cli.terminal import fail, out, sentences
from cosmodrome.server import startup


def describe(
    resource: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="An endpoint's path, as in: spacecraft")
    ] = None,
) -> None:
    """Print what an endpoint is declared as: its modes as trees, its parameters, its queries.

        cosmodrome describe
        cosmodrome describe launches/upcoming

    Without a path, lists the endpoints.
    """
    with sentences():
        startup.open_unchanged(startup.set_up())
    from cosmodrome.resources.registry import RESOURCES
    from cosmodrome.resources.schema.describe import description, summaries

    if resource is None:
        out.print(summaries())
        return
    found = RESOURCES.get(resource.strip("/"))
    if found is None:
        fail(f"{resource!r} is not an endpoint; there are {', '.join(sorted(RESOURCES))}.")
    for part in description(found):
        out.print(part)
