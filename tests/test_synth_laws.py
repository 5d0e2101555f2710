"""What is invented agrees with itself: every total is the sum of its parts, told once more from the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import models
from pytest_django import DjangoDbBlocker

from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.synth import vocabulary
from cosmodrome.synth.catalogue import NOW
from pages import tables
from worlds import Dump, dump, invented

pytestmark = pytest.mark.xdist_group("laws")  # a world takes seconds to make

Row = dict[str, Any]
ZERO = timedelta(0)
SUCCESS, FAILED, TO_COME = 3, (4, 7), (1, 2, 5, 8)
PLAIN = {model.__name__ for model in vocabulary.NAMES} | {
    "Country", "LaunchStatus", "NetPrecision", "LandingType", "ImageLicense", "Language", "Orbit",
    "TimelineEventType",
}  # fmt: skip


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((150, False), id="150"),
        pytest.param((150, True), id="150-hostile"),
        pytest.param((600, False), id="600", marks=pytest.mark.slow),
        pytest.param((600, True), id="600-hostile", marks=pytest.mark.slow),
    ],
)
def world(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Dump:
    craft, hostile = request.param
    with django_db_blocker.unblock(), invented(craft, hostile=hostile):
        return dump()


def net_of(world: Dump, launch: Any) -> datetime:
    net: datetime = world.tables["Launch"][launch]["net"]
    return net


def is_flown(launch: Row) -> bool:
    return launch["net"] <= NOW and launch["status_id"] not in TO_COME


def grouped(rows: Iterable[Row], by: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[by(row)].append(row)
    return found


def flights_of(world: Dump) -> dict[int, list[Row]]:
    """Flights with a launch, by craft, in time's order."""
    flights = [flight for flight in world.rows("SpacecraftFlight") if flight["rocket_id"]]
    flights.sort(key=lambda flight: net_of(world, flight["rocket_id"]))
    return grouped(flights, lambda flight: flight["spacecraft_id"])


def begun(world: Dump, flights: list[Row]) -> list[Row]:
    return [flight for flight in flights if net_of(world, flight["rocket_id"]) <= NOW]


def length_of(docking: Row) -> timedelta:
    """How long a docking lasted that has ended."""
    return docking["departure"] - docking["docking"] if docking["departure"] else ZERO


def totals_hold(row: Row, expected: Row, empty: bool) -> None:
    """A total is what it should be; where there is nothing to count, all are null or all are zero."""
    found = {name: row[name] for name in expected}
    if empty and None in found.values():
        assert set(found.values()) == {None}, (row, found)
    else:
        assert found == expected, row


def outcomes(launches: Iterable[Row]) -> Row:
    """What the five columns of launches should be."""
    launches = sorted(launches, key=lambda launch: launch["net"])
    flown = [launch["status_id"] for launch in launches if is_flown(launch)]
    told = [status == SUCCESS for status in flown if status in (SUCCESS, *FAILED)]
    return {
        "total_launch_count": len(flown),
        "successful_launches": sum(told),
        "failed_launches": len(told) - sum(told),
        "consecutive_successful_launches": in_a_row(told),
        "pending_launches": len(launches) - len(flown),
    }


def in_a_row(successes: list[bool]) -> int:
    return next((n for n, success in enumerate(reversed(successes)) if not success), len(successes))


def landing_totals(landings: Iterable[Row], suffix: str = "") -> Row:
    tried = [landing["success"] for landing in landings if landing["attempt"]]
    return {
        f"attempted_landings{suffix}": len(tried),
        f"successful_landings{suffix}": sum(tried),
        f"failed_landings{suffix}": len(tried) - sum(tried),
    }


NAMES = {"name", "full_name", "alias", "title", "administrator", "created_by", "credit", "publisher"}
SHORT_NAMES = {"abbrev", "serial_number"}
PLAIN_NAMES = {"Earth", "Moon", "Mars", "Venus", "Starship"}
"""The known bodies, and what the dashboard looks for."""


def test_every_name_of_something_invented_is_marked(world: Dump) -> None:
    for model in tables():
        if model.__name__ not in PLAIN:
            for row in world.rows(model.__name__):
                names = {value for key, value in row.items() if key in NAMES and value} - PLAIN_NAMES
                short_names = [value for key, value in row.items() if key in SHORT_NAMES and value]
                assert all("(invented)" in name for name in names), (model.__name__, row)
                assert all(name.startswith("INV-") for name in short_names), (model.__name__, row)


