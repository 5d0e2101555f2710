"""What each table's rows were at an instant: for `?at=`.

A derived value is what its parts add up to, where those are known; else what was published, if that held by
then; else it is not known.  Words of the present, such as a status, are not known of any other instant.
What tells of a later instant is not known yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case, Exists, ExpressionWrapper, F, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Astronaut, Expedition, Spacewalk
from cosmodrome.catalogue.events import Update
from cosmodrome.catalogue.flights import PayloadFlight, SpacecraftFlight
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.links import VidURL
from cosmodrome.catalogue.places import Landing, LandingLocation, Location, Pad
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.catalogue.vehicles import FirstStage, Launcher, LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.aggregates import difference
from cosmodrome.derived.definitions import craft
from cosmodrome.derived.definitions.craft import NET, TO_COME
from cosmodrome.derived.registry import Derived, Instant, derived_of
from cosmodrome.shapes.history import HISTORIES, Column, History
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time.clock import now

Table = type[models.Model]


def where(table: Table, column: str, condition: Q) -> Case:
    """The column where a condition holds; else null."""
    return Case(When(condition, then=F(column)), default=None, output_field=kind(table, column))


def kind(table: Table, column: str) -> models.Field[Any, Any]:
    """What the column holds."""
    found: Any = table._meta.get_field(column)
    return found  # type: ignore[no-any-return] # a column, since its name is declared


def moment(table: Table, column: str, at: datetime) -> datetime | date | int:
    """An instant as a column of instants, days or years has it."""
    if isinstance(kind(table, column), models.IntegerField):
        return at.year
    return at if isinstance(kind(table, column), models.DateTimeField) else at.date()


def unknown(table: Table, column: str) -> Column:
    """A word of the present."""
    del table
    return lambda _at: NullIf(F(column), F(column))


def reached(table: Table, column: str) -> Column:
    """An instant, or a day, that is not known before it comes."""
    return lambda at: where(table, column, has_come(table, column, at))


def has_come(table: Table, column: str, at: datetime) -> Q:
    """Whether that which the column tells of lies not after `at`."""
    return Q(**{f"{column}__lte": moment(table, column, at)})


def begun(table: Table, column: str, undated: bool = False) -> Callable[[datetime], Q]:
    """Rows that begin by a column; `undated` ones, of which it is not known when, were there or not."""

    def existed(at: datetime) -> Q:
        has_begun = has_come(table, column, at)
        return has_begun | Q(**{column: None}) if undated else has_begun

    return existed


def in_flight(at: datetime) -> Q:
    """Of what a launch carries: that it has been launched."""
    return Q(rocket__launch__net__lte=at) & ~Q(rocket__launch__status__in=TO_COME)


def flight_begun(at: datetime) -> Q:
    """Launched; or ended, where the launch is not known."""
    return in_flight(at) | Q(rocket__launch__net=None, mission_end__lte=at)


def come_down(at: datetime) -> Q:
    """A craft lands at the end of its mission; a booster or payload, at no known hour, after its launch."""
    return (
        Q(spacecraftflight__mission_end__lte=at)
        | Q(firststage__rocket__launch__net__lte=at)
        | Q(payloadflight__rocket__launch__net__lte=at)
    )


def flown(at: datetime) -> Q:
    """Launches that have happened: what a launch that is to come will be is not known."""
    return Q(net__lte=min(at, now())) & ~Q(status__in=TO_COME)


def once_flown(column: str) -> Column:
    """What is known of a launch from the launch on."""
    return lambda at: where(Launch, column, flown(at))


def flight_lasted(at: datetime) -> Combinable:
    """How long a flight had lasted; null: not known when it ended, though it had by the next launch."""
    derived, then = craft.duration, Instant(at)
    again = craft.launched().filter(
        spacecraft=OuterRef("spacecraft"), rocket__launch__net__gt=OuterRef(NET), rocket__launch__net__lte=at
    )
    is_open = Q(rocket__launch__net__lte=at) & (Q(mission_end__gt=at) | ~Q(Exists(again), mission_end=None))
    return Case(
        When(derived.known(then), then=derived.value(then)),
        When(mission_end__lte=at, then=derived.published(then)),
        When(is_open, then=difference(then.in_row(), NET)),
        default=None,
        output_field=models.DurationField(),
    )


def walked(at: datetime) -> Combinable:
    """How long a spacewalk took, once it is over."""
    return where(Spacewalk, "duration", Q(end__lte=at))


def derived_then(declared: Derived, at: datetime) -> Combinable:
    """A derived value: from its parts, else as published, else null."""
    table, column = declared.table, declared.column
    then, output = Instant(at), kind(table, column)
    value, published = (
        ExpressionWrapper(each, output_field=output) if isinstance(each, Q) else each
        for each in (declared.value(then), declared.published(then))
    )
    return Case(
        When(declared.known(then), then=value),
        *nothing_yet(table, column, at),
        When(held(table, column, at), then=published),
        default=None,
        output_field=output,
    )


def published_then(table: Table, column: str, at: datetime) -> Combinable:
    """A published total that nothing derives."""
    stood = When(held(table, column, at), then=F(column))
    return Case(*nothing_yet(table, column, at), stood, default=None, output_field=kind(table, column))


FIRSTS: dict[Table, str] = {
    Astronaut: "first_flight",
    Launcher: "first_launch_date",
    LauncherConfig: "maiden_flight",
    LauncherConfigFamily: "maiden_flight",
    Spacecraft: "spacecraft_config__maiden_flight",
    SpacecraftConfig: "maiden_flight",
    SpacecraftConfigFamily: "maiden_flight",
}
"""The first flight, by table, before which nothing was counted and nobody was in space."""

UNTOLD = ("age", "pending_launches", "fastest_turnaround")
"""Totals of which it does not tell that they were zero before it."""

ZEROS: dict[type[models.Field[Any, Any]], Any] = {
    models.IntegerField: 0,
    models.BooleanField: False,
    models.DurationField: timedelta(0),
}


def nothing_yet(table: Table, column: str, at: datetime) -> list[When]:
    """Before the first flight: zero, or no."""
    output = kind(table, column)
    zeros = [zero for of, zero in ZEROS.items() if isinstance(output, of)]
    if table not in FIRSTS or column in UNTOLD or not zeros:
        return []
    first = FIRSTS[table]
    later = Q(**{f"{first}__gt": at if first.startswith("first") else at.date()})
    return [When(later, then=Value(zeros[0], output_field=output))]


def held(table: Table, column: str, at: datetime) -> Q:
    """Whether what was published held by then: it had been read, or it tells of an instant before that.

    What is published of a launch holds from the launch on, and of a flight while there is one.
    """
    if table is Launch:
        return flown(at)
    if isinstance(kind(table, column), models.DateField):
        return has_come(table, column, at)
    return Q(totals_read_at__lte=at) if issubclass(table, PublishedTotals) else Q(pk__isnull=False)


def totals(table: Table) -> Iterator[tuple[str, Column]]:
    """What a table has of totals and derived values."""
    if issubclass(table, PublishedTotals):
        for column in table.published_totals:
            yield column, partial(published_then, table, column)
    for declared in derived_of(table):
        yield declared.column, MORE_KNOWN.get(declared.name) or partial(derived_then, declared)


MORE_KNOWN: dict[str, Column] = {"SpacecraftFlight.duration": flight_lasted}
"""Derived values that are known then where their parts are not."""


def declare() -> None:
    """Lets the engine know."""
    for table in apps.get_app_config("catalogue").get_models():
        own = DECLARED.get(table, History())
        columns = {**own.columns, **dict(totals(table))}
        if columns or own.existed or own.lists:
            HISTORIES[table] = History(own.existed, columns, own.lists)


def columns(table: Table, words: str = "", instants: str = "") -> dict[str, Column]:
    """Words of the present, and instants that come."""
    return {
        **{column: unknown(table, column) for column in words.split()},
        **{column: reached(table, column) for column in instants.split()},
    }


OUTCOMES = "status failreason launch_designator probability weather_concerns pad_turnaround"
"""What is known of a launch once it has flown."""

DECLARED: dict[Table, History] = {
    Agency: History(begun(Agency, "founding_year", undated=True), columns(Agency, "administrator")),
    Astronaut: History(
        begun(Astronaut, "date_of_birth", undated=True),
        columns(Astronaut, "status", "date_of_death"),
        {
            "flights": lambda at: Q(flights__in=Launch.objects.filter(flown(at))),
            "landings": lambda at: Q(landings__mission_end__lte=at),
        },
    ),
    DockingEvent: History(begun(DockingEvent, "docking"), columns(DockingEvent, "", "departure")),
    Expedition: History(begun(Expedition, "start"), columns(Expedition, "", "end")),
    FirstStage: History(in_flight, columns(FirstStage, "", "previous_flight_date")),
    Landing: History(come_down),
    LandingLocation: History(columns=columns(LandingLocation, "active")),
    Launch: History(
        columns={
            **columns(Launch, "webcast_live", "last_updated"),
            **{column: once_flown(column) for column in OUTCOMES.split()},
        }
    ),
    Launcher: History(
        columns=columns(Launcher, "status flight_proven", "first_launch_date last_launch_date")
    ),
    LauncherConfig: History(columns=columns(LauncherConfig, "active", "maiden_flight")),
    LauncherConfigFamily: History(columns=columns(LauncherConfigFamily, "active", "maiden_flight")),
    Location: History(columns=columns(Location, "active")),
    Pad: History(columns=columns(Pad, "active")),
    PayloadFlight: History(in_flight),
    Program: History(begun(Program, "start_date", undated=True), columns(Program, "", "end_date")),
    SpaceStation: History(
        begun(SpaceStation, "founded", undated=True), columns(SpaceStation, "status", "deorbited")
    ),
    Spacecraft: History(columns=columns(Spacecraft, "status")),
    SpacecraftConfig: History(columns=columns(SpacecraftConfig, "in_use", "maiden_flight")),
    SpacecraftConfigFamily: History(columns=columns(SpacecraftConfigFamily, "", "maiden_flight")),
    SpacecraftFlight: History(
        flight_begun,
        columns(SpacecraftFlight, "", "mission_end"),
        {"landing_crew": lambda at: Q(mission_end__lte=at)},
    ),
    Spacewalk: History(begun(Spacewalk, "start"), {**columns(Spacewalk, "", "end"), "duration": walked}),
    Update: History(begun(Update, "created_on")),
    VidURL: History(begun(VidURL, "start_time", undated=True), columns(VidURL, "live", "end_time")),
}
"""What changes with time and is no total."""
