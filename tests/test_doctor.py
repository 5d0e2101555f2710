"""`cosmodrome check`: each rule finds its contradiction and nothing else, and clean catalogues have none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from typer.testing import CliRunner, Result

from conftest import NOW, SHARED, needs_shared
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.cli import app
from cosmodrome.derived.registry import PUBLISHED_TABLES
from cosmodrome.doctor import RULES, Examination, Finding, Rule, Severity, rules_by_severity
from cosmodrome.doctor.examination import ALL_OTHERS
from cosmodrome.doctor.report import rules_as_markdown
from cosmodrome.ingest.loader import load_file
from cosmodrome.server.startup import load_sample
from cosmodrome.shapes.tables import OpenEnded
from histories import Docking, Flight, History, id_offset, span, stored
from plantings import DAY, FLOWN, LATER, PLANNED, PLANTINGS, YEAR, change, make, several, small_world
from servers import ROOT
from worlds import invented


def findings(now: datetime = NOW) -> list[Finding]:
    examination = Examination(now)
    return [finding for rule in rules_by_severity() for finding in examination.findings(rule)]


@pytest.fixture
def world(db: None) -> Iterator[None]:
    with small_world():
        yield


def planted(planting: Callable[[], Any], find: Callable[[], list[Finding]]) -> list[Finding]:
    """What is found after a planting, which is undone."""
    with transaction.atomic():
        planting()
        found = find()
        transaction.set_rollback(True)
    return found


@pytest.mark.usefixtures("world")
class TestRules:
    """One world for all plantings: it takes longer to write than they do."""

    def test_the_small_world_does_not_contradict_itself(self) -> None:
        assert [finding.sentence for finding in findings()] == []

    @pytest.mark.parametrize("most", [1, pytest.param(None, marks=pytest.mark.slow)], ids=["one", "all"])
    def test_a_planted_fault_is_one_finding(self, most: int | None) -> None:
        """One of each rule; in a slow run, all."""
        wrong = {}
        for name, plantings in PLANTINGS.items():
            for number, planting in enumerate(plantings[:most]):
                found = planted(planting, lambda rule=RULES[name]: Examination(NOW).findings(rule))  # type: ignore[misc]
                if len(found) != 1:
                    wrong[name, number] = [finding.sentence for finding in found]
                for finding in found:
                    check_form(finding, RULES[name])
        assert wrong == {}

    @pytest.mark.slow
    def test_nothing_else_finds_it(self) -> None:
        wrong = {}
        for name, plantings in PLANTINGS.items():
            for number, planting in enumerate(plantings[:1]):  # each examines a whole catalogue by all rules
                found = planted(planting, findings)
                if [finding.rule for finding in found] != [name]:
                    wrong[name, number] = [finding.sentence for finding in found]
        assert wrong == {}


def check_form(finding: Finding, rule: Rule) -> None:
    """The sentence names the record by its name and its path, and has the values that contradict."""
    assert (finding.rule, finding.severity) == (rule.name, rule.severity)
    first = finding.records[0]
    assert (first.table, first.id) == (finding.table, finding.ids[0])
    assert any(str(record).lower() in finding.sentence.lower() for record in finding.records)
    assert (
        any(record.path and record.path in finding.sentence for record in finding.records) or not first.path
    )
    assert "{" not in finding.sentence
    assert re.match(r"[A-Z0-9]", finding.sentence)
    json.dumps(finding.as_json())


SENTENCES = {
    "flew-after-death": "Ada (/2.3.0/astronauts/1/) died on 2019-01-01, but is in the launch crew of Ferry "
    "(/2.3.0/spacecraft_flights/1/), launched at 2020-01-01T00:00:00Z.",
    "landed-before-launch": "Flight Ferry (/2.3.0/spacecraft_flights/1/) ended at 2019-01-01T00:00:00Z, before its "
    "launch at 2020-01-01T00:00:00Z.",
    "ended-before-begun": "Docking event 1 (/2.3.0/docking_events/1/) has its departure at 2020-01-02T00:00:00Z, "
    "before its docking at 2020-01-03T00:00:00Z.",
    "flown-in-the-future": "The status of Launch 3 (/2.3.0/launches/00000000-0000-0000-0000-000000000003/) is Launch "
    "Successful, but its net is 2026-09-01T00:00:00Z.",
    "its-own-parent": "Agency 2 (/2.3.0/agencies/2/) has the parent Agency 2 (/2.3.0/agencies/2/), and so is a parent "
    "of its own.",
    "dockings-overlap": "Two are docked at Port 1 (/2.3.0/config/docking_locations/1/) at the same time: docking event "
    "2 (/2.3.0/docking_events/2/) from 2026-04-03T00:00:00Z to 2026-04-05T00:00:00Z, docking event 9 "
    "(/2.3.0/docking_events/9/) from 2026-04-04T00:00:00Z to 2026-04-11T00:00:00Z.",
}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_names_records_and_values(name: str) -> None:
    (finding,) = planted(PLANTINGS[name][0], lambda: Examination(NOW).findings(RULES[name]))
    assert finding.sentence == SENTENCES[name]


class TestDeclarations:
    def test_each_rule_has_a_planting(self) -> None:
        assert set(PLANTINGS) == set(RULES)
        assert all(PLANTINGS.values())

    def test_each_rule_says_what_it_finds_and_what_to_do(self) -> None:
        for rule in RULES.values():
            assert re.fullmatch(r"[A-Z].*\.", rule.heading), rule.name
            assert re.fullmatch(r"[A-Z].*\.", rule.advice), rule.name
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name), rule.name
            assert rule.checks, rule.name

    def test_symptoms_lead_to_a_cause(self) -> None:
        """Else an examination would go round in circles."""

        def causes(name: str, above: tuple[str, ...]) -> None:
            assert name not in above, above
            for cause in RULES[name].symptom_of:
                if cause != ALL_OTHERS:
                    causes(cause, (*above, name))

        for name in RULES:
            causes(name, ())

    def test_the_rules_are_documented(self, accept: bool) -> None:
        page = ROOT / "docs" / "checking.md"
        text = page.read_text("utf-8")
        table = "\n".join(rules_as_markdown(rules_by_severity()))
        wanted = re.sub(
            r"(?<=\| --- \| --- \| --- \| --- \|\n).*?(?=\n\n)", lambda _: table, text, flags=re.DOTALL
        )
        if accept:
            page.write_text(wanted, "utf-8")
        assert table in page.read_text("utf-8"), (
            "scripts/test --accept writes the rules into docs/checking.md"
        )


GOOD = Flight(1, craft=1, net=24, end=48)


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
    "a launch that is late": innocent(replace(GOOD, net=24 * 2190, end=None, status=1)),
}
"""What contradicts nothing, and might seem to."""


@pytest.mark.usefixtures("empty")
def test_what_is_innocent_is_no_finding() -> None:
    """All at once: most of the time goes into the statements of the rules, however many rows there are."""
    with stored(*INNOCENT.values()):
        found = findings()
    names = list(INNOCENT)
    assert {names[int(finding.ids[0]) // id_offset(1)]: finding.sentence for finding in found} == {}


READ = {"totals_read_at": NOW - 90 * DAY}
"""Totals that were read three months ago."""


def announce() -> None:
    """An agency is read; launches are announced later, and fly."""
    counters = ("total_launch_count", "successful_launches", "failed_launches", "pending_launches")
    change("Agency", 2, **dict.fromkeys(counters, 0), **READ)
    change("Launch", PLANNED, launch_service_provider=2, last_updated=NOW - 10 * DAY)
    change("Launch", LATER, launch_service_provider=2, last_updated=NOW - 10 * DAY)


def change_outcome() -> None:
    """A launch in flight when its agency was read has succeeded by the time of a later page."""
    change("Agency", 2, total_launch_count=0, successful_launches=0, failed_launches=0, **READ)
    change("Launch", FLOWN, launch_service_provider=2, last_updated=NOW - 30 * DAY)


def end_later() -> None:
    """A craft was read in space, and docked; it has landed since."""
    read = {"in_space": True, "flights_count": 2, "mission_ends_count": 1}
    PUBLISHED_TABLES[Spacecraft]._default_manager.create(row=1, **read)
    change("SpacecraftFlight", 2, mission_end=NOW - 10 * DAY)
    change("Spacecraft", 1, in_space=False, mission_ends_count=2, totals_read_at=NOW - 20 * DAY)
    change("DockingEvent", 2, departure=NOW - 10 * DAY)


def stay_undone() -> None:
    """A launch to come as it was read is long past by now: nothing newer was read."""
    then = NOW - 2 * YEAR
    change("Launch", PLANNED, net=then, window_start=then, window_end=then, totals_read_at=then - 9 * DAY)
    change("SpacecraftFlight", 3, mission_end=then + 9 * DAY)


def fly_between() -> None:
    """Of a craft's flights some are missing, so that a turnaround between two is shorter than theirs."""
    change("SpacecraftFlight", 2, turn_around_time=DAY)


