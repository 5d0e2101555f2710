"""What lists must answer as of an hour of a made-up history: told in plain Python, as `histories` tells its sums."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.config import AgencyType, SpacecraftConfigType, SpacecraftStatus
from cosmodrome.catalogue.crews import Astronaut, AstronautRole, AstronautStatus, AstronautType
from cosmodrome.catalogue.launches import Launch, LaunchStatus
from cosmodrome.catalogue.places import LandingType
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig
from cosmodrome.catalogue.stations import SpaceStation, SpaceStationStatus, SpaceStationType
from cosmodrome.time.clock import write_instant
from cosmodrome.time.durations import write_duration
from histories import BEGINNING, REFERENCE, Flight, History, id_offset, instant, known, span
from histories.model import STATUSES, TO_COME

OTHERS = 1
"""The id of everything that is needed and does not matter."""
LONG_AFTER = datetime(2040, 1, 1, tzinfo=UTC)

COLUMNS = {
    Spacecraft: (
        "in_space",
        "time_in_space",
        "time_docked",
        "flights_count",
        "mission_ends_count",
        "fastest_turnaround",
    ),
    Astronaut: ("in_space", "time_in_space", "flights_count", "landings_count", "spacewalks_count"),
    SpaceStation: ("docked_vehicles", "onboard_crew"),
}
"""Which columns are compared."""


WORDS: tuple[type[models.Model], ...] = (
    *(AgencyType, SpacecraftConfigType, SpacecraftStatus, SpaceStationStatus, SpaceStationType),
    *(AstronautStatus, AstronautType, AstronautRole, LandingType),
)
"""Look-ups of which every record needs one."""


def furnish() -> None:
    """Gives written histories what every answer needs: types and statuses, dates of founding, times of change."""
    for table in WORDS:
        table._default_manager.get_or_create(id=OTHERS)
    for status in filter(None, STATUSES):
        LaunchStatus.objects.get_or_create(id=status)
    Agency.objects.get_or_create(id=OTHERS, type_id=OTHERS)
    SpacecraftConfig.objects.get_or_create(id=OTHERS, type_id=OTHERS, agency_id=OTHERS)
    SpaceStation.objects.update(founded=BEGINNING.date(), status_id=OTHERS, type_id=OTHERS)
    Astronaut.objects.update(type_id=OTHERS)
    Spacecraft.objects.update(name=F("id"))
    Launch.objects.filter(net__isnull=False).update(
        last_updated=LONG_AFTER,
        window_start=F("net"),
        window_end=F("net"),
        launch_service_provider_id=OTHERS,
    )


def to_wire(value: Any) -> Any:
    return write_duration(value) if isinstance(value, timedelta) else value


def value_then(history: History, table: type[Any], column: str, row: Any, hour: int) -> Any:
    """From its parts if they are known, else nothing before the first flight, else as read, else null."""
    key = row.pk % id_offset(1)
    name = f"{table.__name__}.{column}"
    if known(history, name, key, hour):
        return REFERENCE[name](history, key, hour)
    first = getattr(row, "first_flight", None)
    if first is not None and first > instant(hour):
        return {"time_in_space": timedelta(0), "in_space": False}.get(column, 0)
    return getattr(row, column) if row.totals_read_at <= instant(hour) else None


def was_there(row: Any, hour: int) -> bool:
    """Whether a station had been founded, and a person been born; of what has no such day, yes."""
    began = getattr(row, "founded", None) or getattr(row, "date_of_birth", None)
    return began is None or began <= instant(hour).date()


def rows_then(histories: list[History], table: type[Any], hour: int) -> dict[int, dict[str, Any]]:
    """By id, what the compared columns of a table held."""
    return {
        row.pk: {
            column: value_then(histories[row.pk // id_offset(1)], table, column, row, hour)
            for column in COLUMNS[table]
        }
        for row in table.objects.all()
        if was_there(row, hour)
    }


def there(flight: Flight, hour: int) -> bool:
    """Whether a flight had begun, or had ended without a known launch; of a launch to come, never."""
    if flight.launched and (flight.net is not None or flight.status in TO_COME):
        return flight.begun(hour)
    return flight.end is not None and flight.end <= hour


def flights_then(histories: list[History], hour: int, craft: int | None = None) -> dict[int, Any]:
    """By id, the end of each flight that there was, and how long it had lasted; of one craft or of all."""
    return {
        id_offset(number) + flight.id: (end_then(flight, hour), lasted_then(history, flight, hour))
        for number, history in enumerate(histories)
        for flight in history.flights
        if there(flight, hour) and craft in (None, id_offset(number) + flight.craft)
    }


def end_then(flight: Flight, hour: int) -> str | None:
    return write_instant(instant(flight.end)) if flight.end is not None and flight.end <= hour else None


lasted = REFERENCE["SpacecraftFlight.duration"]


def lasted_then(history: History, flight: Flight, hour: int) -> str | None:
    """Null where nobody knows: no launch, no end before the next one, or an end before the launch."""
    if flight.dated is None or flight.net is None:
        return None
    if flight.end is not None and flight.end <= hour:
        return None if flight.end < flight.net else to_wire(lasted(history, flight.id, hour))
    later = [
        other
        for other in history.flights
        if other.craft == flight.craft and other.begun(hour) and (other.net or 0) > flight.net
    ]
    return None if flight.end is None and later else write_duration(span(hour - flight.net))


def dockings_then(history: History, station: int, hour: int) -> set[int]:
    return {
        one.id
        for one in history.dockings
        if one.station == station and one.docking <= hour and (one.departure is None or one.departure > hour)
    }


def launches_then(hour: int, previous: bool) -> dict[str, Any]:
    """By id, the status of each dated launch that was over, or was to come; null where it had not flown."""
    found: dict[str, Any] = {}
    for key, net, status in Launch.objects.exclude(net=None).values_list("pk", "net", "status"):
        assert net is not None
        is_over = net < instant(hour)
        if is_over if previous else net >= instant(hour) - timedelta(hours=24):
            has_flown = net <= instant(hour) and status not in TO_COME
            found[str(key)] = status if has_flown else None
    return found
