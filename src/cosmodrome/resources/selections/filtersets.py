"""Sets of filters: all that a resource declares, and of these the ones that a request names."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db import models
from django.db.models import QuerySet
from django_filters.filterset import remote_queryset
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.request import Request

from cosmodrome.resources.filters import AnyRelatedFilter, BooleanFilter, InstantFilter, NumberFilter

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource


class ResourceFilterSet(FilterSet):
    """The filters of one resource; its class is made once, from the declaration."""

    class Meta:
        filter_overrides = {
            models.BooleanField: {"filter_class": BooleanFilter},
            models.DateTimeField: {"filter_class": InstantFilter},
            models.IntegerField: {"filter_class": NumberFilter},
            models.AutoField: {"filter_class": NumberFilter},
            models.ManyToManyField: {
                "filter_class": AnyRelatedFilter,
                "extra": lambda column: {"queryset": remote_queryset(column)},
            },
        }


@cache
def filterset_of(resource: type[Resource]) -> type[ResourceFilterSet]:
    """Returns the filter set of a resource."""
    options = {"model": resource.model(), "fields": dict(resource.filterset_fields)}
    meta = type("Meta", (ResourceFilterSet.Meta,), options)
    return type(f"{resource.__name__}Filters", (ResourceFilterSet,), {**resource.filters, "Meta": meta})


class Filters(DjangoFilterBackend):
    """django-filter's, made of the filters that a request names: copying all of them takes milliseconds."""

    def get_filterset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Returns the filter set of a request."""
        every = self.get_filterset_class(view, queryset)
        if every is None or not issubclass(every, ResourceFilterSet):
            return super().get_filterset(request, queryset, view)
        named = frozenset(every.base_filters.keys() & request.query_params.keys())
        return narrowed_to(every, named)(**self.get_filterset_kwargs(request, queryset, view))


MOST_FILTER_SETS = 256
"""Filter sets that are kept, of what requests name together."""


@lru_cache(maxsize=MOST_FILTER_SETS)
def narrowed_to(every: type[ResourceFilterSet], names: frozenset[str]) -> type[ResourceFilterSet]:
    """Returns a filter set with these of its filters only, and those that read parameters of other names."""
    kept = {name: f for name, f in every.base_filters.items() if name in names or reads_more_names(f)}
    return type(every.__name__, (every,), {"get_filters": classmethod(lambda _cls: kept)})


def reads_more_names(one: django_filters.Filter) -> bool:
    """Whether a filter reads parameters that are not called as it is: of a range, both ends."""
    widget = one.extra.get("widget", one.field_class.widget)
    return issubclass(widget if isinstance(widget, type) else type(widget), forms.MultiWidget)