def meet_placeholders() -> None:
    """Placeholders stand for several, and unknown pads too."""
    for key in (7, 8):
        make("Launcher", key, serial_number="Unknown", launcher_config=1, is_placeholder=True)
        make("Agency", key, name="Unknown", type=1)
    change("FirstStage", 1, launcher=7)
    change("FirstStage", 2, launcher=7, rocket=FLOWN)


def lose_a_booster() -> None:
    """A failed launch whose booster lands, and a craft that comes back from it."""
    change("Launch", FLOWN, status=4)
    change("SpacecraftFlight", 1, mission_end=FLOWN_AT + DAY)
    change("DockingEvent", 1, docking=FLOWN_AT + DAY / 4, departure=FLOWN_AT + DAY / 2)
    for key in (1, 2):
        change("Spacewalk", key, spacecraft_flight=None)


def name_a_pad() -> None:
    """A launch to come names its pad, and says nothing else of it."""
    make("Pad", 7, name="Site 7")
    change("Launch", PLANNED, pad=7)


FLOWN_AT = datetime.fromisoformat("2020-01-01T00:00:00Z")

OTHERS = [change_outcome, stay_undone, name_a_pad, fly_between, meet_placeholders, lose_a_booster]
GROWING = [announce, end_later, *(pytest.param(each, marks=pytest.mark.slow) for each in OTHERS)]
"""The slow ones are of the same kind: `announce` is of launches and counters, `end_later` of the rest."""


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("growth", GROWING, ids=lambda growth: growth.__name__)
def test_a_growing_catalogue_contradicts_nothing(growth: Callable[[], None]) -> None:
    growth()
    assert [finding.sentence for finding in findings()] == []


