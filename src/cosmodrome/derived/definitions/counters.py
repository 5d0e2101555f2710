"""What counts as a launch and as a landing, and the counters that several tables have of both.

A launch counts when it has flown: its `net` is not after the instant and its status is Success, Failure or
Partial Failure; partial failures count as failures.  A landing counts when it was attempted on such a launch:
that of a stage or a payload from the launch on, that of a spacecraft from the end of its flight.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from cosmodrome.catalogue.flights import PayloadFlight, SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.places import Landing
from cosmodrome.catalogue.vehicles import FirstStage
from cosmodrome.derived.bulk import Counted, InARow, Parts
from cosmodrome.derived.definitions.craft import NET, TO_COME
from cosmodrome.derived.registry import Amounting, Derived, Expression, Instant, derived

SUCCESS = 3
FAILED = (4, 7)
"""Statuses of launches, by id: Failure, Partial Failure."""
FLOWN = (SUCCESS, *FAILED)

LANDED_BY: dict[str, type[models.Model]] = {
    "firststage": FirstStage, "spacecraftflight": SpacecraftFlight, "payloadflight": PayloadFlight
}  # fmt: skip
"""What lands, by the name that launch vehicles and landings have for it."""


def went(*statuses: int, launch: str = "") -> Q:
    """Whether the launch at the end of a path, `launch`, has one of these statuses.

    SQLite would take the index on the status for the best there is, though most launches have the same one;
    it cannot where the column stands within an expression.
    """
    status = Coalesce(f"{launch}status", models.Value(0), output_field=models.IntegerField())
    return Q(In(status, statuses))


def flown(at: Instant, depth: int = 1) -> models.QuerySet[Launch]:
    """All launches that have flown."""
    return Launch.objects.filter(went(*FLOWN), net__lte=at.batches(depth))


def has_flown(launch: str, at: Instant, depth: int = 1) -> Q:
    """Whether the launch at the end of a path has flown: `has_flown("rocket__launch__", at)`."""
    return went(*FLOWN, launch=launch) & Q(**{f"{launch}net__lte": at.batches(depth)})


def has_ended(flight: str, at: Instant, depth: int = 1) -> Q:
    """Whether a spacecraft's flight is over, or has no end though its landing went one way or the other."""
    over = Q(**{f"{flight}mission_end__lte": at.batches(depth)})
    return over | Q(**{f"{flight}mission_end": None, f"{flight}landing__success__isnull": False})


def landings_of(what: str, path: str) -> Parts:
    """What has tried to land, out of `LANDED_BY`, with the row at the end of a path from there."""

    def tried(at: Instant, depth: int) -> Q:
        ended = has_ended("", at, depth) if what == "spacecraftflight" else Q()
        return has_flown("rocket__launch__", at, depth) & ended & Q(landing__attempt=True)

    return Parts(LANDED_BY[what], path, tried)


def carried(what: str, path: str) -> list[tuple[type[models.Model], str]]:
    """For `made_of`: what was launched, its launch, its landing; `path` leads from the first to the row."""
    return [
        (LANDED_BY[what], path),
        (Landing, f"{what}__{path}"),
        (Rocket, f"{what}__{path}"),
        (Launch, f"rocket__{what}__{path}"),
    ]


def launches_of(path: str) -> Parts:
    """The launches that have flown, with the row at the end of a path from there."""
    return Parts(Launch, path, lambda at, depth: has_flown("", at, depth))


def launches_to_come(path: str) -> Parts:
    """Those after the instant, of any status, or with a status that says so; not those without a status."""

    def to_come(at: Instant, depth: int) -> Q:
        return went(*TO_COME) | Q(net__gt=at.batches(depth), status__isnull=False)

    return Parts(Launch, path, to_come)


