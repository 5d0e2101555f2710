"""Resource: an endpoint that lists the rows of a table, declared once.

Routes, help, OpenAPI, rendering, tests and the browsable page all read this one class.  A resource that needs
more than its declaration overrides methods and attributes of Django REST Framework as usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar

from django.db import models
from django_filters import Filter
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from cosmodrome.rendering.templates import reason_for_drf
from cosmodrome.resources.ordering import Ordering, Search
from cosmodrome.resources.overrides import CHECKS, OBJECT_CHECKS, SELECTION, overridden
from cosmodrome.resources.pagination import Pagination
from cosmodrome.resources.registry import FORMATS, RESOURCES
from cosmodrome.resources.responder import rendered
from cosmodrome.resources.schema.help import help_text
from cosmodrome.resources.schema.openapi import ResourceSchema
from cosmodrome.resources.selections.conditions import MovingBound
from cosmodrome.resources.selections.filtersets import Filters, ResourceFilterSet, filterset_of
from cosmodrome.resources.views import VIEW_NAMES, ReadOnly
from cosmodrome.shapes.fieldsets import narrowed_by
from cosmodrome.shapes.history import is_historic, rows_as_of
from cosmodrome.shapes.shapes import Shape, has_required
from cosmodrome.time.as_of import as_of


class Resource(ReadOnly, ReadOnlyModelViewSet[Any]):
    """A list of records, and each of the records by its id.

    class SpacecraftResource(Resource):
        path = "spacecraft"
        queryset = Spacecraft.objects.all()
        modes = {"normal": SpacecraftNormal, "detailed": SpacecraftEndpointDetailed}
        filterset_fields = exact("in_space", "is_placeholder", "name", "spacecraft_config", "status")
        search_fields = ["name", "spacecraft_config__name"]
        ordering_fields = ["flights_count", "id", "mission_ends_count", "time_docked"]
        examples = {"filter": "is_placeholder=True", "search": "Endeavour", "ordering": "id"}
        tags = ["Spacecraft"]
    """

    path: ClassVar[str] = ""
    """The part of the URL after the version; declaring it registers the resource."""
    modes: ClassVar[Mapping[str, type[Shape]]] = {}
    """The shapes by `?mode=`, in the order of the help page; a single one has no parameter."""
    filterset_fields: ClassVar[Mapping[str, list[str]]] = {}
    """As in django-filter: look-ups by column."""
    filters: ClassVar[Mapping[str, Filter]] = {}
    """Filters that are more than a column and a look-up."""
    search_fields: ClassVar[list[str]] = []
    """As in DRF."""
    ordering_fields: ClassVar[list[str] | None] = None
    """As in DRF: None allows every key of the shape."""
    examples: ClassVar[Mapping[str, str]] = {}
    """The examples of the help page: a query string for `filter`, a value for `search` and `ordering`."""
    tags: ClassVar[list[str]] = []
    """The tags of the endpoint in the OpenAPI document."""
    titles: ClassVar[tuple[str, str] | None] = None
    """The headings of a record and of the list, if they are not the names of the table."""
    ordering: ClassVar[tuple[str, ...]] = ()
    """As in DRF: the default order, if it is not the `default_order` of the table.  The id comes after it."""
    endpoint_name: ClassVar[str] = ""
    """The name of the records, in any mode, in the OpenAPI document; empty: the name of the table."""

    filter_backends = [Filters, Search, Ordering]
    pagination_class = Pagination
    schema = ResourceSchema()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.path:
            if cls.path in RESOURCES:
                raise TypeError(f"two resources have the path {cls.path!r}")
            RESOURCES[cls.path] = cls

    @classmethod
    def model(cls) -> type[models.Model]:
        """Returns the table whose rows are listed."""
        rows: Any = cls.queryset
        return rows.model  # type: ignore[no-any-return]

    @classmethod
    def rows(cls) -> models.QuerySet[Any]:
        """Returns all rows that may be listed, in no order."""
        rows: Any = cls.queryset
        return rows.filter(has_required(rows.model))  # type: ignore[no-any-return]

    @classmethod
    def moving_bounds(cls) -> tuple[MovingBound, ...]:
        """Returns what the listed records must keep to, as of the instant that the answer is about."""
        return ()

    @classmethod
    def candidates(cls) -> models.QuerySet[Any]:
        """Returns the rows among which a request selects, as of the instant that the answer is about."""
        rows = rows_as_of(cls.rows())
        for bound in cls.moving_bounds():
            rows = rows.filter(**{f"{bound.column}__{bound.lookup}": as_of() + bound.shift})
        return rows

    @classmethod
    @cache
    def lists_declared_rows(cls) -> bool:
        """Whether it lists all of `rows` that keep to `moving_bounds`."""
        return getattr(cls.candidates, "__func__", None) is getattr(Resource.candidates, "__func__", None)

    @classmethod
    def overridden(cls) -> frozenset[str]:
        """Returns the names of DRF's that the resource overrides, without those of a declaration."""
        return overridden(cls, Resource, RESOURCE_NAMES)

    @classmethod
    @cache
    def reason_for_drf(cls) -> str:
        """Returns a sentence that says why DRF's serializers render the answers; empty if fragments do."""
        if names := cls.overridden() - CHECKS - SELECTION:
            return f"{cls.__name__} overrides {', '.join(sorted(names))}."
        return next(filter(None, map(reason_for_drf, cls.modes.values())), "")

    @classmethod
    def takes_as_of(cls) -> bool:
        """Whether fragments are the answer: DRF's serializers show the present."""
        return not cls.reason_for_drf()

    def is_historic(self) -> bool:
        """Whether a table that the list or the record shows, at any depth, has a history."""
        return is_historic(self.get_serializer_class())

    @classmethod
    @cache
    def is_cacheable(cls) -> bool:
        """Whether neither the resource nor a shape overrides what DRF would do for each request."""
        return not cls.overridden() and not cls.reason_for_drf()

    @classmethod
    def list_shape(cls, mode: str | None) -> type[Shape]:
        """Returns the shape of a list in a mode; for an unknown mode, the default shape."""
        shapes = cls.modes
        return shapes.get(mode or "") or shapes.get("normal") or next(iter(shapes.values()))

    @classmethod
    def record_shape(cls) -> type[Shape]:
        """Returns the shape of a single record: the fullest one."""
        return cls.modes.get("detailed") or cls.list_shape(None)

    @classmethod
    def filter_names(cls) -> list[str]:
        """Returns the names of the filter parameters, in alphabetical order as on the help page."""
        return sorted(filterset_of(cls).base_filters)

    @classmethod
    def formats(cls) -> tuple[type[BaseRenderer], ...]:
        """Returns the renderers of all formats: those of DRF's attribute, and those of the table."""
        return *cls.renderer_classes, *FORMATS.get(cls.model(), ())

    def get_renderers(self) -> list[BaseRenderer]:
        """Returns a renderer of each format, among which DRF chooses."""
        return [each() for each in self.formats()]

    @classmethod
    @cache
    def taken_names(cls, is_record: bool) -> frozenset[str]:
        """Returns the parameters that select records, and those of a page."""
        searched = [Search.search_param] if cls.search_fields else []
        page = [] if is_record else [Pagination.limit_query_param, Pagination.offset_query_param]
        return frozenset([*cls.filter_names(), *searched, Ordering.ordering_param, *page])

    @classmethod
    def may_read_more(cls) -> bool:
        """Whether it overrides anything of DRF's."""
        return not cls.is_cacheable()

    @property
    def filterset_class(self) -> type[ResourceFilterSet]:
        """The filter set, made once; django-filter would make a class for each request."""
        return filterset_of(type(self))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answers with a page, from fragments unless the resource overrides their work."""
        if self.reason_for_drf():
            return super().list(request, *args, **kwargs)
        return rendered(self, request)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answers with a record, likewise; after DRF's checks of single records if they are overridden."""
        if self.reason_for_drf():
            return super().retrieve(request, *args, **kwargs)
        if self.overridden() & OBJECT_CHECKS:
            self.get_object()
        return rendered(self, request)

    def get_serializer_class(self) -> type[Shape]:
        """Returns the shape of the requested mode."""
        if self.action == "retrieve":
            return self.record_shape()
        return self.list_shape(self.request.query_params.get("mode") if self.request else None)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Returns DRF's serializer, of the requested keys only; filters and orders may use all keys."""
        shape = narrowed_by(self.get_serializer_class(), self.request.query_params)
        return shape(*args, context=self.get_serializer_context(), **kwargs)

    def get_queryset(self) -> models.QuerySet[Any]:
        """Returns the rows among which a request selects."""
        return self.candidates()

    def get_view_name(self) -> str:
        """Returns the heading of the browsable page."""
        options = self.model()._meta
        if self.titles:
            return self.titles[0 if self.action == "retrieve" else 1]
        name = options.verbose_name if self.action == "retrieve" else options.verbose_name_plural
        return capitalised(name)

    def get_view_description(self, html: bool = False) -> str:
        """Returns the help text, for OPTIONS."""
        del html
        return help_text(type(self))


RESOURCE_NAMES = (
    VIEW_NAMES
    | frozenset(Resource.__annotations__)
    | frozenset(["queryset", "candidates", "moving_bounds", "rows", "list_shape", "record_shape"])
)
"""The names that the declaration of a resource consists of."""


def capitalised(words: Any) -> str:
    """Returns a text as a heading: `Image License` for `image license`; words in capitals stay."""
    return " ".join(word[:1].upper() + word[1:] for word in str(words).split())


RECENT = timedelta(hours=24)
"""The time for which an upcoming list keeps a record whose instant is past."""


class Upcoming(Resource):
    """The records of the future, and of the last 24 hours unless `HideRecentFilter` leaves those out."""

    instant: ClassVar[str] = ""
    """The column with the instant of a record."""

    @classmethod
    def moving_bounds(cls) -> tuple[MovingBound, ...]:
        return (MovingBound(cls.instant, "gte", -RECENT),)


class Previous(Resource):
    """The records of the past."""

    instant: ClassVar[str] = ""
    """The column with the instant of a record."""

    @classmethod
    def moving_bounds(cls) -> tuple[MovingBound, ...]:
        return (MovingBound(cls.instant, "lt"),)