LEFT_OPEN = (
    "docking-left-open",
    "open-though-flown-again",
    "open-too-long",
    "landed-but-open",
    "expedition-without-end",
)
"""Rules about what has no end, though it must be over."""


def see_over() -> None:
    """Newer pages no longer list what is open: it is over, and nobody says since when."""
    for model in apps.get_app_config("catalogue").get_models():
        if issubclass(model, OpenEnded):
            model._default_manager.filter(**{model.ends: None}).update(over_by=NOW - DAY)


@pytest.mark.usefixtures("world")
def test_what_was_seen_to_be_over_is_not_left_open() -> None:
    for name in LEFT_OPEN:
        for planting in PLANTINGS[name]:
            both = several(planting, see_over)
            assert planted(both, lambda rule=RULES[name]: list(rule.find(NOW))) == []  # type: ignore[misc]


@pytest.mark.usefixtures("world")
def test_what_was_so_at_the_reading_is_compared() -> None:
    """The other side of `change_outcome`: a launch unchanged since before the reading was to be counted."""
    change_outcome()
    change("Launch", FLOWN, last_updated=NOW - 100 * DAY)
    assert [(each.rule, each.ids) for each in findings()] == [("total-not-derived", [2])]


@pytest.mark.usefixtures("world")
def test_a_symptom_is_no_finding_of_its_own() -> None:
    """One flight that ends too early: its docking is outside of it, and the craft's totals differ."""
    change(
        "Spacecraft", 1, flights_count=2, mission_ends_count=0, time_in_space=YEAR, totals_read_at=NOW - DAY
    )
    change("SpacecraftFlight", 1, mission_end=FLOWN_AT - DAY)
    for symptom in ("docked-outside-flight", "total-not-derived"):
        assert list(RULES[symptom].find(NOW)) != []
    assert [each.rule for each in findings()] == ["landed-before-launch"]


class TestCleanCatalogues:
    @pytest.mark.slow  # of a first start, tests/test_sample.py says the same
    @pytest.mark.usefixtures("empty")
    def test_the_sample_does_not_contradict_itself(self) -> None:
        load_sample()
        assert findings() == []

    @pytest.mark.usefixtures("db")
    @pytest.mark.parametrize("craft", [pytest.param(60), pytest.param(600, marks=pytest.mark.slow)], ids=str)
    @pytest.mark.parametrize(
        "later",
        [timedelta(0), pytest.param(200 * DAY, marks=pytest.mark.slow)],
        ids=["at once", "half a year later"],
    )
    def test_what_is_invented_does_not_contradict_itself(self, craft: int, later: timedelta) -> None:
        with invented(craft):
            assert [finding.sentence for finding in findings(NOW + later)] == []

    @needs_shared
    @pytest.mark.usefixtures("empty")
    def test_real_pages_contradict_themselves_here_and_there(self) -> None:
        for file in sorted((SHARED / "data").glob("*.json")) + sorted((SHARED / "seeds").glob("*.txt")):
            load_file(str(file), as_of=NOW)
        found = findings()
        assert {finding.rule for finding in found} == {"more-outcomes-than-landings", "to-come-for-a-year"}
        assert {finding.severity for finding in found} == {Severity.WARNING}

    @needs_shared
    @pytest.mark.usefixtures("empty")
    @pytest.mark.parametrize("read", [timedelta(days=100), timedelta(days=1)], ids=["long before", "at last"])
    def test_launches_announced_after_a_reading_are_no_finding(self, read: timedelta) -> None:
        load_file(str(SHARED / "cases" / "r5-agency.json"), endpoint="agencies", as_of=NOW - read)
        load_file(str(SHARED / "cases" / "r5-launches.json"), endpoint="launches", as_of=NOW)
        assert [finding.sentence for finding in findings()] == []

    @pytest.mark.slow
    @pytest.mark.usefixtures("db")
    def test_rows_that_make_no_sense_at_all_are_told_of(self) -> None:
        """The tests' own catalogue: each row is made from its declaration."""
        for finding in findings():
            assert finding.records
            json.dumps(finding.as_json())


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: None) -> None:
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))


