"""What pages say of the same rows at different moments: the newest statement of each fact stands.

Each law is tried in both orders of loading, and the catalogue must come out the same.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from conftest import NOW, Api, so_many
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Expedition
from cosmodrome.catalogue.events import Update
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.ingest.listings import field_of, is_part_pointer
from cosmodrome.ingest.models import Statement
from cosmodrome.ingest.plans import Listing, RecordList, ReverseRecord, listings, plan_of
from cosmodrome.ingest.statements import moment_of, read_moments
from cosmodrome.resources.registry import RESOURCES, resource_of
from cosmodrome.shapes.graph import Nesting, graph_of
from cosmodrome.shapes.shapes import Shape
from pages import MONDAY, TUESDAY, WEDNESDAY, Record, agency, craft, emptied, facts, load

STATUS = {"id": 3, "name": "Success", "abbrev": "Success", "description": ""}


def launch(key: int, net: str = "2026-03-01T00:00:00Z", **changes: Any) -> Record:
    return {
        "id": f"00000000-0000-0000-0000-{key:012}",
        "name": f"Launch {key}",
        "slug": f"launch-{key}",
        "status": STATUS,
        "net": net,
        "window_start": net,
        "window_end": net,
        "last_updated": "2026-03-01T00:00:00Z",
        **changes,
    }


def flight(key: int, day: int, **changes: Any) -> Record:
    """A flight that is under way, as it was told on a day of April."""
    aboard = craft(key, in_space=True, flights_count=2, mission_ends_count=1, time_in_space=f"P{day}D")
    return {"id": key, "spacecraft": aboard, "launch": launch(key), **changes}


def docking(key: int, day: int, when: str = "2026-03-02T00:00:00Z", **changes: Any) -> Record:
    chaser = flight(key, day)
    return {"id": key, "docking": when, "departure": None, "flight_vehicle_chaser": chaser, **changes}


def expedition(key: int) -> Record:
    return {"id": key, "name": f"Expedition {key}", "start": "2026-01-01T00:00:00Z", "end": None}


def station(ports: dict[int, Record | None], expeditions: list[Record]) -> Record:
    """A station as its page has it: what is docked at each port, and the expeditions that are on board."""
    docked = [event for event in ports.values() if event]
    return {
        "response_mode": "detailed",
        "id": 4,
        "name": "Station",
        "status": {"id": 1, "name": "Active"},
        "type": {"id": 1, "name": "Government"},
        "founded": "1998-11-20",
        "onboard_crew": 0,
        "docked_vehicles": len(docked),
        "active_expeditions": expeditions,
        "docking_location": [
            {"id": key, "name": f"Port {key}", "currently_docked": event} for key, event in ports.items()
        ],
        "active_docking_events": [
            {"id": event["id"], "docking": event["docking"], "departure": None} for event in docked
        ],
    }


Pages = list[tuple[Any, str, Any]]
"""Pages with their endpoint and the moment at which they were read."""


def in_every_order(pages: Pages) -> Iterator[None]:
    """Loads the pages in every order; yields after each, and then holds the catalogues against each other.

    Of three pages, in three orders, so that each is loaded first once and last once; in two in a quick run.
    """
    found = []
    orders = list(permutations(pages))
    if len(pages) > 2:
        orders = [orders[0], orders[4], orders[3]][: so_many(2, of=3)]
    for order in orders:
        with emptied():
            Statement.objects.all().delete()
            for page, endpoint, moment in order:
                load(page, moment, endpoint=endpoint)
            found.append(facts())
            yield
    for each in found[1:]:
        assert differences(found[0], each) == {}


def differences(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> dict[str, Any]:
    """The rows of each table that only one of two catalogues has."""
    pairs = {table: (one[table], other[table]) for table in one if one[table] != other[table]}
    return {
        table: ([row for row in a if row not in b], [row for row in b if row not in a])
        for table, (a, b) in pairs.items()
    }


@pytest.mark.usefixtures("empty")
class TestAStationPageIsAStatementAtItsMoment:
    BEFORE, AGAIN = (
        station({port: docking(port, day) for port in (1, 2, 3)}, [expedition(1), expedition(2)])
        for day in (20, 22)
    )
    AFTER = station({1: docking(4, 21, "2026-04-21T00:00:00Z"), 2: None, 3: docking(3, 21)}, [expedition(2)])

    def test_what_it_no_longer_lists_is_over(self, api: Api) -> None:
        for _ in in_every_order(
            [(self.BEFORE, "space_stations", MONDAY), (self.AFTER, "space_stations", TUESDAY)]
        ):
            answer = api.json("space_stations/4")
            ports = {
                port["id"]: port["currently_docked"] and port["currently_docked"]["id"]
                for port in answer["docking_location"]
            }
            assert ports == {1: 4, 2: None, 3: 3}
            assert [each["id"] for each in answer["active_docking_events"]] == [3, 4]
            assert [each["id"] for each in answer["active_expeditions"]] == [2]
            assert answer["docked_vehicles"] == 2
            assert {each["id"] for each in api.json("spacecraft", in_space="true")["results"]} == {3, 4}

    def test_when_it_ended_is_not_told(self, api: Api) -> None:
        for _ in in_every_order(
            [(self.BEFORE, "space_stations", MONDAY), (self.AFTER, "space_stations", TUESDAY)]
        ):
            assert api.json("docking_events/2")["departure"] is None
            assert api.json("expeditions/1")["end"] is None
            assert DockingEvent.objects.get(pk=2).over_by == TUESDAY
            assert Expedition.objects.get(pk=1).over_by == TUESDAY

    def test_the_time_of_a_craft_that_was_seen_down_stands_still(self, api: Api) -> None:
        for page, moment in ((self.BEFORE, MONDAY), (self.AFTER, TUESDAY)):
            load(page, moment, endpoint="space_stations")
        assert api.json("spacecraft/1")["time_in_space"] == "P20D"
        assert api.json("spacecraft_flights/1")["duration"] == "P0D"  # nobody says how long it has lasted
        assert api.json("spacecraft_flights/3")["duration"] != "P0D"
        assert api.json("spacecraft/3")["time_in_space"] == f"P{21 + (NOW - TUESDAY).days}D"

    def test_who_is_listed_again_is_back(self, api: Api) -> None:
        pages = [
            (self.BEFORE, "space_stations", MONDAY),
            (self.AFTER, "space_stations", TUESDAY),
            (self.AGAIN, "space_stations", WEDNESDAY),
        ]
        for _ in in_every_order(pages):
            assert [each["id"] for each in api.json("space_stations/4")["active_docking_events"]] == [1, 2, 3]
            assert [each["id"] for each in api.json("space_stations/4")["active_expeditions"]] == [1, 2]
            assert {each["id"] for each in api.json("spacecraft", in_space="true")["results"]} == {1, 2, 3}

    def test_a_craft_of_which_later_news_say_so_is_in_space(self, api: Api) -> None:
        pages = [
            (self.BEFORE, "space_stations", MONDAY),
            (self.AFTER, "space_stations", TUESDAY),
            (craft(1, in_space=True, flights_count=2, time_in_space="P22D"), "spacecraft", WEDNESDAY),
        ]
        for _ in in_every_order(pages):
            assert api.json("spacecraft/1")["in_space"] is True

    def test_an_end_that_is_told_is_the_end(self, api: Api) -> None:
        left = docking(2, 22, departure="2026-04-20T18:00:00Z")
        pages = [
            (self.BEFORE, "space_stations", MONDAY),
            (self.AFTER, "space_stations", TUESDAY),
            (left, "docking_events", WEDNESDAY),
        ]
        for _ in in_every_order(pages):
            assert api.json("docking_events/2")["departure"] == "2026-04-20T18:00:00Z"
            assert DockingEvent.objects.get(pk=2).over_by is None

    def test_of_two_at_one_port_the_later_is_docked(self) -> None:
        port = {"id": 1, "name": "Port 1", "spacestation": {"id": 4, "name": "Station"}}
        pages = [
            (docking(key, 20, when, docking_location=port), "docking_events", MONDAY)
            for key, when in ((7, "2026-03-05T00:00:00Z"), (8, "2026-03-04T00:00:00Z"))
        ]
        for _ in in_every_order(pages):
            assert DockingEvent.objects.get(pk=7).over_by is None
            assert DockingEvent.objects.get(pk=8).over_by is not None


def shape_with(listing: Listing) -> tuple[str, str, list[str]]:
    """A resource, a mode and the keys that lead to a record that has the listing."""
    for path, resource in RESOURCES.items():
        for mode, shape in resource.modes.items():
            keys = next(keys_to(shape, listing, 3), None)
            if keys is not None:
                return path, mode, keys
    raise AssertionError(f"no answer has {listing}")


def keys_to(shape: type[Shape], listing: Listing, depth: int) -> Iterator[list[str]]:
    plan = plan_of(shape)
    for name, target in plan.targets.items():
        if not isinstance(target, RecordList | ReverseRecord) or plan.model is not listing.owner:
            continue
        if (target.listing, target.points_back) == (listing.name, listing.points_back):
            yield [name]
    if depth:
        for key in graph_of(shape).nested:
            if isinstance(key, Nesting) and isinstance(plan.targets.get(key.name), object):
                yield from ([key.name, *rest] for rest in keys_to(key.shape, listing, depth - 1))


def take_away(value: Any, keys: list[str]) -> int:
    """Takes the records at the end of a path of keys out of a record; returns how many these were."""
    if isinstance(value, list):
        return sum(take_away(item, keys) for item in value)
    if not isinstance(value, dict):
        return 0
    name, *rest = keys
    if rest:
        return take_away(value.get(name), rest)
    taken = value[name]
    value[name] = [] if isinstance(taken, list) else None
    return len(taken) if isinstance(taken, list) else int(taken is not None)


IN_A_QUICK_RUN = ("updates", "pads", "variants", "flights")
"""One of each outcome: the rest takes a second each, for more detailed pages."""
WHOLE_LISTS = [each for each in listings() if not each.subset]


@pytest.mark.every
@pytest.mark.parametrize(
    "listing",
    [
        each if each.name in IN_A_QUICK_RUN else pytest.param(each, marks=pytest.mark.slow)
        for each in WHOLE_LISTS
    ],
    ids=lambda each: f"{each.owner.__name__}.{each.name}",
)
def test_a_list_shrinks_when_a_newer_page_lists_fewer(api: Api, listing: Listing) -> None:
    """Every list of rows that point to the record with the list: updates, flights, pads, vehicles, dockings."""
    path, mode, keys = shape_with(listing)
    children, column = listing.children._default_manager, listing.points_back
    before = api.json(path, mode=mode, limit=100)["results"]
    after = copy.deepcopy(before)
    if not take_away(after, keys):
        owner = RESOURCES[path].model()._default_manager.get(pk=before[0]["id"])
        children.filter(pk=children.earliest("pk").pk).update(**{column: owner.pk})
        before = api.json(path, mode=mode, limit=100)["results"]
        after = copy.deepcopy(before)
        assert take_away(after, keys)
    stays = not field_of(listing.children, listing.points_back).null and not any(
        map(is_part_pointer, listing.children._meta.concrete_fields)
    )
    for _ in in_every_order([(before, path, MONDAY), (after, path, TUESDAY)]):
        left = children.filter(**{f"{column}__isnull": False}).values_list("pk", flat=True)
        told = read_moments(listing.children, left)
        assert stays or all(moment_of(told[key][column]) == TUESDAY for key in left)  # as others nest it


LISTED_ELSEWHERE = [each for each in WHOLE_LISTS if resource_of(each.children)]


@pytest.mark.every
@pytest.mark.parametrize("listing", LISTED_ELSEWHERE, ids=lambda each: f"{each.owner.__name__}.{each.name}")
def test_a_list_takes_nothing_away_that_it_lists(api: Api, listing: Listing) -> None:
    """Whether the records that it lists were loaded before it, from their own page, or after it."""
    path, mode, _ = shape_with(listing)
    resource = resource_of(listing.children)
    assert resource
    own = resource.path
    pages: Pages = [
        (api.json(path, mode=mode, limit=100)["results"], path, MONDAY),
        (api.json(own, mode=list(resource.modes)[-1], limit=100)["results"], own, MONDAY),
    ]
    told, column = listing.children._default_manager, f"{listing.points_back}__isnull"
    there = set(told.filter(**{column: False}).values_list("pk", flat=True))
    for _ in in_every_order(pages):
        assert set(told.filter(**{column: False}).values_list("pk", flat=True)) == there


@pytest.mark.usefixtures("empty")
def test_an_older_page_overwrites_nothing() -> None:
    newer, older = agency(1, "normal"), agency(1, "normal", name="Old", abbrev="O", featured=False)
    older |= {"country": [], "parent": "Nobody"}
    for _ in in_every_order([(newer, "agencies", TUESDAY), (older, "agencies", MONDAY)]):
        row = Agency.objects.get(pk=1)
        assert (row.name, row.abbrev, row.featured, row.country.count()) == ("Agency 1", "A1", True, 1)


@pytest.mark.usefixtures("empty")
def test_a_brief_newer_page_leaves_the_rest_to_an_older_one(api: Api) -> None:
    full = agency(1, "detailed", name="Old")
    for _ in in_every_order([(agency(1), "agencies", TUESDAY), (full, "agencies", MONDAY)]):
        answer = api.json("agencies/1")
        assert (answer["name"], answer["administrator"]) == ("Agency 1", "Someone")


@pytest.mark.usefixtures("empty")
class TestTotalsAndParts:
    """An agency's total, and launches of it that the catalogue has."""

    LAUNCHES = [
        launch(key, launch_service_provider=agency(1), pad=None, mission=None, rocket=None)
        for key in (1, 2, 3)
    ]

    def total(self, api: Api) -> Any:
        return api.json("agencies/1")["total_launch_count"]

    def test_what_is_in_the_catalogue_is_all_there_is_where_nothing_was_published(self, api: Api) -> None:
        load(self.LAUNCHES, MONDAY, endpoint="launches")
        assert self.total(api) == 3

    def test_a_total_that_is_newer_than_its_parts_stands(self, api: Api) -> None:
        total = agency(1, "detailed", total_launch_count=2, successful_launches=2)
        for _ in in_every_order([(self.LAUNCHES, "launches", MONDAY), (total, "agencies", TUESDAY)]):
            assert self.total(api) == 2

    def test_parts_that_are_newer_are_counted(self, api: Api) -> None:
        total = agency(1, "detailed", total_launch_count=2, successful_launches=2)
        pages = [
            (self.LAUNCHES[:2], "launches", MONDAY),
            (total, "agencies", TUESDAY),
            (self.LAUNCHES, "launches", WEDNESDAY),
        ]
        for _ in in_every_order(pages):
            assert self.total(api) == 3

    def test_fewer_than_were_published_are_not_all(self, api: Api) -> None:
        load(agency(1, "detailed", total_launch_count=9), MONDAY)
        load(self.LAUNCHES, TUESDAY, endpoint="launches")
        assert self.total(api) == 9


