"""The watch of a mirror: what it asks for and when, and how old that makes the copy."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import stamina
from django.db import connection
from pytest_django import Settings

from conftest import Api
from cosmodrome.access.rates import Rate
from cosmodrome.changes.versions import data_version
from cosmodrome.mirror.budget import Budget
from cosmodrome.mirror.digests import digest_of
from cosmodrome.mirror.holder import held
from cosmodrome.mirror.models import ResourceSync, UpstreamCall
from cosmodrome.mirror.pages import page_path, swept_resources
from cosmodrome.mirror.schedule import DAY, HOUR
from cosmodrome.mirror.signals import Stopped, stoppable
from cosmodrome.mirror.upstream import Upstream
from cosmodrome.mirror.watch import ClockStopped, Watch
from cosmodrome.time import clock
from moving_upstream import FileClock, file_clock, skip
from pages import emptied
from servers import environment
from upstreams import most_within

pytestmark = pytest.mark.django_db(databases="__all__")

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
RATE = Rate(15, 3600)
PATHS = (
    "launches",
    "events",
    "agencies",
    "docking_events",
    "landings",
    "spacecraft",
    "config/launch_statuses",
)
"""What is mirrored for a month: all that changes, and some that does not."""


@dataclass
class Moving:
    """A mirror, and the upstream whose clock it shares."""

    url: str
    process: subprocess.Popen[str]
    clock: FileClock

    def happens(self, what: str) -> int:
        """Lets something happen there."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return int(json.loads(self.process.stdout.readline()))

    def watch(self, *paths: str) -> Watch:
        client = Upstream(self.url, "", Budget(RATE), lambda seconds: skip(self.clock, seconds))
        return Watch(client, paths, lambda seconds: skip(self.clock, seconds))

    def until(self, instant: datetime, watch: Watch) -> int:
        """Lets a watch go on until an instant; returns how many calls it made."""
        before = calls()
        while clock.now() < instant:
            watch.turn()
        return calls() - before

    def whole(self, path: str) -> dict[str, Any]:
        """All that the upstream has of a resource, by id."""
        records: dict[str, Any] = {}
        offset = 0
        while True:
            address = self.url + page_path(swept_resources()[path], offset)
            with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
                page = json.load(answer)
            records |= {str(record["id"]): record for record in page["results"]}
            offset += 100
            if not page["next"]:
                return records


def calls() -> int:
    return UpstreamCall.objects.exclude(purpose="throttle").count()


