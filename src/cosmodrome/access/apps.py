"""The Django app of tokens and rates."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Has two tables: tokens, and counted calls."""

    name = "cosmodrome.access"
    default_auto_field = "django.db.models.AutoField"
