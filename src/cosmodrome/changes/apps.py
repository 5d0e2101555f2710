"""The data version and the invalidation log as a Django app: it has their tables."""

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    """Names the app."""

    name = "cosmodrome.changes"
    label = "engine"  # the prefix of its tables in catalogues that exist
    default_auto_field = "django.db.models.AutoField"
