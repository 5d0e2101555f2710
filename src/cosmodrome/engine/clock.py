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

from cosmodrome.engine.durations import read_duration

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
class Watch:
    """Sees whether the time is asked."""

    asked_at: datetime | None = None
    """What the clock showed when it was asked first."""


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched() -> Iterator[Watch]:
    """Whether anything in the block asks the time: what does not is the same at any time."""
    watch = Watch()
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


def real_now() -> datetime:
    """The present instant whatever the clock shows, in UTC: to set the clock by."""
    return datetime.now(UTC)


def now() -> datetime:
    """The present instant as the clock shows it, in UTC."""
    return asked(shown_now())


def asked(shown: datetime) -> datetime:
    """What the clock shows or has shown, and someone has made use of."""
    watch = _watch.get()
    if watch and watch.asked_at is None:
        watch.asked_at = shown
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


def shown_now() -> datetime:
    """The same, for those who keep answers: to them it does not count as asking."""
    stopped_at, course = setting()
    if stopped_at:
        return stopped_at
    return course.at(real_now()) if course else real_now()


def seconds_until(instant: datetime) -> float:
    """Real seconds until the clock shows an instant; infinite if it stands still."""
    stopped_at, course = setting()
    if stopped_at:
        return inf
    return (instant - shown_now()).total_seconds() / (course.speed if course else 1)


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
