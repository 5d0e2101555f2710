"""Timelines: small histories as they must come out, laws for any history, and the manners of every answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from icalendar import Event as Entry

from conftest import NOW, Api
from cosmodrome.catalogue.crews import Expedition
from cosmodrome.catalogue.flights import Payload, PayloadFlight, SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, NetPrecision, Rocket
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import (
    DockingEvent,
    DockingLocation,
    SpaceStation,
    SpaceStationStatus,
    SpaceStationType,
)
from cosmodrome.time.durations import write_duration
from pages import examples

PAIRS = {
    "undocking": "docking",
    "landing": "launch",
    "expedition_end": "expedition_start",
    "deorbit": "founding",
}
"""What begins that which ends."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_craft(name: str = "Hope", **columns: Any) -> Spacecraft:
    like = Spacecraft.objects.earliest("pk")
    known = {"status_id": like.status_id, "spacecraft_config_id": like.spacecraft_config_id}
    return Spacecraft.objects.create(name=name, **{**known, **columns})


def a_station(name: str = "Outpost", **columns: Any) -> SpaceStation:
    known = {
        "founded": date(2020, 1, 1),
        "status": SpaceStationStatus.objects.earliest("pk"),
        "type": SpaceStationType.objects.earliest("pk"),
    }
    return SpaceStation.objects.create(name=name, **{**known, **columns})


def a_rocket(net: datetime | None, name: str = "Arrow | Hope-1", **columns: Any) -> Rocket:
    launch = Launch.objects.create(name=name, net=net, **columns)
    return Rocket.objects.create(launch=launch)


def a_flight(craft: Spacecraft, net: str | None, end: str | None = None, **columns: Any) -> SpacecraftFlight:
    return SpacecraftFlight.objects.create(
        spacecraft=craft,
        rocket=a_rocket(at(net)) if net else None,
        mission_end=at(end) if end else None,
        **columns,
    )


def a_docking(docking: str, departure: str | None = None, **ends: Any) -> DockingEvent:
    return DockingEvent.objects.create(
        docking=at(docking), departure=at(departure) if departure else None, **ends
    )


def told(api: Api, row: Any) -> list[tuple[str, str, str | None]]:
    """The kind, instant and duration of what the timeline of `row` has."""
    return [(event["kind"], event["instant"], event["duration"]) for event in timeline(api, row)["events"]]


def timeline(api: Api, row: Any) -> Any:
    return api.get(address(row)).json()


def address(row: Any) -> str:
    path = "spacecraft" if isinstance(row, Spacecraft) else "space_stations"
    return f"/2.3.0/{path}/{row.pk}/timeline/"


def entries(api: Api, row: Any, **headers: str) -> list[Entry]:
    """The events of the calendar of `row`."""
    answer = api.get(f"{address(row)}?format=ics", **headers)
    assert answer.status_code == 200
    calendar = Calendar.from_ical(answer.content)
    return [entry for entry in calendar.walk("VEVENT") if isinstance(entry, Entry)]


def test_a_reflown_craft_has_its_flights_one_after_the_other(api: Api) -> None:
    craft = a_craft()
    a_flight(craft, "2021-03-01T10:00:00", "2021-03-08T11:00:30")
    a_flight(craft, "2020-01-01T00:00:00", "2020-01-02T00:00:00")
    assert told(api, craft) == [
        ("launch", "2020-01-01T00:00:00Z", None),
        ("landing", "2020-01-02T00:00:00Z", "P1D"),
        ("launch", "2021-03-01T10:00:00Z", None),
        ("landing", "2021-03-08T11:00:30Z", "P7DT1H30S"),
    ]


def test_a_craft_that_changes_ports_leaves_one_before_it_is_at_the_other(api: Api) -> None:
    craft, station = a_craft(), a_station()
    flight = a_flight(craft, "2021-01-01T00:00:00", "2021-02-01T00:00:00")
    ends = {"flight_vehicle_chaser": flight, "space_station_target": station}
    a_docking("2021-01-10T00:00:00", "2021-01-31T00:00:00", **ends)
    a_docking("2021-01-02T00:00:00", "2021-01-10T00:00:00", **ends)
    visit = [
        ("docking", "2021-01-02T00:00:00Z", None),
        ("undocking", "2021-01-10T00:00:00Z", "P8D"),
        ("docking", "2021-01-10T00:00:00Z", None),
        ("undocking", "2021-01-31T00:00:00Z", "P21D"),
    ]
    launch, landing = ("launch", "2021-01-01T00:00:00Z", None), ("landing", "2021-02-01T00:00:00Z", "P31D")
    assert told(api, craft) == [launch, *visit, landing]
    assert told(api, station) == [("founding", "2020-01-01T00:00:00Z", None), *visit]


