"""Resource: one endpoint, declared once.

Routes, help, OpenAPI, queries, tests and the browsable page all read this one class; what a
resource needs beyond its declaration is ordinary Django REST Framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar

from django.db import models
from django_filters import Filter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from cosmodrome.rendering.templates import reason_for_drf
from cosmodrome.resources.filters import Filters, Ordering, ResourceFilterSet, Search
from cosmodrome.resources.overrides import CHECKS, OBJECT_CHECKS, SELECTION, overridden
from cosmodrome.resources.pagination import Pages
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.responder import rendered
from cosmodrome.resources.schema.help import help_text
from cosmodrome.resources.schema.openapi import ResourceSchema
from cosmodrome.resources.views import ReadOnly
from cosmodrome.shapes.fieldsets import narrowed_by
from cosmodrome.shapes.history import rows_as_of
from cosmodrome.shapes.shapes import Shape, has_required
from cosmodrome.time.as_of import as_of


class Resource(ReadOnly, ReadOnlyModelViewSet[Any]):
    """One list, and its records by id.

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
    """What `?mode=` may ask for, in the order of the help page; a single one needs no asking."""
    filterset_fields: ClassVar[Mapping[str, list[str]]] = {}
    """As in django-filter: column to look-ups."""
    filters: ClassVar[Mapping[str, Filter]] = {}
    """Filters that are more than a column and a look-up."""
    search_fields: ClassVar[list[str]] = []
    """As in DRF."""
    ordering_fields: ClassVar[list[str] | None] = None
    """As in DRF: None lets any key of the shape be ordered by."""
    examples: ClassVar[Mapping[str, str]] = {}
    """What the help page links to: a whole query for `filter`, a value for `search`, `ordering`."""
    tags: ClassVar[list[str]] = []
    """The headings of the OpenAPI document under which the endpoint stands."""
    titles: ClassVar[tuple[str, str] | None] = None
    """What one record and the list are called, where the table's own names are not it."""
    default_order: ClassVar[tuple[str, ...]] = ()
    """The order when none is asked, which always ends with the id."""
    endpoint_name: ClassVar[str] = ""
    """What the OpenAPI document calls the endpoint's records in any mode; else the table's name."""

    filter_backends = [Filters, Search, Ordering]
    pagination_class = Pages
    schema = ResourceSchema()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.path:
            if cls.path in RESOURCES:
                raise TypeError(f"two resources have the path {cls.path!r}")
            RESOURCES[cls.path] = cls

    @classmethod
    def model(cls) -> type[models.Model]:
        """The table whose rows are listed."""
        rows: Any = cls.queryset
        return rows.model  # type: ignore[no-any-return]

    @classmethod
    def rows(cls) -> models.QuerySet[Any]:
        """All rows that may be listed, in no order."""
        rows: Any = cls.queryset
        return rows.filter(has_required(rows.model))  # type: ignore[no-any-return]

    @classmethod
    def candidates(cls) -> models.QuerySet[Any]:
        """The rows among which a request selects, as of the instant that the answer is about."""
        return rows_as_of(cls.rows())

    @classmethod
    def overridden(cls) -> frozenset[str]:
        """The names of DRF's that the resource defines anew, beside those that a declaration consists of."""
        return overridden(cls, Resource, DECLARED)

    @classmethod
    def reason_for_drf(cls) -> str:
        """Why DRF's serializers render the answers, in a sentence; empty if fragments do."""
        if names := cls.overridden() - CHECKS - SELECTION:
            return f"{cls.__name__} overrides {', '.join(sorted(names))}."
        return next(filter(None, map(reason_for_drf, cls.modes.values())), "")

    @classmethod
    def is_cacheable(cls) -> bool:
        """Not where the resource or a shape overrides what DRF would do for each request."""
        return is_answered_from_store(cls)

    @classmethod
    def list_shape(cls, mode: str | None) -> type[Shape]:
        """The shape of a list asked with `?mode=`; an unknown mode is answered with the default."""
        shapes = cls.modes
        return shapes.get(mode or "") or shapes.get("normal") or next(iter(shapes.values()))

    @classmethod
    def record_shape(cls) -> type[Shape]:
        """The shape of one record by its id: the fullest."""
        return cls.modes.get("detailed") or cls.list_shape(None)

    @classmethod
    def filter_names(cls) -> list[str]:
        """The filter parameters, in alphabetical order as on the help page."""
        return sorted(filterset_of(cls).base_filters)

    @property
    def filterset_class(self) -> type[ResourceFilterSet]:
        """Made once; DRF's own way makes a class on each request."""
        return filterset_of(type(self))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page, from fragments unless something of it is overridden."""
        if self.reason_for_drf():
            return super().list(request, *args, **kwargs)
        return rendered(self, request)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A record, likewise; DRF's checks of single records come first where they are overridden."""
        if self.reason_for_drf():
            return super().retrieve(request, *args, **kwargs)
        if self.overridden() & OBJECT_CHECKS:
            self.get_object()
        return rendered(self, request)

    def get_serializer_class(self) -> type[Shape]:
        """The shape that is asked for."""
        if self.action == "retrieve":
            return self.record_shape()
        return self.list_shape(self.request.query_params.get("mode") if self.request else None)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """DRF's, with the keys that are asked for; filters and orders know all."""
        shape = narrowed_by(self.get_serializer_class(), self.request.query_params)
        return shape(*args, context=self.get_serializer_context(), **kwargs)

    def get_queryset(self) -> models.QuerySet[Any]:
        """The rows among which a request selects."""
        return self.candidates()

    def get_view_name(self) -> str:
        """The heading of the browsable page."""
        options = self.model()._meta
        if self.titles:
            return self.titles[0 if self.action == "retrieve" else 1]
        name = options.verbose_name if self.action == "retrieve" else options.verbose_name_plural
        return capitalised(name)

    def get_view_description(self, html: bool = False) -> str:
        """The help text, for OPTIONS."""
        del html
        return help_text(type(self))


