"""`?at=`: what was then, for any history at any instant; and the manners of the parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from pytest_django import Settings

from conftest import NOW, Api
from cosmodrome.catalogue.crews import Astronaut
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig
from cosmodrome.catalogue.stations import SpaceStation
from cosmodrome.changes.snapshots import LAYER
from cosmodrome.changes.transactions import settle
from cosmodrome.resources.ordering import column_named
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.selections.filtersets import filterset_of
from cosmodrome.resources.store import Store
from cosmodrome.resources.views import ReadOnly
from cosmodrome.shapes.graph import reached_from
from cosmodrome.shapes.history import HISTORIES, NOTHING, is_historic
from cosmodrome.shapes.shapes import SHAPES, shape_model
from cosmodrome.time.as_of import ACCEPTED, as_of, requested_as_of
from cosmodrome.time.clock import write_instant
from histories import Docking, Flight, History, histories_and_instant, id_offset, instant, span, stored
from pages import examples
from test_budgets import STATEMENTS, budgets
from travellers import (
    COLUMNS,
    dockings_then,
    flights_then,
    furnish,
    launches_then,
    rows_then,
    to_wire,
)
from wsgi import ask, new_cache

MODES = [(path, mode) for path, resource in RESOURCES.items() for mode in resource.modes]
STANDS = [path for path, resource in RESOURCES.items() if not any(map(is_historic, resource.modes.values()))]
"""Endpoints of which nothing is known to have been other."""
PATHS = {Spacecraft: "spacecraft", Astronaut: "astronauts", SpaceStation: "space_stations"}


def at(hour: int) -> str:
    return write_instant(instant(hour))


def by_id(answer: Any) -> dict[Any, Any]:
    return {record["id"]: record for record in answer["results"]}


def test_everything_takes_an_instant() -> None:
    views: list[type[ReadOnly]] = [*RESOURCES.values(), *ENDPOINTS.values()]
    assert [view for view in views if not view.takes_as_of()] == []


@pytest.mark.every
@pytest.mark.parametrize("path", [*RESOURCES, *ENDPOINTS])
def test_a_header_says_of_which_instant_an_answer_is(api: Api, path: str) -> None:
    """An answer that says `present` is the one without the parameter."""
    told = "present" if path in STANDS else "2014-06-01T00:00:00Z"
    answer = api.get(f"/2.3.0/{path}/?at=2014-06-01")
    assert (answer.status_code, answer.headers["X-As-Of"]) == (200, told)
    plain = api.get(f"/2.3.0/{path}/")
    assert "X-As-Of" not in plain.headers
    if told == "present":
        assert answer.content.replace(b"at=2014-06-01&", b"") == plain.content
    for now in ("now", quote(write_instant(NOW))):
        assert api.get(f"/2.3.0/{path}/?at={now}").headers["X-As-Of"] == "present"


def test_no_answer_past_django_repeats_the_header_of_another(kept: Store, one_connection: None) -> None:
    del kept, one_connection
    cache = new_cache(WSGIHandler())
    for query in ("mark=1", "at=2014-06-01", "mark=2"):
        answer = ask(cache, f"/2.3.0/pads/?{query}")
        assert ("x-as-of" in answer.headers) == query.startswith("at="), query
    assert answer.environ[LAYER] == "fragments"


def test_of_most_look_ups_nothing_is_known_to_have_been_other() -> None:
    historic = {"config/docking_locations", "config/landing_locations", "config/orbits"}
    assert set(STANDS) == {path for path in RESOURCES if path.startswith("config/")} - historic


def test_a_record_that_was_not_there_is_told_with_the_instant(api: Api) -> None:
    key = api.json("docking_events", limit=1)["results"][0]["id"]
    answer = api.get(f"/2.3.0/docking_events/{key}/?at=1985-08-01")
    assert (answer.status_code, answer.headers["X-As-Of"]) == (404, "1985-08-01T00:00:00Z")
    assert "X-As-Of" not in api.get("/2.3.0/docking_events/?at=then").headers


class TestAnyHistory:
    """Answers are those of the plain reference, at any instant."""

    @staticmethod
    def holds(api: Api, histories: list[History], hour: int) -> None:
        with stored(*histories):
            furnish()
            for table, path in PATHS.items():
                columns_hold(api, histories, table, path, hour)
            flights_hold(api, histories, hour)
            stations_hold(api, histories, hour)
            orders_hold(api, histories, hour)
            for path, previous in (("launches/previous", True), ("launches/upcoming", False)):
                found = by_id(api.json(path, mode="list", limit=100, at=at(hour)))
                statuses = {key: (row["status"] or {}).get("id") for key, row in found.items()}
                expected = launches_then(hour, previous)
                assert statuses == expected or len(expected) > 100

    @examples(1)
    @given(histories_and_instant())
    @pytest.mark.usefixtures("empty")
    def test_as_the_reference_tells_it(self, api: Api, looked_at: tuple[list[History], int]) -> None:
        self.holds(api, *looked_at)

    @pytest.mark.slow
    @examples(5)
    @given(histories_and_instant())
    @pytest.mark.usefixtures("empty")
    def test_so_it_is_of_many_more(self, api: Api, looked_at: tuple[list[History], int]) -> None:
        self.holds(api, *looked_at)


def columns_hold(api: Api, histories: list[History], table: type[Any], path: str, hour: int) -> None:
    """What the columns say, and whom the filter on `in_space` finds."""
    expected = rows_then(histories, table, hour)
    mode = "detailed" if table is SpaceStation else "normal"
    answered = by_id(api.json(path, mode=mode, limit=100, at=at(hour)))
    assert {key: {column: answered[key][column] for column in COLUMNS[table]} for key in answered} == {
        key: {column: to_wire(value) for column, value in row.items()} for key, row in expected.items()
    }
    asked = "in_space" if "in_space" in COLUMNS[table] else "docked_vehicles"
    for value in (True, False) if asked == "in_space" else (0, 1):
        found = by_id(api.json(path, limit=100, at=at(hour), **{asked: str(value).lower()}))
        assert set(found) == {
            key for key, row in expected.items() if row[asked] is not None and row[asked] == value
        }


def flights_hold(api: Api, histories: list[History], hour: int) -> None:
    """Which flights there were, in their own list and in those of their craft."""
    expected = flights_then(histories, hour)
    answered = api.json("spacecraft_flights", limit=100, at=at(hour))
    assert answered["count"] == len(expected)
    for key, flight in by_id(answered).items():
        assert (flight["mission_end"], flight["duration"]) == expected[key]
        launch = flight["launch"]  # changed later, and shown all the same
        assert launch is None or (launch["id"] and launch["last_updated"] is None)
    for key, craft in by_id(api.json("spacecraft", mode="detailed", limit=100, at=at(hour))).items():
        assert {one["id"] for one in craft["flights"]} == set(flights_then(histories, hour, craft=key))


def stations_hold(api: Api, histories: list[History], hour: int) -> None:
    """Who was docked."""
    answered = by_id(api.json("space_stations", mode="detailed", limit=100, at=at(hour)))
    for key, station in answered.items():
        number, own = divmod(key, id_offset(1))
        ids = {one["id"] - id_offset(number) for one in station["active_docking_events"]}
        assert ids == dockings_then(histories[number], own, hour)


def orders_hold(api: Api, histories: list[History], hour: int) -> None:
    """The longest in space first, then by id; nobody knows of those that come before."""
    expected = rows_then(histories, Spacecraft, hour)
    times = {key: row["time_in_space"] for key, row in expected.items()}
    unknown = [key for key in sorted(times) if times[key] is None]
    rest = sorted((key for key in times if times[key] is not None), key=lambda key: (-times[key], key))
    answered = api.json("spacecraft", limit=100, ordering="-time_in_space", at=at(hour))
    assert list(by_id(answered)) == unknown + rest


@pytest.fixture
def one_craft(empty: None) -> Iterator[None]:
    """A craft that flies from 100 to 150 and from 170 on, docks from 110 to 140, and is read at 200."""
    history = History(
        [
            Flight(1, craft=1, net=100, end=150, up=(1,), down=(1,)),
            Flight(2, craft=1, net=170, end=None, up=(2,)),
        ],
        [Docking(1, 110, 140, chaser=1, target=None, station=1)],
        published={
            ("Spacecraft", 1): {
                "read": 200,
                "flights_count": 2,
                "mission_ends_count": 1,
                "time_docked": span(30),
            },
            ("Astronaut", 1): {"read": 200, "flights_count": 1, "landings_count": 1, "spacewalks_count": 0},
            ("Astronaut", 2): {"read": 200, "flights_count": 1, "landings_count": 0, "spacewalks_count": 0},
            ("SpaceStation", 1): {"read": 200, "docked_vehicles": 0, "onboard_crew": 0},
        },
    )
    with stored(history):
        furnish()
        yield


@pytest.mark.usefixtures("one_craft")
class TestOneCraft:
    @pytest.mark.parametrize(
        ("hour", "shift", "in_space", "ended", "time"),
        [
            pytest.param(50, 0, False, 0, "P0D", marks=pytest.mark.slow),
            pytest.param(100, -1, False, 0, "P0D", marks=pytest.mark.slow),
            pytest.param(100, 0, True, 0, "P0D", marks=pytest.mark.slow),
            (150, -1, True, 0, "P2DT1H59M59S"),
            (150, 0, False, 1, "P2DT2H"),
            pytest.param(150, 1, False, 1, "P2DT2H", marks=pytest.mark.slow),
            pytest.param(170, 1, True, 1, "P2DT2H1S", marks=pytest.mark.slow),
        ],
    )
    def test_a_second_before_and_after_the_ends_of_its_flights(
        self, api: Api, hour: int, shift: int, in_space: bool, ended: int, time: str
    ) -> None:
        when = write_instant(instant(hour) + timedelta(seconds=shift))
        craft = api.json("spacecraft/1", at=when)
        assert (craft["in_space"], craft["mission_ends_count"], craft["time_in_space"]) == (
            in_space,
            ended,
            time,
        )
        up_there = by_id(api.json("spacecraft", in_space="true", at=when))
        assert (1 in up_there) == in_space
        assert [flight["mission_end"] is not None for flight in craft["flights"]] == (
            [] if (hour, shift) < (100, 0) else [bool(ended)] + [False] * (hour >= 170)
        )

    def test_who_was_up_there(self, api: Api) -> None:
        found = {
            hour: list(by_id(api.json("astronauts", in_space="true", at=at(hour))))
            for hour in (99, 120, 160, 180)
        }
        assert found == {99: [], 120: [1], 160: [], 180: [2]}

    @pytest.mark.slow
    def test_who_was_docked_with_whom_on_board(self, api: Api) -> None:
        station = api.json("space_stations/1", at=at(120))
        assert (station["docked_vehicles"], station["onboard_crew"]) == (1, 1)
        (docking,) = station["active_docking_events"]
        assert docking["departure"] is None
        flight = api.json("spacecraft_flights/1", at=at(120))
        assert [seat["astronaut"]["id"] for seat in flight["launch_crew"]] == [1]
        assert flight["landing_crew"] == []
        assert [
            seat["astronaut"]["id"] for seat in api.json("spacecraft_flights/1", at=at(150))["landing_crew"]
        ] == [1]
        assert api.json("space_stations/1", at=at(145))["active_docking_events"] == []

    @pytest.mark.slow
    def test_who_had_flown(self, api: Api) -> None:
        for hour, flown in ((99, []), (100, [1]), (170, [1, 2])):
            asked = [
                by_id(api.json("astronauts", has_flown=value, at=at(hour))) for value in ("true", "false")
            ]
            assert [sorted(found) for found in asked] == [flown, sorted({1, 2} - set(flown))]

    @pytest.mark.slow
    def test_flights_and_landings_of_a_person_are_those_that_had_been(self, api: Api) -> None:
        person = Astronaut.objects.get(pk=1)
        person.flights.set(Launch.objects.filter(rocket__spacecraftflight=1))
        person.landings.set([1])
        counts = {}
        for hour in (99, 100, 149, 150):
            found = api.json("astronauts/1", at=at(hour))
            counts[hour] = (len(found["flights"]), len(found["landings"]))
        assert counts == {99: (0, 0), 100: (1, 0), 149: (1, 0), 150: (1, 1)}

    def test_people_see_the_same(self, api: Api) -> None:
        page = api.get(f"/2.3.0/spacecraft/?at={at(120)}", accept="text/html").content.decode()
        assert f'name="at" value="{at(120)}"' in page
        assert api.get("/2.3.0/spacecraft/?at=x", accept="text/html").status_code == 400

    def test_a_flight_does_not_exist_before_its_launch(self, api: Api) -> None:
        assert api.get(f"/2.3.0/spacecraft_flights/1/?at={at(99)}").status_code == 404
        assert api.json("spacecraft_flights", at=at(99))["count"] == 0

    @pytest.mark.slow
    def test_before_anything_was_launched(self, api: Api) -> None:
        assert api.json("launches/previous", at=at(1))["count"] == 0
        assert api.json("launches/upcoming", at=at(1))["count"] == 2
        (first, second) = api.json("launches/upcoming", mode="detailed", at=at(1))["results"]
        for launch in (first, second):
            assert launch["status"] is None
            assert launch["rocket"] is None or launch["rocket"]["spacecraft_stage"] == []
        assert api.json("spacecraft", in_space="true", at=at(1))["count"] == 0
        craft = api.json("spacecraft/1", at=at(1))
        assert (craft["flights_count"], craft["time_docked"], craft["flights"]) == (0, "P0D", [])
        assert craft["status"] is None

    @pytest.mark.slow
    def test_no_condition_holds_by_a_flight_that_was_not_yet(self, api: Api) -> None:
        crewed = {"rocket__spacecraftflight__spacecraft__id": 1, "is_crewed": "true"}
        for name, value in crewed.items():
            counts = [api.json("launches", at=at(hour), **{name: value})["count"] for hour in (99, 100, 170)]
            assert counts == [0, 1, 2], name
        assert [api.json("launches", at=at(hour), search="1")["count"] for hour in (99, 170)] == [0, 2]
        assert [api.json("launches", at=at(hour), is_crewed="false")["count"] for hour in (99, 100)] == [2, 1]

    @pytest.mark.slow
    def test_statuses_are_known_of_what_had_flown(self, api: Api) -> None:
        for name in ("status", "status__ids"):
            counts = [api.json("launches", at=at(hour), **{name: 3})["count"] for hour in (99, 100, 170)]
            assert counts == [0, 1, 2], name

    def test_a_configuration_that_had_not_flown_had_no_craft_in_space(self, api: Api) -> None:
        Spacecraft.objects.filter(pk=2).update(
            time_in_space=timedelta(days=3), in_space=True, flights_count=5, totals_read_at=instant(200)
        )
        unknown = api.json("spacecraft/2", at=at(1))
        assert (unknown["in_space"], unknown["flights_count"]) == (None, None)
        SpacecraftConfig.objects.update(maiden_flight=instant(50).date())
        craft = api.json("spacecraft/2", at=at(1))
        assert (craft["in_space"], craft["flights_count"], craft["time_in_space"]) == (False, 0, "P0D")
        assert craft["spacecraft_config"]["maiden_flight"] is None

    def test_timelines_end_there(self, api: Api) -> None:
        def kinds(hour: int) -> list[str]:
            return [event["kind"] for event in api.json("spacecraft/1/timeline", at=at(hour))["events"]]

        assert kinds(99) == []
        assert kinds(140) == ["launch", "docking", "undocking"]
        assert api.get(f"/2.3.0/spacecraft/1/timeline/?at={at(140)}&format=ics").content.count(b"VEVENT") == 6
        assert api.get("/2.3.0/space_stations/1/timeline/?at=1999-01-01").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("down", [(1,), ()], ids=["with a landing crew", "without"])
def test_who_dies_in_flight_is_in_space_until_the_mission_ends(
    empty: None, api: Api, settings: Settings, down: tuple[int, ...]
) -> None:
    """The day of the death begins at hour 144."""
    read = {"read": 100, "flights_count": 1, "landings_count": 0, "spacewalks_count": 0}
    flight = Flight(1, craft=1, net=100, end=150, up=(1,), down=down)
    with stored(History([flight], [], deaths={1: 6}, published={("Astronaut", 1): read})):
        furnish()
        expected = [
            (143, True, "P1DT19H"),
            (145, True, "P1DT21H"),
            (150, False, "P2DT2H"),
            (200, False, "P2DT2H"),
        ]
        for hour, in_space, time in expected:
            found = api.json("astronauts/1", at=at(hour))
            assert (found["in_space"], found["time_in_space"]) == (in_space, time), hour
            assert (api.json("astronauts", in_space="true", at=at(hour))["count"] == 1) == in_space
        for hour, in_space, time in expected:
            settings.CLOCK_STOPPED_AT = instant(hour)
            settle()
            found = api.json("astronauts/1")
            assert (found["in_space"], found["time_in_space"]) == (in_space, time), hour


INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
MAY_LIE_AHEAD = {"date", "net", "window_start", "window_end"}
"""When a launch or an event was to be: it is listed as one to come."""


def dates(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """All instants and days in an answer, each with the keys that lead there."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in MAY_LIE_AHEAD:
                yield from dates(part, f"{where}.{key}")
    elif isinstance(value, list):
        for part in value:
            yield from dates(part, where)
    elif isinstance(value, str) and INSTANT.fullmatch(value):
        yield value, where


