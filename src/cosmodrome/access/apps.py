"""Tokens and rates as a Django app: two tables."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Holds the tokens and the counts."""

    name = "cosmodrome.access"
    default_auto_field = "django.db.models.AutoField"
