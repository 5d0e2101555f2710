"""Loading as a Django app: it has the table of statements."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    """Names the app."""

    name = "cosmodrome.ingest"
    label = "ingest"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Lets the statements hear of what people enter."""
        from cosmodrome.changes.transactions import LISTENERS
        from cosmodrome.ingest.statements import StatementListener

        LISTENERS.append(StatementListener)
