"""The mirror as a Django app: it has the tables of calls, sweeps and digests."""

from django.apps import AppConfig


class MirrorConfig(AppConfig):
    """Names the app."""

    name = "cosmodrome.mirror"
    label = "mirror"
    default_auto_field = "django.db.models.BigAutoField"
