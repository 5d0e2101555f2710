"""The conditions of a query, read by parameter, as far as columns in memory tell their meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from cosmodrome.resources.filters import (
    AnyOfFilter,
    HideRecentFilter,
    InstantFilter,
    NumberFilter,
    shift_of,
    shifted,
)
from cosmodrome.resources.ordering import Ordering, Search, column_named, is_single_valued
from cosmodrome.resources.selections.columns import COMPARISONS, Comparison, Path
from cosmodrome.resources.selections.filtersets import filterset_of
from cosmodrome.time.clock import epoch_microseconds

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource

TEXTS = (models.CharField, models.TextField)
NUMBERS = (models.IntegerField, models.ForeignKey, models.OneToOneField)


@dataclass(frozen=True)
class MovingBound:
    """A comparison of a column with an instant that lies `shift` after the present."""

    column: str
    lookup: str
    shift: timedelta = timedelta(0)

    @property
    def only_loses(self) -> bool:
        """Whether records leave the selection as time passes, and none comes."""
        return self.lookup in ("gt", "gte")

    def at(self, now: datetime) -> Comparison:
        """Returns the comparison at an instant."""
        return Comparison(self.column, self.lookup, epoch_microseconds(now + self.shift), moves=True)


@dataclass(frozen=True)
class Membership:
    """One of these values, as the database's driver gives them, in one of these columns."""

    columns: tuple[str, ...]
    values: tuple[Any, ...]
    must_exist: bool = False
    """Whether a value that no record has may be a mistake."""


@dataclass
class Conditions:
    """The conditions of a query, by kind."""

    comparisons: list[Comparison] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    words: tuple[str, ...] = ()
    rest: list[tuple[str, ...]] = field(default_factory=list)
    """All other parameters that select or order, each with its values."""

    @property
    def moves(self) -> bool:
        """Whether it selects other records as time passes."""
        return any(each.moves for each in self.comparisons)


Condition = Comparison | Membership | None
Reader = Callable[[str, datetime], Condition]
"""Reads a parameter's text as of an instant; None: it asks for nothing.  Raises forms.ValidationError."""


def read_conditions(resource: type[Resource], asked: QueryDict, now: datetime) -> Conditions | None:
    """Returns the conditions of a query; None if one of them is a mistake, which the backends report."""
    found = Conditions([bound.at(now) for bound in resource.moving_bounds()])
    try:
        for name, values in asked.lists():
            if name == Search.search_param:
                found.words = search_words(resource, asked)
            elif name == Ordering.ordering_param:
                found.rest.append((name, *values))
            elif name in filterset_of(resource).base_filters:
                reader = reader_of(resource, name)
                if reader is None:
                    found.rest.append((name, *values))
                else:
                    add(found, reader(values[-1], now))
    except (forms.ValidationError, ValidationError, OverflowError):
        return None
    return found


def add(found: Conditions, condition: Condition) -> None:
    """Adds what one parameter asks for."""
    if isinstance(condition, Comparison):
        found.comparisons.append(condition)
    elif condition:
        found.memberships.append(condition)


def search_words(resource: type[Resource], asked: QueryDict) -> tuple[str, ...]:
    """Returns the words of a search.  Raises ValidationError as the backend does."""
    if not resource.search_fields:
        return ()
    request: Any = SimpleNamespace(query_params=asked)  # the backend reads nothing else
    return tuple(Search().get_search_terms(request))


@cache
def reader_of(resource: type[Resource], name: str) -> Reader | None:
    """Returns what reads a parameter; None if its filter has a meaning that only the filter knows."""
    one = filterset_of(resource).base_filters[name]
    if one.exclude or one.distinct or one.method:
        return None
    if isinstance(one, AnyOfFilter):
        return partial(read_any_of, one) if type(one).filter is AnyOfFilter.filter else None
    path = str(one.field_name)
    if not is_single_valued(resource.model(), path):
        return None  # a record may match several times, and is then listed as often
    column = column_named(resource.model(), path)
    if type(one) is HideRecentFilter and isinstance(column, models.DateTimeField):
        return partial(read_recent, one)
    if type(one).filter is django_filters.Filter.filter and one.lookup_expr in COMPARISONS:
        if isinstance(one, InstantFilter) and isinstance(column, models.DateTimeField):
            return partial(read_instant, one)
        if isinstance(one, NumberFilter) and isinstance(column, models.IntegerField):
            return partial(read_number, one)
    return exact_reader(one, column) if one.lookup_expr == "exact" else None


