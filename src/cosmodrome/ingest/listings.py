"""Applies listings: what an owner's page says of the rows that it no longer lists.

A listing is compared with the children's own statements.  A child that was said to belong to the owner before
the newest listing was read, and is not in it, belongs to it no more.  Of a subset, which lists what is going
on, such a child is over: when it ended is not known.  Both follow from the statements that the catalogue has,
so that the order in which pages are loaded does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import pairwise
from operator import attrgetter
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import F, Q

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, batches
from cosmodrome.changes.transactions import Change
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.ingest.plans import Listing, listings
from cosmodrome.ingest.statements import (
    GONE,
    NEVER,
    Moments,
    is_read_before,
    is_told_later,
    mark_gone,
    moment_of,
    rank_of,
    read_moments,
)
from cosmodrome.shapes.tables import OpenEnded


@dataclass(frozen=True)
class Removal:
    """Rows that are gone, and the rows that listed them before, by table."""

    rows: dict[Model, set[Any]] = field(default_factory=dict)
    owners: dict[Model, set[Any]] = field(default_factory=dict)


def remove_unlisted(collected: CollectedRows, change: Change) -> Removal:
    """Takes from their owners the rows that these list no more."""
    removal = Removal()
    for listing in listings():
        lost = [] if listing.subset else unlisted(listing, collected)
        for some in batches(lost, ROWS_PER_STATEMENT):
            gone = take_from_owner(listing, [child.key for child in some], change)
            taken_back = {
                child.key: child.listed_at for child in some if child.key in gone and not child.is_told_later
            }
            delete_for_good(listing.children, taken_back, removal, change)
        if lost:
            removal.owners.setdefault(listing.owner, set()).update(child.owner for child in lost)
    return removal


def remove_taken_back(
    created: dict[Model, set[Any]], moments: dict[Model, dict[Any, Moments]], removal: Removal, change: Change
) -> None:
    """Deletes new rows that older pages tell of, and that a newer listing has taken back already."""
    for model, keys in created.items():
        facts = {key: moments[model][key] for key in keys if GONE in moments[model][key]}
        taken_back = {key: told[GONE] for key, told in facts.items() if not is_told_later(told, told[GONE])}
        delete_for_good(model, taken_back, removal, change)


def delete_for_good(model: Model, taken_back: dict[Any, int], removal: Removal, change: Change) -> None:
    """Deletes rows with what goes with them, as of the rank of the listing that took each back."""
    for rank in sorted(set(taken_back.values()), reverse=True):
        keys = [key for key, each in taken_back.items() if each == rank]
        for table, gone in change.delete(model._default_manager.filter(pk__in=keys)).items():
            if not table._meta.auto_created:
                mark_gone(table, gone, rank)
        removal.rows.setdefault(model, set()).update(keys)


@dataclass(frozen=True)
class LostChild:
    """A row that points to an owner whose newest listing is without it."""

    key: Any
    owner: Any
    listed_at: int
    """The rank of the listing."""
    is_told_later: bool
    """Whether a page told something of the row since: then it is there, and is another's, or nobody's."""


def unlisted(listing: Listing, collected: CollectedRows) -> list[LostChild]:
    """Returns the children that point to an owner whose newest listing is without them."""
    owners = collected.rows.get(listing.owner, {})
    listed_here = {
        key: row.children[listing.name] for key, row in owners.items() if listing.name in row.children
    }
    told_here = {
        key
        for key, row in collected.rows.get(listing.children, {}).items()
        if listing.points_back in row.values
    }
    lost: list[LostChild] = []
    for some in batches(owners_concerned(listing, collected), ROWS_PER_STATEMENT):
        listed_at = listing_moments(listing, some)
        owned = listing.children._default_manager.filter(**{f"{listing.points_back}__in": list(listed_at)})
        pairs: dict[Any, Any] = dict(owned.values_list("pk", listing.points_back))
        stated = read_moments(listing.children, pairs)
        for child, owner in pairs.items():
            told_at = stated.get(child, {}).get(listing.points_back, NEVER)
            is_corrected = (  # the page that told of the child is loaded again, and is without it
                owner in listed_here
                and told_at in collected.ranks
                and child not in told_here
                and child not in listed_here[owner]
            )
            if is_corrected or is_read_before(told_at, listed_at[owner]):
                is_told = not is_corrected and is_told_later(stated.get(child, {}), listed_at[owner])
                lost.append(LostChild(child, owner, listed_at[owner], is_told))
    return lost


def owners_concerned(listing: Listing, collected: CollectedRows) -> set[Any]:
    """Returns the ids of owners that a file lists the children of, or points to from a child."""
    owners = collected.rows.get(listing.owner, {}).items()
    children = collected.rows.get(listing.children, {}).values()
    listed = {key for key, row in owners if listing.name in row.children}
    return listed | {row.values.get(listing.points_back) for row in children} - {None}


def listing_moments(listing: Listing, owners: Iterable[Any]) -> dict[Any, int]:
    """Returns the moments of the newest listing of these owners, of those that ever had any."""
    moments = read_moments(listing.owner, owners)
    return {owner: facts[listing.name] for owner, facts in moments.items() if listing.name in facts}


def take_from_owner(listing: Listing, keys: list[Any], change: Change) -> set[Any]:
    """Takes children from their owner; returns those that are a part of nothing else, and so go with that.

    A row is a part of what it points to by a foreign key that deletes it with its target.  What exists by
    itself, such as a pad, only loses its pointer; a pointer that can't be null stays.
    """
    rows = listing.children._default_manager.filter(pk__in=keys)
    column: Any = field_of(listing.children, listing.points_back)
    parts = [each for each in listing.children._meta.concrete_fields if is_part_pointer(each)]
    if column.null:
        change.before_write(listing.children, keys)
        rows.update(**{column.name: None})
        change.after_write(listing.children, keys)
        rows = rows.filter(Q(**{each.attname: None for each in parts}))
    return set(rows.values_list("pk", flat=True)) if parts else set()


def field_of(model: Model, attname: str) -> Any:
    """Returns the field of a table's column."""
    return next(field for field in model._meta.concrete_fields if field.attname == attname)


