"""Routes for every declared resource, and the root that lists them."""

from typing import Any

from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView, DefaultRouter

from cosmodrome.resources.registry import ENDPOINTS, RESOURCES, resource_of
from cosmodrome.resources.views import ReadOnly


class Root(ReadOnly, APIRootView):
    """Every endpoint that there is, by its path."""

    name = "Endpoints"
    is_counted = False

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Their urls, in the order of declaration."""
        answer = super().get(request, *args, **kwargs)
        found = {path: answer.data[path] for path in RESOURCES}
        more = {path: reverse(path, request=request) for path in ENDPOINTS}
        answer.data = {**found, **more, **answer.data}
        return answer


def endpoint_urls() -> list[URLPattern]:
    """Routes for what lists no table."""
    return [
        path(f"{endpoint.path}/", endpoint.as_view(), name=endpoint.path) for endpoint in ENDPOINTS.values()
    ]


def build_router() -> DefaultRouter:
    """A router over the registry.

    The routes of the resource that a table's urls lead to are called after the table
    (`agency-detail`), which is where DRF's url fields look for them.
    """
    router = DefaultRouter()
    router.APIRootView = Root
    router.include_format_suffixes = False
    # `launches/previous` before `launches`, which would else look for a record of that id
    for where, resource in sorted(RESOURCES.items(), key=lambda item: -item[0].count("/")):
        model = resource.model()
        canonical = resource_of(model) is resource
        router.register(where, resource, model._meta.model_name if canonical else where)
    return router
