"""Writes histories into the tables, for the time of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Astronaut, AstronautFlight, Spacewalk
from cosmodrome.catalogue.flights import Payload, PayloadFlight, SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.missions import Mission
from cosmodrome.catalogue.places import CelestialBody, Landing, LandingLocation, Location, Orbit, Pad
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.catalogue.vehicles import FirstStage, Launcher, LauncherConfig, LauncherConfigFamily
from histories.model import DAYS, FAMILIES, KEYS, SINGLE_ROW_TABLES, Flight, History, Landed, at, instant

ANY_ID = 1
"""The id for required foreign keys that do not matter; constraints on it are never checked."""

ORBITS = {"Suborbital": 1, "Low": 2, "unknown": None}
STAGE, CRAFT, PAYLOAD = 0, 20, 40
"""Offsets from a flight's id to the ids of its landings."""


@contextmanager
def stored(*histories: History) -> Iterator[None]:
    """Stores histories in the tables for the time of a block; ids of each begin at its `id_offset`."""
    with transaction.atomic():
        for number, history in enumerate(histories):
            Writer(history, id_offset(number)).write()
        yield
        transaction.set_rollback(True)


def id_offset(number: int) -> int:
    """The offset of all ids of a history, where several are stored."""
    return 100 * number


@dataclass(frozen=True)
class Writer:
    """Writes a history, with `offset` added to all its ids."""

    history: History
    offset: int

    def key(self, key: int | None) -> Any:
        return None if key is None else self.offset + key

    def totals(self, table: str, key: int) -> dict[str, Any]:
        given = dict(self.history.published.get((table, key), {}))
        return {"totals_read_at": at(given.pop("read", None)), **given}

    def write_rows(self, model: Any, **columns: Any) -> None:
        """Writes the rows of a table that has totals; the value of a column may be a function of the id."""
        for key in KEYS[:1] if model.__name__ in SINGLE_ROW_TABLES else KEYS:
            own = {name: value(key) if callable(value) else value for name, value in columns.items()}
            model.objects.bulk_create([model(id=self.key(key), **own, **self.totals(model.__name__, key))])

    def write(self) -> None:
        self.write_places()
        self.write_vehicles()
        self.write_rows(Agency, type_id=ANY_ID)
        self.write_rows(SpaceStation, status_id=ANY_ID, type_id=ANY_ID, founded=instant(0).date())
        self.write_launches()
        self.write_landings()
        self.write_flights()
        self.write_people()
        DockingEvent.objects.bulk_create(
            DockingEvent(
                id=self.key(docking.id),
                docking=instant(docking.docking),
                departure=at(docking.departure),
                flight_vehicle_chaser_id=self.key(docking.chaser),
                flight_vehicle_target_id=self.key(docking.target),
                space_station_target_id=self.key(docking.station),
            )
            for docking in self.history.dockings
        )

    def write_places(self) -> None:
        one = self.key(1)
        self.write_rows(CelestialBody)
        self.write_rows(Location, celestial_body_id=one)
        self.write_rows(Pad, location_id=one)
        self.write_rows(LandingLocation, location_id=one, celestial_body_id=one)
        Orbit.objects.bulk_create(
            Orbit(id=self.key(key), name=name, celestial_body_id=one) for name, key in ORBITS.items() if key
        )

    def write_vehicles(self) -> None:
        kinds = self.history.kinds
        self.write_rows(Spacecraft, status_id=ANY_ID, spacecraft_config_id=lambda key: self.key(kinds[key]))
        self.write_rows(SpacecraftConfig, type_id=ANY_ID, agency_id=self.key)
        self.write_rows(Launcher, launcher_config_id=lambda key: self.key(kinds[key]))
        for model in (SpacecraftConfigFamily, LauncherConfig, LauncherConfigFamily):
            self.write_rows(model)
        for between in (SpacecraftConfig.family.through, LauncherConfig.families.through):
            config, family = (column.attname for column in between._meta.concrete_fields[1:])
            between._default_manager.bulk_create(
                between(**{config: self.key(member), family: self.key(key)})
                for key, members in FAMILIES.items()
                for member in members
            )

    def write_people(self) -> None:
        days = {key: instant(day * DAYS).date() for key, day in self.history.deaths.items()}
        self.write_rows(
            Astronaut,
            status_id=ANY_ID,
            type_id=ANY_ID,
            date_of_birth=self.history.births.get,
            date_of_death=days.get,
        )
        AstronautFlight.objects.bulk_create(
            AstronautFlight(id=self.key(key), astronaut_id=self.key(key), role_id=ANY_ID) for key in KEYS
        )
        for number, walk in enumerate(self.history.walks, 1):
            Spacewalk.objects.bulk_create(
                [Spacewalk(id=self.key(number), start=at(walk.start), end=at(walk.end))]
            )
            self.seats(Spacewalk, "crew", number, walk.crew)

    def seats(self, model: Any, column: str, key: int, crew: tuple[int, ...]) -> None:
        between, name = getattr(model, column).through, f"{model.__name__.lower()}_id"
        between.objects.bulk_create(
            between(**{name: self.key(key), "astronautflight_id": self.key(person)}) for person in crew
        )

    def launch(self, flight: Flight) -> UUID:
        return UUID(int=self.offset + flight.id)

    def write_launches(self) -> None:
        flights = self.history.flights
        Mission.objects.bulk_create(
            Mission(id=self.key(flight.id), orbit_id=self.key(ORBITS[flight.orbit]))
            for flight in flights
            if flight.orbit
        )
        for flight in flights:
            row = Launch(
                id=self.launch(flight),
                net=at(flight.net),
                window_start=at(flight.net),
                window_end=at(flight.net),
                last_updated=instant(0),
                status_id=flight.status,
                pad_id=self.key(flight.pad),
                launch_service_provider_id=self.key(flight.provider),
                mission_id=self.key(flight.id) if flight.orbit else None,
                **self.totals("Launch", flight.id),
            )
            Launch.objects.bulk_create([row])
        Rocket.objects.bulk_create(
            Rocket(launch_id=self.launch(flight), configuration_id=self.key(flight.config))
            for flight in flights
        )

    def write_landings(self) -> None:
        for flight in self.history.flights:
            own: dict[int, tuple[Landed, int | None]] = {
                STAGE: (flight.landing, flight.booster),
                CRAFT: (flight.craft_landing, flight.craft),
                PAYLOAD: (flight.payload_landing, flight.operator),
            }
            Landing.objects.bulk_create(
                Landing(
                    id=self.key(flight.id + what),
                    attempt=outcome is not None,
                    success=None if outcome == "unknown" else outcome,
                    type_id=ANY_ID,
                    landing_location_id=self.key(flight.place),
                )
                for what, (outcome, flown) in own.items()
                if outcome or flown
            )

    def write_flights(self) -> None:
        flights = self.history.flights
        FirstStage.objects.bulk_create(
            FirstStage(
                id=self.key(flight.id),
                rocket_id=self.launch(flight),
                launcher_id=self.key(flight.booster),
                landing_id=self.key(flight.id + STAGE),
            )
            for flight in flights
            if flight.booster
        )
        SpacecraftFlight.objects.bulk_create(
            SpacecraftFlight(
                id=self.key(flight.id),
                spacecraft_id=self.key(flight.craft),
                rocket_id=self.launch(flight) if flight.launched else None,
                mission_end=at(flight.end),
                landing_id=self.key(flight.id + CRAFT),
            )
            for flight in flights
        )
        Payload.objects.bulk_create(
            Payload(id=self.key(key), type_id=ANY_ID, manufacturer_id=ANY_ID, operator_id=self.key(key))
            for key in KEYS
        )
        PayloadFlight.objects.bulk_create(
            PayloadFlight(
                id=self.key(flight.id),
                rocket_id=self.launch(flight),
                payload_id=self.key(flight.operator),
                landing_id=self.key(flight.id + PAYLOAD),
            )
            for flight in flights
            if flight.operator
        )
        for flight in flights:
            self.seats(SpacecraftFlight, "launch_crew", flight.id, flight.up)
            self.seats(SpacecraftFlight, "onboard_crew", flight.id, flight.up)
            self.seats(SpacecraftFlight, "landing_crew", flight.id, flight.down)