def test_what_takes_no_time_begins_before_it_ends(api: Api) -> None:
    craft, moment = a_craft(), "2021-01-02T00:00:00"
    flight = a_flight(craft, moment, moment)
    a_docking(moment, moment, flight_vehicle_chaser=flight, space_station_target=a_station())
    assert [kind for kind, _, _ in told(api, craft)] == ["launch", "docking", "undocking", "landing"]


def test_an_open_mission_has_no_end_and_a_vehicle_still_docked_has_not_left(api: Api) -> None:
    craft, station = a_craft(), a_station()
    flight = a_flight(craft, "2026-04-01T00:00:00")
    a_docking("2026-04-02T00:00:00", flight_vehicle_chaser=flight, space_station_target=station)
    assert [kind for kind, _, _ in told(api, craft)] == ["launch", "docking"]
    assert [kind for kind, _, _ in told(api, station)] == ["founding", "docking"]


def test_what_has_no_instant_is_left_out_and_a_published_duration_stands_in(api: Api) -> None:
    craft = a_craft()
    a_flight(craft, None, "2021-01-02T00:00:00", duration=timedelta(days=9))
    a_flight(craft, None, "2021-02-02T00:00:00")
    SpacecraftFlight.objects.create(spacecraft=craft, rocket=a_rocket(None))
    assert told(api, craft) == [
        ("landing", "2021-01-02T00:00:00Z", "P9D"),
        ("landing", "2021-02-02T00:00:00Z", None),
    ]


def test_records_that_contradict_themselves_are_told_as_they_are_without_a_duration(api: Api) -> None:
    craft = a_craft()
    flight = a_flight(craft, "2021-02-01T00:00:00", "2021-01-01T00:00:00")
    a_docking("2021-03-02T00:00:00", "2021-03-01T00:00:00", flight_vehicle_chaser=flight)
    assert told(api, craft) == [
        ("landing", "2021-01-01T00:00:00Z", None),
        ("launch", "2021-02-01T00:00:00Z", None),
        ("undocking", "2021-03-01T00:00:00Z", None),
        ("docking", "2021-03-02T00:00:00Z", None),
    ]


def test_what_is_still_to_come_says_so(api: Api) -> None:
    craft = a_craft()
    flight = a_flight(craft, "2026-04-01T00:00:00", "2026-06-01T00:00:00")
    ends = {"flight_vehicle_chaser": flight, "space_station_target": a_station()}
    a_docking("2026-05-01T12:00:00", "2026-05-01T12:00:01", **ends)
    planned = [(event["kind"], event["planned"]) for event in timeline(api, craft)["events"]]
    assert planned == [("launch", False), ("docking", False), ("undocking", True), ("landing", True)]
    statuses = [str(entry["STATUS"]) for entry in entries(api, craft)]
    assert statuses == ["CONFIRMED", "CONFIRMED", "TENTATIVE", "TENTATIVE"]


def test_a_launch_known_to_the_month_is_a_day_in_the_calendar(api: Api) -> None:
    craft = a_craft()
    for number, name in enumerate(["Minute", "Month"]):
        precision = NetPrecision.objects.create(id=700 + number, name=name)
        rocket = a_rocket(at(f"203{number}-01-31T10:20:30"), net_precision=precision)
        SpacecraftFlight.objects.create(spacecraft=craft, rocket=rocket)
    assert [event["precision"] for event in timeline(api, craft)["events"]] == ["Minute", "Month"]
    assert [entry.DTSTART for entry in entries(api, craft)] == [
        at("2030-01-31T10:20:30"),
        date(2031, 1, 31),
    ]


def test_a_craft_that_others_dock_to_has_their_visits(api: Api) -> None:
    host, guest = a_craft("Host"), a_craft("Guest")
    target = a_flight(host, "1975-07-15T12:20:00")
    chaser = a_flight(guest, "1975-07-15T19:50:00")
    a_docking("1975-07-17T16:19:00", flight_vehicle_target=target, flight_vehicle_chaser=chaser)
    for craft, own in ((host, target), (guest, chaser)):
        event = timeline(api, craft)["events"][-1]
        assert event["title"] == "Guest docks with Host"
        assert event["flight"]["id"] == own.pk
        assert event["docking"]["chaser"]["id"] == chaser.pk
        assert event["docking"]["target"]["id"] == target.pk


