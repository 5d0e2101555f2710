"""The derived values as a Django app: it has tables, and is told of changes."""

from django.apps import AppConfig


class DerivedConfig(AppConfig):
    """Lets derived values follow all changes of the catalogue, and `?at=` ask for those of another time."""

    name = "cosmodrome.deriving"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Called once by Django, when every table is there."""
        from cosmodrome.derived import past
        from cosmodrome.deriving.keeping import Derivation
        from cosmodrome.engine.changes import KEEPERS

        past.declare()
        KEEPERS.insert(0, Derivation)  # what it changes is dropped by those after it
