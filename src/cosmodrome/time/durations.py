"""Durations on the wire: ISO 8601, whole seconds, zero parts left out, days never converted to months.

timedelta(days=11, hours=19, minutes=14, seconds=36)   P11DT19H14M36S
timedelta(minutes=8, seconds=33)                       PT8M33S
timedelta(0)                                           P0D
"""

from datetime import timedelta

import isodate

LONGEST = timedelta(days=100_000_000)
"""The longest duration that is stored: SQLite stores durations as microseconds in 64 bits."""


def write_duration(duration: timedelta) -> str:
    """Returns a duration as the wire writes it.  Fractions of a second are cut off, as in the original."""
    text: str = isodate.duration_isoformat(timedelta(seconds=int(duration.total_seconds())))
    return text


def read_duration(text: str) -> timedelta:
    """Returns the duration that an ISO 8601 text stands for.

    Raises ValueError for any other text, and for years and months, which have no fixed length.
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
    """Returns the duration that a text stands for.  Raises ValueError if it is too long to store, too."""
    duration = read_duration(text)
    if abs(duration) > LONGEST:
        raise ValueError("no database can keep a duration as long as that")
    return duration
