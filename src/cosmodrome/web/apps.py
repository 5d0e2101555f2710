"""The Django app of the web pages: templates and static files."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Has no tables."""

    name = "cosmodrome.web"
