"""Swagger UI and ReDoc, which show the OpenAPI document: with nothing inline, and nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

SWAGGER_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
REDOC_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""ReDoc makes its style sheets while it runs, which only `unsafe-inline` allows; scripts it makes none."""


class WithPolicy:
    """A page of drf-spectacular's that has a Content-Security-Policy of its own."""

    policy: str

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Returns the page, or its script."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[misc] # of the view behind it
        response.headers["Content-Security-Policy"] = self.policy
        return response


class SwaggerPage(WithPolicy, SpectacularSwaggerSplitView):
    """Swagger UI, whose script is a file of its own."""

    policy = SWAGGER_POLICY


class RedocPage(WithPolicy, SpectacularRedocView):
    """ReDoc."""

    policy = REDOC_POLICY