def test_totals_tell_when_they_were_read(world: Dump) -> None:
    for model in tables():
        if issubclass(model, PublishedTotals):
            for row in world.rows(model.__name__):
                totals = [row[name] for name in model.published_totals if name != "in_space"]
                known = any(total is not None for total in totals)
                assert row["totals_read_at"] in ([NOW] if known else [NOW, None]), (model.__name__, row)


def test_no_text_is_longer_than_its_column(world: Dump) -> None:
    """PostgreSQL would refuse it; SQLite does not."""
    for model in tables():
        for column in model._meta.concrete_fields:
            most = getattr(column, "max_length", None)
            if most and isinstance(column, models.CharField):
                longest = max(
                    (len(row[column.attname] or "") for row in world.rows(model.__name__)), default=0
                )
                assert longest <= most, (model.__name__, column.name)


def test_a_craft_flies_one_flight_after_the_other(world: Dump) -> None:
    for flights in flights_of(world).values():
        before = None
        for flight in flights:
            net, end = net_of(world, flight["rocket_id"]), flight["mission_end"]
            assert flight["turn_around_time"] == (net - before if before else ZERO)
            assert before is None or net > before
            assert end is None or net < end <= NOW
            lasted = (end or NOW) - net if net <= NOW else ZERO
            assert flight["duration"] == lasted
            assert end or net > NOW or flight is begun(world, flights)[-1], "an open flight is the last"
            before = end


def test_the_totals_of_a_craft_are_those_of_its_flights(world: Dump) -> None:
    flights = flights_of(world)
    by_chaser, by_target = (dockings_by(world, f"flight_vehicle_{end}_id") for end in ("chaser", "target"))
    for craft in world.rows("Spacecraft"):
        flown = begun(world, flights.get(craft["id"], []))
        ended = [flight for flight in flown if flight["mission_end"]]
        under_way = [flight for flight in flown if not flight["mission_end"]]
        docked = [
            docking
            for flight in flown
            for docking in (*by_chaser.get(flight["id"], []), *by_target.get(flight["id"], []))
        ]
        open_dockings = [docking["docking"] for docking in docked if docking["departure"] is None]
        assert craft["in_space"] == bool(under_way)
        assert craft["time_in_space_since"] == (
            net_of(world, under_way[0]["rocket_id"]) if under_way else None
        )
        assert [craft["time_docked_since"]] == (open_dockings or [None])
        assert craft["fastest_turnaround"] == min(
            (flight["turn_around_time"] for flight in flown[1:]), default=None
        )
        expected = {
            "flights_count": len(flown),
            "mission_ends_count": len(ended),
            "time_in_space": sum((flight["duration"] for flight in ended), ZERO),
            "time_docked": sum((length_of(docking) for docking in docked), ZERO),
        }
        if craft["id"] not in flights and craft["flights_count"] is None:
            assert {craft[name] for name in expected} == {None}
        else:
            totals_hold(craft, expected, empty=False)


def counting(world: Dump, table: str, relation: str) -> Iterator[tuple[Row, list[int]]]:
    """Each configuration with itself, and each family with the configurations in it."""
    for key, row in world.tables[table].items():
        yield row, [key]
    for key, row in world.tables[f"{table}Family"].items():
        yield (
            row,
            [config for config, families in world.lists[f"{table}.{relation}"].items() if key in families],
        )


def ends_of(docking: Row, end: str) -> list[Any]:
    """The ids of what docks, or of what is docked to, by kind."""
    return [docking[f"{kind}_{end}_id"] for kind in ("space_station", "flight_vehicle", "payload_flight")]


def dockings_by(world: Dump, column: str) -> dict[int, list[Row]]:
    return grouped(
        (docking for docking in world.rows("DockingEvent") if docking[column]),
        lambda docking: docking[column],
    )