def command(*options: str) -> Result:
    return CliRunner().invoke(app, ["check", *options], env={"COLUMNS": "80"})


SEVEN = [Flight(number, craft=1, net=24 * number, end=24 * number - 1) for number in range(1, 8)]
"""Flights that have landed before their launch."""


def name_craft() -> None:
    Spacecraft.objects.filter(pk=1).update(name="Ferry")


@pytest.mark.usefixtures("in_folder")
class TestTheCommand:
    @pytest.fixture
    def two_rules(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two rules that take no time: how their findings are told is how all are."""
        two = {
            name: replace(RULES[name], symptom_of=()) for name in ("landed-before-launch", "open-too-long")
        }
        monkeypatch.setattr("cosmodrome.doctor.rules.RULES", two)

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
        assert lines[0] == "error landed-before-launch: A mission ended before it was launched. 7 findings."
        assert lines[1].startswith(
            "  Flight Ferry (/2.3.0/spacecraft_flights/1/) ended at 2020-01-01T23:00:00Z, "
        )
        assert lines[6:] == [
            "  … and 2 more: --rule landed-before-launch --all prints every one",
            "  To do: Correct the end of the mission, or the `net` of its launch.",
            "7 errors found.",
        ]
        assert result.exit_code == 1

    @pytest.mark.usefixtures("two_rules")
    def test_shows_all_of_them(self) -> None:
        with stored(History(SEVEN)):
            result = command("--all")
        assert len(result.stdout.splitlines()) == 10
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
            "values": {"spacecraft": 1, "net": "2020-01-03T00:00:00Z", "mission_end": "2020-01-02T23:00:00Z"},
            "sentence": "Flight Ferry (/2.3.0/spacecraft_flights/2/) ended at 2020-01-02T23:00:00Z, "
            "before its launch at 2020-01-03T00:00:00Z.",
            "records": [
                {
                    "table": "SpacecraftFlight",
                    "id": 2,
                    "name": "Ferry",
                    "path": "/2.3.0/spacecraft_flights/2/",
                },
                {"table": "Spacecraft", "id": 1, "name": "Ferry", "path": "/2.3.0/spacecraft/1/"},
            ],
        }

    @pytest.mark.usefixtures("two_rules")
    def test_a_warning_is_no_failure(self) -> None:
        with stored(History([Flight(1, craft=1, net=24, end=None, up=(1,))])):
            result = command()
        assert result.exit_code == 0
        assert result.stdout.endswith("1 warning found.\n")

    @pytest.mark.usefixtures("two_rules")
    def test_a_name_does_nothing_to_the_terminal(self) -> None:
        with stored(History(SEVEN[:1])):
            Spacecraft.objects.update(name="[red]\x1b[2J{id}")
            result = command()
        assert "Flight [red]\\x1b[2J{id} (" in result.stdout

    @pytest.mark.usefixtures("two_rules")
    def test_looks_for_one_rule_only(self) -> None:
        with stored(History([*SEVEN, Flight(9, craft=2, net=24 * -3648, end=None)])):
            both, one = command(), command("--rule", "open-too-long")
        assert "landed-before-launch" in both.stdout
        assert one.stdout.splitlines()[0].startswith("warning open-too-long: ")
        assert (one.exit_code, one.stdout.splitlines()[-1]) == (0, "1 warning found.")

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            (
                "landed-before-lunch",
                "'landed-before-lunch' is not a rule; did you mean landed-before-launch?\n",
            ),
            ("x", "'x' is not a rule; --rules lists them.\n"),
        ],
    )
    def test_a_rule_that_is_none_is_a_sentence(self, name: str, sentence: str) -> None:
        result = command("--rule", name)
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", sentence)

    def test_lists_the_rules(self) -> None:
        result = command("--rules")
        assert result.exit_code == 0
        for rule in RULES.values():
            assert f"{rule.severity} {rule.name}: {rule.heading}\n  {rule.advice}\n" in result.stdout

    def test_lists_the_rules_for_programs(self) -> None:
        rules = json.loads(command("--rules", "--format", "json").stdout)
        assert [rule["rule"] for rule in rules] == [rule.name for rule in rules_by_severity()]
        assert rules[0].keys() == {"rule", "severity", "heading", "advice", "tables"}
