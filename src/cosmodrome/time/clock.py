"""The one clock.  No other code reads the time.

`COSMODROME_NOW` stops or sets the clock, and `COSMODROME_CLOCK_SPEED` makes it run faster or slower: they
become the Django settings `CLOCK_STOPPED_AT` and `SIMULATED_CLOCK`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import inf
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from cosmodrome.time.durations import read_duration

EPOCH, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EARLIEST_NOW, LATEST_NOW = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""The first and the last instant that the clock can show: answers look a day back and a day ahead."""
MICROSECOND = timedelta(microseconds=1)


def midnight(day: date) -> datetime:
    """Returns the first instant of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class SimulatedClock:
    """A running clock that does not show the real time."""

    start: datetime
    """The instant that it showed when it was set."""
    real_start: datetime
    """The real time at which it was set."""
    speed: float = 1
    """The seconds by which it advances in a real second."""

    def at(self, real: datetime) -> datetime:
        """Returns the instant that it shows at the real time `real`; at `LATEST_NOW` it stands still."""
        try:
            return min(LATEST_NOW, self.start + (real - self.real_start) * self.speed)
        except OverflowError:
            return LATEST_NOW


@dataclass
class Reads:
    """Records whether a block of code reads the clock."""

    first: datetime | None = None
    """The instant that the first read returned; None if the clock was not read."""


_reads: ContextVar[Reads | None] = ContextVar("reads", default=None)


@contextmanager
def recorded_reads() -> Iterator[Reads]:
    """Records whether a block reads the clock: a block that does not has the same result at any time."""
    reads = Reads()
    token = _reads.set(reads)
    try:
        yield reads
    finally:
        _reads.reset(token)


def epoch_microseconds(instant: datetime) -> int:
    """Returns the microseconds from the epoch to an instant; negative before it."""
    return (instant - EPOCH) // MICROSECOND


def real_now() -> datetime:
    """Returns the real instant, in UTC, whatever the clock shows: the clock is set by it."""
    return datetime.now(UTC)


def now() -> datetime:
    """Returns the present instant as the clock shows it, in UTC."""
    return record_read(unrecorded_now())


def record_read(instant: datetime) -> datetime:
    """Records that a result depends on an instant that the clock shows or has shown; returns that instant."""
    reads = _reads.get()
    if reads and reads.first is None:
        reads.first = instant
    return instant


Setting = tuple[datetime | None, SimulatedClock | None]
"""The instant at which the clock stands still, and the simulated clock; both None: it shows the real time."""


@cache
def setting() -> Setting:
    """Returns the clock's setting, cached: reading Django's settings is slow."""
    return settings.CLOCK_STOPPED_AT, settings.SIMULATED_CLOCK


@receiver(setting_changed)
def clear_setting(**_: Any) -> None:
    """Clears the cached setting when a test changes Django's settings."""
    setting.cache_clear()


_held_at: ContextVar[datetime | None] = ContextVar("held_at", default=None)


@contextmanager
def held_at(instant: datetime) -> Iterator[None]:
    """Lets the clock stand still at an instant, for a block: an answer is made at one instant."""
    token = _held_at.set(instant)
    try:
        yield
    finally:
        _held_at.reset(token)


def unrecorded_now() -> datetime:
    """Returns the present instant without recording the read: for caches."""
    held = _held_at.get()
    if held is not None:
        return held
    return running_now()


def running_now() -> datetime:
    """Returns the present instant, also where a block holds the clock."""
    stopped_at, simulated = setting()
    if stopped_at:
        return stopped_at
    return simulated.at(real_now()) if simulated else real_now()


def speed() -> float:
    """Returns the seconds by which the clock advances in a real one; 1 also for a clock that stands still."""
    _, simulated = setting()
    return simulated.speed if simulated else 1.0


def stretched(time: timedelta) -> timedelta:
    """Returns the time that passes on the clock during a real one; on a slow clock, the real one."""
    return time * max(1.0, speed())


def seconds_until(instant: datetime) -> float:
    """Returns the real seconds until the clock shows an instant; infinity if the clock stands still."""
    stopped_at, _ = setting()
    if stopped_at:
        return inf
    return (instant - running_now()).total_seconds() / speed()


LOST_PLUS = re.compile(r"(\d{4}[^\sT]*[T ]\d\d:?\d\d\S*) (\d\d(:?\d\d)?)")
"""An instant with a blank for the `+` of its offset, as queries have it where nobody wrote `%2B`.

There is one way at most to read a text by it, so that time is linear.
"""


def with_plus(text: str) -> str:
    """Returns a text with the `+` of an instant's offset, where a query has made a blank of it."""
    lost = LOST_PLUS.fullmatch(text)
    return f"{lost[1]}+{lost[2]}" if lost else text


def in_utc(instant: datetime) -> datetime:
    """Returns an instant in UTC; without an offset it is UTC already.

    Raises ValueError, with a sentence, if its offset carries it out of the years 1 to 9999.
    """
    try:
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{instant.isoformat()!r} lies, in UTC, outside of the years 1 to 9999") from None


def read_instant(text: str) -> datetime:
    """Returns the instant that a text names.  Raises ValueError, with a sentence, if it names none.

    2024-05-01T00:00:00Z        an instant
    2024-05-01T02:00:00+02:00   the same one
    2024-05-01T02:00:00 02:00   the same one, from a query whose `+` became a blank
    2024-05-01T00:00:00         the same one: without an offset it is UTC
    2024-05-01                  the same one: a date is its midnight, in UTC
    """
    try:
        instant = datetime.fromisoformat(with_plus(text.strip()))
    except ValueError:
        raise ValueError(
            f"{text[:80]!r} is not an instant: write one like 2024-05-01T00:00:00Z, or a date"
        ) from None
    return in_utc(instant)


def read_setting(text: str, real: datetime) -> datetime:
    """Returns the instant that a clock set by `text` shows at the real time `real`.

    `text` is an instant, or a shift such as `+P30D` or `-PT6H`.  Raises ValueError, with a sentence, if it is
    neither.
    """
    sign, duration = text.strip()[:1], text.strip()[1:]
    if sign not in ("+", "-"):
        return within_clock(read_instant(text), text)
    try:
        shift = read_duration(duration)
        shifted = real + (shift if sign == "+" else -shift)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text[:80]!r} is not a shift of the clock: write one like +P30D or -PT6H"
        ) from None
    return within_clock(shifted, text)


def within_clock(instant: datetime, text: str) -> datetime:
    """Returns an instant that the clock can show.  Raises ValueError, with a sentence, for any other."""
    if EARLIEST_NOW <= instant <= LATEST_NOW:
        return instant
    first, last = write_instant(EARLIEST_NOW), write_instant(LATEST_NOW)
    raise ValueError(f"{text[:80]!r} is no instant that the clock can show: write one from {first} to {last}")


def write_instant(instant: datetime) -> str:
    """Returns an instant as the wire writes it: in UTC, whole seconds, with a closing Z."""
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='seconds')}Z"  # on Linux, strftime writes the year 202 as 202
