"""Roles in the admin: what a viewer and an editor may do, on every page that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, reverse

from cosmodrome.admin.accounts import account_named, give_password
from cosmodrome.admin.groups import give_role, make_groups, role_of
from cosmodrome.admin.roles import Role
from cosmodrome.admin.site import CatalogueSite, site
from cosmodrome.changes.models import DataVersion
from test_admin import PASSWORD, TABLES, each_table, saved, send, table, url

OWN_ACCOUNT = {"login", "logout", "password_change", "password_change_done"}
"""Pages on which people change nothing but their own session and password."""
Browser = Callable[[Role], Client]


@pytest.fixture
def logged_in(db: None) -> Browser:
    """Returns a browser of a person with a role."""

    def browser(role: Role) -> Client:
        user = User.objects.create(username=f"a {role}", is_staff=True)
        give_role(user, role)
        client = Client()
        client.force_login(user)
        return client

    return browser


@pytest.fixture
def no_sidebar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without the list of all tables beside them, which takes most of their time."""
    monkeypatch.setattr(CatalogueSite, "get_app_list", lambda *_: [])


def patterns(found: Any = None) -> Iterator[URLPattern]:
    """All pages of the admin."""
    for each in site.get_urls() if found is None else found:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns)
        else:
            yield each


def pages_of(model: type[models.Model], key: Any) -> Iterator[str]:
    """The addresses of all pages about a table, with this record wherever one is named."""
    prefix = f"catalogue_{model._meta.model_name}_"
    for each in patterns():
        if each.name and each.name.startswith(prefix):
            values = {"object_id": key}
            names = each.pattern.converters
            yield reverse(f"admin:{each.name}", kwargs={name: values.get(name, 1) for name in names})


CRAFTED = {"name": "Crafted", "_save": "Save", "post": "yes", "action": "delete_selected"}
"""What somebody may send to any page who knows how the forms work."""