@pytest.fixture
def moving(tmp_path: Path, settings: Settings) -> Iterator[Moving]:
    """A small upstream, and an empty catalogue."""
    shared = tmp_path / "clock"
    settings.CLOCK_STOPPED_AT = None
    settings.SIMULATED_CLOCK = file_clock(shared, START)
    process = subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).with_name("moving_upstream.py")),
            "2",
            START.isoformat(),
            str(shared),
        ],
        env=environment(tmp_path / "upstream"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        with emptied(), held():
            yield Moving(url, process, settings.SIMULATED_CLOCK)
    finally:
        process.kill()
        process.communicate()


def own(api: Api, path: str) -> dict[str, Any]:
    """All that the mirror has of a resource, by id."""
    records: dict[str, Any] = {}
    offset = 0
    while True:
        page = json.loads(api.get(page_path(swept_resources()[path], offset)).content)
        records |= {str(record["id"]): record for record in page["results"]}
        offset += 100
        if not page["next"]:
            return records


def fingerprints(records: dict[str, Any], path: str, host: str) -> dict[str, str]:
    """What is compared of records: all but what grows with time, and the host of links."""
    text = json.dumps(records).replace(host, "http://host")
    return {
        key: digest_of(swept_resources()[path], record, clock.now()).digest
        for key, record in json.loads(text).items()
    }


def late(moving: Moving, watch: Watch) -> dict[str, timedelta]:
    """What is older than the promise, by path."""
    schedule, found = watch.now(), {}
    for path in (*schedule.sweeps, *schedule.changing):
        row = ResourceSync.objects.get(pk=path)
        assert row.complete_as_of
        age = clock.now() - max(row.complete_as_of, row.refreshed_as_of or row.complete_as_of)
        if age > schedule.promise_of(path):
            found[path] = age
        if path in schedule.changing:
            assert clock.now() - row.complete_as_of <= schedule.promise_of_rereading, path
    return found


def most_in_a_window() -> int:
    """The most calls that the upstream could count in any hour."""
    return most_within(HOUR, UpstreamCall.objects.exclude(purpose="throttle").values_list("began", flat=True))


def days_of(moving: Moving, api: Api, days: int) -> None:
    """A time in which things happen every day; the watch starts anew in its middle."""
    watch, snapshots = moving.watch(*PATHS), list[Whole]()
    most, dropped = 0, -days
    for day in range(1, days + 1):
        if day == days // 2:
            watch.upstream.close()
            watch = moving.watch(*PATHS)
        midnight = START + (day - 1) * DAY
        for hour, what in happenings(day):
            moving.until(midnight + hour * HOUR, watch)
            assert moving.happens(what) or what in ("fly", "dock")
            dropped = day if what == "drop" else dropped
        moving.until(midnight + DAY, watch)
        assert late(moving, watch) == {}
        most = max(most, most_in_a_window())
        rereading = ceil(
            watch.now().promise_of_rereading / DAY
        )  # till then what was deleted is here, and counts
        since = rereading if day - dropped < rereading else 1
        snapshots.append(compare(moving, api, snapshots[-since:] if len(snapshots) >= since else []))
    watch.upstream.close()
    assert most <= RATE.calls


def happenings(day: int) -> list[tuple[int, str]]:
    """What happens on a day, by hour."""
    return [
        (1, "plan"),
        (5, "slip" if day % 3 == 0 else "dock"),
        (8, "rename" if day % 2 else "slip"),
        *[(hour, "fly") for hour in (10, 11, 13, 17)],
        (19, "drop" if day % 5 == 2 else "fly"),
    ]


Whole = dict[str, dict[str, str]]


def compare(moving: Moving, api: Api, snapshots: list[Whole]) -> Whole:
    """All of the upstream; what is there as in all these snapshots of it is the same here."""
    now: Whole = {}
    for path in PATHS:
        theirs = moving.whole(path)
        now[path] = fingerprints(theirs, path, moving.url)
        if not snapshots:
            continue
        ours = fingerprints(own(api, path), path, "http://testserver")
        settled = {
            key for key, each in now[path].items() if all(one[path].get(key) == each for one in snapshots)
        }
        assert {key for key in settled if ours.get(key) != now[path][key]} == set(), path
    return now


def states(api: Api, moving: Moving) -> tuple[Any, Any]:
    """What the mirror and the upstream tell of all launches, but for what they derive."""

    def told(records: dict[str, Any]) -> Any:
        kept = ("net", "last_updated", "status", "net_precision", "name")
        return {key: {name: record[name] for name in kept} for key, record in records.items()}

    return told(own(api, "launches")), told(moving.whole("launches"))


@pytest.mark.slow
def test_days_in_which_much_happens(moving: Moving, api: Api) -> None:
    """Every day nothing is older than promised, and no hour has more calls than the rate.

    `MONTH_DAYS=30` makes a month of it, in half an hour.
    """
    days_of(moving, api, int(os.environ.get("MONTH_DAYS", "2")))


@pytest.mark.slow
def test_what_is_new_and_what_is_not(moving: Moving, api: Api) -> None:
    """Without news nothing is written; a launch that changes takes one call, at the time that was told."""
    watch = moving.watch("launches", "config/launch_statuses")
    moving.until(START + 2 * HOUR, watch)
    assert late(moving, watch) == {}
    version = data_version()
    moving.until(START + 30 * HOUR, watch)
    assert data_version() == version
    assert late(moving, watch) == {}
    moving.happens("slip")
    row = ResourceSync.objects.get(pk="launches")
    assert row.next_due
    assert row.refreshed_as_of
    due = watch.now().next_question("launches", row.refreshed_as_of)
    assert due == row.next_due
    ours, theirs = states(api, moving)
    assert ours != theirs
    asked = UpstreamCall.objects.filter(purpose="refresh")
    before = asked.count()
    moving.until(due + timedelta(seconds=1), watch)
    assert asked.count() == before + 1
    ours, theirs = states(api, moving)
    assert ours == theirs
    assert data_version() > version
    watch.upstream.close()


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="calls are recorded in the database that is emptied"
)
def test_an_upstream_that_is_away_is_asked_less_and_less(settings: Settings, tmp_path: Path) -> None:
    """A sentence is logged, and the next attempt comes later each time; nothing is lost."""
    settings.CLOCK_STOPPED_AT = None
    settings.SIMULATED_CLOCK = shared = file_clock(tmp_path / "clock", START)

    def sleep(seconds: float) -> None:
        skip(shared, seconds)

    with emptied(), held(), stamina.set_testing(True, attempts=1):
        upstream = Upstream("http://127.0.0.1:1", "", Budget(RATE), sleep)
        watch = Watch(upstream, ["agencies"], sleep)
        while clock.now() < START + DAY:
            assert watch.turn() is None
        began = list(UpstreamCall.objects.exclude(purpose="throttle").values_list("began", flat=True))
        pauses = [(after - before) // timedelta(minutes=1) for before, after in pairwise(began)]
        assert pauses == [5, 10, 20, 40, 80, 160, 320, 360, 360]
        upstream.close()


def test_a_clock_that_stands_still_is_refused(db: None) -> None:
    watch = Watch(Upstream("http://127.0.0.1:1", "", Budget(RATE)), ["agencies"])
    with pytest.raises(ClockStopped, match="nothing becomes due"):
        watch.turn()
    watch.upstream.close()


def test_a_signal_ends_at_once_but_never_within_a_transaction(db: None) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable() as stopping:
        stopping.check()
        assert connection.in_atomic_block  # that of the test
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.is_asked
        with pytest.raises(Stopped):
            stopping.check()
    assert signal.getsignal(signal.SIGTERM) is before