DECLARED = frozenset(
    [
        *Resource.__annotations__,
        *ReadOnly.__annotations__,
        "queryset",
        "candidates",
        "rows",
        "list_shape",
        "record_shape",
    ]
)
"""The names that a declaration consists of."""


@cache
def is_answered_from_store(resource: type[Resource]) -> bool:
    """Whether equal requests get equal answers, from stored fragments."""
    return not resource.overridden() and not resource.reason_for_drf()


@cache
def filterset_of(resource: type[Resource]) -> type[ResourceFilterSet]:
    """The filter set of a resource."""
    options = {"model": resource.model(), "fields": dict(resource.filterset_fields)}
    meta = type("Meta", (ResourceFilterSet.Meta,), options)
    return type(f"{resource.__name__}Filters", (ResourceFilterSet,), {**resource.filters, "Meta": meta})


def capitalised(words: Any) -> str:
    """`image license` as a heading: `Image License`.  Words in capitals stay as they are."""
    return " ".join(word[:1].upper() + word[1:] for word in str(words).split())


RECENT = timedelta(hours=24)
"""How long a list of what is to come holds on to what has just happened."""


class Upcoming(Resource):
    """What is to come, soonest first, and what happened in the last 24 hours unless that is hidden."""

    instant: ClassVar[str] = ""
    """The column that tells when."""

    @classmethod
    def candidates(cls) -> models.QuerySet[Any]:
        return super().candidates().filter(**{f"{cls.instant}__gte": as_of() - RECENT})


class Previous(Resource):
    """What is over, the latest first."""

    instant: ClassVar[str] = ""
    """The column that tells when."""

    @classmethod
    def candidates(cls) -> models.QuerySet[Any]:
        return super().candidates().filter(**{f"{cls.instant}__lt": as_of()})
