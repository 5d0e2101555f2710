"""Selections: the ids that a query selects, found once for each set of filters and each data version.

DRF's own backends decide.  The page, the mode and parameters that no backend reads make no other selection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.request import Request

from cosmodrome.kinetic.order import KineticOrder
from cosmodrome.rendering.fragments import Missing
from cosmodrome.rendering.lru import TwoQueueCache
from cosmodrome.rendering.statements import LIKE_MADE_UP, STATEMENTS, Among, NotCompilable, Statement
from cosmodrome.resources.ordering import Ordering, Search, accruing_keys
from cosmodrome.resources.overrides import SELECTION
from cosmodrome.resources.selections.columns import packed, raw_rows, size_of
from cosmodrome.resources.selections.conditions import read_conditions
from cosmodrome.resources.selections.listings import Composer, NotMade
from cosmodrome.resources.selections.lookups import Unknown
from cosmodrome.time import clock
from cosmodrome.time.as_of import requested_as_of

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource

SELECTION_OVERHEAD = 500
"""Bytes that a selection takes beside its ids, about."""


@dataclass(frozen=True)
class Selection:
    """The ids that a query selects, in order."""

    ids: Sequence[Any]
    second: datetime | None = None
    """The only second of the clock for which it is valid; None: it is valid until `until`."""
    order: KineticOrder | None = None
    """Can be put in order for another second without a query."""
    until: datetime | None = None
    """The instant at which time alone selects other records; None: it never does."""

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        if self.order:
            return self.order.size
        return size_of(self.ids)


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
        return self.resource, self.pk, *self.order_key, tuple(recognised)

    @cached_property
    def order_key(self) -> SelectionKey:
        """The part of a key that an order depends on beside its parameter: the shape that is listed."""
        if not self.request.GET.getlist(Ordering.ordering_param):
            return ()
        shape = self.resource.list_shape(self.request.GET.get("mode"))
        return self.accruing_terms, None if self.resource.ordering_fields is not None else shape

    @cached_property
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
        return selected_as_of(selections, query, query.view, now) or select(query.view, query.pk, now)
    key, second = query.selection_key, now.replace(microsecond=0)
    selection = selections.get(key)
    if selection is not None and selection.second in (None, second):
        return selection
    if found := composed(selections, query, now):
        return found
    if selection is not None and selection.order is not None and selection.order.since <= now:
        selection = Selection(selection.order.ids(now), second, selection.order)
    elif query.view is not None:
        selection = select(query.view, query.pk, now)
    else:
        raise Missing
    selections.put(key, selection, SELECTION_OVERHEAD + 2 * len(repr(key)) + selection.size)
    return selection


def selected_as_of(
    selections: TwoQueueCache[SelectionKey, Any], query: ListQuery, view: Resource, now: datetime
) -> Selection | None:
    """Returns what a query selects as of the requested instant, by SQL that serves every instant.

    None if there is no such SQL.
    """
    resource, pk, *_, recognised = query.selection_key
    if not requested_as_of() or resource.overridden() & SELECTION or has_instants(recognised):
        return None
    timeless = "at any instant", *query.selection_key
    if kept := selections.get(timeless):
        return Selection(kept.ids)
    version = view.validity and view.validity.version  # a filter may ask whether a related record exists
    key = "selection", version, resource, pk is None, *query.selection_key[2:]
    field = None if pk is None else resource.model()._meta.pk
    with clock.recorded_reads() as reads:
        try:
            statement = STATEMENTS.get(key, partial(selecting_rows, view, pk is not None), field)
        except NotCompilable:
            return None
        ids = packed([each for (each, *_) in fetched(statement, pk)])
    found = Selection(ids, now.replace(microsecond=0) if reads.first else None)
    if statement.is_timeless:
        selections.put(timeless, found, SELECTION_OVERHEAD + 2 * len(repr(timeless)) + found.size)
    return found


def has_instants(recognised: tuple[tuple[str, ...], ...]) -> bool:
    """Whether a value counts from the present, or could be taken for a made-up instant."""
    return any("now" in value or LIKE_MADE_UP.search(value) for _, *values in recognised for value in values)


def selecting_rows(view: Resource, is_record: bool) -> Any:
    """Returns the ids that a view's backends select; of a record, among those that are given later."""
    rows = view.filter_queryset(view.get_queryset())
    return (rows.filter(Among("pk")) if is_record else rows).values_list("pk")


def fetched(statement: Statement, pk: str | None) -> list[Any]:
    """Returns the rows of a statement; of the record with an id, none if a text can't be an id."""
    if pk is None:
        return statement.fetch()
    try:
        return statement.fetch([pk])
    except (TypeError, ValueError, ValidationError):
        return []


def composed(
    selections: TwoQueueCache[SelectionKey, Any], query: ListQuery, now: datetime
) -> Selection | None:
    """Returns what a query selects, if columns in memory tell; None if a statement has to."""
    if query.pk is not None or query.accruing_terms or not query.resource.lists_declared_rows():
        return None
    if not selections.limit:
        return None  # where nothing is kept, one statement is less than a column
    conditions = read_conditions(query.resource, query.request.GET, now)
    if conditions is None or not (conditions.comparisons or conditions.memberships or conditions.words):
        return None
    fixed = (*query.order_key, tuple(sorted(conditions.rest)))
    try:
        found = Composer(selections, query.resource, conditions, fixed, now, query.view).composed()
    except (Unknown, NotMade):
        return None
    return Selection(found.ids, until=found.until)


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
        ids = packed([key for (key, *_) in raw_rows(rows.values_list("pk"))])
    return Selection(ids, second if reads.first else None)


def kinetic_order(view: Resource, now: datetime) -> KineticOrder | None:
    """Returns the order that is asked for, if the clock decides about nothing but that order."""
    if requested_as_of() or view.overridden() & SELECTION:
        return None
    with clock.recorded_reads() as reads:
        ordering, rows = Ordering(), view.get_queryset()
        accruing = ordering.accruing_term(view.request, rows, view)
        if accruing is None:
            return None
        for backend in view.filter_backends:
            if backend is not Ordering:
                rows = backend().filter_queryset(view.request, rows, view)
    return None if reads.first else KineticOrder(rows, *accruing, now)