def is_part_pointer(field: Any) -> bool:
    """Whether a field is a foreign key to what its row is a part of."""
    return bool(field.is_relation and field.remote_field.on_delete is models.CASCADE)


def end_unlisted(collected: CollectedRows, change: Change) -> None:
    """Marks as over what the newest page of its owner does not list among what is going on."""
    for model in open_ended_tables():
        keys = set(collected.rows.get(model, {}))
        for listing in subsets_of(model):
            for some in batches(owners_concerned(listing, collected), ROWS_PER_STATEMENT):
                going_on = {f"{listing.points_back}__in": some, f"{model.ends}__isnull": True}
                keys.update(model._default_manager.filter(**going_on).values_list("pk", flat=True))
        mark_over(model, keys, change)


@cache
def open_ended_tables() -> list[type[OpenEnded]]:
    """Returns the tables of what may be seen to be over."""
    return [model for model in apps.get_models() if issubclass(model, OpenEnded)]


@cache
def subsets_of(model: type[OpenEnded]) -> list[Listing]:
    """Returns the listings that have those rows of a table that are going on."""
    return [listing for listing in listings() if listing.subset and listing.children is model]


def mark_over(model: type[OpenEnded], keys: Iterable[Any], change: Change) -> None:
    """Sets `over_by` of these rows to what is known, and that of what ends with them."""
    rows = model._default_manager.annotate(begun=F(model.begins))
    also: dict[str, set[Any]] = {name: set() for name in model.last_of}
    for some in batches(keys, ROWS_PER_STATEMENT):
        listed = list(rows.filter(pk__in=neighbours(model, some)))
        bounds: Bounds = {row.pk: [] for row in listed}
        add_unlisted(model, listed, bounds)
        add_succeeded(model, listed, bounds)
        set_over_by(model, listed, bounds, change)
        for name, ids in also.items():
            ids.update(getattr(row, f"{name}_id") for row in listed)
    for name, ids in also.items():
        end_with_last(model, name, ids - {None}, change)