@pytest.mark.every
@pytest.mark.parametrize(
    ("path", "mode"), [*MODES, *((path, mode) for path, view in ENDPOINTS.items() for mode in view.modes)]
)
@pytest.mark.parametrize("when", ["2026-04-01T00:00:00Z", "1985-08-01T00:00:00Z"])
def test_nothing_is_dated_later(api: Api, path: str, mode: str, when: str) -> None:
    answer = api.json(path, mode=mode, limit=100, at=when)
    assert [(text, where) for text, where in dates(answer, path) if text > when] == []


@pytest.mark.every
@pytest.mark.parametrize(("path", "mode"), MODES)
def test_now_is_the_plain_answer(api: Api, path: str, mode: str) -> None:
    """Byte for byte, but for the links to other pages, which keep what was asked."""
    plain = api.get(f"/2.3.0/{path}/?mode={mode}&limit=3").content
    for now in ("now", quote(write_instant(NOW))):
        answered = api.get(f"/2.3.0/{path}/?at={now}&limit=3&mode={mode}").content
        assert answered.replace(f"?at={now}&".encode(), b"?") == plain
    key = api.json(path, limit=1)["results"][0]["id"]
    assert api.get(f"/2.3.0/{path}/{key}/?at=now").content == api.get(f"/2.3.0/{path}/{key}/").content


