"""The catalogue as it was at an instant: whatever lies after that is taken out of the tables, by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Astronaut, Expedition, Spacewalk
from cosmodrome.catalogue.dashboard import LiveStream
from cosmodrome.catalogue.events import Event, Notice, Update
from cosmodrome.catalogue.flights import PayloadFlight, SpacecraftFlight
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.links import VidURL
from cosmodrome.catalogue.places import Landing
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.catalogue.vehicles import FirstStage
from cosmodrome.derived.registry import PUBLISHED_TABLES, published_columns
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time.clock import midnight
from pages import tables

TO_COME = (1, 2, 5, 8)
"""Statuses of launches that have not flown."""

EARLY = datetime(1900, 1, 1, tzinfo=UTC)


def read_before_anything_happened() -> None:
    """Makes all totals such as were published before the first launch: nothing, so that all is derived."""
    for table in PUBLISHED_TABLES:
        PUBLISHED_TABLES[table]._default_manager.all().delete()
        table._default_manager.update(**{name: nothing(table, name) for name in published_columns(table)})
        if issubclass(table, PublishedTotals):
            table._default_manager.update(totals_read_at=EARLY)
    Launch.objects.update(totals_read_at=F("net"))  # the number of a launch is known from the launch on
    for person in Astronaut.objects.exclude(date_of_birth=None):  # and an age from birth on
        assert person.date_of_birth
        Astronaut.objects.filter(pk=person.pk).update(
            totals_read_at=midnight(person.date_of_birth) + timedelta(days=1)
        )


def nothing(table: type[models.Model], name: str) -> Any:
    """What a column holds of which nothing has happened yet."""
    column: Any = table._meta.get_field(name.removesuffix("_id"))
    if isinstance(column, models.BooleanField):
        return False
    if not issubclass(table, PublishedTotals) or name.endswith(("_since", "_pace")):
        return None
    if isinstance(column, models.IntegerField):
        return 0
    is_total = isinstance(column, models.DurationField) and "turnaround" not in name
    return timedelta(0) if is_total else None


def pointing(table: type[models.Model], other: type[models.Model]) -> Iterator[Any]:
    """The columns of another table that point to rows of this one."""
    return (column for column in other._meta.concrete_fields if column.related_model is table)


def remove(rows: models.QuerySet[Any]) -> None:
    """Deletes rows as if they had never been: what points to them points to nothing, or goes as well."""
    table, keys = rows.model, list(rows.values_list("pk", flat=True))
    for other in tables():
        for column in pointing(table, other):
            found = other._default_manager.filter(**{f"{column.name}__in": keys})
            if column.null:
                found.update(**{column.name: None})
            elif found.exists():
                remove(found)
    table._default_manager.filter(pk__in=keys).delete()


def null_if(rows: models.QuerySet[Any], *columns: str) -> None:
    rows.update(**dict.fromkeys(columns))


def take_back(at: datetime) -> None:
    """Makes the catalogue what it could have been at an instant, before which all agencies were founded."""
    assert not Agency.objects.filter(founding_year__gt=at.year).exists()
    take_back_flights(at, take_back_launches(at))
    take_back_beginnings(at)
    take_back_ends(at)


def take_back_launches(at: datetime) -> list[Any]:
    """Takes back what is known of launches that are to come, but for their instants; returns their ids."""
    to_come = Launch.objects.filter(Q(net=None) | Q(net__gt=at) | Q(status__in=TO_COME))
    ahead = list(to_come.values_list("pk", flat=True))
    null_if(to_come, "failreason", "launch_designator", "probability", "weather_concerns")
    for rows in (to_come, PUBLISHED_TABLES[Launch]._default_manager.filter(pk__in=ahead)):
        null_if(rows, *published_columns(Launch))
    Launch.objects.filter(pk__in=ahead).exclude(status=None).update(status=TO_COME[0])
    for person in Astronaut.objects.all():
        person.flights.remove(*ahead)
    return ahead


def take_back_flights(at: datetime, ahead: list[Any]) -> None:
    """Takes back the flights of launches to come, and the ends of those under way, with their landings."""
    launched = Q(rocket__isnull=False) & ~Q(rocket__in=ahead)
    for table in (FirstStage, PayloadFlight):
        remove(table._default_manager.exclude(launched))
    remove(SpacecraftFlight.objects.exclude(launched | Q(rocket=None, mission_end__lte=at)))
    under_way = SpacecraftFlight.objects.filter(Q(mission_end=None) | Q(mission_end__gt=at))
    for flight in under_way:
        flight.landing_crew.clear()
        flight.landed_by.clear()  # type: ignore[attr-defined] # of Astronaut
        if flight.landing and not (flight.mission_end is None and flight.landing.success is not None):
            remove(Landing.objects.filter(pk=flight.landing.pk))
    null_if(under_way, "mission_end")
    remove(Landing.objects.filter(firststage=None, spacecraftflight=None, payloadflight=None))


Columns = tuple[tuple[type[models.Model], str], ...]

BEGINNINGS: Columns = (
    *((DockingEvent, "docking"), (Expedition, "start"), (Spacewalk, "start")),
    *((Update, "created_on"), (Notice, "date")),
)
"""Columns from which rows are there; a row without the instant is not."""
BEGINNINGS_OF_SOME: Columns = (
    *((Program, "start_date"), (VidURL, "start_time"), (SpaceStation, "founded")),
    (Astronaut, "date_of_birth"),
)
"""Likewise; a row without the instant was always there."""
ENDS: Columns = (
    *((DockingEvent, "departure"), (Expedition, "end"), (Program, "end_date"), (VidURL, "end_time")),
    *((Event, "last_updated"), (Astronaut, "date_of_death"), (SpaceStation, "deorbited")),
)


def by(table: type[models.Model], column: str, at: datetime) -> Any:
    """An instant as a column holds it."""
    return at if isinstance(table._meta.get_field(column), models.DateTimeField) else at.date()


def take_back_beginnings(at: datetime) -> None:
    for table, column in BEGINNINGS:
        remove(table._default_manager.exclude(**{f"{column}__lte": by(table, column, at)}))
    for table, column in BEGINNINGS_OF_SOME:
        remove(table._default_manager.filter(**{f"{column}__gt": by(table, column, at)}))
    remove(LiveStream.objects.all())


def take_back_ends(at: datetime) -> None:
    firsts: list[tuple[type[models.Model], str]] = [
        (table, "maiden_flight") for table in tables() if hasattr(table, "maiden_flight")
    ]
    for table, column in (*ENDS, *firsts):
        null_if(table._default_manager.filter(**{f"{column}__gt": by(table, column, at)}), column)
    null_if(Spacewalk.objects.exclude(end__lte=at), "end", "duration")
    for event in Event.objects.exclude(duration=None):
        if event.date is None or event.duration is None or event.date + event.duration > at:
            null_if(Event.objects.filter(pk=event.pk), "duration")
