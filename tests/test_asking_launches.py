"""What the parameters of launches, events and their like mean, on rows made for the purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from conftest import NOW, Api
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.config import AgencyType, SpacecraftConfigType, SpacecraftStatus
from cosmodrome.catalogue.crews import (
    Astronaut,
    AstronautFlight,
    AstronautRole,
    AstronautStatus,
    AstronautType,
)
from cosmodrome.catalogue.events import Event, EventType
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.missions import Mission
from cosmodrome.catalogue.places import CelestialBody, Orbit
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig
from cosmodrome.catalogue.vehicles import LauncherConfig

NETS = {
    "moon": datetime(1969, 7, 16, 13, 32, tzinfo=UTC),
    "hop": datetime(2024, 5, 1, 8, tzinfo=UTC),
    "yesterday": NOW - timedelta(hours=23, minutes=59, seconds=59),
    "day before": NOW - timedelta(hours=24, seconds=1),
    "now": NOW,
    "tomorrow": NOW + timedelta(days=1),
}
HOURS = {"day before": -25, "yesterday": -23, "now": 0, "tomorrow": 24}


def key_of(name: str) -> str:
    return str(UUID(int=list(NETS).index(name) + 1))


@pytest.fixture(autouse=True)
def launches(empty: None) -> None:
    """Six launches: a crewed one to the Moon, a suborbital hop, and some around the tests' clock."""
    kind = AgencyType.objects.create(id=1, name="Government")
    nasa = Agency.objects.create(id=44, name="NASA", abbrev="NASA", type=kind)
    part = Agency.objects.create(id=45, name="Marshall", abbrev="MSFC", type=kind, parent=nasa)
    earth = CelestialBody.objects.create(id=1, name="Earth")
    orbits = {
        name: Orbit.objects.create(name=name, abbrev=name[:3], celestial_body=earth)
        for name in ("Suborbital", "Lunar Orbit")
    }
    vehicle = LauncherConfig.objects.create(id=7, name="Saturn V", full_name="Saturn V", manufacturer=part)
    for name, net in NETS.items():
        orbit = {"moon": orbits["Lunar Orbit"], "hop": orbits["Suborbital"]}.get(name)
        launch = Launch.objects.create(
            id=UUID(key_of(name)),
            name=name,
            net=net,
            window_start=net,
            window_end=net,
            last_updated=net,
            launch_designator={"moon": "1969-059", "hop": "2024-001"}.get(name),
            launch_service_provider=part if name == "moon" else nasa,
            mission=Mission.objects.create(name=name, orbit=orbit),
        )
        Rocket.objects.create(launch=launch, number=launch.id.int, configuration=vehicle)
    crew_the_moon()


def crew_the_moon() -> None:
    """Gives the launch to the Moon a craft with one person in it."""
    config = SpacecraftConfig.objects.create(
        id=10,
        name="Apollo",
        type=SpacecraftConfigType.objects.create(id=1, name="Capsule"),
        agency=Agency.objects.get(id=44),
    )
    craft = Spacecraft.objects.create(
        id=107,
        name="CSM-107",
        status=SpacecraftStatus.objects.create(id=1, name="Retired"),
        spacecraft_config=config,
    )
    flight = SpacecraftFlight.objects.create(rocket_id=UUID(key_of("moon")), spacecraft=craft)
    neil = Astronaut.objects.create(
        name="Neil",
        status=AstronautStatus.objects.create(name="Deceased"),
        type=AstronautType.objects.create(name="Government"),
    )
    role = AstronautRole.objects.create(role="Commander")
    flight.launch_crew.add(AstronautFlight.objects.create(role=role, astronaut=neil))


def names(api: Api, path: str, **parameters: Any) -> list[str]:
    return [record["name"] for record in api.json(path, **parameters)["results"]]


def test_upcoming_keeps_what_happened_in_the_last_day_soonest_first(api: Api) -> None:
    assert names(api, "launches/upcoming") == ["yesterday", "now", "tomorrow"]
    assert names(api, "launches/upcoming", hide_recent_previous="false") == ["yesterday", "now", "tomorrow"]
    assert names(api, "launches/upcoming", hide_recent_previous="true") == ["now", "tomorrow"]


def test_previous_is_what_is_over_the_latest_first(api: Api) -> None:
    assert names(api, "launches/previous") == ["yesterday", "day before", "hop", "moon"]


def test_what_is_in_neither_list_is_not_found_there(api: Api) -> None:
    for path, name in (("launches/upcoming", "moon"), ("launches/previous", "tomorrow")):
        assert api.get(f"/2.3.0/{path}/{key_of(name)}/").status_code == 404
        assert api.get(f"/2.3.0/launches/{key_of(name)}/").status_code == 200