@pytest.mark.usefixtures("empty")
class TestWhatTheOriginalTakesBack:
    """A craft on a launch is replaced by another."""

    def test_nor_is_a_payload_that_is_listed_no_more(self, api: Api) -> None:
        def page(*aboard: int) -> Record:
            made = {"type": {"id": 1, "name": "Probe"}, "manufacturer": agency(1), "operator": agency(1)}
            flights = [{"id": key, "payload": {"id": key, "name": f"Probe {key}"} | made} for key in aboard]
            return launch(1, rocket={"id": 1, "payloads": flights})

        for _ in in_every_order([(page(1, 2), "launches", MONDAY), (page(2), "launches", TUESDAY)]):
            assert [each["id"] for each in api.json("payload_flights")["results"]] == [2]

    @staticmethod
    def page(aboard: int) -> Record:
        stage = {"id": aboard, "spacecraft": craft(aboard, flights_count=0, mission_ends_count=0)}
        landing = {"id": 1, "attempt": True, "success": None, "type": {"id": 1, "name": "Splashdown"}}
        rocket = {"id": 1, "spacecraft_stage": [stage | {"landing": landing}], "payloads": []}
        return launch(1, rocket=rocket)

    def test_the_first_is_in_space_no_more(self, api: Api) -> None:
        pages = [(self.page(1), "launches", MONDAY), (self.page(2), "launches", TUESDAY)]
        for _ in in_every_order(pages):
            assert [each["id"] for each in api.json("spacecraft_flights")["results"]] == [2]
            assert [each["id"] for each in api.json("spacecraft", in_space="true")["results"]] == [2]
            assert api.json("spacecraft_flights/2")["landing"]["id"] == 1


