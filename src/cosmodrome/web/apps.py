"""The web pages as a Django app: templates and static files."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Holds no tables."""

    name = "cosmodrome.web"
