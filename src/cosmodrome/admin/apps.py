"""The admin as a Django app: templates and styles, and every table of the catalogue registered."""

from django.apps import AppConfig


class CurationConfig(AppConfig):
    """Holds no tables.  `admin` is the label of Django's own app, so this one has another."""

    name = "cosmodrome.admin"
    label = "curation"

    def ready(self) -> None:
        """Called once by Django, when every family is loaded; its system checks then see the site."""
        from cosmodrome.admin.site import register_catalogue

        register_catalogue()
