"""`cosmodrome diff`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cosmodrome.cli.terminal import fail, out, sentences
from cosmodrome.server import startup

if TYPE_CHECKING:
    from cosmodrome.edits.differences import Difference
    from cosmodrome.ingest.images import Row


def diff(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RESOURCE[/ID]...]",
            help="Resources, as agencies, or records, as agencies/44; else all.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an array of objects, for programs.")] = False,
    take_theirs: Annotated[
        bool,
        typer.Option("--take-theirs", help="Give up ours: make these records what they would be without."),
    ] = False,
) -> None:
    """Tell what people have changed here, in the admin: ours, and theirs, which pages told.

    What is changed here stays when a mirror takes in new pages, until it is released. No call is made: what
    pages told since is known. If they come to say the same, the difference is over.

        cosmodrome diff agencies
        cosmodrome diff agencies/44 --take-theirs

    The exit code is 0 if nothing differs, and with --take-theirs; 1 if anything does, or with a sentence.
    """
    with sentences():
        (startup.open_existing if take_theirs else startup.open_unchanged)(startup.set_up())
    from cosmodrome.edits.differences import differences, release

    rows = selected(names) if names else None
    found = differences(rows)
    show(found, as_json)
    if take_theirs:
        released = release(rows)
        if not as_json:
            out.print(f"{counted(len(released))} released." if released else "Nothing differs.", markup=False)
    elif found:
        raise typer.Exit(1)
    elif not as_json:
        out.print("Nothing differs.", markup=False)


def selected(names: Iterable[str]) -> set[Row]:
    """The rows with edits that the arguments name; ends the command with a sentence if one names nothing."""
    from cosmodrome.edits.names import read_selection
    from cosmodrome.edits.replay import all_edits

    try:
        return read_selection(names, all_edits())
    except ValueError as error:
        fail(str(error))


def show(found: list[Difference], as_json: bool) -> None:
    """Prints the differences."""
    if as_json:
        json.dump([as_object(each) for each in found], sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    from cosmodrome.ingest.errors import printable

    for each in found:
        field = f" {each.field}" if each.field else ""
        since = f", since {written(each.since)}" if each.since else ""
        theirs = f" (as of {written(each.told)})" if each.told else ""
        out.print(printable(f"{each.resource}/{each.record}{field}"), style="bold", markup=False)
        out.print(printable(f"  ours:   {words(each, each.ours)}{since}"), markup=False)
        out.print(printable(f"  theirs: {words(each, each.theirs)}{theirs}"), markup=False)


def as_object(difference: Difference) -> dict[str, Any]:
    """A difference as a JSON object."""
    return {
        "resource": difference.resource,
        "id": difference.record,
        "field": difference.field or None,
        "ours": plain(difference.ours),
        "theirs": plain(difference.theirs),
        "since": difference.since and written(difference.since),
        "theirs_as_of": difference.told and written(difference.told),
    }


def words(difference: Difference, value: Any) -> str:
    """A value on the terminal: as JSON, or of a record as a whole in words."""
    return json.dumps(plain(value), ensure_ascii=False) if difference.field else str(value)


def plain(value: Any) -> Any:
    """A value as JSON has it: instants and durations as on the wire."""
    from cosmodrome.ingest.images import as_json
    from cosmodrome.time.durations import write_duration

    match value:
        case list():
            return [plain(item) for item in value]
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case datetime():
            return written(value)
        case timedelta():
            return write_duration(value)
    return as_json(value)


def written(instant: datetime) -> str:
    """An instant as on the wire."""
    from cosmodrome.time.clock import write_instant

    return write_instant(instant)


def counted(number: int) -> str:
    """`1 record`, `2 records`."""
    return f"{number} record{'s' * (number != 1)}"