def test_configurations_and_families_of_craft_count_their_craft(world: Dump) -> None:
    flights, craft_rows = flights_of(world), world.tables["Spacecraft"]
    flown: dict[int, list[tuple[int, Row, Row | None]]] = defaultdict(list)
    expected_pending = Counter[int]()
    for number, own in flights.items():
        config = craft_rows[number]["spacecraft_config_id"]
        for flight in own:
            launch = world.tables["Launch"][flight["rocket_id"]]
            if is_flown(launch):
                flown[config].append((number, launch, world.tables["Landing"].get(flight["landing_id"])))
            else:
                expected_pending[config] += 1
    for row, configs in counting(world, "SpacecraftConfig", "family"):
        own_flights = [each for config in configs for each in flown[config]]
        launches = [launch for _, launch, _ in own_flights]
        told = outcomes(launches)
        expected = {
            "spacecraft_flown": len({craft for craft, _, _ in own_flights}),
            **{name: told[name] for name in ("total_launch_count", "successful_launches", "failed_launches")},
            **landing_totals(landing for _, _, landing in own_flights if landing),
        }
        totals_hold(
            row, expected, not own_flights and not any(expected_pending[config] for config in configs)
        )
        first = min((launch["net"].date() for launch in launches), default=None)
        assert row["maiden_flight"] == first
        fastest = [craft_rows[craft]["fastest_turnaround"] for craft, _, _ in own_flights]
        if "fastest_turnaround" in row:
            assert row["fastest_turnaround"] == min((time for time in fastest if time), default=None)


def test_a_docking_has_one_chaser_one_target_and_a_port_of_the_target(world: Dump) -> None:
    for docking in world.rows("DockingEvent"):
        for end in ("chaser", "target"):
            assert len(list(filter(None, ends_of(docking, end)))) == 1
        port = world.tables["DockingLocation"][docking["docking_location_id"]]
        if docking["space_station_target_id"]:
            assert port["spacestation_id"] == docking["space_station_target_id"]
            assert docking["space_station_chaser_id"] != docking["space_station_target_id"]
        if docking["flight_vehicle_target_id"]:
            flight = world.tables["SpacecraftFlight"][docking["flight_vehicle_target_id"]]
            craft = world.tables["Spacecraft"][flight["spacecraft_id"]]
            assert port["spacecraft_id"] == craft["spacecraft_config_id"]
        if docking["payload_flight_target_id"]:
            flight = world.tables["PayloadFlight"][docking["payload_flight_target_id"]]
            assert port["payload_id"] == flight["payload_id"]


def test_dockings_lie_within_flights_and_never_share_a_port(world: Dump) -> None:
    at_port: dict[Any, list[Row]] = defaultdict(list)
    of_chaser: dict[Any, list[Row]] = defaultdict(list)
    for docking in world.rows("DockingEvent"):
        assert docking["docking"] <= NOW
        assert docking["departure"] is None or docking["departure"] > docking["docking"]
        at_port[docking["docking_location_id"], docking["flight_vehicle_target_id"]].append(docking)
        of_chaser[tuple(ends_of(docking, "chaser"))].append(docking)
        for flight_id in (docking["flight_vehicle_chaser_id"], docking["flight_vehicle_target_id"]):
            if flight_id:
                flight = world.tables["SpacecraftFlight"][flight_id]
                assert net_of(world, flight["rocket_id"]) < docking["docking"]
                end = flight["mission_end"]
                assert end is None or (docking["departure"] and docking["departure"] < end)
    for dockings in (*at_port.values(), *of_chaser.values()):
        in_order = sorted(dockings, key=lambda docking: docking["docking"])
        for before, after in pairwise(in_order):
            assert before["departure"] and before["departure"] < after["docking"]


def test_a_station_knows_who_is_there(world: Dump) -> None:
    dockings = dockings_by(world, "space_station_target_id")
    for station in world.rows("SpaceStation"):
        here = [
            docking
            for docking in dockings.get(station["id"], [])
            if docking["departure"] is None or docking["departure"] > NOW
        ]
        aboard = [
            len(world.lists["SpacecraftFlight.onboard_crew"][docking["flight_vehicle_chaser_id"]])
            for docking in here
            if docking["flight_vehicle_chaser_id"]
        ]
        totals_hold(
            station,
            {"docked_vehicles": len(here), "onboard_crew": sum(aboard)},
            station["deorbited"] is not None,
        )
        for docking in dockings.get(station["id"], []):
            assert station["founded"] <= docking["docking"].date()
            assert not station["deorbited"] or docking["departure"].date() <= station["deorbited"]


def test_who_goes_up_comes_down_or_is_in_space(world: Dump) -> None:
    for flight in world.rows("SpacecraftFlight"):
        up, aboard, down = (
            world.lists[f"SpacecraftFlight.{when}_crew"][flight["id"]]
            for when in ("launch", "onboard", "landing")
        )
        flown = flight["rocket_id"] and net_of(world, flight["rocket_id"]) <= NOW
        assert aboard == (up if flown else [])
        assert down == (up if flight["mission_end"] else [])


