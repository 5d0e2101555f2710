"""The admin's site: Django's own, with the catalogue's tables grouped by family."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import path
from django.utils.text import capfirst

from cosmodrome.admin.display.names import table_plural
from cosmodrome.admin.factory import record_class
from cosmodrome.admin.incomplete import incomplete_page
from cosmodrome.admin.login import LoginForm

CATALOGUE = "catalogue"


class CatalogueSite(AdminSite):
    """The site has only the catalogue's tables; accounts are created at the command line."""

    site_header = site_title = "Cosmodrome"
    index_title = "Catalogue"
    login_form = LoginForm

    def get_urls(self) -> Any:
        """Returns Django's addresses, and that of the list of incomplete records before their catch-all."""
        page = self.admin_view(partial(incomplete_page, self))
        return [path("incomplete/", page, name="incomplete"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Lists the tables by family, instead of sixty in a row."""
        listed = super().get_app_list(request, app_label)
        for entry in (entry for app in listed for entry in app["models"]):
            entry["name"] = capfirst(table_plural(entry["model"]))
        return listed if app_label else [family for app in listed for family in families(app)]


def families(app: Any) -> list[dict[str, Any]]:
    """Splits Django's description of an app into one for each module that has tables."""
    found: dict[str, dict[str, Any]] = {}
    for entry in app["models"]:
        module = entry["model"].__module__.partition(f".{CATALOGUE}.")[2].partition(".")[0]
        family = {**app, "name": module.replace("_", " ").capitalize(), "app_label": module, "models": []}
        found.setdefault(module, family)["models"].append(entry)
    return [found[module] for module in sorted(found)]


site = CatalogueSite()


def register_catalogue() -> None:
    """Registers every table of the catalogue."""
    for model in apps.get_app_config(CATALOGUE).get_models():
        site.register(model, record_class(model))
