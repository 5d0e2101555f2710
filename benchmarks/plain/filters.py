"""What the lists may be asked: django-filter's filters, and DRF's ordering ended by the id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django_filters
from django.db.models import BigIntegerField, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils import timezone
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import Spacecraft

COMPARISONS = ["exact", "gt", "gte", "lt", "lte"]


class SpacecraftFilters(django_filters.FilterSet):
    """Those of the list of spacecraft."""

    class Meta:
        model = Spacecraft
        fields = ["in_space", "is_placeholder", "name", "spacecraft_config", "status"]


class NumberIn(django_filters.BaseInFilter, django_filters.NumberFilter):
    """Numbers, separated by commas."""


class LaunchFilters(django_filters.FilterSet):
    """The commonest of those of the list of launches."""

    location__ids = NumberIn(field_name="pad__location", lookup_expr="in")
    lsp__id = NumberIn(field_name="launch_service_provider", lookup_expr="in")
    status__ids = NumberIn(field_name="status", lookup_expr="in")

    class Meta:
        model = Launch
        fields = {
            "last_updated": ["gte", "lte"],
            "mission__orbit__celestial_body__id": ["exact"],
            "mission__orbit__name": ["exact", "icontains"],
            "name": ["exact"],
            "net": COMPARISONS[1:],
            "orbital_launch_attempt_count": COMPARISONS,
            "pad": ["exact"],
            "pad__location": ["exact"],
            "program": ["exact"],
            "rocket__configuration__id": ["exact"],
            "rocket__configuration__name": ["exact"],
            "slug": ["exact"],
            "status": ["exact"],
            "window_end": COMPARISONS[1:],
            "window_start": COMPARISONS[1:],
        }


class OrderingById(OrderingFilter):
    """DRF's, with the id at the end: else pages repeat records or lose them.

    Nulls come last, and first when descending.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        terms = self.get_ordering(request, queryset, view) or ()
        return queryset.order_by(*self.expressions(terms, view), "pk")

    def expressions(self, terms: Any, view: Any) -> Iterator[Any]:
        """What the rows are compared by."""
        for term in terms:
            name = term.removeprefix("-")
            column = grown(name) if name in view.growing else F(name)
            yield column.desc(nulls_first=True) if term.startswith("-") else column.asc(nulls_last=True)


def grown(name: str) -> Any:
    """Microseconds of a growing duration, in SQLite's own functions.

    Django's subtraction of instants calls Python for each row.
    """
    open_for = Value(int(timezone.now().timestamp())) - unix_time(f"{name}_since")
    growth = Greatest(open_for, 0) * Coalesce(f"{name}_pace", 1) * 1_000_000
    return Cast(name, BigIntegerField()) + Coalesce(growth, 0)


def unix_time(column: str) -> Func:
    """The seconds of an instant since 1970."""
    return Cast(Func(Value("%s"), column, function="strftime"), IntegerField())
