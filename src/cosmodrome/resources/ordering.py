"""Search and ordering, with DRF's meanings.

Where DRF would let a mistake pass in silence or fail on an odd value, the answer is a 400 with a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from cosmodrome.shapes.collation import collated
from cosmodrome.shapes.fields import AccruingDuration
from cosmodrome.shapes.relations import default_order, is_to_many, related_table
from cosmodrome.time.accrual import Accrued, accrual_columns
from cosmodrome.time.as_of import as_of, requested_as_of

MOST_WORDS, LONGEST_WORD = 32, 1000
"""Limits of a search; SQLite refuses expressions deeper than 1,000."""


class Search(SearchFilter):
    """DRF's search: one of the fields must contain each word."""

    def get_search_terms(self, request: Request) -> list[str]:
        """Returns the words, each once.  Raises ValidationError if they are too many or too long."""
        try:
            words = list(dict.fromkeys(super().get_search_terms(request)))
        except ValidationError as error:
            raise ValidationError({self.search_param: error.detail}) from None
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            raise ValidationError(
                {
                    self.search_param: [
                        f"Search for at most {MOST_WORDS} words of at most {LONGEST_WORD} characters."
                    ]
                }
            )
        return words


class Ordering(OrderingFilter):
    """DRF's ordering, followed by the id, so that no record is on two pages or on none.

    On every database nulls come last, and first in descending order, as PostgreSQL has them.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Returns `queryset` in the requested order, or in that of the resource; the id comes last."""
        terms = self.get_ordering(request, queryset, view) or ()
        return queryset.order_by(*self.expressions(terms, queryset.model, view), "pk")

    def expressions(self, terms: Any, model: type[models.Model], view: Any) -> Iterator[Any]:
        """Yields an SQL ordering for each field; if two terms name one field, the first counts."""
        for name, descending in directions(terms).items():
            column = self.column(name, model, view)
            if not is_single_valued(model, name):
                column = extreme(model, column, descending)
            yield column.desc(nulls_first=True) if descending else column.asc(nulls_last=True)

    def get_default_ordering(self, view: Any) -> Any:
        """Returns the order of the resource, or that of its table, where a request asks for none."""
        rows = view.get_queryset() if view.queryset is None else view.queryset
        return super().get_default_ordering(view) or default_order(rows.model)

    def get_default_valid_fields(self, queryset: Any, view: Any, context: Any = None) -> list[Any]:
        """Returns the keys that show a column or a related record, where a resource declares no fields.

        DRF would offer the constant `response_mode` too, and lists, by whose elements records would repeat.
        """
        offered = super().get_default_valid_fields(queryset, view, context)
        return [field for field in offered if is_single_valued(queryset.model, field[0])]

    def accruing_term(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, bool] | None:
        """Returns the growing column, and whether descending, if that alone is ordered by; else None."""
        terms = directions(self.get_ordering(request, queryset, view) or ())
        name = next(iter(terms), "")
        is_accruing = name in accruing_keys(view.get_serializer_class())
        return (name, terms[name]) if len(terms) == 1 and is_accruing else None

    def column(self, name: str, model: type[models.Model], view: Any) -> Any:
        """Returns the expression by which the rows are compared."""
        if name in accruing_keys(view.get_serializer_class()) and not requested_as_of():
            return Accrued(as_of(), name, *accrual_columns(model, name))
        return collated(name, column_named(model, name))


@lru_cache(512)  # requests make ever new narrowed shapes
def accruing_keys(shape: type[BaseSerializer[Any]]) -> frozenset[str]:
    """Returns the keys of a shape whose values time alone changes."""
    fields: dict[str, Any] = getattr(shape(), "fields", {})
    return frozenset(key for key, field in fields.items() if isinstance(field, AccruingDuration))


def directions(terms: Iterable[str]) -> dict[str, bool]:
    """Returns the fields that terms such as `-name` order by, and whether descending.

    If two terms name one field, the first counts.
    """
    found: dict[str, bool] = {}
    for term in terms:
        found.setdefault(term.removeprefix("-"), term.startswith("-"))
    return found


def is_single_valued(model: type[models.Model], path: str) -> bool:
    """Whether a look-up path leads to a column, and no row has several values there."""
    try:
        column_named(model, path)
    except FieldDoesNotExist:
        return False
    return not any(field.is_relation and is_to_many(field) for field in fields_on(model, path))


def fields_on(model: type[models.Model], path: str) -> Iterator[Any]:
    """Yields the fields that a look-up path leads through."""
    names = path.split("__")
    for place, name in enumerate(names):
        yield related_table(model, names[:place])._meta.get_field(name)


def extreme(model: type[models.Model], column: Any, descending: bool) -> models.Subquery:
    """Returns the least known value of those that a row has by `column`; the greatest if `descending`."""
    rows = model._default_manager.filter(pk=models.OuterRef("pk")).annotate(found=column).order_by()
    found = F("found")
    order = found.desc(nulls_last=True) if descending else found.asc(nulls_last=True)
    return models.Subquery(rows.order_by(order).values("found")[:1])


def column_named(model: type[models.Model], path: str) -> models.Field[Any, Any] | None:
    """Returns the column at the end of a look-up path such as `agency__name`; None if there is no column."""
    table: Any = model
    column: Any = None
    for name in path.split("__"):
        if table is None:
            return None
        column = table._meta.get_field(name)
        table = column.related_model
    return column if isinstance(column, models.Field) else None
