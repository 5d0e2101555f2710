"""The catalogue as a Django app."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """One app for all families, so that tables name each other without the label of an app."""

    name = "cosmodrome.catalogue"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Called once by Django, when every table is there."""
        from cosmodrome.catalogue.meanings import register_meanings

        register_meanings(self.get_models())
