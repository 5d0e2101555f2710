"""`cosmodrome check`: each rule finds its contradiction and nothing else, and clean catalogues have none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from conftest import NOW, SHARED, needs_shared
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Expedition, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.places import Pad
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent, DockingLocation
from cosmodrome.catalogue.vehicles import Launcher
from cosmodrome.cli import app
from cosmodrome.doctor import RULES, Finding, rules_by_severity
from cosmodrome.ingest.loader import load_file
from cosmodrome.server.startup import load_sample
from histories import BEGINNING, Docking, Flight, History, id_offset, instant, span, stored
from servers import ROOT
from worlds import invented


def findings() -> list[Finding]:
    return [finding for rule in RULES.values() for finding in rule.find(NOW)]


def nothing() -> None:
    """No more than the history."""


@dataclass(frozen=True)
class Case:
    """A contradiction, and the one finding that it makes.  Instants are hours of 2020: 24 is January the 2nd."""

    rule: str
    sentence: str
    table: str
    ids: list[Any]
    values: dict[str, Any]
    """Some of the values of the finding."""
    flights: list[Flight] = field(default_factory=list)
    dockings: list[Docking] = field(default_factory=list)
    published: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    more: Callable[[], Any] = nothing
    """What else is to be written."""

    def __str__(self) -> str:
        return f"{self.rule} of {self.table}"


GOOD = Flight(1, craft=1, net=24, end=48)
OPEN = replace(GOOD, net=(NOW - BEGINNING) // span(1) - 24, end=None)
"""Launched a day ago."""


def name_craft() -> None:
    Spacecraft.objects.filter(pk=1).update(name="Ferry")


def craft(**columns: Any) -> Callable[[], Any]:
    return lambda: Spacecraft.objects.filter(pk=1).update(**columns)


CASES = [
    Case(
        "landed-before-launch",
        "Flight 1 of Ferry (spacecraft 1) ended at 2020-01-01T12:00:00Z, before its launch at 2020-01-02T00:00:00Z.",
        "SpacecraftFlight",
        [1],
        {"spacecraft": 1, "net": "2020-01-02T00:00:00Z", "mission_end": "2020-01-01T12:00:00Z"},
        flights=[replace(GOOD, end=12)],
    ),
    Case(
        "ended-before-begun",
        "Docking event 1 has its departure at 2020-01-02T00:00:00Z, before its docking at 2020-01-02T01:00:00Z.",
        "DockingEvent",
        [1],
        {"docking": "2020-01-02T01:00:00Z", "departure": "2020-01-02T00:00:00Z"},
        dockings=[Docking(1, 25, 24, chaser=None, target=None, station=1)],
    ),
    Case(
        "ended-before-begun",
        "Spacewalk 7 has its end at 2020-01-02T00:00:00Z, before its start at 2020-01-02T01:00:00Z.",
        "Spacewalk",
        [7],
        {"start": "2020-01-02T01:00:00Z", "end": "2020-01-02T00:00:00Z"},
        more=lambda: Spacewalk.objects.create(id=7, start=instant(25), end=instant(24)),
    ),
    Case(
        "ended-before-begun",
        "Expedition 7 has its end at 2020-01-02T00:00:00Z, before its start at 2020-01-02T01:00:00Z.",
        "Expedition",
        [7],
        {},
        more=lambda: Expedition.objects.create(id=7, start=instant(25), end=instant(24)),
    ),
    Case(
        "open-though-flown-again",
        "Flight 1 of Ferry (spacecraft 1), launched at 2020-01-02T00:00:00Z, has no end, "
        "but the craft was launched again at 2020-01-04T00:00:00Z.",
        "SpacecraftFlight",
        [1],
        {"net": "2020-01-02T00:00:00Z", "mission_end": None, "again": "2020-01-04T00:00:00Z"},
        flights=[replace(GOOD, end=None), Flight(2, craft=1, net=72, end=96)],
    ),
    Case(
        "open-too-long",
        "Flight 1 of Ferry (spacecraft 1), launched at 2020-01-02T00:00:00Z, has no end.",
        "SpacecraftFlight",
        [1],
        {"net": "2020-01-02T00:00:00Z", "crewed": True},
        flights=[replace(GOOD, end=None, up=(1,)), replace(GOOD, id=2, craft=2, end=None)],
    ),
    Case(
        "open-too-long",
        "Flight 1 of Ferry (spacecraft 1), launched at 2010-01-05T00:00:00Z, has no end.",
        "SpacecraftFlight",
        [1],
        {"net": "2010-01-05T00:00:00Z", "crewed": False},
        flights=[replace(GOOD, net=24 * -3648, end=None)],
    ),
    Case(
        "turnaround-below-zero",
        "Flight 2 of Ferry (spacecraft 1) was launched at 2020-01-02T12:00:00Z, before the flight before it ended at "
        "2020-01-03T00:00:00Z: a turnaround of -PT12H.",
        "SpacecraftFlight",
        [2],
        {"before": "2020-01-03T00:00:00Z", "turn_around": "-PT12H"},
        flights=[GOOD, Flight(2, craft=1, net=36, end=60)],
    ),
    Case(
        "turnaround-below-zero",
        "The fastest_turnaround of spacecraft 1 is below zero: -P1D.",
        "Spacecraft",
        [1],
        {"fastest_turnaround": "-P1D"},
        more=craft(fastest_turnaround=span(-24)),
    ),
    Case(
        "turnaround-below-zero",
        "The pad_turnaround of launch 00000000-0000-0000-0000-000000000001 is below zero: -PT1H.",
        "Launch",
        ["00000000-0000-0000-0000-000000000001"],
        {"pad_turnaround": "-PT1H"},
        flights=[GOOD],
        more=lambda: Launch.objects.update(pad_turnaround=span(-1)),
    ),
    Case(
        "docked-outside-flight",
        "In docking 1, of 2020-01-02T12:00:00Z to 2020-01-03T12:00:00Z, Ferry (spacecraft 1), the chaser, flies "
        "(flight 1) from 2020-01-02T00:00:00Z to 2020-01-03T00:00:00Z only.",
        "DockingEvent",
        [1],
        {"flight": 1, "departure": "2020-01-03T12:00:00Z", "mission_end": "2020-01-03T00:00:00Z"},
        flights=[GOOD],
        dockings=[Docking(1, 36, 60, chaser=1, target=None, station=1)],
    ),
    Case(
        "docked-outside-flight",
        "In docking 1, of 2020-01-02T12:00:00Z to null, Ferry (spacecraft 1), the target, flies "
        "(flight 1) from 2020-01-02T00:00:00Z to 2020-01-03T00:00:00Z only.",
        "DockingEvent",
        [1],
        {"flight": 1, "departure": None},
        flights=[GOOD],
        dockings=[Docking(1, 36, None, chaser=None, target=1, station=None)],
    ),
    Case(
        "docked-outside-flight",
        "In docking 1, of 2020-01-01T23:00:00Z to 2020-01-02T12:00:00Z, Ferry (spacecraft 1), the chaser, flies "
        "(flight 1) from 2020-01-02T00:00:00Z to 2020-01-03T00:00:00Z only.",
        "DockingEvent",
        [1],
        {"net": "2020-01-02T00:00:00Z"},
        flights=[GOOD],
        dockings=[Docking(1, 23, 36, chaser=1, target=None, station=1)],
    ),
    Case(
        "docked-but-not-in-space",
        "In docking 1, of 2026-04-30T22:00:00Z to null, Ferry (spacecraft 1), the chaser, was not in space at "
        "2026-05-01T11:00:00Z.",
        "DockingEvent",
        [1],
        {"in_space": False, "totals_read_at": "2026-05-01T11:00:00Z"},
        flights=[OPEN],
        dockings=[Docking(1, (OPEN.net or 0) + 10, None, chaser=1, target=None, station=1)],
        published={("Spacecraft", 1): {"read": (OPEN.net or 0) + 23}},
    ),
    Case(
        "docked-but-not-in-space",
        "Ferry (spacecraft 1) is not in space, but its time docked grows since 2020-01-02T00:00:00Z.",
        "Spacecraft",
        [1],
        {"in_space": False, "time_docked_since": "2020-01-02T00:00:00Z"},
        more=craft(time_docked=span(3), time_docked_since=instant(24)),
    ),
    Case(
        "more-docked-than-in-space",
        "Ferry (spacecraft 1) was docked for P2D, but in space for P1DT12H only, as published at 2020-01-05T04:00:00Z.",
        "Spacecraft",
        [1],
        {"time_docked": "P2D", "time_in_space": "P1DT12H"},
        published={
            ("Spacecraft", 1): {"read": 100, "time_docked": span(48), "time_in_space": span(36)},
        },
    ),
    Case(
        "dockings-overlap",
        "Two are docked at Hatch (docking location 5) at the same time: docking 1 from 2020-01-02T10:00:00Z to "
        "2020-01-02T12:00:00Z, docking 2 from 2020-01-02T11:00:00Z to null.",
        "DockingEvent",
        [1, 2],
        {
            "docking_location": 5,
            "name": "Hatch",
            "departure": "2020-01-02T12:00:00Z",
            "other_departure": None,
        },
        dockings=[
            Docking(1, 34, 36, chaser=None, target=None, station=1),
            Docking(2, 35, None, chaser=None, target=None, station=1),
            Docking(3, 32, 34, chaser=None, target=None, station=1),
        ],
        more=lambda: DockingEvent.objects.update(
            docking_location=DockingLocation.objects.create(id=5, name="Hatch")
        ),
    ),
    Case(
        "dockings-overlap",
        "Ferry (flight 1) is docked twice at the same time: docking 1 from 2020-01-02T10:00:00Z to "
        "2020-01-02T12:00:00Z, docking 2 from 2020-01-02T10:00:00Z to 2020-01-02T11:00:00Z.",
        "DockingEvent",
        [1, 2],
        {"flight": 1},
        flights=[GOOD],
        dockings=[
            Docking(1, 34, 36, chaser=1, target=None, station=1),
            Docking(2, 34, 35, chaser=1, target=None, station=2),
        ],
    ),
    Case(
        "counter-not-its-sum",
        "Ferry (spacecraft 1) has mission_ends_count 3, but flights_count 2 only.",
        "Spacecraft",
        [1],
        {"mission_ends_count": 3, "flights_count": 2},
        more=craft(mission_ends_count=3, flights_count=2),
    ),
    Case(
        "counter-not-its-sum",
        "Ferry (spacecraft 1) is in space, but all of its 2 flights have ended.",
        "Spacecraft",
        [1],
        {"in_space": True, "mission_ends_count": 2},
        more=craft(mission_ends_count=2, flights_count=2, in_space=True),
    ),
    Case(
        "counter-not-its-sum",
        "B7 (launch vehicle 1) has successful_landings 2, but attempted_landings 1 only.",
        "Launcher",
        [1],
        {"successful_landings": 2, "attempted_landings": 1},
        more=lambda: Launcher.objects.filter(pk=1).update(
            serial_number="B7", successful_landings=2, attempted_landings=1
        ),
    ),
    Case(
        "counter-not-its-sum",
        "Roscosmos (agency 9) has total_launch_count 5, but successful_launches 4 and failed_launches 2.",
        "Agency",
        [9],
        {"total_launch_count": 5, "successful_launches": 4, "failed_launches": 2},
        more=lambda: Agency.objects.create(
            id=9, name="Roscosmos", total_launch_count=5, successful_launches=4, failed_launches=2, type_id=1
        ),
    ),
    Case(
        "counter-not-its-sum",
        "Ferry (spacecraft 1) was published with flights_count 1 at 2020-01-05T04:00:00Z, "
        "but what is in the catalogue makes it 2.",
        "Spacecraft",
        [1],
        {"published": 1, "derived": 2, "totals_read_at": "2020-01-05T04:00:00Z"},
        flights=[GOOD, Flight(2, craft=1, net=72, end=96)],
        published={("Spacecraft", 1): {"read": 100, "flights_count": 1}},
    ),
    Case(
        "counter-not-its-sum",
        "Slope (pad 1) was published with total_launch_count 0 at 2020-01-05T04:00:00Z, "
        "but what is in the catalogue makes it 1.",
        "Pad",
        [1],
        {"published": 0, "derived": 1},
        flights=[replace(GOOD, pad=1)],
        published={("Pad", 1): {"read": 100, "total_launch_count": 0}},
        more=lambda: Pad.objects.filter(pk=1).update(name="Slope"),
    ),
    Case(
        "total-not-derived",
        "Ferry (spacecraft 1) was published with time_in_space P1DT2M at 2020-01-05T04:00:00Z, "
        "but what is in the catalogue makes it P1D.",
        "Spacecraft",
        [1],
        {"published": "P1DT2M", "derived": "P1D"},
        flights=[GOOD],
        published={
            ("Spacecraft", 1): {
                "read": 100,
                "flights_count": 1,
                "mission_ends_count": 1,
                "time_in_space": span(24) + timedelta(minutes=2),
            }
        },
    ),
    Case(
        "total-not-derived",
        "Ferry (spacecraft flight 1) was published with duration P3D, but what is in the catalogue makes it P1D.",
        "SpacecraftFlight",
        [1],
        {"published": "P3D", "derived": "P1D"},
        flights=[GOOD],
        more=lambda: SpacecraftFlight.objects.update(duration=span(72)),
    ),
]


@pytest.fixture
def contradiction(request: pytest.FixtureRequest, empty: None) -> Iterator[Case]:
    case: Case = request.param
    with stored(History(case.flights, case.dockings, published=case.published)):
        name_craft()
        case.more()
        yield case


class TestRules:
    @pytest.mark.parametrize("contradiction", CASES, indirect=True, ids=str)
    def test_a_contradiction_is_one_finding(self, contradiction: Case) -> None:
        """Only the checks of this table run: a rule about every table takes half a second."""
        rule = RULES[contradiction.rule]
        checks = [check for check in rule.checks if check.table.__name__ == contradiction.table]
        (finding,) = replace(rule, checks=tuple(checks)).find(NOW)
        assert finding.sentence == contradiction.sentence
        assert (finding.rule, finding.table) == (contradiction.rule, contradiction.table)
        assert finding.ids == contradiction.ids
        assert finding.severity == RULES[contradiction.rule].severity
        assert contradiction.values.items() <= finding.values.items()

    @pytest.mark.slow
    @pytest.mark.parametrize("contradiction", CASES, indirect=True, ids=str)
    def test_nothing_else_finds_it(self, contradiction: Case) -> None:
        assert [finding.sentence for finding in findings()] == [contradiction.sentence]

    def test_each_rule_has_a_case(self) -> None:
        assert {case.rule for case in CASES} == set(RULES)

    def test_each_rule_is_documented(self) -> None:
        documented = re.findall(
            r"^\| `([a-z-]+)` \| (\w+) \|", (ROOT / "docs" / "checking.md").read_text("utf-8"), re.MULTILINE
        )
        assert documented == [(rule.name, rule.severity) for rule in rules_by_severity()]


def innocent(*flights: Flight, dockings: list[Docking] | None = None, **published: Any) -> History:
    totals = {("Spacecraft", 1): {"read": 100, **published}} if published else {}
    return History(list(flights), dockings or [], published=totals)


DOCKED = Docking(1, 25, 30, chaser=1, target=None, station=1)
AS_PUBLISHED: dict[str, Any] = {"flights_count": 1, "mission_ends_count": 1, "time_in_space": span(24)}
INNOCENT = {
    "totals of which a part is missing": innocent(
        GOOD, flights_count=3, mission_ends_count=3, time_in_space=span(2000)
    ),
    "a time docked of which no docking was loaded": innocent(GOOD, **AS_PUBLISHED, time_docked=span(20)),
    "a difference of seconds": innocent(
        GOOD, **{**AS_PUBLISHED, "time_in_space": span(24) + timedelta(seconds=59)}
    ),
    "one docking after the other": innocent(
        GOOD, dockings=[DOCKED, replace(DOCKED, id=2, docking=30, departure=40)]
    ),
    "a flight after the totals were read": innocent(
        GOOD, Flight(2, craft=1, net=120, end=140), **AS_PUBLISHED, time_docked=span(0)
    ),
    "a launch that is late": innocent(replace(GOOD, end=None, status=1)),
}
"""What contradicts nothing, and might seem to."""


@pytest.mark.usefixtures("empty")
def test_what_is_innocent_is_no_finding() -> None:
    """All at once: most of the time goes into the statements of the rules, however many rows there are."""
    with stored(*INNOCENT.values()):
        found = findings()
    names = list(INNOCENT)
    assert {names[int(finding.ids[0]) // id_offset(1)]: finding.sentence for finding in found} == {}


class TestCleanCatalogues:
    @pytest.mark.usefixtures("empty")
    def test_the_sample_does_not_contradict_itself(self) -> None:
        load_sample()
        assert findings() == []

    @pytest.mark.usefixtures("db")
    @pytest.mark.parametrize("craft", [pytest.param(60), pytest.param(600, marks=pytest.mark.slow)], ids=str)
    def test_what_is_invented_does_not_contradict_itself(self, craft: int) -> None:
        with invented(craft):
            assert findings() == []

    @needs_shared
    @pytest.mark.usefixtures("empty")
    def test_real_pages_contradict_themselves_here_and_there(self) -> None:
        for file in sorted((SHARED / "data").glob("*.json")) + sorted((SHARED / "seeds").glob("*.txt")):
            load_file(str(file), as_of=NOW)
        assert {finding.rule for finding in findings()} == {"counter-not-its-sum"}

    @pytest.mark.usefixtures("db")
    def test_rows_that_make_no_sense_at_all_are_told_of(self) -> None:
        """The tests' own catalogue: each row is made from its declaration."""
        for finding in findings():
            assert str(finding.ids[0]) in finding.sentence
            json.dumps(finding.as_json())


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: None) -> None:
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))