Bounds = dict[Any, list[datetime]]
"""By row: instants by which it was over."""


def neighbours(model: type[OpenEnded], keys: list[Any]) -> set[Any]:
    """Returns the ids of these rows, and of those that took or take the same place."""
    found = set(keys)
    if model.one_at_a_time:
        places = model._default_manager.filter(pk__in=keys).values(model.one_at_a_time)
        same = model._default_manager.filter(**{f"{model.one_at_a_time}__in": places})
        found.update(same.values_list("pk", flat=True))
    return found


def add_unlisted(model: type[OpenEnded], rows: list[Any], bounds: Bounds) -> None:
    """Adds the moments of listings that no longer have a row, read after its end was last said to be open."""
    stated = read_moments(model, bounds)
    for listing in subsets_of(model):
        owners = {getattr(row, listing.points_back) for row in rows} - {None}
        listed_at = listing_moments(listing, owners)
        for row in rows:
            rank = listed_at.get(getattr(row, listing.points_back), NEVER)
            told_before = is_read_before(stated.get(row.pk, {}).get(model.ends, NEVER), rank)
            if told_before and row.begun <= moment_of(rank):
                bounds[row.pk].append(moment_of(rank))


def add_succeeded(model: type[OpenEnded], rows: list[Any], bounds: Bounds) -> None:
    """Adds the begin of the next row that takes the same place, where only one can at a time."""
    if model.one_at_a_time is None:
        return
    place, stated = attrgetter(f"{model.one_at_a_time}_id"), read_moments(model, bounds)
    taken = sorted((row for row in rows if place(row)), key=lambda row: (str(place(row)), row.begun))
    for row, following in pairwise(taken):
        told, told_of_next = (stated.get(each.pk, {}).get(model.ends, NEVER) for each in (row, following))
        is_news = not is_read_before(told_of_next, told)
        if place(row) == place(following) and row.begun < following.begun and is_news:
            bounds[row.pk].append(following.begun)


def end_with_last(model: type[OpenEnded], name: str, keys: set[Any], change: Change) -> None:
    """Sets `over_by` of the rows to which `name` points: they are over with the last of those that point."""
    ending: Any = model._meta.get_field(name).related_model
    for some in batches(keys, ROWS_PER_STATEMENT):
        rows = list(ending._default_manager.filter(pk__in=some))
        stated = read_moments(ending, some)
        bounds: Bounds = {row.pk: [] for row in rows}
        last: dict[Any, list[Any]] = {}
        pointing = model._default_manager.filter(**{f"{name}__in": some, f"{model.ends}__isnull": True})
        for key, over_by in pointing.values_list(f"{name}_id", "over_by"):
            last.setdefault(key, []).append(over_by)
        for key, over in last.items():
            known = stated.get(key, {}).get(ending.ends, NEVER)
            if all(over) and is_read_before(known, rank_of(max(over))):
                bounds[key].append(max(over))
        set_over_by(ending, rows, bounds, change)


def set_over_by(model: type[OpenEnded], rows: list[Any], bounds: Bounds, change: Change) -> None:
    """Sets `over_by` of rows to the earliest bound of each; null where there is none, or an end is known."""
    changed = []
    for row in rows:
        over_by = min(bounds[row.pk], default=None) if getattr(row, model.ends) is None else None
        if row.over_by != over_by:
            row.over_by = over_by
            changed.append(row)
    keys = [row.pk for row in changed]
    change.before_write(model, keys)
    model._default_manager.bulk_update(changed, ["over_by"], batch_size=ROWS_PER_STATEMENT)
    change.after_write(model, keys)