def seats_taken(world: Dump, relation: str) -> dict[int, list[Row]]:
    """The flights or spacewalks of each astronaut."""
    table = relation.partition(".")[0]
    found: dict[int, list[Row]] = defaultdict(list)
    for key, row in world.tables[table].items():
        for seat in world.lists[relation][key]:
            found[world.tables["AstronautFlight"][seat]["astronaut_id"]].append(row)
    return found


def test_the_totals_of_an_astronaut_are_those_of_the_flights(world: Dump) -> None:
    flown, walks = seats_taken(world, "SpacecraftFlight.onboard_crew"), seats_taken(world, "Spacewalk.crew")
    for person in world.rows("Astronaut"):
        key = person["id"]
        flights = sorted(flown[key], key=lambda flight: net_of(world, flight["rocket_id"]))
        nets = [net_of(world, flight["rocket_id"]) for flight in flights]
        landed = [flight["id"] for flight in flights if flight["mission_end"]]
        for flight, net in zip(flights, nets[1:], strict=False):
            assert flight["mission_end"] and flight["mission_end"] < net, "in two places at once"
        assert world.lists["Astronaut.flights"][key] == [flight["rocket_id"] for flight in flights]
        assert world.lists["Astronaut.landings"][key] == landed
        assert sorted(world.lists["Astronaut.spacewalks"][key]) == sorted(walk["id"] for walk in walks[key])
        assert person["in_space"] == (len(landed) < len(flights))
        assert person["eva_time"] == sum((walk["duration"] for walk in walks[key]), ZERO)
        assert person["first_flight"] == min(nets, default=None)
        assert person["last_flight"] == max(nets, default=None)
        expected = {
            "time_in_space": sum((flight["duration"] for flight in flights), ZERO),
            "flights_count": len(flights),
            "landings_count": len(landed),
            "spacewalks_count": len(walks[key]),
        }
        if flights:
            totals_hold(person, expected, empty=False)
        for walk in walks[key]:
            assert any(
                net < walk["start"] and (f["mission_end"] or NOW) >= walk["end"]
                for f, net in zip(flights, nets, strict=True)
            )
        age_holds(person)


def age_holds(person: Row) -> None:
    born, died = person["date_of_birth"], person["date_of_death"]
    last = died or NOW.date()
    had = born and (last.month, last.day) >= (born.month, born.day)
    assert person["age"] == (last.year - born.year - (not had) if born else None)
    assert not died or died > person["last_flight"].date()
    assert not born or born < NOW.date()


def test_an_expedition_lasts_while_its_crew_is_docked(world: Dump) -> None:
    by_seat = {
        seat: flight
        for flight, seats in world.lists["SpacecraftFlight.onboard_crew"].items()
        for seat in seats
    }
    dockings = dockings_by(world, "flight_vehicle_chaser_id")
    for expedition in world.rows("Expedition"):
        seats = world.lists["Expedition.crew"][expedition["id"]]
        if expedition["spacestation_id"] and seats:
            (flight,) = {by_seat[seat] for seat in seats}
            own = [
                docking
                for docking in dockings[flight]
                if docking["space_station_target_id"] == expedition["spacestation_id"]
            ]
            assert expedition["start"] == own[0]["docking"]
            assert expedition["end"] == own[-1]["departure"]


def test_spacewalks_and_expeditions_lie_within_each_other(world: Dump) -> None:
    for walk in world.rows("Spacewalk"):
        expedition = world.tables["Expedition"].get(walk["expedition_id"])
        if expedition:
            assert expedition["start"] <= walk["start"] and walk["end"] <= (expedition["end"] or NOW)
            assert expedition["spacestation_id"] == walk["spacestation_id"]
        assert walk["start"] is None or walk["end"] is None or walk["duration"] == walk["end"] - walk["start"]


