"""The engine as a Django app: it checks what others declare, and is told of changes."""

from django.apps import AppConfig
from django.core import checks


class EngineConfig(AppConfig):
    """Registers the checks of all declarations."""

    name = "cosmodrome.engine"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Called once by Django, when every family is loaded."""
        from cosmodrome.engine.changes import KEEPERS
        from cosmodrome.engine.checks import check_resources
        from cosmodrome.engine.dropping import Dropping

        checks.register(check_resources)
        KEEPERS.append(Dropping)