def test_a_station_has_visitors_of_every_kind_and_its_expeditions(api: Api) -> None:
    station, module = a_station(deorbited=date(2025, 1, 1)), a_station("Module", founded=date(2021, 1, 1))
    payload = Payload.objects.earliest("pk")
    cargo = PayloadFlight.objects.create(payload=payload, rocket=a_rocket(at("2022-01-01T00:00:00")))
    a_docking("2021-05-01T00:00:00", space_station_chaser=module, space_station_target=station)
    a_docking("2022-01-03T00:00:00", payload_flight_chaser=cargo, space_station_target=station)
    a_docking("2023-01-01T00:00:00", space_station_target=station)
    Expedition.objects.create(
        name="Stay 1", spacestation=station, start=at("2021-06-01T00:00:00"), end=at("2021-07-01T00:00:00")
    )
    events = timeline(api, station)["events"]
    assert [(event["title"], event["duration"]) for event in events] == [
        ("Outpost is founded", None),
        ("Module docks with Outpost", None),
        ("Stay 1 begins", None),
        ("Stay 1 ends", "P30D"),
        (f"{payload.name} docks with Outpost", None),
        ("An unnamed vehicle docks with Outpost", None),
        ("Outpost is deorbited", "P1827D"),
    ]
    assert [event["precision"] for event in events] == ["Day", *[None] * 5, "Day"]
    assert events[4]["launch"]["id"] == str(cargo.rocket_id)
    assert date(2020, 1, 1) == entries(api, station)[0].DTSTART
    assert [event["title"] for event in timeline(api, module)["events"]] == [
        "Module is founded",
        "Module docks with Outpost",
    ]


def test_an_event_in_full(api: Api) -> None:
    craft, station = a_craft(pk=4242), a_station(pk=4343)
    flight = a_flight(craft, "2021-01-01T00:00:00", pk=4444)
    port = DockingLocation.objects.create(name="Port 1", spacestation=station)
    ends = {"flight_vehicle_chaser": flight, "space_station_target": station, "docking_location": port}
    a_docking("2021-01-02T00:00:00", "2021-01-03T06:00:00", pk=4545, **ends)
    Launch.objects.filter(pk=flight.rocket_id or "").update(last_updated=at("2021-01-05T00:00:00"))
    answer = timeline(api, craft)
    here = "http://testserver/2.3.0"
    vehicle = {"id": 4444, "url": f"{here}/spacecraft_flights/4444/", "name": "Hope"}
    assert list(answer) == ["id", "url", "name", "events"]
    assert [answer["id"], answer["url"], answer["name"]] == [4242, f"{here}/spacecraft/4242/", "Hope"]
    launch = UUID(str(flight.rocket_id))
    assert answer["events"][-1] == {
        "id": "dockingevent-4545-undocking",
        "kind": "undocking",
        "instant": "2021-01-03T06:00:00Z",
        "precision": None,
        "planned": False,
        "title": "Hope undocks from Outpost (Port 1)",
        "duration": "P1DT6H",
        "outcome": None,
        "last_updated": "2021-01-05T00:00:00Z",
        "flight": vehicle,
        "launch": {"id": str(launch), "url": f"{here}/launches/{launch}/", "name": "Arrow | Hope-1"},
        "docking": {
            "id": 4545,
            "url": f"{here}/docking_events/4545/",
            "docking_location": "Port 1",
            "chaser": vehicle,
            "target": {"id": 4343, "url": f"{here}/space_stations/4343/", "name": "Outpost"},
        },
        "expedition": None,
    }
    assert api.get(f"{address(craft)}?format=ics").content.decode().split("BEGIN:VEVENT\r\n")[-1] == (
        "SUMMARY:Hope undocks from Outpost (Port 1)\r\n"
        "DTSTART:20210103T060000Z\r\n"
        "DURATION:P0D\r\n"
        "DTSTAMP:20210105T000000Z\r\n"
        "UID:dockingevent-4545-undocking@cosmodrome\r\n"
        "SEQUENCE:11052000\r\n"
        "CATEGORIES:undocking\r\n"
        "DESCRIPTION:Duration: P1DT6H\\nLaunch: Arrow | Hope-1\r\n"
        "LAST-MODIFIED:20210105T000000Z\r\n"
        "STATUS:CONFIRMED\r\n"
        "TRANSP:TRANSPARENT\r\n"
        "URL:http://testserver/2.3.0/docking_events/4545/\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def test_every_link_leads_somewhere(api: Api) -> None:
    for row in (SpacecraftFlight.objects.earliest("pk").spacecraft, SpaceStation.objects.earliest("pk")):
        asked = set(links(api.get(f"{address(row)}?format=json").json()))
        assert asked
        assert all(link.endswith("/?format=json") for link in asked)
        for link in {urlsplit(link).path.split("/")[2]: link for link in sorted(asked)}.values():
            assert api.get(link).status_code == 200, link
        found = {str(entry["URL"]) for entry in entries(api, row)}
        assert found <= {link.removesuffix("?format=json") for link in asked}


def links(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "url":
                yield part
            yield from links(part)
    for part in value if isinstance(value, list) else ():
        yield from links(part)


histories = st.lists(
    st.tuples(
        st.integers(0, 3000),
        st.one_of(st.none(), st.integers(0, 400)),
        st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3))), max_size=4),
    ),
    max_size=4,
)
"""Flights by the days of their launch, their length or none, and steps from one docking to the next."""

