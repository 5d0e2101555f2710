"""Values that move with the clock, where the response cache, the kept fragments and the clock meet.

A page is asked for again and again while the clock moves on and nothing else changes.  Each duration on it, at
any depth, is held against a sum made here from the columns of its own row.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import models
from pytest_django import Settings

from conftest import NOW
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.changes.snapshots import LAYER
from cosmodrome.changes.transactions import settle
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.shapes.graph import nested_shape
from cosmodrome.shapes.shapes import shape_model
from cosmodrome.time.durations import write_duration
from wsgi import Answer, ask, new_cache

CRAFT, FLIGHT, DOCKING = 9301, 3, 3
RIVAL = 9303
DEPARTURE = NOW + timedelta(days=1, seconds=5)

MOMENTS = [timedelta(seconds=0), timedelta(seconds=0.4), timedelta(seconds=1), timedelta(seconds=61),
           timedelta(days=1), timedelta(days=40), timedelta(seconds=62)]  # fmt: skip
"""By how much the clock has moved on since the tests' `NOW`; in the end it is set back."""

Value = tuple[type[models.Model], Any, str, str | None]
"""A duration that is shown: the table, the id and the column of it, and what is shown."""
Ask = Callable[..., Answer]


@pytest.fixture
def asked(kept: None, one_connection: None) -> Ask:
    """Asks a server with a cold cache, while a craft is on a flight that is under way and docked to a station."""
    DockingEvent.objects.filter(pk=DOCKING).update(departure=DEPARTURE, flight_vehicle_chaser=FLIGHT)
    SpacecraftFlight.objects.filter(pk=FLIGHT).update(spacecraft=CRAFT, mission_end=None)
    docked = {"time_docked_since": NOW - timedelta(hours=1), "time_docked_pace": 2}
    Spacecraft.objects.filter(pk=CRAFT).update(**docked)
    cache = new_cache(WSGIHandler())
    return lambda path, **headers: ask(cache, f"/2.3.0/{path}", **headers)


@pytest.fixture
def at(settings: Settings) -> Callable[[timedelta], datetime]:
    def move(passed: timedelta) -> datetime:
        settings.CLOCK_STOPPED_AT = NOW + passed
        return NOW + passed

    return move


def durations(value: Any, shape: Any) -> Iterator[Value]:
    """The durations that move, in a record of a shape and in those that it nests."""
    for key, field in shape.fields.items():
        nested, shown = nested_shape(field), value[key]
        if nested is not None:
            for one in shown if isinstance(shown, list) else [shown] if shown else []:
                yield from durations(one, nested)
            continue
        model, column = shape_model(shape), str(field.source)
        if hasattr(model, f"{column}_since") or (model, column) == (SpacecraftFlight, "duration"):
            yield model, value["id"], column, shown


def rows_of(model: type[models.Model]) -> dict[Any, Any]:
    """All rows of a table as they are now: settling may have changed them."""
    rows: Any = model._default_manager.all()
    found: dict[Any, Any] = (
        rows.select_related("rocket__launch") if model is SpacecraftFlight else rows
    ).in_bulk()
    return found


def at_the_moment(row: Any, column: str, now: datetime) -> timedelta | None:
    """What a row's columns say of a duration at an instant."""
    closed: timedelta | None = getattr(row, column)
    if isinstance(row, SpacecraftFlight):
        if row.launched is None or row.launched > now or (row.mission_end and closed is not None):
            return closed
        return (row.mission_end or now) - row.launched
    since, pace = getattr(row, f"{column}_since"), getattr(row, f"{column}_pace")
    if closed is None or since is None or since > now:
        return closed
    for _ in range(1 if pace is None else pace):
        closed += now - since
    return closed


def text_of(duration: timedelta | None) -> str | None:
    return None if duration is None else write_duration(duration)


def held(path: str, answer: Answer, now: datetime) -> dict[tuple[str, Any, str], str | None]:
    """All durations of a page, each of which is as its row's columns say."""
    assert answer.status == 200
    body = json.loads(answer.body)
    resource = RESOURCES[path.partition("/?")[0]]
    shape = resource.modes[path.partition("mode=")[2].partition("&")[0]]()
    found = {value for record in body["results"] for value in durations(record, shape)}
    rows = {model: rows_of(model) for model in {value[0] for value in found}}
    for model, key, column, shown in found:
        unknown = "P0D" if column in ("duration", "eva_time") else None  # the contract knows no null there
        expected = text_of(at_the_moment(rows[model][key], column, now)) or unknown
        assert shown == expected, f"{column} of {model.__name__} {key} at {now}"
    return {(model.__name__, key, column): shown for model, key, column, shown in found}


IN_SPACE = ("Spacecraft", CRAFT, "time_in_space")
DOCKED = ("Spacecraft", CRAFT, "time_docked")
UNDER_WAY = ("SpacecraftFlight", FLIGHT, "duration")

PAGES = {
    "spacecraft/?mode=normal&limit=100": [IN_SPACE, DOCKED],
    "spacecraft_flights/?mode=normal&limit=100": [IN_SPACE, UNDER_WAY],
    "docking_events/?mode=detailed": [IN_SPACE, UNDER_WAY],
    f"launches/?mode=detailed&rocket__spacecraftflight__spacecraft__id={CRAFT}": [IN_SPACE, UNDER_WAY],
    "space_stations/?mode=detailed": [IN_SPACE],
    "astronauts/?mode=normal": [("Astronaut", 3, "time_in_space")],
}
"""Lists, and durations on them of which each moves between some of the moments."""


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_each_duration_is_that_of_the_moment_however_deep_it_stands(
    asked: Ask, at: Callable[[timedelta], datetime], path: str
) -> None:
    seen: dict[Any, set[str | None]] = {}
    for passed in MOMENTS:
        second = at(passed).replace(microsecond=0)  # what moves is kept for its second
        settle()  # as the settler does: `held` reads the rows
        first, again, kept = (asked(path) for _ in range(3))  # made, put together from what is kept, kept
        assert kept.environ[LAYER] == "cache"
        assert kept.body == again.body == first.body
        for name, shown in held(path, kept, second).items():
            seen.setdefault(name, set()).add(shown)
    for name in PAGES[path]:
        assert len(seen[name]) > 2, f"{name} does not move here"


