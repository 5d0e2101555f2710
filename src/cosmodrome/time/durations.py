"""Durations on the wire: ISO 8601, whole seconds, zero parts left out, days never rolled up.

timedelta(days=11, hours=19, minutes=14, seconds=36)   P11DT19H14M36S
timedelta(minutes=8, seconds=33)                       PT8M33S
timedelta(0)                                           P0D
"""

from datetime import timedelta

import isodate

LONGEST = timedelta(days=100_000_000)
"""SQLite keeps durations as microseconds in 64 bits."""


def write_duration(duration: timedelta) -> str:
    """The wire's form.  Parts of a second are dropped, as the original drops them."""
    text: str = isodate.duration_isoformat(timedelta(seconds=int(duration.total_seconds())))
    return text


def read_duration(text: str) -> timedelta:
    """The duration that the wire's form stands for.

    Raises ValueError on other texts, and on years and months, which have no fixed length.
    """
    if not any(character.isdigit() for character in text):
        raise ValueError("a duration has at least one part")
    try:
        duration = isodate.parse_duration(text)
    except (isodate.ISO8601Error, OverflowError, ArithmeticError) as error:
        raise ValueError(str(error)) from None
    if not isinstance(duration, timedelta):
        raise ValueError("years and months have no fixed length")
    return duration


def storable_duration(text: str) -> timedelta:
    """The duration that `text` stands for, if every database can keep it.  Raises ValueError."""
    duration = read_duration(text)
    if abs(duration) > LONGEST:
        raise ValueError("no database can keep a duration as long as that")
    return duration