names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='\r\n\t;,:\\"'), min_size=1, max_size=90
)


@pytest.mark.parametrize("times", [pytest.param(8), pytest.param(20, marks=pytest.mark.slow)])
def test_any_history_is_in_order_and_the_same_as_a_calendar(api: Api, times: int) -> None:
    @examples(times)
    @given(flights=histories, name=names)
    def holds(flights: Any, name: str) -> None:
        with transaction.atomic():
            craft, station = a_craft(name), a_station(name)
            expected: Counter[str] = Counter()
            for start, length, steps in flights:
                expected.update(write_flight(craft, station, start, length, steps))
            for row, kinds in ((craft, set(expected)), (station, {"docking", "undocking", "founding"})):
                events = timeline(api, row)["events"]
                found = Counter(event["kind"] for event in events)
                assert found == Counter(
                    {**expected, "founding": 1} if row is station else expected
                ) & Counter(dict.fromkeys(kinds, 10**6))
                hold(events)
                same(events, entries(api, row))
                again = entries(api, row, host="localhost")
                assert [entry["UID"] for entry in again] == [f"{event['id']}@cosmodrome" for event in events]
            transaction.set_rollback(True)

    holds()


def write_flight(
    craft: Spacecraft, station: SpaceStation, start: int, length: int | None, steps: list[Any]
) -> Iterator[str]:
    """A flight and its dockings, one after the other, the last perhaps open; and the events that it makes."""
    net = at("2018-01-01T00:00:00") + timedelta(days=start)
    end = None if length is None else net + timedelta(days=length)
    flight = SpacecraftFlight.objects.create(spacecraft=craft, rocket=a_rocket(net), mission_end=end)
    yield "launch"
    if end:
        yield "landing"
    for wait, stay in steps:
        docking = net + timedelta(days=wait)
        departure = None if stay is None else docking + timedelta(days=stay)
        DockingEvent.objects.create(
            docking=docking,
            departure=departure,
            flight_vehicle_chaser=flight,
            space_station_target=station,
        )
        yield "docking"
        if departure is None:
            return
        yield "undocking"
        net = departure


def hold(events: list[Any]) -> None:
    """Sorted, each end after its beginning and as long as the two are apart, each known by its id."""
    instants = [event["instant"] for event in events]
    assert instants == sorted(instants)
    place = {event["id"]: number for number, event in enumerate(events)}
    assert len(place) == len(events)
    for number, event in enumerate(events):
        assert event["planned"] == (datetime.fromisoformat(event["instant"]) > NOW)
        if event["kind"] not in PAIRS:
            assert event["duration"] is None
            continue
        begin = place[event["id"].removesuffix(event["kind"]) + PAIRS[event["kind"]]]
        assert begin < number
        lasted = datetime.fromisoformat(event["instant"]) - datetime.fromisoformat(events[begin]["instant"])
        assert event["duration"] == write_duration(lasted)


def same(events: list[Any], calendar: list[Entry]) -> None:
    """The calendar has every event, at its instant, under its title."""
    assert len(calendar) == len(events)
    assert len({entry["UID"] for entry in calendar}) == len(events)
    for event, entry in zip(events, calendar, strict=True):
        instant = datetime.fromisoformat(event["instant"])
        assert instant == entry.DTSTAMP
        assert (instant.date() if event["precision"] == "Day" else instant) == entry.DTSTART
        assert str(entry["SUMMARY"]) == " ".join(event["title"].split())


