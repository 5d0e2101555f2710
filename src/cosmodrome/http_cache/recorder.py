"""Counts of cache hits, passed to the metrics in batches: passing each would take longer than the hit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Timer

Record = Callable[[int, float | None], None]
"""Adds a number of responses of one kind to the metrics, and the seconds that one took if it was timed."""
Measure = Callable[[str, str, str, int], Record]
"""Returns the `Record` for a layer, route, method and status."""
INTERVAL = 1.0
"""The seconds after which a hit is in the metrics at the latest."""


def unmeasured(layer: str, route: str, method: str, status: int) -> Record:
    """Records nothing."""
    del layer, route, method, status
    return lambda _, __: None


@dataclass(slots=True)
class HitCount:
    """The hits of one route, method and status."""

    record: Record
    hits: int = 0
    recorded: int = 0
    """How many of them the metrics have."""


class Recorder(dict[tuple[str, str, str], HitCount]):
    """The hits of one process, by route, method and status line."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._lock = Lock()
        self.is_scheduled = False
        """Whether a flush is to come.  Count a hit first, then look here, and `schedule` if there is none."""

    def __missing__(self, kind: tuple[str, str, str]) -> HitCount:
        route, method, status = kind
        return self.setdefault(kind, HitCount(self._measure("cache", route, method, int(status[:3]))))

    def schedule(self) -> None:
        """Starts the timer of the next flush."""
        timer = Timer(INTERVAL, self.flush)
        timer.daemon = True
        with suppress(RuntimeError):  # no thread can be had, as at exit: the next hit tries again
            timer.start()
            self.is_scheduled = True

    def flush(self) -> None:
        """Passes the hits to the metrics that they do not have."""
        self.is_scheduled = False  # first: a hit that is too late for this flush schedules the next one
        with self._lock:
            for count in list(self.values()):  # at once: others may be added meanwhile
                hits = count.hits
                if hits > count.recorded:
                    count.record(hits - count.recorded, None)
                    count.recorded = hits
