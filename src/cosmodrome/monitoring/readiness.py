"""The readiness of the server, which `/readyz` and the metrics tell, and the room on the disk."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, connections
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cosmodrome.changes.settler import settling_problem
from cosmodrome.database.connections import discard_unusable
from cosmodrome.database.files import FILE
from cosmodrome.database.migrations import version_problem

logger = logging.getLogger(__name__)


def readiness_problem() -> str:
    """A sentence about why the server is not ready; empty if it is."""
    FILE.look()
    if FILE.problem:
        return f"{FILE.problem}\n"
    discard_unusable()
    for name in connections:
        try:
            problem = version_problem(name)
        except DatabaseError:
            logger.warning("The database '%s' does not answer", name, exc_info=True)
            return "The database does not answer: the server's log says why.\n"
        if problem:
            return f"{problem}\n"
        if late := settling_problem():
            return late
    return ""


class Readiness(Collector):
    """The readiness of the server, and the room for the catalogue."""

    def collect(self) -> Iterable[Metric]:
        """Yields values that are the same for all workers; no room where there is no data folder."""
        is_ready = not readiness_problem()
        yield GaugeMetricFamily("cosmodrome_ready", "1 if /readyz answers ready, else 0.", is_ready)
        with suppress(OSError):
            free, said = shutil.disk_usage(settings.DATA_DIR).free, "Free bytes where the data folder is."
            yield GaugeMetricFamily("cosmodrome_disk_free_bytes", said, free)
