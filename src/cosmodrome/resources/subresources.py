"""Subresources: objects about one record, at an address below its own.  The contract has none."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.urls import URLPattern, re_path
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from cosmodrome.resources.overrides import overridden
from cosmodrome.resources.resources import Resource
from cosmodrome.resources.schema.openapi import SubresourceSchema
from cosmodrome.resources.views import VIEW_NAMES, ReadOnly
from cosmodrome.shapes.fieldsets import narrowed_by
from cosmodrome.shapes.history import rows_as_of
from cosmodrome.shapes.shapes import Assembled


class Subresource(ReadOnly, GenericAPIView[Any]):
    """`/<of.path>/<id>/<path>/`: an object that is assembled from one record."""

    of: ClassVar[type[Resource]]
    """The resource whose records have it; a record that it does not have is a 404 here too."""
    path: ClassVar[str] = ""
    """The last part of the address."""
    name: ClassVar[str] = ""
    """The heading of its page."""
    description: ClassVar[str] = ""
    """The description in the OpenAPI document and for OPTIONS."""
    shape: ClassVar[type[Assembled]]
    """The form of the object on the wire."""

    schema = SubresourceSchema()

    @classmethod
    def is_cacheable(cls) -> bool:
        """Whether it overrides none of DRF's checks."""
        return not overridden(cls, Subresource, SUBRESOURCE_NAMES)

    def get_serializer_class(self) -> type[Assembled]:
        """Returns the shape, in every format."""
        return self.shape

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Returns DRF's serializer, of the requested keys only; a format of its own gets all keys."""
        shape = self.shape
        if type(self.request.accepted_renderer) in Subresource.renderer_classes:
            shape = narrowed_by(shape, self.request.query_params)
        return shape(*args, context=self.get_serializer_context(), **kwargs)

    def get_queryset(self) -> models.QuerySet[Any]:
        """Returns the records that have it."""
        return rows_as_of(self.of.rows())

    def get(self, request: Request, **kwargs: Any) -> Response:
        """Answers with the object of one record."""
        del request, kwargs
        return Response(self.get_serializer(self.assemble(self.get_object())).data)

    def assemble(self, row: Any) -> Any:
        """Returns an object with the values that the keys of the shape show."""
        raise NotImplementedError


SUBRESOURCE_NAMES = VIEW_NAMES | frozenset([*Subresource.__annotations__, "renderer_classes", "assemble"])
"""The names that its declaration consists of; its formats are made from the object alone."""


SUBRESOURCES: dict[type[Resource], list[type[Subresource]]] = {}
"""The subresources of the records of a resource, in the order of their routes; filled with those."""


def subresource_urls(*subresources: type[Subresource]) -> list[URLPattern]:
    """Returns the routes of subresources; the pattern of an id is that of DRF's router."""
    SUBRESOURCES.clear()
    for each in subresources:
        SUBRESOURCES.setdefault(each.of, []).append(each)
    return [
        re_path(
            rf"^{each.of.path}/(?P<pk>[^/.]+)/{each.path}/$",
            each.as_view(),
            name=f"{each.of.path}-{each.path}",
        )
        for each in subresources
    ]
