"""Loading as a Django app: it has the table of statements."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    """Names the app."""

    name = "cosmodrome.ingest"
    label = "ingest"
    default_auto_field = "django.db.models.AutoField"
