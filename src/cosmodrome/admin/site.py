"""The admin's site: Django's own, with the catalogue's tables under the names of their families."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest

from cosmodrome.admin.login import LogIn
from cosmodrome.admin.records import record_class

CATALOGUE = "catalogue"


class CatalogueSite(AdminSite):
    """Accounts are made at the command line, so only the catalogue is here."""

    site_header = site_title = "Cosmodrome"
    index_title = "Catalogue"
    login_form = LogIn

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """One heading a family instead of sixty tables in a row."""
        listed = super().get_app_list(request, app_label)
        return listed if app_label else [family for app in listed for family in families(app)]


def families(app: Any) -> list[dict[str, Any]]:
    """Django's description of an app, once for each of its modules that has tables."""
    found: dict[str, dict[str, Any]] = {}
    for entry in app["models"]:
        module = entry["model"].__module__.partition(f".{CATALOGUE}.")[2].partition(".")[0]
        family = {**app, "name": module.replace("_", " ").capitalize(), "app_label": module, "models": []}
        found.setdefault(module, family)["models"].append(entry)
    return [found[module] for module in sorted(found)]


site = CatalogueSite()


def register_catalogue() -> None:
    """Puts every table of the catalogue on the site."""
    for model in apps.get_app_config(CATALOGUE).get_models():
        site.register(model, record_class(model))
