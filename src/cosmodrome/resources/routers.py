"""Routes of the declared endpoints, and the root that lists them."""

from typing import Any

from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView, DefaultRouter

from cosmodrome.resources.registry import ENDPOINTS, RESOURCES, resource_of
from cosmodrome.resources.views import ReadOnly


# OPTIONS shows the docstring: it is part of the wire
class Root(ReadOnly, APIRootView):
    """Every endpoint that there is, by its path."""

    name = "Endpoints"
    is_counted = False

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answers with the urls of all endpoints, in the order of declaration."""
        answer = super().get(request, *args, **kwargs)
        resources = {path: answer.data[path] for path in RESOURCES}
        endpoints = {path: reverse(path, request=request) for path in ENDPOINTS}
        answer.data = {**resources, **endpoints, **answer.data}
        return answer


def endpoint_urls() -> list[URLPattern]:
    """Returns the routes of the endpoints that list no table."""
    return [
        path(f"{endpoint.path}/", endpoint.as_view(), name=endpoint.path) for endpoint in ENDPOINTS.values()
    ]


def build_router() -> DefaultRouter:
    """Returns a router with the routes of all resources.

    The routes of the resource that is in the urls of a table's rows are named after the table, as
    `agency-detail`: DRF's url fields look for that name.
    """
    router = DefaultRouter()
    router.APIRootView = Root
    router.include_format_suffixes = False
    # `launches/previous` before `launches`, which would take `previous` for the id of a record
    for where, resource in sorted(RESOURCES.items(), key=lambda item: -item[0].count("/")):
        model = resource.model()
        canonical = resource_of(model) is resource
        router.register(where, resource, model._meta.model_name if canonical else where)
    return router