def counts_launches(
    table: Any, path: str, total: str = "total_launch_count", several: bool = False
) -> Derived:
    """Declares three counters of launches: of all, and by how they went; `path` leads from one to the row.

    It may lead there `several` times from one launch, which still counts once.  Answers that of all.
    """
    own, of = launches_of(path), "pk" if several else ""
    every, succeeded, failed = (Counted(own, which, of) for which in (Q(), went(SUCCESS), went(*FAILED)))

    @derived(table, total, together=every)
    def launches(at: Instant) -> Expression:
        """How many launches have flown, failed ones among them.  Null: not known."""
        return every(at)

    @derived(table, "successful_launches", known=launches, together=succeeded)
    def successes(at: Instant) -> Expression:
        """How many launches succeeded, known where all that have flown are.  Null: not known."""
        return succeeded(at)

    @derived(table, "failed_launches", known=launches, together=failed)
    def failures(at: Instant) -> Expression:
        """How many launches failed, if partially, known where all that have flown are.  Null: not known."""
        return failed(at)

    return launches


def counts_all_launches(table: Any, path: str) -> None:
    """Declares five counters: those three, successes in a row, and launches to come."""
    launches = counts_launches(table, path)
    succeeded = InARow(launches_of(path), went(SUCCESS), went(*FAILED), when="net")
    # As many were to come as published and none is missing of those before: the second tells a catalogue
    # of all launches from one that happens to have many to come.
    all_known = Amounting(table, (launches.column, "pending_launches"))
    to_come = Counted(launches_to_come(path))

    @derived(table, "consecutive_successful_launches", known=launches, together=succeeded)
    def successes_in_a_row(at: Instant) -> Expression:
        """How many launches succeeded since the last that did not; all of them if none failed.

        Known where all that have flown are.  Null: not known.
        """
        return succeeded(at)

    @derived(table, "pending_launches", known=all_known, together=to_come)
    def pending(at: Instant) -> Expression:
        """How many launches are to come: after the instant, of any status, or with a status that says so.

        Those of which no status is known do not count.  Known where at the moment of reading all launches
        were, past and to come.  Null: not known.
        """
        return to_come(at)


def counts_landings(
    table: Any, parts: Parts, columns: tuple[str, str, str], landing: str = "landing__"
) -> Derived:
    """Declares three counters: of landings that were attempted, that succeeded, that failed.

    `landing` leads from the parts to the landing.  Answers the first of the three.
    """
    attempted, successful, failed = columns
    every = Counted(parts)
    good, bad = (Counted(parts, Q(**{f"{landing}success": outcome})) for outcome in (True, False))

    @derived(table, attempted, together=every)
    def attempts(at: Instant) -> Expression:
        """How many landings were attempted.  Null: not known."""
        return every(at)

    @derived(table, successful, known=attempts, together=good)
    def successes(at: Instant) -> Expression:
        """How many attempted landings succeeded, known where all are.  Null: not known."""
        return good(at)

    @derived(table, failed, known=attempts, together=bad)
    def failures(at: Instant) -> Expression:
        """How many attempted landings failed, known where all are; of some nobody tells.  Null: not known."""
        return bad(at)

    return attempts


def landing_columns(suffix: str = "") -> tuple[str, str, str]:
    """Their names on most tables."""
    return f"attempted_landings{suffix}", f"successful_landings{suffix}", f"failed_landings{suffix}"


def counts_stages(table: Any, path: str) -> None:
    """Declares the four counters of landings of first stages; `path` leads from a stage to the row."""
    parts = landings_of("firststage", path)
    attempts = counts_landings(table, parts, landing_columns())
    succeeded = InARow(parts, Q(landing__success=True), Q(landing__success=False), when=NET)

    @derived(table, "consecutive_successful_landings", known=attempts, together=succeeded)
    def successes_in_a_row(at: Instant) -> Expression:
        """How many landings of first stages succeeded since the last that did not; all if none failed.

        Stages of one launch count in the order of their ids.  Known where all attempts are.  Null: not known.
        """
        return succeeded(at)