@pytest.fixture
def craft(db: None) -> Spacecraft:
    made = a_craft(pk=4242)
    a_flight(made, "2021-01-01T00:00:00", "2021-01-02T00:00:00")
    return made


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", "*/*", "application/json"),
        ("", "text/html", "text/html; charset=utf-8"),
        ("", "text/calendar", "text/calendar; charset=utf-8"),
        ("?format=json", "text/html", "application/json"),
        ("?format=api", "application/json", "text/html; charset=utf-8"),
        ("?format=ics", "application/json", "text/calendar; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_the_format_is_what_is_asked_for(
    api: Api, craft: Spacecraft, method: str, query: str, accept: str, kind: str
) -> None:
    answer = getattr(api.client, method)(address(craft) + query, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer["Content-Type"] == kind
    assert answer["Vary"] == "Accept"
    assert answer["Allow"] == "GET"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert bool(answer.content) == (method == "get")
    if kind.startswith("text/calendar"):
        assert answer["Content-Disposition"] == 'attachment; filename="spacecraft-4242-timeline.ics"'


@pytest.mark.parametrize("query", ["", "?format=json", "?format=ics"])
@pytest.mark.parametrize("where", ["spacecraft/987654", "space_stations/987654"])
def test_an_unknown_id_is_a_404_in_json_in_every_format(api: Api, where: str, query: str) -> None:
    record = api.get(f"/2.3.0/{where}/")
    answer = api.get(f"/2.3.0/{where}/timeline/{query}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == record.json()
    assert list(answer.json()) == ["detail"]


def test_other_mistakes_are_answered_as_everywhere(api: Api, craft: Spacecraft) -> None:
    assert api.get("/2.3.0/spacecraft/x/timeline/").status_code == 404
    assert api.get("/2.3.0/agencies/1/timeline/").status_code == 404
    assert list(api.get(f"{address(craft)}?format=xml").json()) == ["detail"]
    moved = api.get(address(craft).rstrip("/") + "?format=ics")
    assert (moved.status_code, moved["Location"]) == (301, f"{address(craft)}?format=ics")
    assert api.client.post(address(craft)).status_code == 405
    for form in ("json", "ics", "api"):
        options = api.client.options(f"{address(craft)}?format={form}")
        assert options.status_code == 200


def test_a_station_that_has_only_been_mentioned_has_no_timeline(api: Api) -> None:
    assert api.get(address(SpaceStation.objects.create(name="Heard of"))).status_code == 404


def test_the_page_shows_the_way_back_and_the_other_formats(api: Api, craft: Spacecraft) -> None:
    page = api.client.get(address(craft), headers={"accept": "text/html"}).content.decode()
    for link in ("/2.3.0/", "/2.3.0/spacecraft/", "/2.3.0/spacecraft/4242/"):
        assert f'<a href="{link}">' in page
    assert '<p class="kind">Spacecraft Timeline</p>\n<h1>Hope</h1>' in page
    assert f'href="http://testserver{address(craft)}?format=ics">as ics</a>' in page


@pytest.mark.parametrize("form", ["json", "ics"])
@pytest.mark.parametrize("times", [1, 12])
def test_three_statements_tell_a_timeline_however_long(api: Api, form: str, times: int) -> None:
    craft, station = a_craft(), a_station()
    for day in range(1, times + 1):
        flight = a_flight(craft, f"2021-01-{day:02}T00:00:00", f"2021-01-{day:02}T06:00:00")
        ends = {"flight_vehicle_chaser": flight, "space_station_target": station}
        a_docking(f"2021-01-{day:02}T02:00:00", f"2021-01-{day:02}T05:00:00", **ends)
        Expedition.objects.create(name=f"Stay {day}", spacestation=station, start=at("2021-01-01T00:00:00"))
    for row in (craft, station):
        assert api.get(address(row)).status_code == 200  # as of when all is derived is known after that
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"{address(row)}?format={form}").status_code == 200
        assert len(captured) == 3, [query["sql"] for query in captured.captured_queries]


def test_the_calendar_is_the_same_bytes_on_every_request(api: Api, craft: Spacecraft) -> None:
    first, second = (api.get(f"{address(craft)}?format=ics").content for _ in range(2))
    assert first == second
    assert all(len(line) <= 75 for line in first.split(b"\r\n"))


def test_a_timeline_is_counted_as_a_call(api: Api, craft: Spacecraft, settings: Any) -> None:
    from cosmodrome.access.rates import Rate

    settings.ANONYMOUS_RATE = Rate(2, 3600)
    client = Client(headers={"accept": "application/json"})
    assert [client.get(address(craft)).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get(f"{address(craft)}?format=ics")
    assert refused.status_code == 429
    assert list(json.loads(refused.content)) == ["detail"]


def test_the_contract_s_own_lists_do_not_name_it(api: Api, craft: Spacecraft) -> None:
    assert not [path for path in api.get("/2.3.0/").json() if "timeline" in path and "config" not in path]
    assert "timeline" not in urlsplit(api.get(f"/2.3.0/spacecraft/{craft.pk}/").json()["url"]).path