def command(*options: str) -> Result:
    return CliRunner().invoke(app, ["check", *options], env={"COLUMNS": "80"})


SEVEN = [Flight(number, craft=1, net=24 * number, end=24 * number - 1) for number in range(1, 8)]
"""Flights that have landed before their launch."""


@pytest.mark.usefixtures("in_folder")
class TestTheCommand:
    @pytest.fixture
    def two_rules(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two rules that take no time: how their findings are told is how all are."""
        names = ("landed-before-launch", "open-too-long")
        monkeypatch.setattr("cosmodrome.doctor.rules.RULES", {name: RULES[name] for name in names})

    def test_says_so_when_there_is_nothing_to_say(self) -> None:
        result = command()
        assert (result.exit_code, result.stdout) == (0, "Nothing in the catalogue contradicts itself.\n")

    @pytest.mark.usefixtures("two_rules")
    def test_says_so_to_programs(self) -> None:
        result = command("--format", "json")
        assert (result.exit_code, result.stdout) == (0, "[]\n")

    @pytest.mark.usefixtures("two_rules")
    def test_groups_by_rule_and_shows_some_of_each(self) -> None:
        with stored(History(SEVEN)):
            name_craft()
            result = command()
        lines = result.stdout.splitlines()
        assert lines[0] == "error landed-before-launch: A mission ended before it was launched."
        assert lines[1].startswith("  Flight 1 of Ferry (spacecraft 1) ended at 2020-01-01T23:00:00Z, before")
        assert lines[6:] == ["  … and 2 more: --all prints every one", "7 errors found."]
        assert result.exit_code == 1

    @pytest.mark.usefixtures("two_rules")
    def test_shows_all_of_them(self) -> None:
        with stored(History(SEVEN)):
            result = command("--all")
        assert len(result.stdout.splitlines()) == 9
        assert "more" not in result.stdout

    @pytest.mark.usefixtures("two_rules")
    def test_prints_json_for_programs(self) -> None:
        with stored(History(SEVEN)):
            name_craft()
            result = command("--format", "json")
        found = json.loads(result.stdout)
        assert result.exit_code == 1
        assert len(found) == 7
        assert found[1] == {
            "rule": "landed-before-launch",
            "severity": "error",
            "table": "SpacecraftFlight",
            "ids": [2],
            "values": {
                "spacecraft": 1,
                "name": "Ferry",
                "net": "2020-01-03T00:00:00Z",
                "mission_end": "2020-01-02T23:00:00Z",
            },
            "sentence": "Flight 2 of Ferry (spacecraft 1) ended at 2020-01-02T23:00:00Z, "
            "before its launch at 2020-01-03T00:00:00Z.",
        }

    @pytest.mark.usefixtures("two_rules")
    def test_a_warning_is_no_failure(self) -> None:
        with stored(History([replace(GOOD, end=None, up=(1,))])):
            result = command()
        assert result.exit_code == 0
        assert result.stdout.endswith("1 warning found.\n")

    @pytest.mark.usefixtures("two_rules")
    def test_a_name_does_nothing_to_the_terminal(self) -> None:
        with stored(History(SEVEN[:1])):
            Spacecraft.objects.update(name="[red]\x1b[2J{id}")
            result = command()
        assert "of [red]\\x1b[2J{id} (" in result.stdout
