"""The engine as a Django app: it checks what others declare."""

from django.apps import AppConfig
from django.core import checks


class EngineConfig(AppConfig):
    """Registers the checks of all declarations."""

    name = "cosmodrome.engine"

    def ready(self) -> None:
        """Called once by Django, when every family is loaded."""
        from cosmodrome.engine.checks import check_resources

        checks.register(check_resources)
