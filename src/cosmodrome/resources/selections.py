"""Which records a request is about: decided once for each filter set and version of the catalogue.

DRF's own backends decide.  What else an address says (its page, its mode, a parameter that nobody knows)
makes no other filter set.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.request import Request

from cosmodrome.rendering.fragments import Missing
from cosmodrome.rendering.lru import TwoQueueCache
from cosmodrome.resources.filters import Ordering, Search, accruing_keys
from cosmodrome.resources.kinetic import ID, Overtaking
from cosmodrome.time import clock

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource

UUID_BYTES = 16
OVERHEAD = 500
"""Bytes that a choice takes beside its ids, about."""


class Uuids(Sequence[UUID]):
    """Ids of launches: as objects they would take ten times the room."""

    def __init__(self, ids: Iterable[UUID]) -> None:
        self.ids = b"".join(each.bytes for each in ids)

    def __len__(self) -> int:
        return len(self.ids) // UUID_BYTES

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        start = place * UUID_BYTES
        return UUID(bytes=self.ids[start : start + UUID_BYTES])


@dataclass(frozen=True)
class Choice:
    """The ids that a filter set chooses, in order."""

    ids: Sequence[Any]
    second: datetime | None
    """The clock's second for which it holds; null: it does not hang on the clock."""
    order: Overtaking | None = None
    """Whose order at another second can be told without asking."""

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        if self.order:
            return self.order.size
        return len(self.ids) * (UUID_BYTES if isinstance(self.ids, Uuids) else array(ID).itemsize)


FilterSet = tuple[Any, ...]
"""What a question chooses by."""


@dataclass(frozen=True)
class Question:
    """A request for a page or a record of a resource."""

    resource: type[Resource]
    key: str | None
    """A record's id as it was asked for; null: a page."""
    request: HttpRequest | Request
    view: Resource | None = None
    """What can find out what is not kept, once DRF has checked the request."""

    @property
    def filter_set(self) -> FilterSet:
        """What tells it from questions that choose other records, or in another order."""
        asked, names = self.request.GET, names_of(self.resource)
        recognised = sorted((name, *values) for name, values in asked.lists() if name in names)
        return self.resource, self.key, self.moving_terms, tuple(recognised)

    @property
    def moving_terms(self) -> tuple[str, ...]:
        """The keys that are ordered by and that time changes; which those are, the mode decides."""
        values = self.request.GET.getlist(Ordering.ordering_param)
        if not values:
            return ()
        terms = {term.strip().removeprefix("-") for value in values for term in value.split(",")}
        return tuple(sorted(terms & accruing_keys(self.resource.list_shape(self.request.GET.get("mode")))))


def chosen(choices: TwoQueueCache[FilterSet, Choice], question: Question, now: datetime) -> Choice:
    """What a request chooses.  Raises Missing if that is not known, and nobody is there to find out."""
    filter_set, second = question.filter_set, now.replace(microsecond=0)
    choice = choices.get(filter_set)
    if choice is not None and choice.second in (None, second):
        return choice
    if choice is not None and choice.order is not None and choice.order.since <= now:
        choice = Choice(choice.order.ids(now), second, choice.order)
    elif question.view is not None:
        choice = choose(question.view, question.key, now)
    else:
        raise Missing
    choices.put(filter_set, choice, OVERHEAD + 2 * len(repr(filter_set)) + choice.size)
    return choice


@cache
def names_of(resource: type[Resource]) -> frozenset[str]:
    """The parameters by which records are chosen and ordered."""
    return frozenset([*resource.filter_names(), Search.search_param, Ordering.ordering_param])


def choose(view: Resource, key: str | None, now: datetime) -> Choice:
    """Has the backends decide.  Their objections are raised; an id that can't be one is nobody's."""
    second = now.replace(microsecond=0)
    if key is None and (order := overtaking(view, now)):
        return Choice(order.ids(now), second, order)
    with clock.recorded_reads() as reads:
        rows = view.filter_queryset(view.get_queryset())
        if key is not None:
            try:
                rows = rows.filter(pk=key)
            except (TypeError, ValueError, ValidationError):
                rows = rows.none()
        ids = packed(rows.values_list("pk", flat=True))
    return Choice(ids, second if reads.first else None)


def overtaking(view: Resource, now: datetime) -> Overtaking | None:
    """The order that is asked for, if of all that is asked for it alone hangs on the clock."""
    ordering, rows = Ordering(), view.get_queryset()
    moving = ordering.moving(view.request, rows, view)
    if moving is None:
        return None
    with clock.recorded_reads() as reads:
        for backend in view.filter_backends:
            if backend is not Ordering:
                rows = backend().filter_queryset(view.request, rows, view)
    return None if reads.first else Overtaking(rows, *moving, now)


def packed(ids: Iterable[Any]) -> Sequence[Any]:
    """Ids in little room."""
    listed = list(ids)
    return Uuids(listed) if listed and isinstance(listed[0], UUID) else array(ID, listed)
