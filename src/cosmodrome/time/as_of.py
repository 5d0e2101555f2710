"""`?at=`: the instant that an answer is about, where that is not the present.

While an answer is made, everything that depends on the time asks `as_of()`: one answer is about one instant,
however long it takes to make.  `requested_as_of()` tells whether a client asked for that instant.
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
ANSWERS_PRESENT = "present"
"""In place of an instant, in the header of an answer that is as it would be without the parameter."""

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
class AsOf:
    """The instant of the answer under way."""

    instant: datetime
    is_requested: bool
    """Whether a client asked for an instant that is not the present."""
    present: datetime
    """The present instant when the answer began; it stands still."""


_as_of: ContextVar[AsOf | None] = ContextVar("as_of", default=None)


@contextmanager
def fixed_instant() -> Iterator[None]:
    """Lets the present instant stand still for a block, in which an answer can be about another one."""
    now = clock.unrecorded_now()
    with set_as_of(AsOf(now, is_requested=False, present=now)):
        yield


@contextmanager
def set_as_of(instant: AsOf) -> Iterator[None]:
    """Sets the instant of the answers that a block makes."""
    before = _as_of.set(instant)
    try:
        yield
    finally:
        _as_of.reset(before)


def present() -> datetime:
    """Returns the present instant, which stands still while an answer is made; does not record the read."""
    found = _as_of.get()
    return found.present if found else clock.unrecorded_now()


def until_present(at: datetime) -> datetime:
    """Returns an instant, or the present if that comes first: nothing that lies ahead has an outcome."""
    return at if at <= present() else clock.record_read(present())


def as_of() -> datetime:
    """Returns the instant of the answer under way; outside of one, the present."""
    found = _as_of.get()
    if found is None:
        return clock.now()
    if not found.is_requested:
        clock.record_read(found.instant)
    return found.instant


def requested_as_of() -> datetime | None:
    """Returns the instant of the answer under way where a client asked for one; None: it is the present."""
    found = _as_of.get()
    return found.instant if found and found.is_requested else None


def use_requested(request: Request, is_historic: bool = True) -> str | None:
    """Lets the answer under way be about the instant that `?at=` names, if it names one.

    Returns that instant as the wire writes it, or `ANSWERS_PRESENT`; None without the parameter.  The
    present, named or written as an instant, is answered like a request without the parameter; so is any
    instant if nothing in the answer is known to have been other (`is_historic`).  Raises ValidationError if
    the value is no instant.
    """
    asked = request.query_params.getlist(PARAMETER)
    if not asked:
        return None
    if asked == [PRESENT]:
        return ANSWERS_PRESENT
    instant, now = read_as_of(asked), present()
    if not is_historic:
        return ANSWERS_PRESENT
    if instant >= now:
        clock.record_read(now)  # an instant that is to come will be the present one day
    if instant == now:
        return ANSWERS_PRESENT
    _as_of.set(AsOf(instant, is_requested=True, present=now))
    return clock.write_instant(instant)


def read_as_of(asked: list[str]) -> datetime:
    """Returns the instant that the values of the parameter name, in whole seconds as the wire has them.

    Raises ValidationError.
    """
    try:
        (text,) = asked
        instant = clock.read_instant(text)
    except ValueError:
        instant = None
    if instant is None or instant < EARLIEST:
        raise ValidationError({PARAMETER: [ACCEPTED]})
    return instant.replace(microsecond=0)
