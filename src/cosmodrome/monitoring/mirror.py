"""The metrics of a mirror: how old its copy is, and what is left of the budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import DatabaseError
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cosmodrome.mirror.freshness import FRESHNESS
from cosmodrome.mirror.status import (
    BudgetState,
    ResourceState,
    alarm_sentence,
    budget_state,
    last_answer,
    resource_states,
)
from cosmodrome.time import clock


class MirrorMetrics(Collector):
    """The state of the mirror; nothing if the server is none, or while the database does not answer."""

    def collect(self) -> Iterable[Metric]:
        """Yields values that are the same for all workers."""
        if not FRESHNESS.is_mirror:
            return
        try:
            now = clock.now()
            resources, budget = resource_states(now, counts_records=False), budget_state(now)
            alarm = alarm_sentence(resources, last_answer(), now)
        except DatabaseError:
            return
        yield from of_resources(resources)
        yield GaugeMetricFamily("cosmodrome_mirror_alarm", "1 if /status/ has an alarm, else 0.", bool(alarm))
        yield from of_budget(budget)


def of_resources(states: list[ResourceState]) -> Iterator[Metric]:
    """Yields the metrics that there are of each resource."""
    ages = GaugeMetricFamily(
        "cosmodrome_mirror_age_seconds",
        "Seconds since the instant up to which the copy of a resource is current, once it is whole.",
        labels=["resource"],
    )
    complete = GaugeMetricFamily(
        "cosmodrome_mirror_complete", "1 if there is a whole copy of a resource.", labels=["resource"]
    )
    aside = GaugeMetricFamily(
        "cosmodrome_mirror_set_aside", "Records that could not be taken in.", labels=["resource"]
    )
    for each in states:
        if each.age is not None:
            ages.add_metric([each.path], each.age.total_seconds())
        complete.add_metric([each.path], each.is_complete)
        aside.add_metric([each.path], each.set_aside)
    yield from (ages, complete, aside)
    late = sum(each.is_late for each in states)
    yield GaugeMetricFamily("cosmodrome_mirror_late", "Resources that are older than they may be.", late)


def of_budget(budget: BudgetState) -> Iterator[Metric]:
    """Yields the calls that count against the rate, and those that are left if there is one."""
    said = "Calls to the upstream that count against its rate now."
    yield GaugeMetricFamily("cosmodrome_upstream_calls_used", said, budget.used)
    if budget.left is not None:
        said = "Calls that may be made to the upstream now."
        yield GaugeMetricFamily("cosmodrome_upstream_calls_left", said, budget.left)
