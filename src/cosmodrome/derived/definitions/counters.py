"""Counters of launches and landings, which several tables have, and what counts as either.

A launch counts when it has flown: see `has_flown()` of `catalogue.launches`.  Partial failures count as
failures; one In Flight, or with its payload deployed, has not succeeded yet, nor failed.  A landing counts
when it was attempted on a launch that has flown: the landing of a stage or a payload from the launch on, that
of a spacecraft from the end of its flight.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from cosmodrome.catalogue.flights import PayloadFlight, SpacecraftFlight
from cosmodrome.catalogue.launches import (
    FAILURE,
    PARTIAL_FAILURE,
    SUCCESS,
    Launch,
    Rocket,
    has_flown,
    has_status,
    is_to_come,
)
from cosmodrome.catalogue.places import Landing
from cosmodrome.catalogue.vehicles import FirstStage
from cosmodrome.derived.bulk import BulkCount, ConsecutiveCount, PartRows
from cosmodrome.derived.definitions.craft import LAUNCH, NET
from cosmodrome.derived.registry import AtLeastPublished, Derived, Expression, Instant, derived

SUCCEEDED, FAILED = has_status(SUCCESS), has_status(FAILURE, PARTIAL_FAILURE)
"""The conditions that a launch that has flown succeeded, and that it failed, if only partially."""

LANDING_VEHICLES: dict[str, type[models.Model]] = {
    "firststage": FirstStage, "spacecraftflight": SpacecraftFlight, "payloadflight": PayloadFlight
}  # fmt: skip
"""The tables of what lands, by the name of the relation to them from rockets and from landings."""


def flight_has_ended(flight: str, at: Instant, depth: int = 1) -> Q:
    """Whether a spacecraft's flight is over: it has ended, or has no end but a landing of known outcome."""
    over = Q(**{f"{flight}mission_end__lte": at.in_subquery(depth)})
    return over | Q(**{f"{flight}mission_end": None, f"{flight}landing__success__isnull": False})


def attempted_landings_of(what: str, path: str) -> PartRows:
    """Vehicles of one of `LANDING_VEHICLES` that have attempted to land; `path` leads from one to the row."""

    def tried(at: Instant, depth: int) -> Q:
        ended = flight_has_ended("", at, depth) if what == "spacecraftflight" else Q()
        return has_flown(at.in_subquery(depth), LAUNCH) & ended & Q(landing__attempt=True)

    return PartRows(LANDING_VEHICLES[what], path, tried)


def vehicle_dependencies(what: str, path: str) -> list[tuple[type[models.Model], str]]:
    """For `depends_on`: a vehicle, its landing, its rocket, its launch; `path` leads from it to the row."""
    return [
        (LANDING_VEHICLES[what], path),
        (Landing, f"{what}__{path}"),
        (Rocket, f"{what}__{path}"),
        (Launch, f"rocket__{what}__{path}"),
    ]


def flown_launches(path: str) -> PartRows:
    """The launches that have flown; `path` leads from a launch to the row."""
    return PartRows(Launch, path, lambda at, depth: has_flown(at.in_subquery(depth)))


def upcoming_launches(path: str) -> PartRows:
    """Launches with a status of launches to come, and launches after the instant."""
    return PartRows(Launch, path, lambda at, depth: is_to_come() | Q(net__gt=at.in_subquery(depth)))


def declare_launch_counters(
    table: Any, path: str, total: str = "total_launch_count", several: bool = False
) -> Derived:
    """Declares three counters of launches: all, successful and failed; `path` leads from a launch to the row.

    With `several`, it may lead there more than once from one launch, which still counts once.  Returns the
    counter of all launches.
    """
    own, of = flown_launches(path), "pk" if several else ""
    every, succeeded, failed = (BulkCount(own, which, of) for which in (Q(), SUCCEEDED, FAILED))

    @derived(table, total, bulk=every)
    def launches(at: Instant) -> Expression:
        """How many launches have flown, failed ones among them.  Null: not known."""
        return every(at)

    @derived(table, "successful_launches", known=launches, bulk=succeeded)
    def successes(at: Instant) -> Expression:
        """How many launches succeeded, known where all that have flown are.  Null: not known."""
        return succeeded(at)

    @derived(table, "failed_launches", known=launches, bulk=failed)
    def failures(at: Instant) -> Expression:
        """How many launches failed, if partially, known where all that have flown are.  Null: not known."""
        return failed(at)

    return launches


def declare_all_launch_counters(table: Any, path: str) -> None:
    """Declares the three of `declare_launch_counters`, and two: successes in a row, and launches to come."""
    launches = declare_launch_counters(table, path)
    succeeded = ConsecutiveCount(flown_launches(path), SUCCEEDED, FAILED, when="net")
    # The launches to come are known if no fewer are in the catalogue than published, and no fewer that have
    # flown either: the second condition tells a catalogue of all launches from one that happens to have many
    # to come.
    all_known = AtLeastPublished(table, (launches.column, "pending_launches"))
    to_come = BulkCount(upcoming_launches(path))

    @derived(table, "consecutive_successful_launches", known=launches, bulk=succeeded)
    def successes_in_a_row(at: Instant) -> Expression:
        """How many launches succeeded since the last that did not; all of them if none failed.

        Known where all that have flown are.  Null: not known.
        """
        return succeeded(at)

    @derived(table, "pending_launches", known=all_known, bulk=to_come)
    def pending(at: Instant) -> Expression:
        """How many launches are to come: after the instant, of any status, or with a status that says so.

        Those of which no status is known do not count.  Known where at the moment of reading all launches
        were, past and to come.  Null: not known.
        """
        return to_come(at)


def declare_landing_counters(
    table: Any, parts: PartRows, columns: tuple[str, str, str], landing: str = "landing__"
) -> Derived:
    """Declares three counters of landings: attempted, successful and failed.

    `landing` leads from the parts to the landing.  Returns the counter of attempted landings.
    """
    attempted, successful, failed = columns
    every = BulkCount(parts)
    good, bad = (BulkCount(parts, Q(**{f"{landing}success": outcome})) for outcome in (True, False))

    @derived(table, attempted, bulk=every)
    def attempts(at: Instant) -> Expression:
        """How many landings were attempted.  Null: not known."""
        return every(at)

    @derived(table, successful, known=attempts, bulk=good)
    def successes(at: Instant) -> Expression:
        """How many attempted landings succeeded, known where all are.  Null: not known."""
        return good(at)

    @derived(table, failed, known=attempts, bulk=bad)
    def failures(at: Instant) -> Expression:
        """How many attempted landings failed, known where all are; of some nobody tells.  Null: not known."""
        return bad(at)

    return attempts


def landing_columns(suffix: str = "") -> tuple[str, str, str]:
    """The names of the three landing counters on most tables."""
    return f"attempted_landings{suffix}", f"successful_landings{suffix}", f"failed_landings{suffix}"


def declare_stage_counters(table: Any, path: str) -> None:
    """Declares the four counters of landings of first stages; `path` leads from a stage to the row."""
    parts = attempted_landings_of("firststage", path)
    attempts = declare_landing_counters(table, parts, landing_columns())
    succeeded = ConsecutiveCount(parts, Q(landing__success=True), Q(landing__success=False), when=NET)

    @derived(table, "consecutive_successful_landings", known=attempts, bulk=succeeded)
    def successes_in_a_row(at: Instant) -> Expression:
        """How many landings of first stages succeeded since the last that did not; all if none failed.

        Stages of one launch count in the order of their ids.  Known where all attempts are.  Null: not known.
        """
        return succeeded(at)
