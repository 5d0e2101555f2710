"""The catalogue as a Django app."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """All families share one app, so that tables may name each other by one word."""

    name = "cosmodrome.catalogue"
    default_auto_field = "django.db.models.AutoField"
