"""The filters beside a list, each with a title of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from cosmodrome.admin import introspection
from cosmodrome.admin.display.names import table_name
from cosmodrome.changes.rowset import Model
from cosmodrome.shapes.shapes import has_required
from cosmodrome.shapes.tables import with_labels

MOST_FILTER_CHOICES = 60
"""The most choices of a filter beside a list."""


class OnTheWireFilter(admin.SimpleListFilter):
    """A filter by whether enough is known of records for the lists of their endpoint."""

    title = "on the wire"
    parameter_name = "on_the_wire"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        del request, model_admin
        return [("yes", "Yes"), ("no", "Not yet")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        del request
        is_known = has_required(queryset.model)
        return queryset.filter({"yes": is_known, "no": ~is_known}.get(self.value() or "", models.Q()))


class Titled(admin.FieldListFilter):
    """A filter with a title that no other filter of the list has."""

    def __init__(
        self, field: Any, request: Any, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = titles(model)[field_path]


class RelatedRecordsFilter(Titled, admin.RelatedFieldListFilter):
    """A filter by related records: those that rows of the list refer to, if they are not too many to read."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = model_admin.get_queryset(request).order_by().values_list(f"{self.field_path}__pk", flat=True)
        keys = list(rows.distinct()[: MOST_FILTER_CHOICES + 1])
        if len(keys) > MOST_FILTER_CHOICES:
            return []
        found = field.related_model._default_manager.filter(pk__in=[key for key in keys if key is not None])
        ordered = found.order_by(*self.field_admin_ordering(field, request, model_admin))
        return [(record.pk, str(record)) for record in with_labels(ordered)]


class BooleanFilter(Titled, admin.BooleanFieldListFilter):
    """A filter by yes and no."""


class ChoicesFilter(Titled, admin.ChoicesFieldListFilter):
    """A filter by the choices of a column."""


def declared_filters(model: Model) -> list[Any]:
    """Returns the filters of a table as Django's `list_filter` has them."""
    found: list[Any] = [OnTheWireFilter] if introspection.may_be_hidden(model) else []
    return [*found, *((path, filter_class(column)) for path, column in introspection.filters(model))]


def filter_class(column: Any) -> type[Titled]:
    """Returns the kind of filter that suits a column."""
    if column.is_relation:
        return RelatedRecordsFilter
    return ChoicesFilter if column.choices else BooleanFilter


def titles(model: Model) -> dict[str, str]:
    """Returns the titles of a table's filters by path.

    A name that two columns have is told apart by what they are columns of: `celestial body of the orbit`,
    `celestial body of the location`.
    """
    longer = {path: possible_titles(model, path) for path, _ in introspection.filters(model)}
    found = {path: next(each) for path, each in longer.items()}
    for _ in range(max(map(len, (path.split("__") for path in longer)), default=0)):
        count = Counter(found.values())
        found |= {path: next(longer[path], title) for path, title in found.items() if count[title] > 1}
    return found


def possible_titles(model: Model, path: str) -> Iterator[str]:
    """Yields titles for the column at the end of a path, each longer than the one before."""
    title, table = "", model
    names = [table_name(model)]
    for step in path.split("__"):
        column: Any = table._meta.get_field(step)
        table = column.related_model
        names.append(str(getattr(column, "verbose_name", None) or table._meta.verbose_name).lower())
    for name in reversed(names):
        title = f"{title} of the {name}" if title else name
        yield title