def test_a_clock_that_runs_is_looked_at_in_time(
    asked: Ask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was made late in a second of the clock holds for less than a second."""
    settings.CLOCK_STOPPED_AT = None
    began, seen = time.monotonic(), set()
    for tenths in (7, 8, 9, 10, 11, 19, 20, 35):
        passed = timedelta(seconds=tenths / 10)
        monkeypatch.setattr("cosmodrome.time.clock.real_now", lambda now=NOW + passed: now)
        monkeypatch.setattr("time.monotonic", lambda now=began + tenths / 10: now)
        for _ in range(2):
            shown = json.loads(asked(f"spacecraft/{CRAFT}/").body)["time_in_space"]
            assert shown == in_space_at(NOW + timedelta(seconds=tenths // 10))
            seen.add(shown)
    assert len(seen) == 4


def in_space_at(now: datetime) -> str:
    return text_of(at_the_moment(Spacecraft.objects.get(pk=CRAFT), "time_in_space", now)) or ""


def test_one_record_moves_as_well(asked: Ask, at: Callable[[timedelta], datetime]) -> None:
    for passed in MOMENTS:
        second = at(passed).replace(microsecond=0)
        for _ in range(2):
            shown = json.loads(asked(f"spacecraft/{CRAFT}/").body)["time_in_space"]
            assert shown == in_space_at(second)


def test_one_craft_overtakes_another(asked: Ask, at: Callable[[timedelta], datetime]) -> None:
    """The rival is ahead and stands still, is overtaken, and then goes on twice as fast."""
    column, path = "time_in_space", "spacecraft/?mode=normal&ordering=-time_in_space&limit=100"
    ahead = timedelta(days=11, minutes=1)
    since = NOW + timedelta(hours=1)
    Spacecraft.objects.filter(pk=RIVAL).update(
        time_in_space=ahead, time_in_space_since=since, time_in_space_pace=2
    )
    first = []
    for passed in (
        *MOMENTS[:3],
        timedelta(seconds=59),
        timedelta(hours=1),
        timedelta(hours=3),
        *MOMENTS[-2:],
    ):
        now = at(passed).replace(microsecond=0)
        settle()  # else the values of the answer are settled for it alone, and not in the rows
        rows = sorted(rows_of(Spacecraft).items())
        expected = {key: at_the_moment(row, column, now) for key, row in rows}
        unknown = [key for key in expected if expected[key] is None]
        order = sorted(expected.keys() - set(unknown), key=lambda key: (-(expected[key] or timedelta()), key))
        for _ in range(2):
            answer = asked(path)
            held(path, answer, now)
            assert [record["id"] for record in json.loads(answer.body)["results"]] == [*unknown, *order]
        first.append(next(key for key in order if key in (CRAFT, RIVAL)))
    assert first == [RIVAL, RIVAL, RIVAL, CRAFT, CRAFT, RIVAL, RIVAL, CRAFT]


@pytest.mark.parametrize("path", ["spacecraft/?mode=normal&limit=100", "docking_events/?mode=detailed"])
def test_who_has_the_page_of_another_second_gets_that_of_this_one(
    asked: Ask, at: Callable[[timedelta], datetime], path: str
) -> None:
    tag, name = "", IN_SPACE
    seen = set()
    for seconds in (0, 1, 2, 24 * 3600, 24 * 3600 + 1):
        now = at(timedelta(seconds=seconds))
        answer = asked(path, if_none_match=tag)
        seen.add(held(path, answer, now)[name])
        assert answer.headers["etag"] != tag
        tag = answer.headers["etag"]
        for _ in range(2):
            same = asked(path, if_none_match=tag)
            assert (same.status, same.body) == (304, b"")
    assert len(seen) == 5


def test_who_has_a_page_that_does_not_move_has_it_still(
    asked: Ask, at: Callable[[timedelta], datetime]
) -> None:
    path = "spacecraft_configurations/?mode=normal"
    tag = asked(path).headers["etag"]
    for passed in MOMENTS:
        at(passed)
        assert asked(path, if_none_match=tag).status == 304


def test_who_is_docked_is_as_of_the_moment(asked: Ask, at: Callable[[timedelta], datetime]) -> None:
    """A port is no other row when a craft has left it: what it shows hangs on the clock alone."""
    for passed in (*MOMENTS, DEPARTURE - NOW - timedelta(seconds=1), DEPARTURE - NOW, timedelta(days=1)):
        now = at(passed)
        for _ in range(2):
            stations = json.loads(asked("space_stations/?mode=detailed").body)["results"]
            ports = {port["id"]: port for station in stations for port in station["docking_location"]}
            docking = DockingEvent.objects.get(pk=DOCKING)
            shown = ports[docking.docking_location_id]["currently_docked"]
            assert (shown and shown["id"]) == (DOCKING if now < DEPARTURE else None)
            if shown:
                moving = shown["flight_vehicle_chaser"]["spacecraft"]["time_in_space"]
                assert moving == in_space_at(now.replace(microsecond=0))
