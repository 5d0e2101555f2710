"""Conditions that several rules share: what has flown, and what a status says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce, Lower

from cosmodrome.catalogue.launches import FAILURE, PARTIAL_FAILURE, SUCCESS
from cosmodrome.shapes.tables import OpenEnded

UNDER_WAY_STATUSES = (6, 9)
"""Ids of statuses of launches that have left the pad and have no outcome yet: In Flight, Payload Deployed."""
LEFT_PAD_STATUSES = (SUCCESS, FAILURE, PARTIAL_FAILURE, *UNDER_WAY_STATUSES)

DEATH_STATUSES = ("deceased", "lost in flight", "lost in training", "died while in active service")
LIVING_STATUSES = ("active", "in-training", "retired", "inactive")
"""Names of the statuses of astronauts, in lower case, of the dead and of the living."""

GONE_STATUSES = ("destroyed", "lost", "expended")
OUT_OF_SERVICE_STATUSES = (*GONE_STATUSES, "retired")
"""Names of the statuses of spacecraft and boosters, in lower case, that do not fly again."""

DAY = timedelta(days=1)
"""Dates are those of a time zone that nobody names: what lies within a day of one is no contradiction."""

A_MOMENT = timedelta(hours=1)
"""Clocks differ, and instants are revised in the last minutes: nothing is in the future by less."""


def is_named(path: str, names: tuple[str, ...]) -> Q:
    """Whether the row at the end of a path, a look-up, has one of these names, whatever their case."""
    return Q(**{f"{path}__name__iregex": rf"^({'|'.join(names)})$"})


def is_left_open(table: type[OpenEnded]) -> Q:
    """Whether nobody says when a row of the table ended, nor has anybody seen that it is over."""
    return Q(**{table.ends: None, "over_by": None})


def has_left_pad(launch: str = "") -> Q:
    """Whether the launch at the end of a path, as `rocket__launch__`, says that it has flown."""
    return Q(**{f"{launch}status__in": LEFT_PAD_STATUSES})


def shifted(path: str, by: timedelta) -> ExpressionWrapper:
    """The instant or date at the end of a path, moved by a duration, as an instant."""
    return ExpressionWrapper(F(path) + by, output_field=DateTimeField())


def as_read(now: datetime, path: str = "totals_read_at") -> Coalesce:
    """The moment at which a row was read, or the present instant where that is not known."""
    return Coalesce(path, Value(now, output_field=DateTimeField()))


def lower(path: str) -> Lower:
    """The text at the end of a path, in lower case."""
    return Lower(path)


def blank(path: str) -> Q:
    """Whether a text is missing."""
    return Q(**{path: None}) | Q(**{path: ""})


def either(*conditions: Q) -> Q:
    """Whether one of these conditions holds."""
    found = Q()
    for each in conditions:
        found |= each
    return found


Row = dict[str, Any]
