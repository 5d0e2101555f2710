"""`?at=`: the instant that an answer tells of, where that is not the present.

While an answer is made, whatever depends on the time asks `as_of()`: one answer tells of one instant,
however long it takes.  `requested_as_of()` tells whether that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cosmodrome.time import clock

PARAMETER = "at"
PRESENT = "now"

ACCEPTED = (
    "Write one instant between the years 1000 and 9999, such as 1985-08-01T00:00:00Z, "
    f"a date such as 1985-08-01, which is its midnight in UTC, or {PRESENT}."
)
EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)

MEANING = (
    "The instant that the answer tells of: one such as `1985-08-01T00:00:00Z`, a date (its midnight, UTC), "
    "or `now`. What lies after it does not exist; what cannot be known for then is null, also where this "
    "document calls nothing nullable."
)


@dataclass(frozen=True)
class Told:
    """What the answer under way tells of."""

    instant: datetime
    is_asked: bool
    """Whether a client has asked for another instant than the present."""


_told: ContextVar[Told | None] = ContextVar("told", default=None)


@contextmanager
def fixed_instant() -> Iterator[None]:
    """For the time of a block, the present instant stands still, and an answer can be about another."""
    before = _told.set(Told(clock.unrecorded_now(), is_asked=False))
    try:
        yield
    finally:
        _told.reset(before)


def as_of() -> datetime:
    """The instant that the answer under way tells of; outside of one, the present."""
    told = _told.get()
    if told is None:
        return clock.now()
    if not told.is_asked:
        clock.record_read(told.instant)
    return told.instant


def requested_as_of() -> datetime | None:
    """That instant where it was asked for and is not the present; else None."""
    told = _told.get()
    return told.instant if told and told.is_asked else None


def travel(request: Request) -> None:
    """Lets the answer under way tell of the instant that is asked for, if one is.

    The present, asked for by its name or by its instant, is answered like a request without the parameter.
    """
    asked = request.query_params.getlist(PARAMETER)
    if not asked or asked == [PRESENT]:
        return
    instant, present = read(asked), clock.unrecorded_now()
    if instant >= present:
        present = as_of()  # what is to come will once be the present
    if instant != present:
        _told.set(Told(instant, is_asked=True))


def read(asked: list[str]) -> datetime:
    """The instant that is asked for.  Raises ValidationError, which says what is accepted."""
    try:
        (text,) = asked
        instant = clock.read_instant(text)
    except ValueError:
        instant = None
    if instant is None or instant < EARLIEST:
        raise ValidationError({PARAMETER: [ACCEPTED]})
    return instant