def exact_reader(one: django_filters.Filter, column: Any) -> Reader | None:
    """Returns what reads a parameter that asks for one value of a column."""
    if isinstance(one, django_filters.ModelChoiceFilter):
        target = getattr(column, "target_field", None)
        is_by_id = isinstance(target, models.IntegerField) and type(one).filter is FILTER_BY_ID
        return partial(read_id, one) if is_by_id else None
    if type(one).filter is not django_filters.Filter.filter:
        return None
    kinds = {NumberFilter: NUMBERS, django_filters.CharFilter: TEXTS}
    is_known = isinstance(column, kinds.get(type(one), ()))
    return partial(read_exact, one) if is_known else None


FILTER_BY_ID = django_filters.ModelChoiceFilter.filter
LONGEST_ID = 10
"""Digits of an id that is looked up; of a longer one the backends tell what is wrong."""


def cleaned(one: django_filters.Filter, text: str) -> Any:
    """Returns the value of a parameter as the form of the filter set would."""
    name = "value"
    return one.field.clean(one.field.widget.value_from_datadict({name: text}, {}, name))


def read_any_of(one: AnyOfFilter, text: str, _now: datetime) -> Membership | None:
    """Reads a comma list."""
    values = cleaned(one, text)
    return Membership(one.columns, tuple(map(as_stored, values))) if values else None


def read_recent(one: HideRecentFilter, text: str, now: datetime) -> Comparison | None:
    """Reads whether records of the past are left out."""
    return MovingBound(str(one.field_name), "gte").at(now) if cleaned(one, text) else None


def read_instant(one: InstantFilter, text: str, now: datetime) -> Comparison | None:
    """Reads a bound on an instant, which may move with the clock."""
    shift = shift_of(text)
    if shift is not None:
        shifted(now, shift)
        return MovingBound(str(one.field_name), one.lookup_expr, shift).at(now)
    instant = cleaned(one, text)
    return instant and Comparison(str(one.field_name), one.lookup_expr, epoch_microseconds(instant))


def read_number(one: NumberFilter, text: str, _now: datetime) -> Comparison | None:
    """Reads a bound on a number."""
    number = cleaned(one, text)
    return None if number is None else Comparison(str(one.field_name), one.lookup_expr, int(number))


def read_exact(one: django_filters.Filter, text: str, _now: datetime) -> Membership | None:
    """Reads the one value of a column."""
    value = cleaned(one, text)
    return None if value in (None, "") else Membership((str(one.field_name),), (as_stored(value),))


def read_id(one: django_filters.Filter, text: str, _now: datetime) -> Membership | None:
    """Reads the id of a related record; only the database can tell whether there is one that nobody has."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < LONGEST_ID):
        raise forms.ValidationError("not an id as it is written")
    return Membership((str(one.field_name),), (int(text),), must_exist=True)


def as_stored(value: Any) -> Any:
    """Returns a value as the database's driver gives it."""
    return value.hex if isinstance(value, UUID) and connection.vendor == "sqlite" else value


@cache
def search_columns(resource: type[Resource]) -> tuple[Path, ...] | None:
    """Returns the columns that are searched; those of which a record may have several values together, last.

    None if only the backend can search them: those that are no texts.
    """
    model, paths = resource.model(), list(resource.search_fields)
    if not all(is_text(model, path) for path in paths):
        return None
    many = tuple(path for path in paths if not is_single_valued(model, path))
    return *(path for path in paths if path not in many), *([many] if many else [])


def is_text(model: type[models.Model], path: str) -> bool:
    """Whether a look-up path leads to a column of texts."""
    try:
        return isinstance(column_named(model, path), TEXTS)
    except FieldDoesNotExist:
        return False
