"""The metrics of all workers together: requests, durations, memory.

Workers are processes.  Each writes its numbers into files in one folder (prometheus-client's multi-process
mode), and the worker that is asked for the metrics reads the files of all.  `folder` makes it, and the files,
before any worker imports this module.  Without the folder, under another server or in a test, a process shows
its own numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache, partial
from pathlib import Path

from django.db import DatabaseError
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from cosmodrome.changes.versions import age_of, data_version
from cosmodrome.http_cache.recorder import Record
from cosmodrome.monitoring.folder import VARIABLE
from cosmodrome.monitoring.mirror import MirrorMetrics
from cosmodrome.monitoring.readiness import Readiness

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
OTHER = "other"
"""Stands for any further method: clients can make one up, and each label stays in memory for good."""

MOST_SERIES, MOST_TIMED = 2000, 500
"""Kinds of responses that are counted apart, and pairs of layer and route whose durations are apart."""
OWN = CollectorRegistry()
REQUESTS = Counter(
    "cosmodrome_requests",
    "Requests answered, by route, method, class of status, and the layer that answered.",
    ["route", "method", "status", "layer"],
    registry=OWN,
)
SECONDS = Histogram(
    "cosmodrome_request_seconds",
    "Seconds until an answer was ready to be sent, by route and the layer that answered.",
    ["route", "layer"],
    buckets=(0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=OWN,
)
STARTED = Gauge(
    "cosmodrome_worker_start_time_seconds",
    "When each worker started, in seconds since 1970.",
    multiprocess_mode="liveall",
    registry=OWN,
)
ROOMS = Gauge(
    "cosmodrome_cache_bytes",
    "Bytes that each worker keeps, by what they are: answers, fragments, selections.",
    ["room"],
    multiprocess_mode="liveall",
    registry=OWN,
)
STARTED.set_to_current_time()  # the file it makes is how a worker is known before its first request


def measure(layer: str, route: str, method: str, status: int) -> Record:
    """Returns the function that records responses of one kind.

    `layer` and `route` must come from a bounded set: each new one stays in memory for good.
    """
    return series(layer, route, method if method in METHODS else OTHER, status // 100)


@cache
def series(layer: str, route: str, method: str, status: int) -> Record:
    """Looks the series up once: that takes longer than to count a response.

    Beyond `MOST_SERIES` all are one for each layer, since there is no more room in the files.
    """
    if series.cache_info().currsize >= MOST_SERIES and (route, method, status) != (OTHER, OTHER, 0):
        return series(layer, OTHER, OTHER, 0)
    requests = REQUESTS.labels(route, method, f"{status}xx", layer)
    latencies = durations(layer, route)

    def record(number: int, seconds: float | None) -> None:
        requests.inc(number)
        if seconds is not None:
            latencies.observe(seconds)

    return record


@cache
def durations(layer: str, route: str) -> Histogram:
    """Returns the histogram of one route and layer; beyond `MOST_TIMED`, that of all others of the layer."""
    if durations.cache_info().currsize >= MOST_TIMED and route != OTHER:
        return durations(layer, OTHER)
    return SECONDS.labels(route, layer)


def report_sizes(bytes_by_room: Mapping[str, int]) -> None:
    """Records the bytes that this worker keeps now."""
    for name, size in bytes_by_room.items():
        room(name).set(size)


@cache
def room(name: str) -> Gauge:
    """Returns the gauge of one room."""
    return ROOMS.labels(name)


def exposition() -> bytes:
    """Returns all metrics in Prometheus' text format."""
    if not os.environ.get(VARIABLE):
        return generate_latest(OWN)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    collect_for_all(registry)
    return generate_latest(registry)


def collect_for_all(registry: CollectorRegistry) -> None:
    """Adds the metrics that no worker records: the one that is asked finds them out."""
    registry.register(WorkerMemory())
    registry.register(DataVersion())
    registry.register(MirrorMetrics())
    registry.register(Readiness())


class WorkerMemory(Collector):
    """The memory of every worker; nothing where the system does not say."""

    def collect(self) -> Iterable[Metric]:
        """Yields one value a worker."""
        memory = GaugeMetricFamily(
            "cosmodrome_worker_resident_memory_bytes",
            "Memory that a worker holds, its share of what all have in common included.",
            labels=["pid"],
        )
        for process in workers():
            for metric in ProcessCollector(pid=partial(str, process), registry=None).collect():
                if metric.name == "process_resident_memory_bytes":
                    memory.add_metric([process], metric.samples[0].value)
        yield memory


class DataVersion(Collector):
    """The catalogue's data version and its age; nothing while the database does not answer."""

    def collect(self) -> Iterable[Metric]:
        """Yields two values, the same for all workers."""
        try:
            version = data_version()
        except DatabaseError:
            return
        yield GaugeMetricFamily("cosmodrome_data_version", "The version of the catalogue.", version)
        if version:  # a catalogue that has never changed has none
            said = "Seconds since the last change."
            yield GaugeMetricFamily("cosmodrome_data_age_seconds", said, age_of(version))


def workers() -> list[str]:
    """Returns the process ids of the workers."""
    folder = os.environ.get(VARIABLE)
    files = sorted(Path(folder).glob("gauge_liveall_*.db")) if folder else []
    return [file.stem.rpartition("_")[2] for file in files] or [str(os.getpid())]


collect_for_all(OWN)
