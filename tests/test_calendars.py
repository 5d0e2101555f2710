"""Calendars: of every list of launches, events and docking events, and what all calendars have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from icalendar import Calendar
from icalendar import Event as Entry

from conftest import NOW, Api
from cosmodrome.catalogue.events import Event
from cosmodrome.catalogue.launches import Launch, LaunchStatus, NetPrecision
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.resources.registry import FORMATS, RESOURCES
from cosmodrome.resources.schema.describe import parameters
from cosmodrome.time.clock import write_instant
from cosmodrome.timeline.calendar import CalendarEntry, calendar_of
from test_timeline import a_craft, a_docking, a_flight, a_station, address, at

LISTS = sorted(
    path for path, resource in RESOURCES.items() if resource.model() in (Launch, Event, DockingEvent)
)
"""The lists that have a calendar."""

INSTANTS = {Launch: ["net"], Event: ["date"], DockingEvent: ["docking", "departure"]}
"""By table: the keys of the instants that a calendar has events for."""


@pytest.fixture
def many(db: None) -> None:
    """More launches, events and dockings than a list shows without a limit, in the past and in the future."""
    like = Launch.objects.exclude(launch_service_provider=None).earliest("pk")
    kind = Event.objects.exclude(type=None).earliest("pk").type_id
    for number in range(14):
        when = NOW + timedelta(days=20 * (number - 7), minutes=1)
        shared: dict[str, Any] = {"slug": f"s-{number}", "last_updated": NOW - timedelta(days=number)}
        window = {"window_start": when, "window_end": when + timedelta(hours=2)}
        provider = like.launch_service_provider if number % 2 else None
        Launch.objects.create(
            name=f"Arrow | {number}",
            net=when,
            launch_service_provider=provider or like.launch_service_provider,
            **window,
            **shared,
        )
        Event.objects.create(name=f"Show {number}", date=when, type_id=kind, **shared)
        a_docking("2021-01-02T00:00:00", "2021-01-03T00:00:00", space_station_target=a_station())


def calendar(api: Api, url: str, **headers: str) -> Any:
    answer = api.get(url, **headers)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    found = Calendar.from_ical(answer.content)
    assert isinstance(found, Calendar)
    return found


def entries(found: Any) -> list[Any]:
    return [entry for entry in found.walk("VEVENT") if isinstance(entry, Entry)]


def of_list(api: Api, path: str, **parameters: Any) -> list[Any]:
    return entries(calendar(api, f"/2.3.0/{path}/?{urlencode({**parameters, 'format': 'ics'})}"))


def expected(path: str, records: list[Any]) -> Iterator[tuple[str, str]]:
    """The url and the instant of each event that a calendar of these records has."""
    for record in records:
        for key in INSTANTS[RESOURCES[path].model()]:
            if record[key]:
                yield record["url"], record[key]


def told(found: list[Any]) -> list[tuple[str, str]]:
    starts = [(str(entry["URL"]), entry.DTSTART) for entry in found]
    return [
        (url, write_instant(start) if isinstance(start, datetime) else f"{start}T00:00:00Z")
        for url, start in starts
    ]


def whole_days(found: list[tuple[str, str]], days: set[str]) -> list[tuple[str, str]]:
    """What a calendar tells, where the events at these urls are known to the day only."""
    return [(url, f"{when[:10]}T00:00:00Z" if url in days else when) for url, when in found]


def test_all_lists_of_launches_events_and_dockings_have_a_calendar(db: None) -> None:
    assert set(FORMATS) == {Launch, Event, DockingEvent}
    assert {"launches", "launches/upcoming", "launches/previous", "events", "docking_events"} < set(LISTS)


QUERIES: list[dict[str, Any]] = [
    {},
    {"limit": 3},
    {"limit": 3, "offset": 2},
    {"search": "Show 1"},
    {"net__gt": "2026-05-30", "date__gt": "2026-05-30"},
    {"ordering": "-net,-date,-docking"},
]


@pytest.mark.parametrize("path", LISTS)
def test_a_calendar_has_what_the_list_has(api: Api, many: None, path: str) -> None:
    for query in QUERIES:
        records = api.json(path, **{"limit": 100, **query})["results"]
        found = of_list(api, path, **query)
        days = {str(entry["URL"]) for entry in found if not isinstance(entry.DTSTART, datetime)}
        assert told(found) == whole_days(list(expected(path, records)), days), query
        assert len({entry["UID"] for entry in found}) == len(found)
    assert len(of_list(api, path)) > (10 if path in ("launches", "events", "docking_events") else 5)


def test_the_command_line_names_the_format() -> None:
    for path in LISTS:
        table = parameters(RESOURCES[path])
        cells = [list(column.cells) for column in table.columns]
        assert dict(zip(*cells, strict=True))["  format"] == "json, api, ics"


def test_filters_of_the_list_hold(api: Api, many: None) -> None:
    provider = Launch.objects.filter(name="Arrow | 1").get().launch_service_provider_id
    Launch.objects.filter(name="Arrow | 2").update(launch_service_provider=provider)
    found = of_list(api, "launches", lsp__id=provider, search="Arrow")
    assert "Arrow | 2" in {str(entry["SUMMARY"]) for entry in found}
    assert of_list(api, "launches", lsp__id=10**9) == []
    answer = api.get("/2.3.0/launches/?format=ics&lsp__id=x")
    assert (answer.status_code, answer.json()) == (400, {"lsp__id": ["Enter a whole number."]})


@pytest.mark.parametrize("path", LISTS)
def test_keys_and_modes_do_not_matter(api: Api, path: str) -> None:
    same = api.get(f"/2.3.0/{path}/?format=ics").content
    for query in ("fields=id", "omit=id,url,name", "mode=list", "mode=detailed"):
        assert api.get(f"/2.3.0/{path}/?format=ics&{query}").content == same


def test_a_record_has_a_calendar_too_and_what_is_none_is_json(api: Api) -> None:
    launch = Launch.objects.exclude(net=None).earliest("pk")
    (entry,) = entries(calendar(api, f"/2.3.0/launches/{launch.pk}/?format=ics"))
    assert entry["UID"] == f"launch-{launch.pk}@cosmodrome"
    missing = api.get("/2.3.0/events/99999999/?format=ics")
    assert missing.status_code == 404 and "detail" in missing.json()
    assert api.get("/2.3.0/agencies/?format=ics").status_code == 404
    assert api.client.options("/2.3.0/launches/?format=ics").json()["name"] == "Launches"
    assert calendar(api, "/2.3.0/events/", accept="text/calendar")["NAME"] == "Events"
    assert api.get("/2.3.0/events/", accept="*/*").headers["Content-Type"] == "application/json"


def test_lists_and_bodies_say_when_to_ask_again_and_pages_link_to_calendars(api: Api) -> None:
    found = calendar(api, "/2.3.0/launches/upcoming/?format=ics")
    assert str(found["NAME"]) == str(found["X-WR-CALNAME"]) == "Upcoming Launches"
    assert found["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert found["REFRESH-INTERVAL"].params == {"VALUE": "DURATION"}
    assert found["X-PUBLISHED-TTL"] == "PT1H"
    page = api.get("/2.3.0/launches/upcoming/", accept="text/html").content.decode()
    assert "launches/upcoming/?format=ics" in page
    answer = api.get("/2.3.0/launches/upcoming/?format=ics")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="launches-upcoming.ics"'


def a_launch(**columns: Any) -> Launch:
    like = Launch.objects.exclude(launch_service_provider=None).earliest("pk")
    net = columns.setdefault("net", at("2026-06-01T10:00:00"))
    known = {"slug": "a", "window_start": net, "window_end": net, "last_updated": at("2026-04-02T03:04:05")}
    provider = like.launch_service_provider
    return Launch.objects.create(
        **{"name": "Arrow | 1", "launch_service_provider": provider, **known, **columns}
    )


def entry_of(api: Api, row: Any, path: str = "launches") -> Any:
    (entry,) = entries(calendar(api, f"/2.3.0/{path}/{row.pk}/?format=ics"))
    return entry


def test_a_change_is_the_stamp_and_raises_the_sequence(api: Api) -> None:
    launch = a_launch()
    entry = entry_of(api, launch)
    changed = at("2026-04-02T03:04:05")
    assert changed == entry["DTSTAMP"].dt == entry["LAST-MODIFIED"].dt
    before = entry["SEQUENCE"]
    Launch.objects.filter(pk=launch.pk).update(last_updated=changed + timedelta(minutes=1))
    assert entry_of(api, launch)["SEQUENCE"] == before + 1


@pytest.mark.parametrize(
    ("precision", "window", "start", "length"),
    [
        ("Minute", timedelta(hours=2), at("2026-06-01T10:00:00"), timedelta(hours=2)),
        ("Hour", timedelta(0), at("2026-06-01T10:00:00"), timedelta(0)),
        ("Minute", timedelta(hours=-2), at("2026-06-01T10:00:00"), timedelta(0)),
        (None, timedelta(days=29), at("2026-06-01T10:00:00"), timedelta(0)),
        ("Day", timedelta(hours=2), date(2026, 6, 1), timedelta(days=1)),
        ("Month", timedelta(days=29), date(2026, 6, 1), timedelta(days=1)),
        ("Year", timedelta(0), date(2026, 6, 1), timedelta(days=1)),
    ],
)
def test_a_launch_takes_its_window_or_its_day(
    api: Api, precision: str | None, window: timedelta, start: Any, length: timedelta
) -> None:
    known = NetPrecision.objects.create(id=777, name=precision) if precision else None
    entry = entry_of(api, a_launch(net_precision=known, window_end=at("2026-06-01T10:00:00") + window))
    assert (start, length) == (entry.DTSTART, entry["DURATION"].dt)


@pytest.mark.parametrize(
    ("status", "title", "said"),
    [
        (1, "Arrow | 1", "TENTATIVE"),
        (2, "Arrow | 1", "TENTATIVE"),
        (3, "Arrow | 1", "CONFIRMED"),
        (4, "Arrow | 1 (Status 4)", "CONFIRMED"),
        (5, "Arrow | 1 (Status 5)", "TENTATIVE"),
        (6, "Arrow | 1", "CONFIRMED"),
        (7, "Arrow | 1 (Status 7)", "CONFIRMED"),
        (8, "Arrow | 1", "TENTATIVE"),
        (9, "Arrow | 1", "CONFIRMED"),
        (None, "Arrow | 1", "CONFIRMED"),
    ],
)
@pytest.mark.parametrize("net", ["2026-04-01T00:00:00", "2027-04-01T00:00:00"])
def test_a_status_is_told(api: Api, status: int | None, title: str, said: str, net: str) -> None:
    if status:
        LaunchStatus.objects.update_or_create(id=status, defaults={"name": f"Status {status}"})
    entry = entry_of(api, a_launch(status_id=status, net=at(net)))
    assert (str(entry["SUMMARY"]), str(entry["STATUS"])) == (title, said)


CONTROLS = "".join(map(chr, (*range(0x01, 0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)))


def test_control_characters_are_left_out_of_every_text(api: Api) -> None:
    name = CONTROLS.join("ab")
    craft, station = a_craft(name), a_station(name)
    flight = a_flight(craft, "2021-01-01T00:00:00")
    docking = a_docking("2021-01-02T00:00:00", flight_vehicle_chaser=flight, space_station_target=station)
    launch = a_launch(name=name)
    kind = Event.objects.exclude(type=None).earliest("pk").type_id
    event = Event.objects.create(name=name, date=NOW, type_id=kind, description=name, location=name, slug="a")
    Event.objects.filter(pk=event.pk).update(last_updated=NOW)
    for url in (
        f"/2.3.0/launches/{launch.pk}/",
        f"/2.3.0/events/{event.pk}/",
        address(craft),
        address(station),
        f"/2.3.0/docking_events/{docking.pk}/",
    ):
        text = api.get(f"{url}?format=ics").content.decode()
        assert not set(CONTROLS) - set("\r\n") & set(text), url
        assert text.replace("\r\n", "").isprintable(), url
        assert "a b" in text.replace("\r\n ", ""), url


@pytest.mark.parametrize("name", [each.name for each in fields(CalendarEntry) if "str" in str(each.type)])
def test_no_text_of_an_entry_gets_a_control_character_into_the_calendar(name: str) -> None:
    """RFC 5545, 3.1: CONTROL is in no text, quoted or not, and a line ends with CR LF and nowhere else."""
    hostile = CONTROLS.join("ab")
    plain = CalendarEntry(id="x-1", instant=NOW, title="t", kind="k", url="https://space.example/")
    value: Any = ((hostile, hostile),) if name == "facts" else hostile
    text = calendar_of(hostile, hostile, [replace(plain, **{name: value})]).to_ical().decode()
    assert text.replace("\r\n", "").isprintable()
    lines = text.replace("\r\n ", "").split("\r\n")
    assert all(re.match(r"[A-Z-]+[;:]", line) for line in lines[:-1])


def test_a_timeline_stamps_what_no_launch_tells_with_the_reading_of_its_owner(api: Api) -> None:
    read = at("2026-03-04T05:06:07")
    station = a_station(totals_read_at=read)
    (entry,) = entries(calendar(api, f"{address(station)}?format=ics"))
    assert read == entry["DTSTAMP"].dt == entry["LAST-MODIFIED"].dt
    craft: Spacecraft = a_craft()
    a_flight(craft, "2021-01-01T00:00:00")
    (entry,) = entries(calendar(api, f"{address(craft)}?format=ics"))
    assert at("2021-01-01T00:00:00") == entry["DTSTAMP"].dt
    assert "LAST-MODIFIED" not in entry and entry["SEQUENCE"] == 0
