"""Routes for every declared resource, and the root that lists them."""

from rest_framework.routers import APIRootView, DefaultRouter

from cosmodrome.engine.resources import RESOURCES, Resource, resource_of


class Root(APIRootView):
    """Every endpoint that there is, by its path."""

    name = "Endpoints"
    allowed_methods = Resource.allowed_methods


def build_router() -> DefaultRouter:
    """A router over the registry.

    The routes of the resource that a table's urls lead to are called after the table
    (`agency-detail`), which is where DRF's url fields look for them.
    """
    router = DefaultRouter()
    router.APIRootView = Root
    router.include_format_suffixes = False
    for path, resource in RESOURCES.items():
        model = resource.model()
        canonical = resource_of(model) is resource
        router.register(path, resource, model._meta.model_name if canonical else path)
    return router