def test_events_follow_the_same_rule(api: Api) -> None:
    docking = EventType.objects.create(id=2, name="Docking")
    for name, hours in HOURS.items():
        Event.objects.create(name=name, type=docking, date=NOW + timedelta(hours=hours), last_updated=NOW)
    assert names(api, "events/upcoming") == ["yesterday", "now", "tomorrow"]
    assert names(api, "events/upcoming", hide_recent_previous="true") == ["now", "tomorrow"]
    assert names(api, "events/previous") == ["yesterday", "day before"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"include_suborbital": "false"}, ["moon", "day before", "yesterday", "now", "tomorrow"]),
        ({"include_suborbital": "true"}, ["moon", "hop", "day before", "yesterday", "now", "tomorrow"]),
        ({"is_crewed": "true"}, ["moon"]),
        ({"is_crewed": "false"}, ["hop", "day before", "yesterday", "now", "tomorrow"]),
        ({"launch_designator": "1969-059,2021-123"}, ["moon"]),
        ({"launch_designator": "1969-059, 2024-001"}, ["moon", "hop"]),
        ({"year": "1969"}, ["moon"]),
        ({"year": "1969,2024"}, ["moon", "hop"]),
        ({"month": "5", "day": "1"}, ["hop", "now"]),
        ({"month": "5", "day": "1,2"}, ["hop", "now", "tomorrow"]),
        ({"net__lt": "1970-01-01"}, ["moon"]),
        ({"net__gte": "2026-05-01T12:00:00Z", "net__lte": "2026-05-01T12:00:00Z"}, ["now"]),
        ({"net__gt": "2026-05-01T14:00:00+02:00"}, ["tomorrow"]),
        ({"lsp__id": "45"}, ["moon"]),
        ({"lsp__id": "44", "year": "2024"}, ["hop"]),
        ({"related_lsp__id": "44", "year": "1969,2024"}, ["moon", "hop"]),
        ({"lsp__name": "Marshall"}, ["moon"]),
        ({"related_lsp__name": "NASA", "year": "1969"}, ["moon"]),
        ({"id": f"{key_of('moon')},{key_of('now')}"}, ["moon", "now"]),
        ({"mission__orbit__name": "Suborbital"}, ["hop"]),
        ({"mission__orbit__name__icontains": "orbit"}, ["moon", "hop"]),
        ({"rocket__spacecraftflight__spacecraft__name__icontains": "csm"}, ["moon"]),
        ({"rocket__spacecraftflight__spacecraft__id": "107"}, ["moon"]),
        ({"launcher_config__id": "7", "year": "1969"}, ["moon"]),
        ({"spacecraft_config__ids": "10,11"}, ["moon"]),
        ({"search": "CSM-107"}, ["moon"]),
        ({"search": "saturn moon"}, ["moon"]),
    ],
)
def test_the_filters_of_launches(api: Api, parameters: dict[str, str], expected: list[str]) -> None:
    assert names(api, "launches", ordering="net", **parameters) == expected


def test_a_flight_that_is_under_way_lasts_until_now(api: Api, settings: Settings) -> None:
    flight = SpacecraftFlight.objects.get()

    def duration() -> str:
        text: str = api.json(f"spacecraft_flights/{flight.pk}")["duration"]
        assert text == api.json(f"launches/{key_of('moon')}")["rocket"]["spacecraft_stage"][0]["duration"]
        return text

    settings.CLOCK_STOPPED_AT = NETS["moon"] + timedelta(days=3, seconds=1)
    assert duration() == "P3DT1S"
    settings.CLOCK_STOPPED_AT += timedelta(minutes=1)
    assert duration() == "P3DT1M1S"
    flight.mission_end = NETS["moon"] + timedelta(days=2)
    flight.save()
    assert duration() == "P2D"
    flight.duration = timedelta(days=2, seconds=5)  # what is published of an ended mission stands
    flight.save()
    assert duration() == "P2DT5S"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("is_crewed", "perhaps"), ("id", "moon"), ("year", "MMXXIV"), ("net__lt", "soon"), ("lsp__id", "NASA")],
)
def test_a_senseless_value_is_refused_where_it_stands(api: Api, parameter: str, value: str) -> None:
    answer = api.get(f"/2.3.0/launches/?{parameter}={value}")
    assert answer.status_code == 400
    assert list(answer.json()) == [parameter]


def test_all_filters_at_once_fit_into_a_statement(api: Api) -> None:
    everything = {
        "is_crewed": "true",
        "related_lsp__id": "44",
        "spacecraft_config__ids": "10",
        "mission__orbit__celestial_body__id": "1",
        "rocket__spacecraftflight__spacecraft__name": "CSM-107",
        "rocket__configuration__manufacturer__name": "Marshall",
        "include_suborbital": "false",
        "year": "1969",
        "mode": "detailed",
        "search": "moon saturn csm",
        "ordering": "-net,name",
    }
    assert names(api, "launches", **everything) == ["moon"]