@pytest.mark.parametrize(
    "asked",
    [
        "at=",
        "at=then",
        "at=1985",
        "at=1985-13-01",
        "at=0999-12-31",
        "at=12345",
        "at=1985-08-01&at=1985-08-02",
        "at=now&at=now",
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        *("spacecraft", "spacecraft/118", "launches/upcoming", "spacecraft/118/timeline"),
        *("config/agency_types", "dashboard/starship"),
    ],
)
def test_what_is_no_instant_is_refused_with_a_sentence(api: Api, path: str, asked: str) -> None:
    answer = api.get(f"/2.3.0/{path}/?{asked}")
    assert (answer.status_code, answer.json()) == (400, {"at": [ACCEPTED]})
    assert requested_as_of() is None


@pytest.mark.parametrize(
    "same",
    ["2014-06-01", "2014-06-01T00:00:00", "2014-06-01T02:00:00%2B02:00", "2014-06-01T00:00:00.000000Z"],
)
def test_an_instant_is_written_in_several_ways(api: Api, same: str) -> None:
    plain = api.get("/2.3.0/spacecraft/?at=2014-06-01T00:00:00Z&limit=100").content
    assert api.get(f"/2.3.0/spacecraft/?at={same}&limit=100").content == plain


@pytest.mark.every
@pytest.mark.parametrize("edge", ["1000-01-01", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("path", [*RESOURCES, *ENDPOINTS])
def test_the_ends_of_time_are_answered(api: Api, path: str, edge: str) -> None:
    assert api.get(f"/2.3.0/{path}/?at={edge}").status_code == 200


def test_page_links_keep_the_instant(api: Api) -> None:
    answer = api.json("spacecraft", at="2014-06-01", limit=2, offset=2)
    assert answer["next"].endswith("/spacecraft/?at=2014-06-01&limit=2&offset=4")
    assert answer["previous"].endswith("/spacecraft/?at=2014-06-01&limit=2")


def test_an_answer_leaves_no_trace(api: Api) -> None:
    api.json("spacecraft", at="2014-06-01")
    assert as_of() == NOW
    assert requested_as_of() is None


@pytest.mark.every
@pytest.mark.parametrize(("path", "mode"), MODES)
def test_a_page_takes_as_many_statements_however_many_rows_it_has(api: Api, path: str, mode: str) -> None:
    def statements(**asked: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            api.json(path, mode=mode, **asked)
        return len(captured)

    settle()  # it is remembered as of when all is derived, for as long as nothing changes
    then = "2026-05-01T11:59:59Z"
    reached = reached_from(RESOURCES[path].list_shape(mode))
    tables = {shape_model(shape) for shape in reached} & set(HISTORIES)
    lists = sum(len(HISTORIES[table].lists) for table in tables)
    few, many = statements(at=then, limit=1), statements(at=then, limit=100)
    once = budgets(STATEMENTS)[f"{path}?mode={mode}"] + len(tables) + lists
    assert few <= once
    assert many <= 2 * once  # the first records tell how many fit into one step


STANDING = {
    ("Astronaut", "date_of_birth"), ("DockingEvent", "docking"), ("Event", "date"),
    ("Expedition", "start"), ("Program", "start_date"), ("SpaceStation", "founded"), ("Spacewalk", "start"),
    ("Notice", "date"), ("Update", "created_on"), ("VidURL", "start_time"),
    ("RoadClosure", "window_start"), ("RoadClosure", "window_end"),
    ("Launch", "net"), ("Launch", "window_start"), ("Launch", "window_end"),
}  # fmt: skip
"""Instants that stand: those by which rows begin, and when something was to be."""


def test_every_instant_that_is_shown_is_known_to_come() -> None:
    found = set()
    for shape in SHAPES.values():
        table = shape_model(shape)
        for name in shape().columns_shown:
            is_instant = isinstance(table._meta.get_field(name.removesuffix("_id")), models.DateField)
            if is_instant and name not in HISTORIES.get(table, NOTHING).columns:
                found.add((table.__name__, name))
    assert found == STANDING


@pytest.mark.parametrize("path", RESOURCES)
def test_nothing_is_asked_of_what_another_table_held(path: str) -> None:
    """Only a table's own columns are asked as of then; a path to another's would be asked as of now."""
    resource = RESOURCES[path]
    asked: set[str] = {*resource.search_fields, *(resource.ordering_fields or ())}
    for one in filterset_of(resource).base_filters.values():
        asked |= set(getattr(one, "columns", None) or [one.field_name or ""])
    for name in asked:
        if "__" in name and name.split("__")[-1] not in ("day", "month", "year"):
            column = column_named(resource.model(), name)
            if column is not None and column.model in HISTORIES:
                assert column.name not in HISTORIES[column.model].columns, name
