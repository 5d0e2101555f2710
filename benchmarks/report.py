"""What is written: a table for each catalogue, and the machine that it was measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.load import Measured

TITLES = {
    "page": "one page, over and over",
    "mix": "a mix of 200 queries, in turn",
    "distinct": "the mix, no query asked twice",
    "anywhere": "the mix at any offset, no page asked twice",
    "near": "pages at the beginning of the list, none asked twice",
    "deep": "such pages five sixths down the list",
    "bounds": "launches to come, `net__gt` to the microsecond, no bound asked twice",
    "bounds, list": "the same in `mode=list`",
    "bounds, detailed": "the same in `mode=detailed`",
    "providers": "launches of three agencies (`lsp__id`), no three asked twice",
    "searches": "searches for launches, none asked twice",
    "instants": "craft at another instant (`at=`), none asked twice",
    "fields": "launches to come with `fields=`, no bound asked twice",
    "home": "the eleven calls of a home screen, bounds moving",
    "home, hot": "the same eleven calls, over and over",
    "page, gzip": "one page, over and over, `Accept-Encoding: gzip`",
    "distinct, gzip": "the mix, no query asked twice, `Accept-Encoding: gzip`",
}
COLUMNS = ("", "requests/s", "least to most", "p50, ms", "p99, ms", "KB each", "memory, MB")
LIBRARIES = ("django", "djangorestframework", "granian")


@dataclass
class Row:
    """One contestant in one scenario: a measurement for each round."""

    name: str
    scenario: str
    rounds: list[Measured] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why rounds are missing."""
    megabytes: float | None = None
    worker: float | None = None
    """Megabytes of the largest process."""

    @property
    def rate(self) -> float:
        """Answers a second, in the median round."""
        return median(each.rate for each in self.rounds)

    def cells(self, reference: float | None) -> list[str]:
        """The row of the table; `reference` is the rate that it is compared to."""
        rates = [each.rate for each in self.rounds]
        return [
            self.name,
            number(self.rate),
            f"{number(min(rates))} to {number(max(rates))}",
            f"{median(each.p50 for each in self.rounds):.2f}",
            f"{median(each.p99 for each in self.rounds):.2f}",
            number(median(each.kilobytes for each in self.rounds)),
            "?" if self.megabytes is None else number(self.megabytes),
            f"{self.rate / reference:.3g}" if reference else "",
        ]


def number(value: float) -> str:
    """Three digits at least, thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def tables(craft: int, rows: list[Row]) -> Iterator[str]:
    """What came of one catalogue, as Markdown; each scenario is compared with its first row."""
    yield f"## {craft:,} spacecraft"
    for scenario, title in TITLES.items():
        asked = [row for row in rows if row.scenario == scenario and row.rounds]
        if not asked:
            continue
        yield ""
        yield f"### {title.capitalize()}"
        yield ""
        yield f"| {' | '.join([*COLUMNS, f'against {asked[0].name}'])} |"
        yield "|---" * (len(COLUMNS) + 1) + "|"
        for row in asked:
            yield f"| {' | '.join(row.cells(asked[0].rate))} |"
    yield ""
    for row in rows:
        if row.problems:
            failed = f"failed in {len(row.problems)} of the rounds. {row.problems[0]}"
            yield f"- {row.name}, {TITLES[row.scenario]}: {failed}"
            yield ""


def heading(rounds: int, seconds: int, connections: int) -> Iterator[str]:
    """How and where it was measured."""
    yield "# How fast it is"
    yield ""
    yield (
        f"Written by `scripts/bench` on {datetime.now(UTC):%Y-%m-%d}: {rounds} rounds, in each of which "
        f"everyone answers for {seconds} s in turn, the one page thrice, {connections} connections, "
        "loopback; wrk takes a core of its own if there is one. Rates and latencies are medians of the "
        "turns, what was to be reached is the median of the ratios in each. Memory is that of all processes "
        "of a contestant after the last round, what they share counted once."
    )
    yield ""
    yield f"- {machine()}, {load()}"
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield f"- {platform.system()} {platform.release()}, Python {platform.python_version()}, {libraries}"
    yield ""


def machine() -> str:
    """The processor and the memory."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
    except OSError:
        model, memory = "", ""
    return f"{model or platform.machine()}, {os.cpu_count()} cores{memory}"


def load() -> str:
    """How busy the machine was with other things."""
    return f"load {os.getloadavg()[0]:.1f} before it began"
