"""Endpoints that list no table: they assemble one object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cosmodrome.resources.overrides import overridden
from cosmodrome.resources.registry import ENDPOINTS
from cosmodrome.resources.responder import assembled, validity_of
from cosmodrome.resources.schema.openapi import EndpointSchema
from cosmodrome.resources.views import VIEW_NAMES, ReadOnly
from cosmodrome.shapes.fieldsets import narrowed_by
from cosmodrome.shapes.shapes import Assembled


class Endpoint(ReadOnly, APIView):
    """One object in one of several modes, declared like a Resource."""

    path: ClassVar[str] = ""
    """The part of the URL after the version; declaring it registers the endpoint."""
    modes: ClassVar[Mapping[str, type[Assembled]]] = {}
    """The shapes by mode; `normal` answers an unknown mode."""
    name: ClassVar[str] = ""
    """The heading of its page."""
    tags: ClassVar[list[str]] = []
    """The headings of the OpenAPI document under which it stands."""
    examples: ClassVar[Mapping[str, str]] = {}
    search_fields: ClassVar[list[str]] = []
    ordering_fields: ClassVar[list[str] | None] = None

    schema = EndpointSchema()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.path:
            ENDPOINTS[cls.path] = cls

    @classmethod
    def filter_names(cls) -> list[str]:
        """It takes no filters."""
        return []

    @classmethod
    def takes_as_of(cls) -> bool:
        """Whatever it assembles is rendered from fragments."""
        return True

    @classmethod
    def is_cacheable(cls) -> bool:
        """Not where it overrides DRF's checks."""
        return not overridden(cls, Endpoint, ENDPOINT_NAMES)

    def get(self, request: Request) -> Response:
        """The object in the mode that is asked for."""
        shape = self.modes.get(request.query_params.get("mode", ""), self.modes["normal"])
        narrowed = narrowed_by(shape, request.query_params)
        return assembled(narrowed, self.assemble(narrowed()), request, validity_of(self).edition)

    def assemble(self, shape: Assembled) -> dict[str, Any]:
        """Returns what the keys of `shape` show: ids of records, contents of nested objects, values."""
        raise NotImplementedError


ENDPOINT_NAMES = VIEW_NAMES | frozenset([*Endpoint.__annotations__, "assemble"])
"""The names that the declaration of an endpoint consists of."""
