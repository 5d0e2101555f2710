"""The states of each table's rows at an earlier or later instant, for `?at=`.

A derived value is what its parts make, where those are known; else what was published, if that held by then;
else it is not known (null).  Columns that describe the present, such as a status, are not known for any other
instant.  An instant that lies later is not known yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Astronaut, Expedition, Spacewalk
from cosmodrome.catalogue.dashboard import LiveStream
from cosmodrome.catalogue.events import Event, Notice, RoadClosure, Update
from cosmodrome.catalogue.flights import PayloadFlight, SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, has_flown, is_to_come
from cosmodrome.catalogue.links import VidURL
from cosmodrome.catalogue.places import Landing, LandingLocation, Location, Pad
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.catalogue.vehicles import FirstStage, Launcher, LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.aggregates import difference
from cosmodrome.derived.definitions import turnarounds
from cosmodrome.derived.definitions.craft import LAUNCH, NET, launched_flights
from cosmodrome.derived.registry import Derived, Instant, derived_of
from cosmodrome.shapes.history import HISTORIES, Column, History
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time.as_of import until_present

Table = type[models.Model]


def column_if(table: Table, column: str, condition: Q) -> Case:
    """The column if a condition holds; else null."""
    return Case(When(condition, then=F(column)), default=None, output_field=column_field(table, column))


def column_field(table: Table, column: str) -> models.Field[Any, Any]:
    """The column's field."""
    found: Any = table._meta.get_field(column)
    return found  # type: ignore[no-any-return] # a column, since its name is declared


def instant_for_column(table: Table, column: str, at: datetime) -> datetime | date | int:
    """An instant in the form in which a column of instants, days or years holds it."""
    if isinstance(column_field(table, column), models.IntegerField):
        return at.year
    return at if isinstance(column_field(table, column), models.DateTimeField) else at.date()


def known_only_now(table: Table, column: str) -> Column:
    """A column that describes the present: null at any other instant."""
    del table
    return lambda _at: NullIf(F(column), F(column))


def known_once_reached(table: Table, column: str) -> Column:
    """A column of instants or days: null before the instant comes."""
    return lambda at: column_if(table, column, has_come(table, column, at))


def has_come(table: Table, column: str, at: datetime) -> Q:
    """The condition that the column's instant is not after `at`."""
    return Q(**{f"{column}__lte": instant_for_column(table, column, at)})


def existed_from(table: Table, column: str, undated: bool = False) -> Callable[[datetime], Q]:
    """The condition that a row existed: from the instant in a column on; where that is null, if `undated`."""

    def existed(at: datetime) -> Q:
        has_begun = has_come(table, column, at)
        return has_begun | Q(**{column: None}) if undated else has_begun

    return existed


def is_launched(at: datetime, path: str = "") -> Q:
    """The condition that a stage, craft or payload, at the end of a path, has been launched."""
    return has_flown(at, f"{path}{LAUNCH}")


def flight_begun(at: datetime, path: str = "") -> Q:
    """The condition that a flight was launched, or has ended where its launch is not known."""
    unknown = {f"{path}{NET}": None, f"{path}mission_end__lte": at}
    return is_launched(at, path) | (Q(**unknown) & ~is_to_come(f"{path}{LAUNCH}"))


def has_landed(at: datetime) -> Q:
    """The condition that a landing has happened.

    A craft lands at the end of its mission.  A booster or payload lands at an hour that is not known, after
    its launch; so does a craft whose mission has no end, if the outcome of its landing is known.
    """
    flight = "spacecraftflight__"
    ended = Q(**{f"{flight}mission_end__lte": at})
    ended |= Q(**{f"{flight}isnull": False, f"{flight}mission_end": None}, success__isnull=False)
    return (
        (flight_begun(at, flight) & ended)
        | is_launched(at, "firststage__")
        | is_launched(at, "payloadflight__")
    )


def launch_has_happened(at: datetime) -> Q:
    """The condition that a launch has happened; nothing is known of the outcome of one that is to come."""
    return has_flown(until_present(at))


def known_from_launch(column: str) -> Column:
    """A column of a launch that is known from the launch on."""
    return lambda at: column_if(Launch, column, launch_has_happened(at))