def test_launches_are_numbered_as_they_come(world: Dump) -> None:
    suborbital = {
        mission["id"]
        for mission in world.rows("Mission")
        if mission["orbit_id"] and is_suborbital(world, mission)
    }
    overall, in_year = Counter[Any](), Counter[Any]()
    last_from: dict[int, datetime] = {}
    fastest: dict[int, timedelta] = {}
    for launch in sorted(world.rows("Launch"), key=lambda launch: launch["net"]):
        pad = world.tables["Pad"].get(launch["pad_id"])
        counts = {
            "orbital": None if launch["mission_id"] in suborbital else "all",
            "location": pad and pad["location_id"],
            "pad": pad and pad["id"],
            "agency": launch["launch_service_provider_id"],
        }
        for what, which in counts.items():
            if which is None:
                expected: tuple[int | None, int | None] = (None, None)
            else:
                overall[what, which] += 1
                in_year[what, which, launch["net"].year] += 1
                expected = (overall[what, which], in_year[what, which, launch["net"].year])
            names = f"{what}_launch_attempt_count", f"{what}_launch_attempt_count_year"
            assert tuple(launch[name] for name in names) == expected
        before = last_from.get(pad["id"]) if pad else None
        turn_around = launch["net"] - before if before else ZERO
        assert launch["pad_turnaround"] == turn_around
        if pad:
            last_from[pad["id"]] = launch["net"]
            if before and launch["net"] <= NOW:
                fastest[pad["id"]] = min(fastest.get(pad["id"], turn_around), turn_around)
    assert {
        pad["id"]: pad["fastest_turnaround"] for pad in world.rows("Pad") if pad["fastest_turnaround"]
    } == fastest


def is_suborbital(world: Dump, mission: Row) -> bool:
    return bool(world.tables["Orbit"][mission["orbit_id"]]["name"] == "Suborbital")


def test_places_count_their_launches_and_landings(world: Dump) -> None:
    missions, launches = world.tables["Mission"], world.rows("Launch")
    by_pad = grouped(launches, lambda launch: launch["pad_id"])
    landings = [
        landing for landing in world.rows("Landing") if landing["attempt"] and landing["landing_location_id"]
    ]
    by_zone = grouped(landings, lambda landing: landing["landing_location_id"])
    on_body: dict[int, list[Row]] = defaultdict(list)
    at_location: dict[int, list[Row]] = defaultdict(list)
    for pad in world.rows("Pad"):
        own = by_pad.get(pad["id"], [])
        flown = [launch for launch in own if is_flown(launch)]
        orbital = [
            each
            for each in flown
            if not (m := missions.get(each["mission_id"])) or not m["orbit_id"] or not is_suborbital(world, m)
        ]
        expected = {"total_launch_count": len(flown), "orbital_launch_attempt_count": len(orbital)}
        totals_hold(pad, expected, not own)
        if pad["location_id"]:
            at_location[pad["location_id"]] += own
    zones = grouped(world.rows("LandingLocation"), lambda zone: zone["location_id"])
    for location in world.rows("Location"):
        own = at_location.get(location["id"], [])
        tried = [landing for zone in zones.get(location["id"], []) for landing in by_zone.get(zone["id"], [])]
        totals_hold(location, {"total_launch_count": outcomes(own)["total_launch_count"]}, not own)
        totals_hold(location, {"total_landing_count": len(tried)}, not tried)
        on_body[location["celestial_body_id"]] += own
    for zone in world.rows("LandingLocation"):
        tried = by_zone.get(zone["id"], [])
        totals_hold(zone, landing_totals(tried), not tried)
        assert zone["celestial_body_id"] == world.tables["Location"][zone["location_id"]]["celestial_body_id"]
    for body in world.rows("CelestialBody"):
        told = outcomes(on_body.get(body["id"], []))
        landed = [
            landing
            for landing in landings
            if world.tables["LandingLocation"][landing["landing_location_id"]]["celestial_body_id"]
            == body["id"]
        ]
        counts = landing_totals(landed)
        assert body["total_attempted_launches"] == told["total_launch_count"]
        assert body["successful_launches"] == told["successful_launches"]
        assert body["total_attempted_landings"] == counts["attempted_landings"]
        assert body["successful_landings"] == counts["successful_landings"]
        assert body["failed_landings"] == counts["failed_landings"]


def stage_landings(world: Dump, launches: set[Any]) -> Iterator[Row]:
    """Landings of the first stages of these launches that were tried, in time's order."""
    stages = [
        stage for stage in world.rows("FirstStage") if stage["rocket_id"] in launches and stage["landing_id"]
    ]
    for stage in sorted(stages, key=lambda stage: (net_of(world, stage["rocket_id"]), stage["id"])):
        landing = world.tables["Landing"][stage["landing_id"]]
        if landing["attempt"]:
            yield landing


