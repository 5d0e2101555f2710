"""Reads never write: what time has changed is settled by the settler, or by a reader for itself."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from pytest_django import Settings

from chaos.stage import Volume, volume
from conftest import NOW, Api
from cosmodrome.changes.editions import EDITIONS, Edition, KnownEditions, Settled, Standpoint
from cosmodrome.changes.transactions import settle
from cosmodrome.changes.versions import data_version
from cosmodrome.derived.materialised.models import DerivationState
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.store import Store
from cosmodrome.time.clock import write_instant
from servers import PATIENCE, Server, serving

DAY = timedelta(days=1)
INSTANTS = (NOW + 40 * DAY, NOW - 400 * DAY, NOW + 9 * 365 * DAY)
"""Later and earlier than the tests' catalogue was settled for, with launches, dockings and midnights between."""
EVERY = sorted([*RESOURCES, *ENDPOINTS])
WRITE = re.compile(r"\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|REPLACE INTO) (\S+)")
TEMPORARY = re.compile(r'\s*(?:CREATE TEMP TABLE|INSERT INTO temp\.|INSERT INTO pg_temp\.) ?("\w+")')


@contextmanager
def written_tables() -> Iterator[set[str]]:
    """The tables of the catalogue that a block writes to: not those before which a temporary one stands."""
    written, shadowed = set[str](), set[str]()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if temporary := TEMPORARY.match(sql):
            shadowed.add(temporary[1])
        elif (write := WRITE.match(sql)) and write[1] not in shadowed:
            written.add(write[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written


@pytest.mark.every
@pytest.mark.parametrize(
    "now",
    [pytest.param(now, marks=[pytest.mark.slow] if number else []) for number, now in enumerate(INSTANTS)],
)
@pytest.mark.parametrize("path", EVERY)
def test_a_reader_settles_for_itself_and_writes_nothing(
    api: Api, path: str, now: datetime, settings: Settings
) -> None:
    version, state = data_version(), DerivationState.objects.get()
    settings.CLOCK_STOPPED_AT = now
    with written_tables() as written:
        privately = api.get(f"/2.3.0/{path}/?limit=30")
    assert privately.status_code == 200
    assert not written
    assert (data_version(), DerivationState.objects.get().as_of) == (version, state.as_of)
    settle()
    assert api.get(f"/2.3.0/{path}/?limit=30").content == privately.content


def test_what_is_kept_of_editions_is_never_mixed(api: Api, kept: Store, settings: Settings) -> None:
    """Forwards and back, settled for one reader, for all, and for one again."""
    page = "/2.3.0/astronauts/?limit=30&ordering=-time_in_space"
    steps = ((True, 0), (False, 1), (False, 0), (True, 2), (False, 1), (False, 2))
    seen = set[bytes]()
    for settles, place in steps:
        settings.CLOCK_STOPPED_AT = (NOW, *INSTANTS)[place]
        if settles:
            settle()
        found = api.get(page).content
        seen.add(found)
        with override_settings(CACHE_BYTES=0):
            assert found == api.get(page).content, (settles, place)
    assert len(seen) > 2


def test_within_the_grace_of_the_settler_an_answer_is_of_the_moment_before(
    api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    until = DerivationState.objects.get().until
    assert until
    settings.CLOCK_STOPPED_AT = until - timedelta(microseconds=1)
    before = api.get("/2.3.0/astronauts/?limit=30&mode=detailed").content
    monkeypatch.setattr(EDITIONS, "grace", 1.0)
    monkeypatch.setattr(
        "cosmodrome.time.clock.seconds_until", lambda instant: -0.5 if instant == until else -2.0
    )
    settings.CLOCK_STOPPED_AT = until
    answer = api.get("/2.3.0/astronauts/?limit=30&mode=detailed")
    assert answer.content == before
    assert answer.wsgi_request.META["cosmodrome.reading"].until == until  # which is over


class OnTheEve:
    """A server whose clock is a moment before a trigger, and goes a hundred times as slow as others."""

    def __init__(self, server: Server, file: Path, trigger: datetime) -> None:
        self.server, self.file, self.trigger = server, file, trigger

    def settled_at(self) -> datetime:
        """As of when the values in the database are settled."""
        with sqlite3.connect(self.file) as database:
            (text,) = database.execute("SELECT as_of FROM deriving_derivationstate").fetchone()
        return datetime.fromisoformat(f"{text}+00:00")


def wait_for(holds: Callable[[], bool]) -> None:
    """Returns once something holds; fails when patience has ended."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


SLOWLY, EARLIER = 0.01, 25
AT_ONCE = 5
"""Seconds that an answer may take on a busy machine; a writer is waited for for 30."""
PAGES = (
    "spacecraft_flights/?limit=30&mode=detailed",
    "astronauts/?limit=30",
    "space_stations/?limit=30&mode=detailed",
)


@contextmanager
def on_the_eve(data_dir: Path, file: Path) -> Iterator[OnTheEve]:
    """Starts a server some real seconds before the last landing in its catalogue."""
    with sqlite3.connect(file) as database:  # long ago, and the clock is set back to it
        (text,) = database.execute("SELECT max(mission_end) FROM catalogue_spacecraftflight").fetchone()
    trigger = datetime.fromisoformat(f"{text}+00:00")
    start = trigger - timedelta(seconds=EARLIER * SLOWLY)
    clock = {"NOW": start.isoformat().replace("+00:00", "Z"), "CLOCK_SPEED": str(SLOWLY)}
    with serving(data_dir, **clock, DATABASE_URL=f"sqlite:///{file}") as server:
        yield OnTheEve(server, file, trigger)


def pages(server: Server) -> list[bytes]:
    """Some answers, without the server's own address; each is there at once."""
    found = []
    for page in PAGES:
        begun = time.monotonic()
        status, _, body = server.get(f"/2.3.0/{page}")
        assert (status, time.monotonic() - begun < AT_ONCE) == (200, True), body
        found.append(body.replace(server.url.encode(), b""))
    return found


@contextmanager
def locked(eve: OnTheEve) -> Iterator[str]:
    """Another program writes, for the time of a block."""
    with sqlite3.connect(eve.file, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        yield "locked"
        writer.execute("ROLLBACK")


@contextmanager
def full(eve: OnTheEve) -> Iterator[str]:
    """The volume of the database is full, for the time of a block."""
    with Volume(eve.file.parent, is_mounted=True).filled(list):
        yield "full"


@pytest.mark.slow
@pytest.mark.parametrize("obstacle", [locked, full])
def test_while_nothing_can_be_written_each_answer_is_right_and_at_once(
    data_dir: Path, tmp_path: Path, obstacle: Callable[[OnTheEve], AbstractContextManager[str]]
) -> None:
    with volume(tmp_path / "volume") as medium:
        if obstacle is full and not medium.is_mounted:
            pytest.skip("only root may mount a volume that fills up")
        file = Path(shutil.copy(data_dir / "cosmodrome.sqlite3", medium.folder))
        with on_the_eve(data_dir, file) as eve:
            before = pages(eve.server)
            assert eve.settled_at() < eve.trigger
            assert eve.server.get("/readyz")[0] == 200  # which opens the counts: on a full disk nobody can
            with obstacle(eve) as reason:
                seen, why = [before], b""
                deadline = time.monotonic() + PATIENCE + EARLIER
                while write_instant(eve.trigger) not in why.decode() and time.monotonic() < deadline:
                    ready, _, why = eve.server.get("/readyz")
                    if (found := pages(eve.server)) != seen[-1]:
                        seen.append(found)
                    assert eve.server.get("/healthz")[0] == 200
                    time.sleep(0.1)
                assert (ready, write_instant(eve.trigger) in why.decode()) == (503, True)
                assert reason in why.decode()
                assert eve.settled_at() < eve.trigger
            wait_for(lambda: eve.server.get("/readyz")[0] == 200)
            assert eve.settled_at() == eve.trigger
            after = pages(eve.server)
            assert before != seen[-1] == after
            assert len(seen) <= 3  # the second before the trigger, and the one after it
        database = f"sqlite:///{file}"
        with serving(data_dir, NOW=write_instant(eve.trigger), DATABASE_URL=database) as reference:
            assert pages(reference) == after


def test_few_editions_are_known() -> None:
    known = KnownEditions()
    for version in range(10):
        known.add(Edition(version), Settled(NOW, NOW + DAY))
    assert known.published(5) is None
    assert known.standpoint(5, NOW) is None
    assert known.standpoint(9, NOW) == Standpoint(Edition(9), NOW, NOW + DAY)
    assert known.standpoint(9, NOW + DAY) is None
