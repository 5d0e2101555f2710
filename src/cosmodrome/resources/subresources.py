"""Extensions: what a record answers beyond the contract, at an address below its own."""

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
from cosmodrome.resources.views import ReadOnly
from cosmodrome.shapes.fieldsets import narrowed_by
from cosmodrome.shapes.history import rows_as_of
from cosmodrome.shapes.shapes import Assembled


class Subresource(ReadOnly, GenericAPIView[Any]):
    """`/<of.path>/<id>/<path>/`: an object that is assembled from what is known of one record."""

    of: ClassVar[type[Resource]]
    """Whose records have it; what is not among those is a 404 here too."""
    path: ClassVar[str] = ""
    """The last part of the address."""
    name: ClassVar[str] = ""
    """The heading of its page."""
    description: ClassVar[str] = ""
    """What it answers, for the OpenAPI document and for OPTIONS."""
    shape: ClassVar[type[Assembled]]
    """What the object looks like on the wire."""

    schema = SubresourceSchema()

    @classmethod
    def is_cacheable(cls) -> bool:
        """Not where it overrides DRF's checks."""
        return not overridden(cls, Subresource, DECLARED)

    def get_serializer_class(self) -> type[Assembled]:
        """The shape, in whatever format."""
        return self.shape

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """DRF's, of the keys that are asked for; a format of its own is made from all of them."""
        shape = self.shape
        if type(self.request.accepted_renderer) in Subresource.renderer_classes:
            shape = narrowed_by(shape, self.request.query_params)
        return shape(*args, context=self.get_serializer_context(), **kwargs)

    def get_queryset(self) -> models.QuerySet[Any]:
        """The records that have it."""
        return rows_as_of(self.of.rows())

    def get(self, request: Request, **kwargs: Any) -> Response:
        """The object of one record."""
        del request, kwargs
        return Response(self.get_serializer(self.assemble(self.get_object())).data)

    def assemble(self, row: Any) -> Any:
        """What the keys of the shape show of `row`."""
        raise NotImplementedError


DECLARED = frozenset(
    [*Subresource.__annotations__, *ReadOnly.__annotations__, "renderer_classes", "assemble"]
)
"""The names that a declaration consists of.  Its formats are made of the object alone."""


def subresource_urls(*extensions: type[Subresource]) -> list[URLPattern]:
    """Their routes; what may stand for an id is what DRF's router takes for one."""
    return [
        re_path(
            rf"^{extension.of.path}/(?P<pk>[^/.]+)/{extension.path}/$",
            extension.as_view(),
            name=f"{extension.of.path}-{extension.path}",
        )
        for extension in extensions
    ]
