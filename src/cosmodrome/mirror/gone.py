"""Records that the upstream has no more: marked by a consistent sweep, deleted then.

A record that others still need, such as a status, is deleted when they need it no more.  What a person has
made or edited here stays (see `edits`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, Q

from cosmodrome.changes.rowset import batches
from cosmodrome.changes.transactions import Change, atomic_change
from cosmodrome.edits.replay import their_keys
from cosmodrome.ingest.listings import Removal, delete_for_good
from cosmodrome.ingest.statements import rank_of
from cosmodrome.mirror.models import RecordDigest, SetAside
from cosmodrome.mirror.pages import PLACE
from cosmodrome.resources.registry import RESOURCES, resource_of
from cosmodrome.resources.resources import Resource


class NothingGone(Exception):
    """Nothing could be deleted: the data version is left alone."""


def mark_gone(resource: type[Resource], seen: set[str], began: datetime, ended: datetime) -> None:
    """Marks the records that are listed here, and of which a sweep has seen nothing.

    None is marked if the sweep has set a record aside that is not here: it may be one of them, whose id is
    told wrong for once.  One that an earlier sweep has set aside under the same id is itself.
    """
    path = resource.path
    aside = set(SetAside.objects.filter(resource=path).values_list("key", flat=True))
    for some in batches(aside - seen):
        SetAside.objects.filter(resource=path, key__in=some).delete()
    here = {str(key) for key in their_keys(resource.model(), resource.rows().values_list("pk", flat=True))}
    strangers = SetAside.objects.filter(Q(key__startswith=PLACE) | Q(since__gte=began), resource=path)
    is_sure = here.issuperset(strangers.values_list("key", flat=True))
    gone = here - seen if is_sure else set()
    told = set(RecordDigest.objects.filter(resource=path).values_list("key", flat=True))
    for some in batches(told - seen):
        RecordDigest.objects.filter(resource=path, key__in=some).delete()
    RecordDigest.objects.bulk_create(
        RecordDigest(resource=path, key=key, digest="", read=ended, is_gone=True) for key in sorted(gone)
    )


def delete_all_gone() -> int:
    """Deletes what is marked of all resources; returns how many records that were."""
    marked = RecordDigest.objects.filter(is_gone=True).values_list("resource", flat=True).distinct()
    total = 0
    while deleted := sum(delete_gone(RESOURCES[path]) for path in list(marked)):
        total += deleted  # what needed others is gone now: perhaps those can go, too
    return total


def delete_gone(resource: type[Resource]) -> int:
    """Deletes what is marked, in one change; returns how many records that were."""
    marked = list(RecordDigest.objects.filter(resource=resource.path, is_gone=True))
    deleted: list[RecordDigest] = []
    if not marked:
        return 0
    try:
        with atomic_change() as change, change.taking_in():
            deleted = marked if is_deleted(resource, marked, change) else one_by_one(resource, marked, change)
            refuse_nothing(deleted)
            RecordDigest.objects.filter(pk__in=[row.pk for row in deleted]).delete()
    except NothingGone:
        return 0
    return len(deleted)


def refuse_nothing(deleted: list[RecordDigest]) -> None:
    """Raises NothingGone if nothing was deleted."""
    if not deleted:
        raise NothingGone


def one_by_one(resource: type[Resource], marked: list[RecordDigest], change: Change) -> list[RecordDigest]:
    """Deletes each that nothing needs; returns those."""
    return [row for row in marked if is_deleted(resource, [row], change)]


def is_deleted(resource: type[Resource], marked: list[RecordDigest], change: Change) -> bool:
    """Deletes records, all or none of them: none if others need one.

    What only points to them and is shown nowhere any more goes with them, as a crew member of no flight.
    """
    table: Any = resource.model()
    ranks = {table._meta.pk.to_python(row.key): rank_of(row.read) for row in marked}
    try:
        with transaction.atomic():
            delete_for_good(table, ranks, Removal(), change)
    except ProtectedError as error:
        needing = list(error.protected_objects)
        if not all(map(is_orphan, needing)):
            return False
        for model in {type(row) for row in needing}:
            change.delete(model._default_manager.filter(pk__in=[row.pk for row in needing]))
        return is_deleted(resource, marked, change)
    return True


def is_orphan(row: Any) -> bool:
    """Whether no list has a row's table, and no other row points to it or lists it."""
    if resource_of(type(row)) is not None:
        return False
    pointing = type(row)._meta.related_objects
    return not any(
        each.related_model._default_manager.filter(**{each.field.name: row}).exists() for each in pointing
    )
