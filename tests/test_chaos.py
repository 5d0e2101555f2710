"""The chaos run itself: what it takes for a fault, and what not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event

import pytest

from chaos.clients import Samples
from chaos.judge import told_instant
from chaos.records import Answer, Load, Question, Trouble
from chaos.stage import Volume
from chaos.verdict import GRACE, SLOWEST, cases_of, faults_of_answers, faults_of_loads, judge
from chaos.versions import Versions
from cosmodrome.changes import settler
from cosmodrome.time.clock import SimulatedClock, write_instant
from servers import Server, serving

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEPT = Question("kept", "/2.3.0/agencies/?limit=3")
GOOD = Answer(KEPT, BEGIN, BEGIN + SECOND, 200, version=7)
KILL = Trouble("kill", BEGIN, BEGIN + SECOND)
FILL = Trouble("fill", BEGIN, BEGIN + SECOND)


def versions(*committed: tuple[datetime, int]) -> Versions:
    return Versions(Path("none"), Path("none"), Event(), list(committed))


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (GOOD, ""),
        (replace(GOOD, status=304), ""),
        (replace(GOOD, status=404), "unexpected"),
        (replace(GOOD, status=500), "500"),
        (replace(GOOD, status=503), "503"),
        (replace(GOOD, status=503, retry_after="1"), "refused too often"),
        (replace(GOOD, status=503, retry_after="1", question=Question("search", "/")), ""),
        (replace(GOOD, status=503, question=Question("probe", "/readyz")), ""),
        (replace(GOOD, status=0, error="reset"), ""),
        (
            replace(GOOD, status=0, version=None, start=BEGIN + 3 * SECOND, end=BEGIN + 3 * SECOND),
            "broken connection",
        ),
        (replace(GOOD, end=BEGIN + timedelta(seconds=SLOWEST + 1)), "slow"),
        (replace(GOOD, version=6), "stale"),
        (replace(GOOD, version=8), ""),
    ],
)
def test_an_answer_is_a_fault_if_nothing_excuses_it(answer: Answer, fault: str) -> None:
    known = versions((BEGIN - SECOND, 7), (BEGIN + SECOND / 2, 8))
    faults = list(faults_of_answers([answer], [KILL, FILL], known))
    assert [each.partition(":")[0] for each in faults] == ([fault] if fault else [])


def load(name: str, **more: bool | str) -> Load:
    made = Load("launches/upcoming", {"launches/1": name}, BEGIN, BEGIN + SECOND)
    for attribute, value in more.items():
        setattr(made, attribute, value)
    return made


@pytest.mark.parametrize(
    ("loads", "found", "fault"),
    [
        ([load("a", is_done=True)], "a", ""),
        ([load("a", is_done=True), load("b", was_killed=True)], "b", ""),
        ([load("a", is_done=True), load("b", was_killed=True)], "a", ""),
        ([load("a", is_done=True), load("b", is_done=True)], "a", "lost"),
        ([load("a", is_done=True)], "None", "lost"),
        ([load("a", was_killed=True)], "before", ""),
        ([load("a", error="The disk is full.")], "before", ""),
        ([load("a", error="Trace\nback\nof many lines")], "before", "a load of launches/upcoming fails in more than a sentence"),
    ],
)  # fmt: skip
def test_what_a_load_said_it_had_loaded_is_there(loads: list[Load], found: str, fault: str) -> None:
    faults = list(faults_of_loads(loads, [FILL], {"launches/1": found}))
    assert [each.partition(":")[0] for each in faults] == ([fault] if fault else [])


def test_a_load_fails_for_a_reason() -> None:
    (fault,) = faults_of_loads([load("a", error="No.")], [KILL], {})
    assert fault == "a load of launches/upcoming fails: No."


def test_samples_are_bounded_and_the_slowest_are_among_them() -> None:
    samples = Samples(3, Random(1))  # noqa: S311
    for number in range(100):
        samples.add(replace(GOOD, end=BEGIN + (number % 50) * SECOND, body=b"x"))
    found = samples.all()
    assert len(found) == 6
    assert all(answer.body for answer in found)
    assert sorted(answer.seconds for answer in samples.slowest["kept"]) == [48, 49, 49]


@pytest.mark.parametrize(
    ("answered", "expected", "seconds"),
    [
        (b'{"a":"P1D","time_in_space":"PT1M5S"}', b'{"a":"P1D","time_in_space":"PT1M"}', 5),
        (b"&quot;P1DT1S&quot;", b"&quot;P1D&quot;", 1),
        (b"BEGIN:VCALENDAR\nDTSTAMP:20260501T120007Z", b"", 7),
        (b'{"a":"P1D"}', b'{"a":"P1D"}', None),
        (b'{"name":"x"}', b'{"name":"y"}', None),
    ],
)
def test_an_answer_tells_its_instant_by_its_durations(
    answered: bytes, expected: bytes, seconds: int | None
) -> None:
    told = told_instant(answered, expected, BEGIN)
    assert told == (None if seconds is None else BEGIN + timedelta(seconds=seconds))


def test_the_run_grants_as_much_grace_as_the_server_takes() -> None:
    assert settler.GRACE < GRACE < settler.GRACE + 0.2


def test_a_full_volume_has_room_again(tmp_path: Path) -> None:
    with Volume(tmp_path, is_mounted=False).filled(list):
        pass
    (tmp_path / "file").write_text("there is room")


@pytest.mark.slow
def test_the_reference_tells_right_answers_from_wrong_ones(data_dir: Path, tmp_path: Path) -> None:
    """The server is asked, its catalogue copied; a byte that is changed is found."""
    start = datetime(2026, 5, 1, 23, 59, 50, tzinfo=UTC)
    targets = [
        "/2.3.0/spacecraft/?limit=5",
        "/2.3.0/astronauts/?format=api&limit=2",
        "/2.3.0/launches/?format=ics",
        "/2.3.0/launches/?at=2001-01-01&limit=2",
        "/2.3.0/agencies/nothing/",
    ]
    with serving(data_dir, "--now", write_instant(start)) as server:
        answers = [answered(server, target, start) for target in targets]
        shutil.copy(data_dir / "cosmodrome.sqlite3", tmp_path / "copy.sqlite3")
        version = answers[0].version or 0
        known = Versions(Path("none"), tmp_path, Event(), copies={version: tmp_path / "copy.sqlite3"})
        clock = SimulatedClock(start, start)
        wrong = [replace(each, body=(each.body or b"").replace(b"a", b"b", 1)) for each in answers]
        cases = cases_of([*answers, *wrong], known, clock, tmp_path)
        verdicts = judge(cases, f"127.0.0.1:{server.port}", tmp_path, 60)
    assert len(verdicts) == 2 * len(targets)
    for answer, verdict in verdicts:
        assert verdict.is_right == any(answer is each for each in answers), verdict
        assert verdict.is_right or "byte" in verdict.told


def answered(server: Server, target: str, start: datetime) -> Answer:
    status, headers, body = server.get(target, Accept="application/json")
    question = Question("record" if "nothing" in target else "page", target)
    version = int(headers["x-data-version"])
    return Answer(question, start, start + SECOND, status, version, headers["content-type"], body)


def test_a_case_can_be_written_and_read(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    known = Versions(Path("none"), tmp_path, Event(), copies={7: copy})
    ((_, case),) = cases_of([replace(GOOD, body=b"{}")], known, SimulatedClock(BEGIN, BEGIN), tmp_path)
    assert json.loads(json.dumps(vars(case)))["copy"] == str(copy)