def flight_duration_as_of(at: datetime) -> Combinable:
    """The duration of a flight; null: its end is not known, though the craft had been launched again."""
    derived, then = turnarounds.flight_duration, Instant(at)
    again = launched_flights().filter(
        spacecraft=OuterRef("spacecraft"), rocket__launch__net__gt=OuterRef(NET), rocket__launch__net__lte=at
    )
    is_open = is_launched(at) & (Q(mission_end__gt=at) | ~Q(Exists(again), mission_end=None))
    return Case(
        When(derived.known(then), then=derived.value(then)),
        When(mission_end__lte=at, then=derived.published(then)),
        When(is_open, then=difference(then.in_row(), NET)),
        default=None,
        output_field=models.DurationField(),
    )


def spacewalk_duration_as_of(at: datetime) -> Combinable:
    """The duration of a spacewalk; null before its end."""
    return column_if(Spacewalk, "duration", Q(end__lte=at))


def event_duration_as_of(at: datetime) -> Combinable:
    """The duration of an event; null before its end."""
    instant = Value(at, output_field=DateTimeField())
    begun_by = ExpressionWrapper(instant - F("duration"), output_field=DateTimeField())
    return column_if(Event, "duration", Q(date__lte=begun_by))


def never(_at: datetime) -> Q:
    """The condition for rows of which nobody knows whether they were there at another instant."""
    return Q(pk__in=())


def derived_as_of(declared: Derived, at: datetime) -> Combinable:
    """A derived value as its parts make it, else as published, else null."""
    table, column = declared.table, declared.column
    if table is Launch:  # of one that has flown, none changes with time: it is what is served now
        return column_if(Launch, column, launch_has_happened(at))
    then, output = Instant(at), column_field(table, column)
    value, published = (
        ExpressionWrapper(each, output_field=output) if isinstance(each, Q) else each
        for each in (declared.value(then), declared.published(then))
    )
    return Case(
        When(declared.known(then), then=value),
        *zero_before_first_flight(table, column, at),
        When(published_value_held(table, column, at), then=published),
        default=None,
        output_field=output,
    )


def published_as_of(table: Table, column: str, at: datetime) -> Combinable:
    """A published total that is not derived."""
    stood = When(published_value_held(table, column, at), then=F(column))
    return Case(
        *zero_before_first_flight(table, column, at),
        stood,
        default=None,
        output_field=column_field(table, column),
    )


FIRST_FLIGHT_COLUMNS: dict[Table, str] = {
    Astronaut: "first_flight",
    Launcher: "first_launch_date",
    LauncherConfig: "maiden_flight",
    LauncherConfigFamily: "maiden_flight",
    Spacecraft: "spacecraft_config__maiden_flight",
    SpacecraftConfig: "maiden_flight",
    SpacecraftConfigFamily: "maiden_flight",
}
"""By table: the column of the first flight, before which totals were zero and nobody was in space."""

NOT_ZERO_BEFORE = ("age", "pending_launches", "fastest_turnaround")
"""Totals that need not have been zero before the first flight."""

ZERO_VALUES: dict[type[models.Field[Any, Any]], Any] = {
    models.IntegerField: 0,
    models.BooleanField: False,
    models.DurationField: timedelta(0),
}


def zero_before_first_flight(table: Table, column: str, at: datetime) -> list[When]:
    """The branch of a `Case` for instants before the first flight: zero, or false; none for some columns."""
    output = column_field(table, column)
    zeros = [zero for of, zero in ZERO_VALUES.items() if isinstance(output, of)]
    if table not in FIRST_FLIGHT_COLUMNS or column in NOT_ZERO_BEFORE or not zeros:
        return []
    first = FIRST_FLIGHT_COLUMNS[table]
    later = Q(**{f"{first}__gt": at if first.startswith("first") else at.date()})
    return [When(later, then=Value(zeros[0], output_field=output))]


def published_value_held(table: Table, column: str, at: datetime) -> Q:
    """The condition that a published value held: it had been read by then, or is itself an instant before.

    Published values of a flight hold as long as the flight exists.
    """
    if isinstance(column_field(table, column), models.DateField):
        return has_come(table, column, at)
    return Q(totals_read_at__lte=at) if issubclass(table, PublishedTotals) else Q(pk__isnull=False)


def total_columns(table: Table) -> Iterator[tuple[str, Column]]:
    """The published totals and derived values of a table, by column."""
    if issubclass(table, PublishedTotals):
        for column in table.published_totals:
            yield column, partial(published_as_of, table, column)
    for declared in derived_of(table):
        yield declared.column, AS_OF_OVERRIDES.get(declared.name) or partial(derived_as_of, declared)


