"""A small world that does not contradict itself, and for each rule of the doctor a fault to plant in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import transaction

from conftest import NOW
from pages import emptied

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
YEAR = 365 * DAY


def day(year: int, month: int = 1, of_month: int = 1, hour: int = 0) -> datetime:
    return datetime(year, month, of_month, hour, tzinfo=UTC)


def table(name: str) -> Any:
    return apps.get_model("catalogue", name)


def make(table_name: str, key: Any = 1, /, **columns: Any) -> Any:
    """Writes a row; names of foreign keys take ids."""
    model = table(table_name)
    attnames = {}
    for column, value in columns.items():
        field = model._meta.get_field(column)
        attnames[getattr(field, "attname", column)] = value
    row = model(pk=key, **attnames)
    model.objects.bulk_create([row])
    return row


def change(table_name: str, key: Any = 1, /, **columns: Any) -> None:
    assert table(table_name).objects.filter(pk=key).update(**columns) == 1


def join(name: str, relation: str, key: Any, *others: Any) -> None:
    getattr(table(name).objects.get(pk=key), relation).add(*others)


FLOWN, LATER, PLANNED = (UUID(int=number) for number in (1, 2, 3))
STATUSES = {1: "Go for Launch", 3: "Launch Successful", 4: "Launch Failure", 6: "Launch in Flight"}


def make_launch(key: UUID, net: datetime, status: int, **columns: Any) -> None:
    make(
        "Launch",
        key,
        **{
            "name": f"Launch {key.int}",
            "slug": f"launch-{key.int}",
            "status": status,
            "net": net,
            "window_start": net - HOUR,
            "window_end": net + HOUR,
            "last_updated": min(net, NOW - DAY) + HOUR,
            "pad": 1,
            "launch_service_provider": 1,
            **columns,
        },
    )
    make("Rocket", key, number=key.int, configuration=1)


@contextmanager
def small_world() -> Iterator[None]:
    """Ferry has flown twice, in 2020 and 2021, is docked to Haven since its second launch, and is to fly again."""
    with emptied(), transaction.atomic():
        write_world()
        yield
        transaction.set_rollback(True)


def write_world() -> None:
    for write in (write_places, write_craft, write_launches, write_stations, write_people, write_news):
        write()


def write_places() -> None:
    make("AgencyType", name="Government")
    make("Country", name="Kazakhstan", alpha_2_code="KZ", alpha_3_code="KAZ")
    make("Country", 2, name="Kenya", alpha_2_code="KE", alpha_3_code="KEN")
    for key in (1, 2):
        make("Agency", key, name=f"Agency {key}", type=1, founding_year=1960)
        make("CelestialBody", key, name=f"Body {key}")
        make("LauncherConfigFamily", key, name=f"Family {key}")
        make("SpacecraftConfigFamily", key, name=f"Family {key}")
        make("Program", key, name=f"Program {key}", start_date=day(1990))
    make(
        "Location",
        name="Steppe",
        country=1,
        celestial_body=1,
        latitude=46.0,
        longitude=63.0,
        timezone_name="Asia/Almaty",
    )
    make("Pad", name="Site 1", location=1, country=1, active=True, latitude=46.1, longitude=63.1)
    make("LandingLocation", name="Field", location=1, celestial_body=1)
    make("LandingType", name="Parachute", abbrev="PARA")
    for key, name in STATUSES.items():
        make("LaunchStatus", key, name=name)
    make(
        "LauncherConfig",
        name="Carrier",
        full_name="Carrier 2",
        active=True,
        reusable=True,
        maiden_flight=date(2020, 1, 1),
    )


def write_craft() -> None:
    make("SpacecraftConfigType", name="Capsule")
    make("SpacecraftConfig", name="Ferries", type=1, agency=1, crew_capacity=3, human_rated=True)
    for key, name in enumerate(("Active", "Retired", "Destroyed"), 1):
        make("SpacecraftStatus", key, name=name)
        make("LauncherStatus", key, name=name)
    make(
        "Spacecraft",
        name="Ferry",
        serial_number="F1",
        status=1,
        spacecraft_config=1,
        in_space=True,
        flights_count=2,
        mission_ends_count=1,
    )
    make("Spacecraft", 2, name="Barge", serial_number="F2", status=1, spacecraft_config=1)


def write_launches() -> None:
    make_launch(FLOWN, day(2020), 3, launch_designator="2020-001")
    make_launch(LATER, day(2026, 4), 3, launch_designator="2026-011")
    make_launch(PLANNED, day(2026, 9), 1)
    make("Landing", attempt=True, success=True, type=1, landing_location=1)
    make("Launcher", serial_number="B1", launcher_config=1, status=1)
    make("FirstStage", rocket=FLOWN, launcher=1)
    make("FirstStage", 2, rocket=LATER, launcher=1)
    make("SpacecraftFlight", rocket=FLOWN, spacecraft=1, mission_end=day(2021), landing=1)
    make("SpacecraftFlight", 2, rocket=LATER, spacecraft=1)
    make("SpacecraftFlight", 3, rocket=PLANNED, spacecraft=2)
    make("PayloadType", name="Satellite")
    make("Payload", name="Bird", type=1, manufacturer=1, operator=1)
    make("PayloadFlight", rocket=LATER, payload=1)


def write_stations() -> None:
    make("SpaceStationType", name="Government")
    for key in (1, 2):
        make("SpaceStationStatus", key, name=("Active", "De-Orbited")[key - 1])
        make(
            "SpaceStation",
            key,
            name=("Haven", "Raft")[key - 1],
            status=1,
            type=1,
            founded=date(2000, 1, 1),
            onboard_crew=1,
            docked_vehicles=1,
        )
        make("DockingLocation", key, name=f"Port {key}", spacestation=key)
    make(
        "DockingEvent",
        docking=day(2020, 1, 3),
        departure=day(2020, 12, 30),
        flight_vehicle_chaser=1,
        space_station_target=1,
        docking_location=1,
    )
    make(
        "DockingEvent",
        2,
        docking=day(2026, 4, 3),
        flight_vehicle_chaser=2,
        space_station_target=1,
        docking_location=1,
    )


def write_people() -> None:
    make("AstronautRole", role="Pilot", priority=1)
    for key, name in enumerate(("Active", "Deceased"), 1):
        make("AstronautStatus", key, name=name)
    make("AstronautType", name="Government")
    for key, name in enumerate(("Ada", "Bea"), 1):
        make(
            "Astronaut",
            key,
            name=name,
            status=1,
            type=1,
            date_of_birth=date(1980, 1, key),
            flights_count=1,
            landings_count=1,
            spacewalks_count=1,
        )
        make("AstronautFlight", key, role=1, astronaut=key)
    join("SpacecraftFlight", "launch_crew", 1, 1)
    join("SpacecraftFlight", "landing_crew", 1, 1)
    make("Expedition", name="Expedition 1", start=day(2020, 1, 3), end=day(2020, 12, 30), spacestation=1)
    make("Expedition", 2, name="Expedition 2", start=day(2020, 1, 3), end=day(2020, 12, 30), spacestation=2)
    join("Expedition", "crew", 1, 1)
    make(
        "Spacewalk",
        name="Walk 1",
        start=day(2020, 2),
        end=day(2020, 2, 1, 6),
        expedition=1,
        spacestation=1,
        spacecraft_flight=1,
    )
    make(
        "Spacewalk",
        2,
        name="Walk 2",
        start=day(2020, 3),
        end=day(2020, 3, 1, 6),
        expedition=1,
        spacestation=1,
        spacecraft_flight=1,
    )
    for key in (1, 2):
        join("Spacewalk", "crew", key, 1)


def write_news() -> None:
    make("EventType", name="Docking")
    make("Event", type=1, name="Visit", slug="visit", date=day(2020, 6), last_updated=day(2020, 6))
    make("TimelineEventType", abbrev="Liftoff")
    make("TimelineEvent", launch=FLOWN, type=1, relative_time=timedelta(0))
    make("ImageLicense", name="CC0", priority=1)
    make("Image", name="Portrait", image_url="https://images.example/1.png", license=1, single_use=False)
    make("Update", launch=FLOWN, comment="Flown", created_on=day(2020))


Planting = Callable[[], Any]


def flight_of_bea(net: datetime, end: datetime | None) -> None:
    """Barge flies in 2020, too."""
    make_launch(UUID(int=9), net, 3)
    make("SpacecraftFlight", 9, rocket=UUID(int=9), spacecraft=2, mission_end=end)


THEN = day(2022)


def twin_launch(net: datetime = THEN, **columns: Any) -> None:
    make_launch(UUID(int=9), net, 3, **columns)


def dock(key: int, **columns: Any) -> None:
    given = {
        "docking": day(2026, 4, 10),
        "departure": day(2026, 4, 11),
        "space_station_target": 2,
        "flight_vehicle_chaser": 2,
    }
    change("DockingEvent", 2, departure=day(2026, 4, 5))
    make("DockingEvent", key, **{**given, **columns})


def several(*plantings: Planting) -> Planting:
    return lambda: [planting() for planting in plantings]


def doing(function: Callable[..., Any], /, *args: Any, **columns: Any) -> Planting:
    return lambda: function(*args, **columns)


def changing(table_name: str, key: Any = 1, /, **columns: Any) -> Planting:
    return doing(change, table_name, key, **columns)


PLANTINGS: dict[str, list[Planting]] = {
    # people
    "died-before-birth": [changing("Astronaut", 2, status=2, date_of_death=date(1979, 1, 1))],
    "flew-after-death": [
        changing("Astronaut", status=2, date_of_death=date(2019, 1, 1)),
        several(
            changing("Astronaut", 2, status=2, date_of_death=date(2019, 1, 1)),
            doing(join, "Spacewalk", "crew", 1, 2),
        ),
    ],
    "flew-before-birth": [
        changing("Astronaut", date_of_birth=date(2020, 1, 2)),
        changing(
            "Astronaut", 2, date_of_birth=date(2010, 1, 2), first_flight=day(2009), last_flight=day(2009)
        ),
    ],
    "flew-as-a-child": [changing("Astronaut", 2, date_of_birth=date(2000, 1, 1), first_flight=day(2012))],
    "very-old": [changing("Astronaut", 2, date_of_birth=date(1900, 1, 1))],
    "dead-without-a-date": [changing("Astronaut", 2, status=2)],
    "dead-but-active": [changing("Astronaut", 2, date_of_death=date(2025, 1, 1))],
    "in-space-after-death": [
        changing("Astronaut", 2, status=2, date_of_death=date(2025, 1, 1), in_space=True, landings_count=0)
    ],
    "person-in-space-without-a-flight": [
        changing("Astronaut", 2, in_space=True, flights_count=0, landings_count=0),
        changing("Astronaut", 2, in_space=True),
    ],
    "more-landings-than-flights": [changing("Astronaut", 2, landings_count=2)],
    "flight-time-of-a-person-too-long": [
        changing("Astronaut", 2, first_flight=NOW - DAY, time_in_space=2 * DAY),
        changing("Astronaut", 2, time_in_space=DAY, eva_time=2 * DAY),
    ],
    "landed-without-launch": [
        several(
            changing("Astronaut", 2, flights_count=0, landings_count=0),
            doing(join, "SpacecraftFlight", "landing_crew", 1, 2),
        )
    ],
    "spacewalk-without-launch": [
        several(
            changing("Astronaut", 2, flights_count=0, landings_count=0),
            doing(join, "Spacewalk", "crew", 1, 2),
        )
    ],
    "spacewalk-time-without-spacewalk": [
        changing("Astronaut", 2, spacewalks_count=0, eva_time=HOUR, time_in_space=DAY)
    ],
    "two-craft-at-once": [
        several(
            doing(flight_of_bea, day(2020, 6), day(2020, 7)),
            doing(join, "SpacecraftFlight", "launch_crew", 9, 1),
        )
    ],
    "more-crew-than-seats": [
        several(changing("SpacecraftConfig", crew_capacity=1), doing(join, "SpacecraftFlight", crew, 1, 1, 2))
        for crew in ("launch_crew", "onboard_crew", "landing_crew")
    ],
    "crew-in-a-cargo-craft": [changing("SpacecraftConfig", human_rated=False)],
    # crews
    "crew-listed-twice": [
        several(doing(make, "AstronautFlight", 9, role=1, astronaut=1), doing(join, name, crew, 1, 1, 9))
        for name, crew in (
            ("SpacecraftFlight", "launch_crew"),
            ("SpacecraftFlight", "onboard_crew"),
            ("SpacecraftFlight", "landing_crew"),
            ("Expedition", "crew"),
            ("Spacewalk", "crew"),
        )
    ],
    "two-spacewalks-at-once": [changing("Spacewalk", 2, start=day(2020, 2, 1, 1), end=day(2020, 2, 1, 2))],
    "two-stations-at-once": [doing(join, "Expedition", "crew", 2, 1)],
    "spacewalk-outside-expedition": [
        changing("Expedition", start=day(2020, 2, 15)),
        changing("Spacewalk", spacestation=2),
    ],
    "spacewalk-outside-flight": [
        changing("Spacewalk", expedition=None, start=day(2022), end=day(2022, 1, 1, 6))
    ],
    "spacewalk-too-long": [
        changing("Spacewalk", end=day(2020, 2, 2)),
        changing("Spacewalk", duration=5 * HOUR),
    ],
    # missions
    "landed-before-launch": [changing("SpacecraftFlight", mission_end=day(2019))],
    "ended-before-begun": [
        changing("DockingEvent", departure=day(2020, 1, 2)),
        changing("Spacewalk", end=day(2020, 1, 30)),
        changing("Expedition", 2, end=day(2020)),
        changing("Program", end_date=day(1980)),
        changing("SpaceStation", 2, deorbited=date(1999, 1, 1)),
        changing("Launch", FLOWN, window_end=day(2019)),
        doing(make, "RoadClosure", title="Closed", status=1, window_start=day(2020), window_end=day(2019)),
        doing(
            make,
            "VidURL",
            url="https://v.example/",
            launch=FLOWN,
            priority=1,
            start_time=day(2020),
            end_time=day(2019),
        ),
    ],
    "open-though-flown-again": [
        several(
            changing("SpacecraftFlight", mission_end=None), changing("Landing", attempt=False, success=None)
        )
    ],
    "open-too-long": [
        several(
            doing(flight_of_bea, day(2020, 6), None), doing(join, "SpacecraftFlight", "launch_crew", 9, 2)
        ),
        several(
            doing(flight_of_bea, day(2010), None), changing("LauncherConfig", maiden_flight=date(2010, 1, 1))
        ),
    ],
    "turnaround-below-zero": [changing("SpacecraftFlight", mission_end=day(2026, 4, 2))],
    "ended-without-launch": [changing("SpacecraftFlight", 3, mission_end=day(2026, 10))],
    "landed-but-open": [
        several(
            doing(make, "Landing", 2, attempt=True, success=True, type=1, landing_location=1),
            changing("SpacecraftFlight", 2, landing=2),
        )
    ],
    "in-space-since-a-failure": [changing("Launch", LATER, status=4)],
    "craft-twice-on-one-launch": [doing(make, "SpacecraftFlight", 9, rocket=PLANNED, spacecraft=2)],
    # dockings
    "docked-outside-flight": [
        changing("DockingEvent", docking=day(2019)),
        changing("DockingEvent", departure=day(2021, 2)),
        changing("DockingEvent", docking=day(2021, 2), departure=None),
    ],
    "docking-left-open": [
        changing("DockingEvent", departure=None),
        doing(
            make, "DockingEvent", 9, docking=day(2026, 4, 5), flight_vehicle_chaser=2, space_station_target=2
        ),
        doing(
            make,
            "DockingEvent",
            9,
            docking=day(2026, 4, 5),
            payload_flight_chaser=1,
            space_station_target=1,
            docking_location=1,
        ),
    ],
    "docked-but-not-in-space": [
        changing("Spacecraft", in_space=False, totals_read_at=NOW - DAY),
        changing("Spacecraft", 2, time_docked=DAY, time_docked_since=NOW),
    ],
    "more-docked-than-in-space": [
        changing("Spacecraft", time_docked=DAY, time_in_space=HOUR, totals_read_at=NOW - DAY)
    ],
    "dockings-overlap": [
        doing(
            dock,
            9,
            docking=day(2026, 4, 4),
            docking_location=1,
            space_station_target=1,
            flight_vehicle_chaser=None,
            payload_flight_chaser=1,
        ),
        doing(dock, 9, docking=day(2026, 4, 4)),
    ],
    "docking-with-nobody": [
        doing(dock, 9, flight_vehicle_chaser=None),
        doing(dock, 9, space_station_target=None),
    ],
    "docking-of-several": [
        doing(dock, 9, payload_flight_chaser=1),
        doing(
            dock,
            9,
            flight_vehicle_target=3,
            docking=day(2026, 9, 10),
            departure=None,
            flight_vehicle_chaser=None,
            space_station_chaser=1,
        ),
    ],
    "docked-to-itself": [
        doing(dock, 9, space_station_target=None, flight_vehicle_target=2),
        doing(dock, 9, flight_vehicle_chaser=None, space_station_chaser=2),
        doing(
            dock,
            9,
            flight_vehicle_chaser=None,
            payload_flight_chaser=1,
            space_station_target=None,
            payload_flight_target=1,
        ),
    ],
    "docked-at-another-port": [doing(dock, 9, docking_location=1)],
    "docked-to-a-station-that-is-not-there": [
        several(
            changing("SpaceStation", founded=date(2020, 1, 5)), changing("Expedition", start=day(2020, 1, 10))
        ),
        several(doing(dock, 9), changing("SpaceStation", 2, status=2, deorbited=date(2026, 4, 1))),
    ],
    # stations
    "crew-on-board-with-nothing-docked": [changing("SpaceStation", docked_vehicles=0)],
    "expedition-to-a-station-that-is-not-there": [changing("SpaceStation", 2, founded=date(2020, 2, 1))],
    "expedition-without-end": [
        several(
            changing("Expedition", 2, end=None),
            changing("SpaceStation", 2, status=2, deorbited=date(2022, 1, 1)),
        ),
        several(
            doing(dock, 9, departure=None), changing("SpaceStation", 2, status=2, deorbited=date(2026, 4, 20))
        ),
    ],
    "station-status-against-its-dates": [
        changing("SpaceStation", 2, status=2),
        changing("SpaceStation", 2, deorbited=date(2022, 1, 1)),
        changing("SpaceStation", 2, status=2, deorbited=date(2030, 1, 1)),
    ],
    # craft
    "craft-in-space-without-a-flight": [
        changing("Spacecraft", 2, in_space=True, flights_count=0),
        changing("Spacecraft", mission_ends_count=2),
    ],
    "more-ends-than-flights": [changing("Spacecraft", 2, flights_count=1, mission_ends_count=2)],
    "in-space-but-out-of-service": [changing("Spacecraft", status=3), changing("Spacecraft", status=2)],
    "placeholder-has-flown": [changing("Spacecraft", is_placeholder=True)],
    "turnaround-of-one-flight": [
        changing("Spacecraft", 2, fastest_turnaround=DAY, flights_count=1),
        changing("Launcher", fastest_turnaround=DAY, flights=1),
    ],
    # twins
    "twins": [
        changing("Spacecraft", 2, name="Ferry", serial_number="F1"),
        several(
            changing("Spacecraft", serial_number=None),
            changing("Spacecraft", 2, name="Ferry", serial_number=None),
        ),
        changing("Astronaut", 2, name="Ada", date_of_birth=date(1980, 1, 1)),
        changing("Agency", 2, name="Agency 1"),
        changing("SpaceStation", 2, name="Haven"),
        changing("Country", 2, alpha_3_code="KAZ"),
        doing(twin_launch, name="Launch 1", net=day(2020)),
    ],
    "serial-number-twice": [changing("Spacecraft", 2, serial_number="F1")],
    "slug-twice": [doing(twin_launch, slug="launch-1")],
    "designator-twice": [
        several(
            changing(
                "Launch",
                LATER,
                net=day(2020, 5),
                window_start=day(2020, 5),
                window_end=day(2020, 5),
                launch_designator="2020-001",
            ),
            changing("SpacecraftFlight", mission_end=day(2020, 4)),
            changing("DockingEvent", departure=day(2020, 3)),
        )
    ],
    "two-from-one-pad": [doing(twin_launch, net=day(2020), window_start=day(2020), window_end=day(2020))],
    "ordinal-twice": [
        several(*(changing("Launch", key, **{column: 7}, totals_read_at=NOW - DAY) for key in (FLOWN, LATER)))
        for column in (
            "orbital_launch_attempt_count",
            "location_launch_attempt_count",
            "pad_launch_attempt_count",
            "agency_launch_attempt_count",
        )
    ],
    # launches
    "flown-in-the-future": [changing("Launch", PLANNED, status=3)],
    "to-come-for-a-year": [
        changing("Launch", PLANNED, net=NOW - 2 * YEAR, window_start=NOW - 2 * YEAR, window_end=NOW)
    ],
    "under-way-for-a-month": [changing("Launch", FLOWN, status=6)],
    "net-outside-window": [
        changing("Launch", FLOWN, window_start=day(2020, 1, 2), window_end=day(2020, 1, 3)),
        changing("Launch", FLOWN, window_end=day(2019, 12, 31, 23)),
    ],
    "success-with-a-failreason": [changing("Launch", FLOWN, failreason="Exploded.")],
    "failreason-before-launch": [changing("Launch", PLANNED, failreason="Will explode.")],
    "designator-of-another-year": [changing("Launch", FLOWN, launch_designator="2019-001")],
    "designator-before-launch": [changing("Launch", PLANNED, launch_designator="2026-050")],
    "probability-out-of-range": [changing("Launch", FLOWN, probability=n) for n in (101, -2)],
    "live-on-another-day": [changing("Launch", PLANNED, webcast_live=True)],
    "launched-before-provider": [
        several(changing("Agency", founding_year=2021), changing("Launch", LATER, launch_service_provider=2))
    ],
    "launch-to-come-from-a-closed-pad": [changing("Pad", active=False)],
    "launch-to-come-of-a-retired-configuration": [
        changing("LauncherConfig", active=False, totals_read_at=NOW)
    ],
    "number-in-year-above-total": [
        changing(
            "Launch", FLOWN, **{f"{what}_launch_attempt_count": 1, f"{what}_launch_attempt_count_year": 2}
        )
        for what in ("orbital", "location", "pad", "agency")
    ],
    "timeline-out-of-order": [
        changing("TimelineEvent", relative_time=HOUR),
        several(changing("TimelineEventType", abbrev="MECO"), changing("TimelineEvent", relative_time=-HOUR)),
    ],
    # boosters
    "booster-on-two-launches-at-once": [
        changing("FirstStage", 2, rocket=FLOWN),
        several(
            doing(twin_launch, net=day(2020, 1, 1, 1), pad=None),
            changing("FirstStage", 2, rocket=UUID(int=9)),
        ),
    ],
    "lost-booster-to-be-launched": [
        several(changing("Launcher", status=3), doing(make, "FirstStage", 9, rocket=PLANNED, launcher=1))
    ],
    "flown-after-a-failed-landing": [
        several(
            doing(make, "Landing", 9, attempt=True, success=False, type=1), changing("FirstStage", landing=9)
        )
    ],
    "first-stage-before-its-previous-flight": [
        changing("FirstStage", previous_flight_date=day(2021)),
        changing("FirstStage", previous_flight=LATER),
    ],
    "first-flight-reused": [
        changing("FirstStage", reused=True, launcher_flight_number=1),
        changing("FirstStage", 2, reused=False, launcher_flight_number=2),
    ],
    "booster-flight-number-twice": [
        several(*(changing("FirstStage", key, launcher_flight_number=1) for key in (1, 2)))
    ],
    "flight-proven-against-flights": [
        changing("Launcher", flight_proven=True, flights=0),
        changing("Launcher", flight_proven=False, flights=2),
    ],
    "more-landings-than-attempts": [
        changing("Launcher", successful_landings=2, attempted_landings=1),
        changing("Launcher", attempted_landings=2, flights=1),
    ],
    "landed-without-an-attempt": [changing("Landing", attempt=False)],
    "landed-in-the-future": [
        several(
            doing(make, "Landing", 3, attempt=True, success=False, type=1, landing_location=1),
            changing("SpacecraftFlight", 3, landing=3),
        )
    ],
    "landing-of-several": [changing("FirstStage", landing=1)],
    # configurations
    "flew-before-maiden-flight": [
        changing("LauncherConfig", maiden_flight=date(2020, 6, 1)),
        changing("SpacecraftConfig", maiden_flight=date(2020, 6, 1)),
    ],
    "maiden-flight-without-launch": [
        changing(config, maiden_flight=date(2019, 6, 1), total_launch_count=2, totals_read_at=NOW)
        for config in ("LauncherConfig", "SpacecraftConfig")
    ],
    "min-stage-above-max": [changing("LauncherConfig", min_stage=3, max_stage=2)],
    "more-to-a-higher-orbit": [
        changing("LauncherConfig", leo_capacity=1.0, gto_capacity=2.0),
        changing("LauncherConfig", leo_capacity=1.0, sso_capacity=2.0),
        changing("LauncherConfig", gto_capacity=1.0, geo_capacity=2.0),
    ],
    "wider-than-long": [changing("LauncherConfig", length=1.0, diameter=2.0)],
    "more-back-than-up": [changing("SpacecraftConfig", payload_capacity=1, payload_return_capacity=2)],
    "reused-though-not-reusable": [
        several(
            changing("LauncherConfig", reusable=False, totals_read_at=NOW),
            changing("Launcher", flights=2, flight_proven=True),
        )
    ],
    "its-own-parent": [
        changing("Agency", 2, parent=2),
        changing("SpacecraftConfigFamily", 2, parent=2),
        several(changing("LauncherConfigFamily", parent=2), changing("LauncherConfigFamily", 2, parent=1)),
        several(
            doing(make, "Agency", 3, name="Agency 3", type=1, parent=1),
            changing("Agency", parent=2),
            changing("Agency", 2, parent=3),
        ),
    ],
    # places
    "beyond-the-poles": [
        changing("Pad", latitude=91.0),
        changing("Location", longitude=-181.0),
        changing("LandingLocation", latitude=-90.5, longitude=1.0),
    ],
    "in-the-gulf-of-guinea": [changing("Pad", latitude=0.0, longitude=0.0)],
    "pad-in-another-country": [changing("Pad", country=2)],
    "landing-location-on-another-body": [changing("LandingLocation", celestial_body=2)],
    "unknown-time-zone": [changing("Location", timezone_name="Asia/Baikonur")],
    # dates
    "past-in-the-future": [
        changing("Launch", FLOWN, last_updated=NOW + 9 * DAY),
        changing("Event", last_updated=NOW + 9 * DAY),
        changing("Update", created_on=NOW + 9 * DAY),
        changing("Astronaut", 2, date_of_birth=date(2030, 1, 1)),
        changing("Astronaut", 2, status=2, date_of_death=date(2030, 1, 1)),
        changing("Astronaut", 2, last_flight=NOW + 9 * DAY),
        changing("Launcher", last_launch_date=NOW + 9 * DAY),
        changing("Agency", 2, founding_year=2030),
    ],
    "first-after-last": [
        changing("Astronaut", 2, first_flight=day(2021), last_flight=day(2020)),
        changing("Launcher", first_launch_date=day(2021), last_launch_date=day(2020)),
    ],
    # texts
    "no-url": [
        changing("Agency", 2, wiki_url="en.wikipedia.org/wiki/Agency"),
        changing("Image", thumbnail_url="ftp://images.example/1.png"),
        changing("Launch", FLOWN, infographic="see the press kit"),
        changing("Astronaut", 2, wiki="https:// nowhere"),
    ],
    "image-without-url": [changing("Image", image_url="")],
    "no-country-code": [
        changing("Country", 2, alpha_2_code="ke"),
        changing("Country", 2, alpha_3_code="Ken"),
    ],
    "belongs-to-nothing": [
        changing("Update", launch=None),
        doing(make, "InfoURL", url="https://v.example/", priority=1),
        doing(make, "VidURL", url="https://v.example/", priority=1),
        doing(make, "SocialMediaLink", social_media=1, url="https://v.example/"),
    ],
    # counters
    "below-zero": [
        changing("Agency", 2, pending_launches=-1),
        changing("Payload", mass=-0.5),
        changing("Launch", FLOWN, pad_turnaround=-HOUR),
    ],
    "more-outcomes-than-launches": [
        changing("Agency", 2, total_launch_count=1, successful_launches=1, failed_launches=1),
        changing("SpacecraftConfig", total_launch_count=1, successful_launches=1, failed_launches=1),
        changing("CelestialBody", total_attempted_launches=1, successful_launches=1, failed_launches=1),
    ],
    "more-outcomes-than-landings": [
        changing("Agency", 2, attempted_landings=1, successful_landings=1, failed_landings=1),
        changing("LandingLocation", attempted_landings=1, successful_landings=1, failed_landings=1),
        changing(
            "Agency",
            2,
            attempted_landings_payload=1,
            successful_landings_payload=1,
            failed_landings_payload=1,
        ),
    ],
    "more-in-a-row-than-succeeded": [
        changing("Agency", 2, consecutive_successful_launches=2, successful_launches=1),
        changing("LauncherConfig", consecutive_successful_landings=2, successful_landings=1),
    ],
    "craft-flown-without-launch": [
        changing("SpacecraftConfig", total_launch_count=0, spacecraft_flown=1),
        changing("SpacecraftConfigFamily", total_launch_count=0, spacecraft_flown=1),
    ],
    # incomplete
    "not-on-the-wire": [
        doing(make, "Launch", UUID(int=9), name="Named only"),
        doing(make, "Location", 9, name="Named only"),
        changing("Event", type=None),
    ],
    "part-of-nothing": [
        doing(make, "DockingLocation", 9, name="Port of nothing"),
        doing(make, "Expedition", 9, name="Expedition to nowhere", start=day(2026)),
        doing(make, "Landing", 9, attempt=True, success=True, type=1),
    ],
    # totals
    "total-not-derived": [
        changing("Pad", total_launch_count=1, totals_read_at=NOW - HOUR),
        changing("SpacecraftFlight", duration=DAY),
        changing("SpacecraftFlight", 2, turn_around_time=9000 * DAY),
        changing("Spacecraft", flights_count=1, mission_ends_count=0, totals_read_at=NOW - HOUR),
    ],
}
"""By rule: ways to plant one fault in the small world, each of which is one finding of this rule."""