@pytest.mark.usefixtures("empty")
class TestTheMomentOfAPage:
    """Where there is no Date header, durations that grow tell it, to the second."""

    UP = craft(1, in_space=True, flights_count=1, mission_ends_count=0, time_in_space="P10DT1H")

    @pytest.mark.parametrize(
        ("page", "endpoint"),
        [
            (launch(1, "2026-04-10T11:00:00Z", rocket={"id": 1, "spacecraft_stage": [{"id": 1, "spacecraft": UP}]}), "launches"),
            ({"id": 1, "launch": launch(1, "2026-04-10T11:00:00Z"), "spacecraft": UP}, "spacecraft_flights"),
            ({**UP, "flights": [{"id": 1, "launch": launch(1, "2026-04-10T11:00:00Z")}]}, "spacecraft"),
        ],
        ids=["a launch", "a flight", "a craft"],
    )  # fmt: skip
    def test_a_craft_on_its_first_flight_tells(self, page: Record, endpoint: str) -> None:
        load(page, TUESDAY, endpoint=endpoint)
        assert Spacecraft.objects.get().totals_read_at == MONDAY

    def test_a_guess_is_told(self) -> None:
        report = load(craft(1), file_time=TUESDAY)
        assert report.guessed and report.guessed.words == "2026-04-21 12:00:00 UTC (the time of the file)"
        assert load(craft(1), TUESDAY).guessed is None


