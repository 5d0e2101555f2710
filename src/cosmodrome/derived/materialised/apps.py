"""The Django app of derived values: it has tables, and listens to changes."""

from django.apps import AppConfig


class DerivedConfig(AppConfig):
    """Registers the listener that refreshes derived values, and the histories that `?at=` reads."""

    name = "cosmodrome.derived.materialised"
    label = "deriving"  # the prefix of its tables in catalogues that exist
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Called once by Django, when every table is there."""
        from django.core.checks import register

        from cosmodrome.changes.transactions import LISTENERS
        from cosmodrome.derived.definitions import facts, histories
        from cosmodrome.derived.materialised.refresh import RefreshListener

        histories.register_histories()
        register(facts.check_facts)
        LISTENERS.insert(0, RefreshListener)  # later listeners invalidate what it changes