def booster_totals(world: Dump, launches: Iterable[Row]) -> Row:
    landed = list(stage_landings(world, {launch["id"] for launch in launches}))
    successes = [landing["success"] for landing in landed]
    return {**landing_totals(landed), "consecutive_successful_landings": in_a_row(successes)}


def test_agencies_count_their_launches_and_landings(world: Dump) -> None:
    by_provider = grouped(world.rows("Launch"), lambda launch: launch["launch_service_provider_id"])
    craft_landings: dict[int, list[Row]] = defaultdict(list)
    for flight in world.rows("SpacecraftFlight"):
        config = world.tables["Spacecraft"][flight["spacecraft_id"]]["spacecraft_config_id"]
        if flight["landing_id"]:
            agency = world.tables["SpacecraftConfig"][config]["agency_id"]
            craft_landings[agency].append(world.tables["Landing"][flight["landing_id"]])
    payload_landings: dict[int, list[Row]] = defaultdict(list)
    for flight in world.rows("PayloadFlight"):
        payload, landing = (
            world.tables["Payload"][flight["payload_id"]],
            world.tables["Landing"].get(flight["landing_id"]),
        )
        if landing and landing["attempt"]:
            assert payload["manufacturer_id"] == payload["operator_id"]
            payload_landings[payload["operator_id"]].append(landing)
    for agency in world.rows("Agency"):
        own = by_provider.get(agency["id"], [])
        landed = booster_totals(world, own)
        totals_hold(agency, outcomes(own), not own)
        totals_hold(agency, landed, not landed["attempted_landings"])
        for suffix, landings in (("_spacecraft", craft_landings), ("_payload", payload_landings)):
            expected = landing_totals(landings[agency["id"]], suffix)
            totals_hold(agency, expected, not expected[f"attempted_landings{suffix}"])


def test_launcher_configurations_and_families_count_their_launches(world: Dump) -> None:
    by_config: dict[int, list[Row]] = defaultdict(list)
    for rocket in world.rows("Rocket"):
        by_config[rocket["configuration_id"]].append(world.tables["Launch"][rocket["launch_id"]])
    for row, configs in counting(world, "LauncherConfig", "families"):
        launches = [launch for config in configs for launch in by_config[config]]
        expected = {**outcomes(launches), **booster_totals(world, launches)}
        totals_hold(row, expected, not launches)
        assert row["maiden_flight"] == min(
            (each["net"].date() for each in launches if is_flown(each)), default=None
        )
    for config in world.rows("LauncherConfig"):
        own = [
            row["fastest_turnaround"]
            for row in world.rows("Launcher")
            if row["launcher_config_id"] == config["id"]
        ]
        assert config["fastest_turnaround"] == min(filter(None, own), default=None)


def test_a_booster_flies_one_flight_after_the_other(world: Dump) -> None:
    by_launcher = grouped(world.rows("FirstStage"), lambda stage: stage["launcher_id"])
    for launcher in world.rows("Launcher"):
        stages = by_launcher.get(launcher["id"], [])
        stages.sort(key=lambda stage: net_of(world, stage["rocket_id"]))
        flown = [stage for stage in stages if net_of(world, stage["rocket_id"]) <= NOW]
        nets = [net_of(world, stage["rocket_id"]) for stage in flown]
        for number, stage in enumerate(flown):
            before = flown[number - 1] if number else None
            assert stage["launcher_flight_number"] == number + 1 and stage["reused"] == (number > 0)
            assert stage["previous_flight_id"] == (before or stage)["rocket_id"]
            assert stage["previous_flight_date"] == (nets[number - 1] if before else None)
            assert stage["turn_around_time"] == (nets[number] - nets[number - 1] if before else ZERO)
        landings = [world.tables["Landing"][stage["landing_id"]] for stage in flown if stage["landing_id"]]
        tried = landing_totals(landings)
        expected = {
            "flights": len(flown),
            **{k: tried[k] for k in ("attempted_landings", "successful_landings")},
        }
        totals_hold(launcher, expected, not stages)
        assert launcher["flight_proven"] == bool(flown)
        assert (launcher["first_launch_date"], launcher["last_launch_date"]) == (
            (nets[0], nets[-1]) if nets else (None, None)
        )
        times = [stage["turn_around_time"] for stage in flown[1:]]
        assert launcher["fastest_turnaround"] == min(times, default=None)
