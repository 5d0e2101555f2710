"""The one clock.  Nothing else in the code asks what time it is.

`COSMODROME_NOW` stops it or sets it, `COSMODROME_CLOCK_SPEED` lets it go faster or slower: the Django
settings `CLOCK_STOPPED_AT` and `CLOCK_COURSE`.
"""

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
MICROSECOND = timedelta(microseconds=1)


def midnight(day: date) -> datetime:
    """The first instant of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class Course:
    """How a clock goes that does not show the real time."""

    shown: datetime
    """What it showed when it was set."""
    since: datetime
    """The real time when it was set."""
    speed: float = 1
    """Its seconds in a real second."""

    def at(self, real: datetime) -> datetime:
        """What it shows at the real time `real`; after the year 9999 it stands still."""
        try:
            return self.shown + (real - self.since) * self.speed
        except OverflowError:
            return LAST


@dataclass
class Reads:
    """Records whether a block of code reads the clock."""

    first: datetime | None = None
    """What the clock showed when it was read first; None if it was not read."""


_reads: ContextVar[Reads | None] = ContextVar("reads", default=None)


@contextmanager
def recorded_reads() -> Iterator[Reads]:
    """Records whether the block reads the clock: code that does not gives the same result at any time."""
    reads = Reads()
    token = _reads.set(reads)
    try:
        yield reads
    finally:
        _reads.reset(token)


def real_now() -> datetime:
    """The real instant in UTC, whatever the clock shows: to set the clock by."""
    return datetime.now(UTC)


def now() -> datetime:
    """The present instant as the clock shows it, in UTC."""
    return record_read(unrecorded_now())


def record_read(shown: datetime) -> datetime:
    """Records that a result depends on what the clock shows or has shown; returns that instant."""
    reads = _reads.get()
    if reads and reads.first is None:
        reads.first = shown
    return shown


Setting = tuple[datetime | None, Course | None]


@cache
def setting() -> Setting:
    """Where the clock stands still, and the course it takes: Django's settings are slow to read."""
    return settings.CLOCK_STOPPED_AT, settings.CLOCK_COURSE


@receiver(setting_changed)
def forget_setting(**_: Any) -> None:
    """Tests set the clock."""
    setting.cache_clear()


def unrecorded_now() -> datetime:
    """The present instant, for caches: the read is not recorded."""
    stopped_at, course = setting()
    if stopped_at:
        return stopped_at
    return course.at(real_now()) if course else real_now()


def seconds_until(instant: datetime) -> float:
    """Real seconds until the clock shows an instant; infinite if it stands still."""
    stopped_at, course = setting()
    if stopped_at:
        return inf
    return (instant - unrecorded_now()).total_seconds() / (course.speed if course else 1)


def read_instant(text: str) -> datetime:
    """`2024-05-01T00:00:00Z`, an offset instead of the Z, or a date (its midnight, UTC).

    An instant without a zone is UTC.  Raises ValueError, with a sentence, on anything else.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
        return (instant.replace(tzinfo=instant.tzinfo or UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text[:80]!r} is not an instant: write one like 2024-05-01T00:00:00Z, or a date"
        ) from None


def read_setting(text: str, real: datetime) -> datetime:
    """What a clock is to show at the real time `real`: an instant, or a shift such as `+P30D` or `-PT6H`.

    Raises ValueError, with a sentence, on anything else.
    """
    sign, duration = text.strip()[:1], text.strip()[1:]
    if sign not in ("+", "-"):
        return read_instant(text)
    try:
        shift = read_duration(duration)
        return real + (shift if sign == "+" else -shift)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text[:80]!r} is not a shift of the clock: write one like +P30D or -PT6H"
        ) from None


def write_instant(instant: datetime) -> str:
    """The wire's form of an instant: UTC, whole seconds, a closing Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
