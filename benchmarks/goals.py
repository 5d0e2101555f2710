"""What was to be reached, and what was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.clients import CRAFT, HOT_HOME
from benchmarks.contestants import CHANGED, CONSTANT, DEEP, DISTINCT, NEAR, OURS, PAGE, PLAIN
from benchmarks.report import Row, number

SMALL, LARGE = 600, 60_000
Found = Mapping[str, Sequence[float]]
"""What was measured, by name; where it was measured in rounds, of each."""


@dataclass(frozen=True)
class Goal:
    """One line of the promise."""

    text: str
    measure: str
    """The name of what was measured; of a ratio, above the line."""
    against: str = ""
    """Of a ratio, what is below the line."""
    least: float = 0
    most: float = 0
    unit: str = ""

    def reached(self, found: Found) -> float | None:
        """What was measured; None if it was not.

        Of a ratio the median of those of each round: what disturbs the machine for a while disturbs both.
        """
        if self.measure not in found or (self.against and self.against not in found):
            return None
        if not self.against:
            return median(found[self.measure])
        both = zip(found[self.measure], found[self.against], strict=False)  # a round may have failed
        ratios = [
            above / below for above, below in both if below
        ]  # of one that answers nothing there is none
        return median(ratios) if ratios else None

    def cells(self, found: Found) -> list[str]:
        """The row of the table."""
        value = self.reached(found)
        wanted = f"at least {number(self.least)}" if self.least else f"under {number(self.most)}"
        if value is None:
            return [self.text, f"{wanted}{self.unit}", "not measured", ""]
        kept = value >= self.least if self.least else value < self.most
        return [self.text, f"{wanted}{self.unit}", f"{value:.3g}{self.unit}", "yes" if kept else "**no**"]


def rate(craft: int, name: str, scenario: str) -> str:
    """The name of how many answers a second there were."""
    return f"{craft} {name}: {scenario}"


HOT, HOT_PLAIN = rate(SMALL, OURS, PAGE), rate(SMALL, PLAIN, PAGE)
ANY, ANY_LARGE = (rate(craft, OURS, DISTINCT) for craft in (SMALL, LARGE))
ANY_PLAIN = rate(SMALL, PLAIN, DISTINCT)
GOALS = [
    Goal("hot page against the same server's constant bytes", HOT, rate(SMALL, CONSTANT, PAGE), 0.9),
    Goal("hot page against plain DRF", HOT, HOT_PLAIN, 700),
    Goal("all-distinct pages against plain DRF", ANY, ANY_PLAIN, 60),
    Goal("hot while the version moves four times a second", rate(SMALL, CHANGED, PAGE), HOT_PLAIN, 150),
    Goal("60,000 craft, all-distinct, against 600", ANY_LARGE, ANY, 0.6),
    Goal("a page at offset 50,000 against one at 0", rate(LARGE, OURS, DEEP), rate(LARGE, OURS, NEAR), 0.8),
    *(
        Goal(f"{text}, against plain DRF", rate(CRAFT, OURS, kind), rate(CRAFT, PLAIN, kind), least)
        for kind, text, least in (
            ("bounds", "`net__gt`, no bound asked twice", 100),
            ("bounds, list", "the same in `mode=list`", 30),
            ("providers", "`lsp__id`, none asked twice", 30),
            ("searches", "searches, none asked twice", 20),
        )
    ),
    Goal(
        "a home screen's eleven calls, bounds moving, against hot pages",
        rate(CRAFT, OURS, "home"),
        rate(CRAFT, OURS, HOT_HOME),
        0.25,
    ),
    Goal("first page after a restart, 60,000 craft", f"{LARGE} first page", most=1, unit=" s"),
    Goal("memory of a worker, 600 craft", f"{SMALL} memory", most=100, unit=" MB"),
    Goal("memory of a worker, 60,000 craft", f"{LARGE} memory", most=250, unit=" MB"),
    Goal("60,000 craft mirrored on loopback", f"{LARGE} mirror", most=600, unit=" s"),
    Goal("memory of the process that mirrors them", f"{LARGE} mirror memory", most=300, unit=" MB"),
    Goal("renaming an agency nested in most documents", f"{LARGE} rename", most=0.2, unit=" s"),
]


def reached(craft: int, rows: list[Row]) -> dict[str, list[float]]:
    """What the rows of one catalogue have to say to that."""
    found = {
        rate(craft, row.name, row.scenario): [each.rate for each in row.rounds] for row in rows if row.rounds
    }
    found |= {f"{craft} memory": [row.worker] for row in rows if row.name == OURS and row.worker}
    return found


def judged(found: Found) -> Iterator[str]:
    """The table of what was to be reached, as Markdown."""
    yield "## What was to be reached"
    yield ""
    yield "| | promised | measured | kept |"
    yield "|---|---|---|---|"
    for goal in GOALS:
        yield f"| {' | '.join(goal.cells(found))} |"
    yield ""
    for name, text in OTHERS.items():
        for craft in (SMALL, LARGE):
            if (measured := found.get(f"{craft} {name}")) is not None:
                yield f"- {craft:,} craft, {text}: {median(measured):.3g} s"
    yield ""


OTHERS = {
    "start": "from the command till the first page has come, all of Python's starting included",
    "first page": "that first page alone",
    "mirror": "a mirror of all endpoints, read on loopback at full speed",
    "mirror again": "the same once more, when nothing is new",
    "rename": "from the beginning of a rename till eight readers of two workers see it",
}
"""What is told beside the promises."""
