"""`scripts/bench`: starts all contestants on each catalogue, lets them answer in turns, and reports."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import clients, queries
from benchmarks.catalogues import catalogue, records
from benchmarks.changes import changing, starts_and_changes
from benchmarks.contestants import (
    ANYWHERE,
    DEEP,
    DISTINCT,
    DISTINCT_GZIP,
    GZIP,
    NEAR,
    PAGE,
    PAGE_GZIP,
    PLAIN,
    Contestant,
    Running,
    Stage,
    contestants,
    ours,
    running,
)
from benchmarks.goals import judged, reached
from benchmarks.load import BenchmarkError, answered, ask, find_wrk, measure
from benchmarks.mirror import mirrored
from benchmarks.report import TITLES, Row, heading, tables

RESULTS = Path(__file__).parent / "results.md"
ELSEWHERE = 37
"""Queries by which a round begins later in the mix than the one before."""
TURNS = {PAGE: 3}
"""How many turns of a scenario a round has, if not one: answers of the page differ by microseconds."""
PLACES = {NEAR: 0, DEEP: 5 / 6}
WARMING = 500
"""Queries of a round that are asked ahead: more than the mix has, or pages next to each other."""
out = Console(highlight=False, soft_wrap=True)


def main(
    craft: Annotated[
        list[int] | None, typer.Option(help="Spacecraft in a catalogue: 600, 3000, 60000.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="How long each time.")] = 5,
    connections: Annotated[int, typer.Option(min=1, help="Clients that ask at once.")] = 16,
    only: Annotated[str, typer.Option(help="Contestants whose names hold this text.")] = "",
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Mirror each catalogue, too: of 60,000 craft that takes hours.")
    ] = False,
) -> None:
    """Measure how many answers come a second, and how late, beside others that answer the same page.

    Writes benchmarks/results.md. Needs wrk; nginx, json-server and Datasette take part if they are installed.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all that was started is stopped, too
    try:
        find_wrk()
        lines = [*heading(rounds, seconds, connections)]
        absent = [each.name for each in contestants() if not each.is_here]
        if absent:
            lines += [f"Not installed, and so not measured: {', '.join(absent)}.", ""]
        ahead, found = len(lines), dict[str, list[float]]()
        for size in craft or [600, clients.CRAFT, 60_000]:
            rows = compete(size, rounds, seconds, connections, only)
            found |= reached(size, rows)
            lines += tables(size, rows)
            if not only and size != clients.CRAFT:
                found |= starts_and_changes(catalogue(size), size)
            if mirror:
                found |= mirrored(catalogue(size), size)
        lines[ahead:ahead] = judged(found)
    except BenchmarkError as error:
        out.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None
    text = "\n".join(lines)
    RESULTS.write_text(text, encoding="utf-8")
    out.print(text, markup=False)


def compete(craft: int, rounds: int, seconds: int, connections: int, only: str) -> list[Row]:
    """All contestants on one catalogue, in turns: what disturbs the machine for a while disturbs all."""
    there = [each for each in contestants(craft) if each.is_here and only.lower() in each.name.lower()]
    rows = {(each.name, scenario): Row(each.name, scenario) for each in there for scenario in each.scenarios}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cosmodrome-bench-")))
        started = start(there, catalogue(craft), folder, stack)
        for one, scenario in turns(started):
            for path in warming(one.contestant, scenario, craft):
                ask(one.port, path)
        for number in range(rounds):
            for one, scenario in turns(started):
                paths = asked(one.contestant, scenario, craft, number)
                row = rows[one.contestant.name, scenario]
                try:
                    with changing(one.data) if one.contestant.is_changed else nullcontext():
                        coding = GZIP if scenario.endswith(GZIP) else ""
                        row.rounds.append(measure(one.port, paths, seconds, connections, coding))
                    told = f"{row.rounds[-1].rate:,.0f}/s"
                except BenchmarkError as error:  # of one, which is no reason to measure no other
                    told = str(error)
                    row.problems.append(told)
                if megabytes := one.megabytes:
                    row.megabytes, row.worker = sum(megabytes), max(megabytes)
                out.print(f"{craft}, round {number + 1}: {row.name}, {scenario}: {told}", markup=False)
    return list(rows.values())


def turns(started: list[Running]) -> Iterator[tuple[Running, str]]:
    """Everyone in each of their scenarios; those whose rates are compared one after the other."""
    for scenario in TITLES:
        for one in started * TURNS.get(scenario, 1):
            if scenario in one.contestant.scenarios:
                yield one, scenario


def start(there: list[Contestant], data: Path, folder: Path, stack: ExitStack) -> list[Running]:
    """Starts everyone, on one catalogue, from which nobody does more than read."""
    with running(contestants()[0], Stage(data, folder)) as ours_alone:
        headers, page = answered(ours_alone.port, ours(queries.Query()))
        listed = records(ours_alone.port) if any(each.wants_records for each in there) else []
    started = []
    for place, each in enumerate(there):
        own = folder / str(place)
        own.mkdir()
        catalogue = Path(shutil.copytree(data, own / "data")) if each.is_changed else data
        started.append(stack.enter_context(running(each, Stage(catalogue, own, page, headers, listed))))
    return started


def warming(contestant: Contestant, scenario: str, craft: int) -> list[str]:
    """What is asked before anything is measured, and is known to be answered then."""
    keeps_nothing = contestant.name == PLAIN and scenario not in (PAGE, PAGE_GZIP)
    if keeps_nothing or scenario in (ANYWHERE, *clients.MADE_ANEW):
        return []
    return asked(contestant, scenario, craft, -1)[:WARMING]


def asked(contestant: Contestant, scenario: str, craft: int, number: int) -> list[str]:
    """The paths of one measurement.

    Each round begins elsewhere in the mix: the slow never come to its end.
    """
    if scenario in clients.KINDS or scenario == clients.HOT_HOME:
        return clients.paths(scenario, number)
    if scenario in (DISTINCT, DISTINCT_GZIP):
        found = queries.distinct(craft, number)
    elif scenario == ANYWHERE:
        found = queries.anywhere(craft, number)
    elif scenario in PLACES:
        found = queries.from_place(craft, PLACES[scenario], number)
    else:
        every = queries.page() if scenario in (PAGE, PAGE_GZIP) else queries.mix(craft)
        first = number * ELSEWHERE % len(every)
        found = every[first:] + every[:first]
    return [contestant.path(query) for query in found]


if __name__ == "__main__":
    typer.run(main)
