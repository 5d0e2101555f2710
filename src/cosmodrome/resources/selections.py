"""Selections: the ids that a query selects, found once for each set of filters and each data version.

DRF's own backends decide.  The page, the mode and parameters that no backend reads make no other selection.
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

from cosmodrome.kinetic.order import ID, KineticOrder
from cosmodrome.rendering.fragments import Missing
from cosmodrome.rendering.lru import TwoQueueCache
from cosmodrome.resources.ordering import Ordering, Search, accruing_keys
from cosmodrome.resources.overrides import SELECTION
from cosmodrome.time import clock
from cosmodrome.time.as_of import requested_as_of

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource

UUID_BYTES = 16
SELECTION_OVERHEAD = 500
"""Bytes that a selection takes beside its ids, about."""


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
class Selection:
    """The ids that a query selects, in order."""

    ids: Sequence[Any]
    second: datetime | None
    """The second of the clock for which it is valid; None: it does not depend on the clock."""
    order: KineticOrder | None = None
    """Can be put in order for another second without a query."""

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        if self.order:
            return self.order.size
        return len(self.ids) * (UUID_BYTES if isinstance(self.ids, Uuids) else array(ID).itemsize)


SelectionKey = tuple[Any, ...]
"""Everything about a query by which it may select other records, or in another order."""


@dataclass(frozen=True)
class ListQuery:
    """A request for a page or a record of a resource."""

    resource: type[Resource]
    pk: str | None
    """The id of a record as the address has it; None: a page."""
    request: HttpRequest | Request
    view: Resource | None = None
    """Finds out what is not cached, once DRF has checked the request; None: only what is cached is wanted."""

    @property
    def selection_key(self) -> SelectionKey:
        """The resource, the record, and every parameter that one of the backends reads."""
        asked, names = self.request.GET, selecting_parameters(self.resource)
        recognised = sorted((name, *values) for name, values in asked.lists() if name in names)
        return self.resource, self.pk, self.accruing_terms, tuple(recognised)

    @property
    def accruing_terms(self) -> tuple[str, ...]:
        """The keys that are ordered by and that grow with time; which those are depends on the mode."""
        values = self.request.GET.getlist(Ordering.ordering_param)
        if not values:
            return ()
        terms = {term.strip().removeprefix("-") for value in values for term in value.split(",")}
        return tuple(sorted(terms & accruing_keys(self.resource.list_shape(self.request.GET.get("mode")))))

    @property
    def is_cacheable(self) -> bool:
        """Whether its selection may be cached: not as of another instant, nor if overridden."""
        return not (requested_as_of() or self.resource.overridden() & SELECTION)


def selected(
    selections: TwoQueueCache[SelectionKey, Selection], query: ListQuery, now: datetime
) -> Selection:
    """Returns what a query selects.  Raises Missing if that is not cached and the query has no view."""
    if not query.is_cacheable and query.view is not None:
        return select(query.view, query.pk, now)
    key, second = query.selection_key, now.replace(microsecond=0)
    selection = selections.get(key)
    if selection is not None and selection.second in (None, second):
        return selection
    if selection is not None and selection.order is not None and selection.order.since <= now:
        selection = Selection(selection.order.ids(now), second, selection.order)
    elif query.view is not None:
        selection = select(query.view, query.pk, now)
    else:
        raise Missing
    selections.put(key, selection, SELECTION_OVERHEAD + 2 * len(repr(key)) + selection.size)
    return selection


@cache
def selecting_parameters(resource: type[Resource]) -> frozenset[str]:
    """Returns the parameters that the backends of a resource read, if it overrides none of them."""
    return frozenset([*resource.filter_names(), Search.search_param, Ordering.ordering_param])


def select(view: Resource, pk: str | None, now: datetime) -> Selection:
    """Has the view's backends select.  Raises what they raise; a text that can't be an id selects nothing."""
    second = now.replace(microsecond=0)
    if pk is None and (order := kinetic_order(view, now)):
        return Selection(order.ids(now), second, order)
    with clock.recorded_reads() as reads:
        rows = view.filter_queryset(view.get_queryset())
        if pk is not None:
            try:
                rows = rows.filter(pk=pk)
            except (TypeError, ValueError, ValidationError):
                rows = rows.none()
        ids = packed(rows.values_list("pk", flat=True))
    return Selection(ids, second if reads.first else None)


def kinetic_order(view: Resource, now: datetime) -> KineticOrder | None:
    """Returns the order that is asked for, if the clock decides about nothing but that order."""
    if requested_as_of() or view.overridden() & SELECTION:
        return None
    ordering, rows = Ordering(), view.get_queryset()
    accruing = ordering.accruing_term(view.request, rows, view)
    if accruing is None:
        return None
    with clock.recorded_reads() as reads:
        for backend in view.filter_backends:
            if backend is not Ordering:
                rows = backend().filter_queryset(view.request, rows, view)
    return None if reads.first else KineticOrder(rows, *accruing, now)


def packed(ids: Iterable[Any]) -> Sequence[Any]:
    """Returns ids in little room."""
    listed = list(ids)
    if listed and isinstance(listed[0], UUID):
        return Uuids(listed)
    return array(ID, listed) if all(isinstance(each, int) for each in listed) else listed