@pytest.mark.usefixtures("empty")
class TestTheOneBefore:
    def test_a_turnaround_is_derived_only_when_all_flights_before_are_known(self, api: Api) -> None:
        times = {"turn_around_time": "P538D", "mission_end": None}
        aboard = craft(1, flights_count=9, mission_ends_count=9)
        early = {"id": 1, "spacecraft": aboard, "launch": launch(1, "2020-01-01T00:00:00Z")}
        late = {"id": 2, "spacecraft": aboard, "launch": launch(2, "2026-01-01T00:00:00Z")}
        load(
            [early | {"mission_end": "2020-02-01T00:00:00Z"}, late | times],
            MONDAY,
            endpoint="spacecraft_flights",
        )
        assert api.json("spacecraft_flights/2")["turn_around_time"] == "P538D"
        known = [
            flight | {"spacecraft": craft(1, flights_count=2, mission_ends_count=1)}
            for flight in (early, late)
        ]
        load(known, TUESDAY, endpoint="spacecraft_flights")
        assert api.json("spacecraft_flights/2")["turn_around_time"] == "P2161D"

    def test_time_docked_grows_while_a_docking_that_is_known_is_open(self, api: Api) -> None:
        load([docking(1, 20)], MONDAY, endpoint="docking_events")
        load(craft(1, in_space=True, flights_count=9, time_docked="P100D"), TUESDAY)
        days = (NOW - TUESDAY).days
        assert api.json("spacecraft/1")["time_docked"] == f"P{100 + days}D"