AS_OF_OVERRIDES: dict[str, Column] = {"SpacecraftFlight.duration": flight_duration_as_of}
"""Derived values that may be known at an earlier instant where their parts are not."""


def register_histories() -> None:
    """Registers the history of every table of the catalogue that has one."""
    for table in apps.get_app_config("catalogue").get_models():
        own = DECLARED_HISTORIES.get(table, History())
        columns = {**own.columns, **dict(total_columns(table))}
        if columns or own.existed or own.lists:
            HISTORIES[table] = History(own.existed, columns, own.lists)


def history_columns(table: Table, present: str = "", instants: str = "") -> dict[str, Column]:
    """Columns, named with blanks between, that describe the present, and columns of instants."""
    return {
        **{column: known_only_now(table, column) for column in present.split()},
        **{column: known_once_reached(table, column) for column in instants.split()},
    }


OUTCOME_COLUMNS = "status failreason launch_designator probability weather_concerns"
"""The columns of a launch that are known once it has flown."""

DECLARED_HISTORIES: dict[Table, History] = {
    Agency: History(
        existed_from(Agency, "founding_year", undated=True), history_columns(Agency, "administrator")
    ),
    Astronaut: History(
        existed_from(Astronaut, "date_of_birth", undated=True),
        history_columns(Astronaut, "status", "date_of_death"),
        {
            "flights": lambda at: Q(flights__in=Launch.objects.filter(launch_has_happened(at))),
            "landings": lambda at: Q(landings__mission_end__lte=at) & ~is_to_come(f"landings__{LAUNCH}"),
        },
    ),
    DockingEvent: History(
        existed_from(DockingEvent, "docking"), history_columns(DockingEvent, "", "departure")
    ),
    Event: History(
        columns={
            **history_columns(Event, "webcast_live", "last_updated"),
            "duration": event_duration_as_of,
        }
    ),
    Expedition: History(existed_from(Expedition, "start"), history_columns(Expedition, "", "end")),
    FirstStage: History(is_launched),
    Landing: History(has_landed),
    LandingLocation: History(columns=history_columns(LandingLocation, "active")),
    Launch: History(
        columns={
            **history_columns(Launch, "webcast_live", "last_updated"),
            **{column: known_from_launch(column) for column in OUTCOME_COLUMNS.split()},
        }
    ),
    Launcher: History(columns=history_columns(Launcher, "status flight_proven")),
    LauncherConfig: History(columns=history_columns(LauncherConfig, "active", "maiden_flight")),
    LauncherConfigFamily: History(columns=history_columns(LauncherConfigFamily, "active", "maiden_flight")),
    LiveStream: History(never),
    Location: History(columns=history_columns(Location, "active")),
    Notice: History(existed_from(Notice, "date")),
    Pad: History(columns=history_columns(Pad, "active")),
    PayloadFlight: History(is_launched),
    Program: History(
        existed_from(Program, "start_date", undated=True), history_columns(Program, "", "end_date")
    ),
    RoadClosure: History(columns=history_columns(RoadClosure, "status")),
    SpaceStation: History(
        existed_from(SpaceStation, "founded", undated=True),
        history_columns(SpaceStation, "status", "deorbited"),
    ),
    Spacecraft: History(columns=history_columns(Spacecraft, "status")),
    SpacecraftConfig: History(columns=history_columns(SpacecraftConfig, "in_use", "maiden_flight")),
    SpacecraftConfigFamily: History(columns=history_columns(SpacecraftConfigFamily, "", "maiden_flight")),
    SpacecraftFlight: History(
        flight_begun,
        history_columns(SpacecraftFlight, "", "mission_end"),
        {"landing_crew": lambda at: Q(mission_end__lte=at)},
    ),
    Spacewalk: History(
        existed_from(Spacewalk, "start"),
        {**history_columns(Spacewalk, "", "end"), "duration": spacewalk_duration_as_of},
    ),
    Update: History(existed_from(Update, "created_on")),
    VidURL: History(
        existed_from(VidURL, "start_time", undated=True), history_columns(VidURL, "live", "end_time")
    ),
}
"""By table: the rows that did not always exist, and the columns that change with time and are no totals."""
