"""The resources as a Django app: it checks the declarations, and has fragments invalidated by changes."""

from django.apps import AppConfig
from django.core import checks


class ResourcesConfig(AppConfig):
    """Registers the checks of all declarations, and the listener that invalidates fragments."""

    name = "cosmodrome.resources"

    def ready(self) -> None:
        """Called once by Django, when every family is loaded."""
        from cosmodrome.changes.transactions import LISTENERS
        from cosmodrome.rendering.invalidation import Invalidation
        from cosmodrome.resources.schema.checks import check_resources

        checks.register(check_resources)
        LISTENERS.append(Invalidation)
