"""Local edits as a Django app: it has their table, and listens to changes."""

from django.apps import AppConfig


class EditsConfig(AppConfig):
    """Names the app."""

    name = "cosmodrome.edits"
    label = "edits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Lets the recorder hear of changes before rows are touched by other listeners."""
        from cosmodrome.changes.transactions import LISTENERS
        from cosmodrome.edits.replay import EditListener

        LISTENERS.insert(0, EditListener)
