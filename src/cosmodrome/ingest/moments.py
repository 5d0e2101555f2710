"""The moment at which a page was read: what tells it, and what the page itself tells of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cosmodrome.time import clock
from cosmodrome.time.clock import read_instant
from cosmodrome.time.durations import storable_duration

DEEPEST = 40
"""Objects within objects that are searched."""


@dataclass(frozen=True)
class Moment:
    """The moment at which a page was read from the original."""

    at: datetime
    source: str
    """The source that tells the moment, in a few words for people."""
    is_certain: bool
    """Whether it is told, as against guessed from the time of the file."""

    @property
    def words(self) -> str:
        """The moment and what tells it, for people."""
        return f"{self.at:%Y-%m-%d %H:%M:%S} UTC ({self.source})"


def moment_of_page(
    header: datetime | None, records: list[Any], as_of: datetime | None, file_time: datetime | None
) -> Moment:
    """Returns the moment of a page: of its `Date` header, else its records, else `as_of`, else its file.

    Without any of these it was read now.
    """
    if header is not None:
        return Moment(header, "its Date header", True)
    told = moment_told(records, min(clock.now(), file_time or clock.LAST))
    if told is not None:
        return Moment(told, "the durations in it that grow", True)
    if as_of is not None:
        return Moment(as_of, "--as-of", True)
    return Moment(file_time or clock.now(), "the time of the file" if file_time else "the present", False)


def moment_told(records: list[Any], latest: datetime) -> datetime | None:
    """Returns the moment that records tell, which is not after `latest`; null if they tell none.

    Of a craft or a person on the first flight, launch and time in space add up to it, to the second.  Of
    several moments the one that most of them tell counts, of equally many the latest.
    """
    told = Counter(moment for moment in moments_told(records, None, 0) if moment <= latest)
    return max(told, key=lambda moment: (told[moment], moment), default=None)


def moments_told(value: Any, launched: Any, depth: int) -> Iterator[datetime]:
    """Yields the moments that a JSON value tells; `launched` is the `net` of the launch it belongs to."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from moments_told(item, launched, depth + 1)
    if isinstance(value, dict):
        launched = net_of(value) or launched
        yield from moment_of_record(value, launched)
        for name, item in value.items():
            if name != "launch":
                yield from moments_told(item, launched, depth + 1)


def net_of(record: dict[str, Any]) -> Any:
    """Returns the `net` of a launch, or of the launch of a flight; null if it is neither."""
    launch = record.get("launch")
    return record.get("net") or (launch.get("net") if isinstance(launch, dict) else None)


def moment_of_record(record: dict[str, Any], launched: Any) -> Iterator[datetime]:
    """Yields the moment that a craft or a person in space tells, if on the first flight."""
    if record.get("in_space") is True and record.get("flights_count") == 1:
        begin = record.get("first_flight") or only_launch(record) or launched
        moment = end_of(begin, record.get("time_in_space"))
        if moment is not None:
            yield moment


def only_launch(record: dict[str, Any]) -> Any:
    """Returns the `net` of the one flight in the list of a record's flights."""
    match record.get("flights"):
        case [{"launch": {"net": net}}] | [{"net": net}]:
            return net
    return None


def end_of(begin: Any, duration: Any) -> datetime | None:
    """Returns the instant at which a duration ends; null if either can't be read, or nothing has passed."""
    if not isinstance(begin, str) or not isinstance(duration, str):
        return None
    try:
        lasted = storable_duration(duration)
        return read_instant(begin) + lasted if lasted > timedelta(0) else None
    except (ValueError, OverflowError):
        return None
