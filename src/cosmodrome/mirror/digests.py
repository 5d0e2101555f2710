"""Digests: whether a record says what it said when it was last taken in, apart from values that only grew.

A craft in space is told with another `time_in_space` each time, and nothing is new.  Such values are left out
of the digest; those of the record itself are compared by how much they grew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

from cosmodrome.mirror.models import RecordDigest
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.graph import Growing, graph_of
from cosmodrome.shapes.shapes import SHAPES
from cosmodrome.time.durations import storable_duration

MOST_PACE = 20
"""The seconds by which a total grows in one second, at most: it may be the sum of several durations."""
ROUNDING = 2.0
"""Seconds by which a growing value may differ for that both values and moments are whole seconds."""


@dataclass(frozen=True)
class Digest:
    """The digest of a record as of a moment."""

    digest: str
    growing: list[float | None]
    """The record's own values that may grow, in seconds."""
    read_at: datetime

    def is_news(self, known: RecordDigest | None) -> bool:
        """Whether the record says more than that time has passed since it was last taken in."""
        if known is None or known.digest != self.digest or len(known.growing) != len(self.growing):
            return True
        passed = abs((self.read_at - known.read).total_seconds())
        return any(
            not has_grown(before, now, passed)
            for before, now in zip(known.growing, self.growing, strict=True)
        )


def has_grown(before: float | None, now: float | None, seconds: float) -> bool:
    """Whether a duration is what it was, or has grown by a whole number of durations of `seconds`."""
    if before is None or now is None:
        return before is now
    pace = round((now - before) / seconds) if seconds else 0
    return 0 <= pace <= MOST_PACE and abs(now - before - pace * seconds) <= ROUNDING * max(1, pace)


def digest_of(resource: type[Resource], record: dict[str, Any], read_at: datetime) -> Digest:
    """Returns the digest of a record of a resource."""
    own = {name: record.get(name) for name in growing_keys()}
    grows = own_growing_keys(resource)
    fixed = {name: value for name, value in own.items() if name not in grows}
    text = growing_values().sub(r"\1", written(record)) + written(fixed)
    return Digest(hashed(text), [seconds_of(own[name]) for name in sorted(grows)], read_at)


def digest_text(value: Any) -> str:
    """Returns the digest of a value in which nothing grows."""
    return hashed(written(value))


def hashed(text: str) -> str:
    """Returns the digest of a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def written(value: Any) -> str:
    """Returns a value as JSON, the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@cache
def growing_keys() -> frozenset[str]:
    """Returns the keys by which some shape shows a duration that may grow."""
    return frozenset(
        key.name for shape in SHAPES.values() for key in graph_of(shape).keys if isinstance(key, Growing)
    )


@cache
def growing_values() -> re.Pattern[str]:
    """Returns a pattern of such keys with durations, in compact JSON."""
    names = "|".join(sorted(map(re.escape, growing_keys())))
    return re.compile(rf'("(?:{names})":)"P[^"\\]*"')


@cache
def own_growing_keys(resource: type[Resource]) -> frozenset[str]:
    """Returns the keys of the records of a resource whose values may grow."""
    keys = graph_of(resource.record_shape()).keys
    return frozenset(key.name for key in keys if isinstance(key, Growing))


def seconds_of(duration: Any) -> float | None:
    """Returns the seconds of a duration; null if it is none."""
    try:
        return storable_duration(duration).total_seconds()
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None


def known_digests(path: str, keys: Iterable[Any]) -> dict[str, RecordDigest]:
    """Returns the digests of records of a resource, by id as a text."""
    rows = RecordDigest.objects.filter(resource=path, key__in=[str(key) for key in keys])
    return {row.key: row for row in rows}


def write_digests(path: str, digests: dict[str, Digest]) -> None:
    """Remembers what records looked like that were just taken in."""
    RecordDigest.objects.bulk_create(
        (
            RecordDigest(resource=path, key=key, digest=each.digest, growing=each.growing, read=each.read_at)
            for key, each in digests.items()
        ),
        update_conflicts=True,
        update_fields=["digest", "growing", "read", "is_gone"],
        unique_fields=["resource", "key"],
    )
