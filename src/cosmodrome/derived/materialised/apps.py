"""The derived values as a Django app: it has tables, and is told of changes."""

from django.apps import AppConfig


class DerivedConfig(AppConfig):
    """Lets derived values follow all changes of the catalogue, and `?at=` ask for those of another time."""

    name = "cosmodrome.derived.materialised"
    label = "deriving"  # the prefix of its tables in catalogues that exist
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Called once by Django, when every table is there."""
        from cosmodrome.changes.transactions import LISTENERS
        from cosmodrome.derived.definitions import histories
        from cosmodrome.derived.materialised.refresh import Derivation

        histories.declare()
        LISTENERS.insert(0, Derivation)  # what it changes is dropped by those after it
