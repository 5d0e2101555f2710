"""`cosmodrome describe`."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmodrome.cli.terminal import fail, out, sentences
from cosmodrome.server import startup


def describe(
    resource: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH or URL]", help="An endpoint's path, as spacecraft; or a url of any server."
        ),
    ] = None,
) -> None:
    """Print what an endpoint is declared as: its modes as trees, its parameters, its queries.

        cosmodrome describe
        cosmodrome describe launches/upcoming
        cosmodrome describe 'http://127.0.0.1:8000/2.3.0/launches/?mode=list'

    Without a path, lists the endpoints. Of a url, whether of this server or of the original, also tells what
    each of its parameters is, or why it is ignored, and shows only the mode that it asks for. Nobody is asked
    over the net.
    """
    with sentences():
        startup.open_unchanged(startup.set_up())
    from cosmodrome.ingest.errors import near_miss, printable
    from cosmodrome.resources.registry import RESOURCES
    from cosmodrome.resources.schema.addresses import read_address
    from cosmodrome.resources.schema.describe import description, summaries

    if resource is None:
        out.print(summaries())
        return
    try:
        address = read_address(resource)
    except ValueError as error:
        fail(printable(str(error)))
    found = address.resource
    if found is None:
        fail(f"{address.path!r} is not an endpoint: {near_miss(address.path, sorted(RESOURCES))}")
    for part in description(found, address):
        out.print(part)
