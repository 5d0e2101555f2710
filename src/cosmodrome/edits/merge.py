"""The merge: what a row is that a person has edited, on top of what pages tell of it now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cosmodrome.edits.models import LocalEdit
from cosmodrome.ingest.images import Image, Row, Stated, facts_of
from cosmodrome.ingest.statements import NEVER, Moments, by_moment, rank_of
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time.accrual import accrued_in
from cosmodrome.time.clock import read_instant


@dataclass
class Side:
    """A row as one side has it, and as of when each of its facts was stated."""

    image: Image
    stated: Stated

    @property
    def moments(self) -> Moments:
        """The ranks by fact."""
        return moments_of(self.stated)


Merged = tuple[Image, Stated, dict[str, str]]
"""A row with the edits in it, its `Statement.facts`, and the edits that are left."""


def moments_of(stated: Stated) -> Moments:
    """Returns the ranks of facts by their names."""
    return {name: int(rank) for rank, names in (stated or {}).items() for name in names}


@dataclass
class Merge:
    """An edited row, with what both sides have of it."""

    row: Row
    edit: LocalEdit
    ours: Side
    theirs: Side
    newest_wins: bool
    unmade: Collection[Row]

    def merged(self) -> Merged | None:
        """Returns the row with what is left of the edit; None: nothing is, and the row is theirs."""
        values = {*facts_of(self.row[0])}
        left = {
            fact: at
            for fact, at in self.edit.entered.items()
            if not (self.is_over(fact) if fact in values else self.is_listed_later(fact))
        }
        if not left:
            return None
        image, moments = self.theirs.image.copy(), dict(self.theirs.moments)
        for fact in left:
            if own := self.ours.moments.get(fact):
                moments[fact] = own
            if fact in values:
                image.set(fact, self.ours.image.get(fact))
        follow(self.row, image, self.ours.image, self.theirs.image, left)
        return image, by_moment(moments), left

    def is_over(self, fact: str) -> bool:
        """Whether nothing is left of a fact that was entered."""
        facts = [each for each in together(fact) if each in self.edit.entered]
        return (
            all(says_the_same(self.row, each, self.ours.image, self.theirs.image) for each in facts)
            or any(points_to(self.row, each, self.ours.image, self.unmade) for each in facts)
            or (self.newest_wins and any(map(self.is_told_later, facts)))
        )

    def is_told_later(self, fact: str) -> bool:
        """Whether the pages that are taken in tell of a fact, and were read after it was entered."""
        entered = rank_of(read_instant(self.edit.entered[fact]))
        told_before = moments_of(self.edit.stated).get(fact, NEVER)
        return self.theirs.moments.get(fact, NEVER) > max(entered, told_before)

    def is_listed_later(self, fact: str) -> bool:
        """Whether a page that was read after a listing was entered has listed all that points to the row."""
        return self.ours.moments.get(fact, NEVER) <= self.theirs.moments.get(fact, NEVER)


def merged(
    row: Row, edit: LocalEdit, ours: Side, theirs: Side | None, newest_wins: bool, unmade: Collection[Row]
) -> Merged | None:
    """Returns the row with what is left of the edit; None: nothing is, and the row is theirs.

    An edit is over where they say the same.  With `newest_wins` it is over, too, where they have told later
    of the fact.  What points to a row in `unmade`, which was made here and is released, is released with it.
    """
    if theirs is None:
        return ours.image.copy(), ours.stated, dict(edit.entered)
    return Merge(row, edit, ours, theirs, newest_wins, unmade).merged()


def together(fact: str) -> tuple[str, ...]:
    """Returns the facts that are only entered together: a foreign key, and the name that it stands for."""
    stem = fact.removesuffix("_name").removesuffix("_id")
    return (fact,) if stem == fact else (f"{stem}_id", f"{stem}_name")


def says_the_same(row: Row, fact: str, ours: Image, theirs: Image) -> bool:
    """Whether both sides have the same value; of a duration that grows, at the same instant."""
    at = latest_reading(ours, theirs)
    return bool(value_at(row, fact, ours, at) == value_at(row, fact, theirs, at))


def latest_reading(*images: Image) -> datetime | None:
    """Returns the latest moment at which totals were read; null if there are none."""
    moments = [image.columns.get("totals_read_at") for image in images]
    return max((moment for moment in moments if moment), default=None)


def value_at(row: Row, fact: str, image: Image, at: datetime | None) -> Any:
    """Returns the value of a fact at an instant."""
    if at is None or f"{fact}_since" not in image.columns:
        return image.get(fact)
    return accrued_in(instance_of(row, image), fact, at)


def instance_of(row: Row, image: Image) -> Any:
    """Returns an instance of the row's table, which is not saved."""
    return row[0](pk=row[1], **image.columns)


def points_to(row: Row, fact: str, image: Image, targets: Collection[Row]) -> bool:
    """Whether a fact of a row points to, or lists, one of `targets`."""
    if not targets:
        return False
    relations: list[Any] = [*row[0]._meta.concrete_fields, *row[0]._meta.many_to_many]
    for relation in relations:
        if relation.is_relation and fact in (relation.name, getattr(relation, "attname", "")):
            value = image.get(fact)
            keys = value if isinstance(value, list) else [value]
            return any((relation.related_model, key) in targets for key in keys)
    return False


def follow(row: Row, image: Image, ours: Image, theirs: Image, left: Collection[str]) -> None:
    """Sets the columns that follow from what is entered, as the admin's form does."""
    if "last_updated" in image.columns:
        image.columns["last_updated"] = ours.columns["last_updated"]
    table, at = row[0], latest_reading(ours, theirs)
    entered = set(left).intersection(table.published_totals) if issubclass(table, PublishedTotals) else set()
    if not entered or at is None:
        return
    for name in entered:
        image.columns[name] = value_at(row, name, ours, at)
        if f"{name}_since" in image.columns:
            since = f"{name}_since"
            image.columns[since] = image.columns[since] or ours.columns[since]
    instance = instance_of(row, image)
    instance.enter_totals(entered, at)
    image.columns = {name: getattr(instance, name) for name in image.columns}
