"""A mirror of a server that keeps a rate, whose clock runs, and which misbehaves: real processes of both."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cosmodrome.environment.faults import KINDS
from cosmodrome.synth.catalogue import NOW
from servers import Server, make_catalogue, run, serving
from upstreams import every_page, most_within

pytestmark = pytest.mark.slow
LATER = (NOW + timedelta(days=9)).isoformat()
"""An instant after all that happens here."""
HOUR = timedelta(hours=1)
CLOCK: dict[str, Any] = {"NOW": NOW.isoformat(), "CLOCK_SPEED": "900"}
READ = ("config/countries", "spacecraft", "agencies", "updates", "landings", "config/orbits")
MOST_RUNS = 12


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an invented catalogue."""
    folder = tmp_path_factory.mktemp("origin") / "data"
    assert run(folder, "synth", "--spacecraft", "3").returncode == 0
    return folder


def every_answer(folder: Path) -> dict[str, bytes]:
    """All pages of all endpoints in all modes, at an instant after all that happens here."""
    with serving(folder, NOW=LATER) as server:
        return dict(every_page(lambda url: server.get(url, Host="localhost")[2]))


def calls_in(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def most_in_an_hour(calls: list[dict[str, Any]]) -> int:
    """The most calls that the upstream has counted in any hour of its clock."""
    return most_within(HOUR, (datetime.fromisoformat(call["at"]) for call in calls if call["counted"]))


@dataclass
class Reader:
    """A client of the mirror, which reads as long as it is filled."""

    server: Server
    seen: list[str] = field(default_factory=list)
    """The answers that were wrong."""
    answers: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        while not self.stop.wait(0.3):
            for path in READ:
                status, _, body = self.server.get(f"/2.3.0/{path}/?mode=detailed&limit=100")
                self.answers += 1
                page = json.loads(body) if status == 200 else {}
                if len(page.get("results", ())) != min(100, page.get("count", -1)):
                    self.seen.append(f"{path}: {status} {body[:200]!r}")


@contextmanager
def reading(server: Server) -> Iterator[Reader]:
    """A reader for the time of the block."""
    reader = Reader(server)
    thread = threading.Thread(target=reader.read)
    thread.start()
    try:
        yield reader
    finally:
        reader.stop.set()
        thread.join()


def test_within_a_rate_all_of_it_is_mirrored_by_the_calls_that_were_planned(
    origin: Path, data_dir: Path, tmp_path: Path
) -> None:
    """Of the sample, which was there before, nothing is left."""
    log = tmp_path / "calls"
    strict = ("--anonymous-rate", "15/h", "--call-log", str(log))
    with serving(origin, *strict, **CLOCK) as upstream:
        done = run(data_dir, "sync", UPSTREAM=upstream.url, UPSTREAM_RATE="15/h", **CLOCK)
    assert done.returncode == 0, done.stderr
    calls = calls_in(log)
    counted = [call for call in calls if call["counted"]]
    made, planned = done.stdout.splitlines()[-2].split(": ")[0].split(" of ")
    assert len(counted) == int(made) == int(planned)
    assert {call["status"] for call in calls} == {200}
    assert most_in_an_hour(calls) <= 15
    assert every_answer(data_dir) == every_answer(origin)


def test_whatever_the_upstream_does_the_copy_is_right_in_the_end(origin: Path, tmp_path: Path) -> None:
    """A fifth of all answers is faulty, in all ways; someone reads the copy all the time."""
    log, copy = tmp_path / "calls", tmp_path / "copy"
    faults = ",".join(f"{kind}:{0.2 / len(KINDS):.4f}" for kind in KINDS)
    misbehaving = ("--fault", faults, "--fault-seed", "5", "--anonymous-rate", "15/h", "--call-log", str(log))
    make_catalogue(copy)
    codes: list[int] = []
    with (
        serving(origin, *misbehaving, **CLOCK) as upstream,
        serving(copy, "--empty") as mirror,
        reading(mirror) as reader,
    ):
        settings: dict[str, Any] = {"UPSTREAM": upstream.url, "UPSTREAM_RATE": "15/h", **CLOCK}
        while codes[-1:] != [0] and len(codes) < MOST_RUNS:
            done = run(copy, "sync", **settings)
            codes.append(done.returncode)
            assert "Traceback" not in done.stderr
    assert codes[-1] == 0
    assert set(codes) <= {0, 3, 6}, "complete, away, or something is refused or set aside"
    assert not reader.seen
    assert reader.answers
    calls = calls_in(log)
    assert len({call["fault"] for call in calls} - {None}) > len(KINDS) / 2
    assert most_in_an_hour(calls) <= 15
    assert every_answer(copy) == every_answer(origin)
