"""What tables are called in the admin, and what keepers of passwords find on its pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.text import capfirst

from cosmodrome.admin.display.names import ABBREVIATIONS, table_name, table_plural
from cosmodrome.admin.site import site
from test_admin import TABLES, ada, admin, no_wrong_passwords_yet, url
from test_admin_roles import no_sidebar

__all__ = ["ada", "admin", "no_sidebar", "no_wrong_passwords_yet"]


def is_small(name: str) -> bool:
    """Whether a name is in small letters, but for abbreviations."""
    return all(word == ABBREVIATIONS.get(word.lower(), word.lower()) for word in name.split())


def test_all_tables_are_written_alike_and_the_document_of_the_api_stays_as_the_contract_has_it() -> None:
    for model in TABLES:
        names = {table_name(model), table_plural(model)}
        assert all(map(is_small, names)), names
        record_admin: Any = site.get_model_admin(model)
        assert names == {record_admin.opts.verbose_name, record_admin.opts.verbose_name_plural}
        for inline in record_admin.parts:
            assert is_small(inline.verbose_name), inline
    assert {str(model._meta.verbose_name) for model in TABLES} >= {"Space Station", "space station type"}


def test_the_lists_of_tables_have_these_names(admin: Client) -> None:
    for address in ("/admin/", "/admin/catalogue/"):
        found = {entry["name"] for app in admin.get(address).context["app_list"] for entry in app["models"]}
        assert found <= {capfirst(table_plural(model)) for model in TABLES}
        assert found >= {"Space stations", "Space station types", "Notices types"}


@pytest.mark.usefixtures("no_sidebar")
def test_pages_about_a_table_have_its_name(admin: Client) -> None:
    """But for the icons beside a choice: Django has their titles from the related table itself."""
    stations = next(model for model in TABLES if model.__name__ == "SpaceStation")
    key = stations._default_manager.earliest("pk").pk
    addresses = [url(stations, page) for page in ("changelist", "add", "import", "deleted")]
    addresses += [url(stations, page, key) for page in ("change", "history", "delete")]
    for address in addresses:
        page = admin.get(address).content.decode()
        assert "Space stations" in page, address
        assert "Space Station" not in re.sub('title="(Change|Add|Delete|View) .*?"', "", page), address


@pytest.mark.usefixtures("no_sidebar")
def test_the_page_for_a_password_says_whose_it_is(admin: Client) -> None:
    page = admin.get("/admin/password_change/").content.decode()
    form = page.partition('id="content-main"')[2]
    assert '<input type="text" name="username" value="ada" autocomplete="username" readonly hidden>' in form
    for name in ("old_password", "new_password1", "new_password2"):
        assert f'name="{name}"' in form