def writes(captured: Any) -> list[str]:
    """The statements that write, but for those to sessions, which forget a message that was shown."""
    sent = [query["sql"] for query in captured.captured_queries]
    writing = [sql for sql in sent if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    return [sql for sql in writing if "django_session" not in sql]


@pytest.mark.every
@each_table
def test_a_viewer_looks_at_everything_and_changes_nothing(
    logged_in: Browser, no_sidebar: None, model: type[models.Model]
) -> None:
    viewer = logged_in(Role.VIEWER)
    key = model._default_manager.order_by("pk").values_list("pk", flat=True)[0]
    addresses = list(pages_of(model, key))
    assert url(model, "change", key) in addresses
    with CaptureQueriesContext(connection) as captured:
        for address in addresses:
            sent = {**CRAFTED, "_selected_action": key}
            assert viewer.post(address, sent).status_code < 500, address
        page = viewer.get(url(model, "change", key))
        assert page.status_code == 200
        for refused in (url(model, "add"), url(model, "delete", key)):
            assert viewer.get(refused).status_code == 403
    assert writes(captured) == []
    form = page.content.decode().partition('id="content-main"')[2]
    assert 'type="submit"' not in form
    assert 'name="_save"' not in form


def test_no_page_of_the_admin_is_outside_of_the_tables(logged_in: Browser) -> None:
    """What the test above does not walk: pages that are about no table, on which nothing can be changed."""
    tables = tuple(f"catalogue_{model._meta.model_name}_" for model in TABLES)
    others = {each.name for each in patterns() if each.name and not each.name.startswith(tables)}
    assert others == OWN_ACCOUNT | {
        "index",
        "incomplete",
        "app_list",
        "autocomplete",
        "jsi18n",
        "view_on_site",
    }
    viewer = logged_in(Role.VIEWER)
    with CaptureQueriesContext(connection) as captured:
        for address in ("/admin/", "/admin/incomplete/", "/admin/jsi18n/", "/admin/autocomplete/"):
            assert viewer.post(address, CRAFTED).status_code < 500
    assert writes(captured) == []
    for role in (Role.VIEWER, Role.EDITOR):
        browser = viewer if role is Role.VIEWER else logged_in(role)
        index = browser.get("/admin/").content.decode()
        assert ("/add/" in index) == (role is Role.EDITOR)
        for account in ("/admin/auth/", "/admin/auth/user/", "/admin/access/", "/admin/access/apitoken/"):
            assert browser.get(account).status_code == 404


def test_an_editor_may_do_everything_with_records_and_nothing_else(db: None) -> None:
    user = User.objects.create(username="ed", is_staff=True)
    give_role(user, Role.EDITOR)
    assert user.get_all_permissions() == {
        f"catalogue.{right}_{model._meta.model_name}"
        for right in ("view", "add", "change", "delete")
        for model in TABLES
    }


def test_no_page_is_for_owners_alone(logged_in: Browser, no_sidebar: None, rf: Any) -> None:
    """As docs/admin.md says: when one is, it has to say what else an owner may do."""
    requests = {}
    for role in (Role.EDITOR, Role.OWNER):
        logged_in(role)
        requests[role] = rf.get("/admin/")
        requests[role].user = User.objects.get(username=f"a {role}")
    for model in TABLES:
        record_admin = site.get_model_admin(model)
        rights = [
            (record_admin.get_model_perms(each), list(record_admin.get_actions(each)))
            for each in requests.values()
        ]
        assert rights[0] == rights[1], model.__name__


def test_an_editor_changes_adds_and_deletes(logged_in: Browser) -> None:
    editor = logged_in(Role.EDITOR)
    kind = table("AgencyType")
    saved(send(editor, url(kind, "add"), id="4711", name="Imaginary"))
    saved(send(editor, url(kind, "change", 4711), name="Unreal"))
    assert kind._default_manager.get(pk=4711).name == "Unreal"
    assert editor.post(url(kind, "delete", 4711), {"post": "yes"}).status_code == 302
    assert not kind._default_manager.filter(pk=4711).exists()


def test_what_a_viewer_sends_is_no_change_of_the_catalogue(logged_in: Browser) -> None:
    viewer = logged_in(Role.VIEWER)
    before = DataVersion.objects.get().number
    for address in (url(table("Agency"), "changelist"), url(table("Agency"), "add")):
        viewer.post(address, {"action": "delete_selected", "name": "X"})
    assert DataVersion.objects.get().number == before


def test_groups_follow_the_tables(db: None) -> None:
    group = Group.objects.get(name=Role.EDITOR)
    every = set(group.permissions.values_list("pk", flat=True))
    assert len(every) == 4 * len(TABLES)
    group.permissions.remove(*list(every)[:7])
    make_groups()
    make_groups()
    assert set(group.permissions.values_list("pk", flat=True)) == every
    assert sorted(Group.objects.values_list("name", flat=True)) == sorted(Role)


def test_an_account_keeps_its_role_until_it_gets_another(db: None, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    new, old = account_named("ada"), User.objects.create_superuser("old")
    for user in (new, old):
        give_password(user, PASSWORD)
        assert role_of(user) is Role.OWNER
    give_password(new, PASSWORD, Role.VIEWER)
    give_password(new, PASSWORD)
    assert role_of(account_named("ada")) is Role.VIEWER
    give_role(new, Role.EDITOR)
    assert role_of(account_named("ada")) is Role.EDITOR
    assert not account_named("ada").is_superuser


def test_an_action_that_a_role_has_not_is_refused_on_every_list(logged_in: Browser, no_sidebar: None) -> None:
    viewer, names = logged_in(Role.VIEWER), cycle(["delete_selected", "change_selected", "unheard_of"])
    for model, action in zip(TABLES, names, strict=False):
        answer = viewer.post(url(model, "changelist"), {"action": action, "_selected_action": "1"})
        assert answer.status_code == 403, model.__name__
    editor, address = logged_in(Role.EDITOR), url(table("AgencyType"), "changelist")
    answers = [editor.post(address, {"action": next(names)}).status_code for _ in range(3)]
    assert sorted(answers) == [200, 200, 403]