@pytest.mark.usefixtures("empty")
def test_what_was_taken_back_stays_away_when_an_older_page_tells_of_it(api: Api) -> None:
    """Even if the page does not say to what it belonged, and with what went with it."""
    brief = {"id": 1, "comment": "Slipped.", "created_on": "2026-04-01T00:00:00Z"}
    pages: Pages = [
        (launch(1, updates=[brief], response_mode="detailed"), "launches", MONDAY),
        (launch(1, updates=[], response_mode="detailed"), "launches", TUESDAY),
        ([brief], "updates", MONDAY),
    ]
    for _ in in_every_order(pages):
        assert api.json("updates")["results"] == []


@pytest.mark.usefixtures("empty")
def test_what_is_told_of_later_is_there_though_its_owner_lists_it_no_more() -> None:
    brief = {"id": 1, "comment": "Slipped.", "created_on": "2026-04-01T00:00:00Z"}
    pages: Pages = [
        (launch(1, updates=[brief], response_mode="detailed"), "launches", MONDAY),
        (launch(1, updates=[], response_mode="detailed"), "launches", TUESDAY),
        ([brief], "updates", WEDNESDAY),
    ]
    for _ in in_every_order(pages):
        assert [(update.pk, update.launch_id) for update in Update.objects.all()] == [(1, None)]
