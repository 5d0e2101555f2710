"""The list of incomplete records in the admin: it has what the wire does not show, and says what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models, transaction
from django.test import Client

from conftest import Api
from cosmodrome.admin.incomplete import MOST_ROWS, gaps, incomplete_records, orphan_gap, shown_by
from cosmodrome.resources.registry import resource_of
from cosmodrome.resources.resources import Previous, Upcoming
from cosmodrome.shapes.shapes import missing_columns, required_columns
from test_admin import TABLES, ada, admin, each_table, invented, no_wrong_passwords_yet, table, url

__all__ = ["ada", "admin", "no_wrong_passwords_yet"]


def lines(model: type[models.Model], hides: bool = True) -> dict[str, str]:
    """What the list says of a table's records, by the address of their forms."""
    section = incomplete_records(model, hides)
    return {record.url: " ".join(record.sentences) for record in section.records} if section else {}


def complete(model: type[models.Model]) -> Any:
    """A row that lacks nothing."""
    lacking = {**lines(model), **lines(model, hides=False)}
    rows = model._default_manager.order_by("pk")
    return next(row for row in rows if url(model, "change", row.pk) not in lacking)


@pytest.mark.parametrize("model", [each for each in TABLES if required_columns(each)])
def test_what_no_list_has_is_listed_with_all_that_is_missing(api: Api, model: Any) -> None:
    row = complete(model)
    page = url(model, "change", row.pk)
    model._default_manager.filter(pk=row.pk).update(**dict.fromkeys(required_columns(model)))
    row.refresh_from_db()
    for name in missing_columns(row):
        assert str(model._meta.get_field(name).verbose_name) in lines(model)[page].lower()
    resource: Any = resource_of(model)
    assert ("no list has it" in lines(model)[page]) == (resource is not None)
    if resource:
        assert api.get(f"/2.3.0/{resource.path}/{row.pk}/").status_code == 404


@each_table
def test_what_is_listed_is_what_the_lists_of_the_wire_leave_out(db: None, model: Any) -> None:
    """The tests' catalogue has a row in each table that lacks all that it can lack."""
    resource: Any = resource_of(model)
    if resource is None or issubclass(resource, Upcoming | Previous):
        return
    hidden = model._default_manager.exclude(pk__in=resource.rows().values("pk"))
    assert set(lines(model)) == {url(model, "change", row.pk) for row in hidden[:MOST_ROWS]}


@pytest.mark.parametrize(
    "model", [each for each in TABLES if resource_of(each) is None and list(shown_by(each))]
)
def test_a_part_that_no_record_shows_is_listed(db: None, model: Any) -> None:
    relations = list(shown_by(model))
    gap: Any = orphan_gap(model)
    if all(each.auto_created for each in relations):  # the row itself says what it is a part of
        row = complete(model)
        if not all(each.field.null for each in relations):
            return
        model._default_manager.filter(pk=row.pk).update(**{each.field.name: None for each in relations})
        assert gap.sentence(row) in lines(model)[url(model, "change", row.pk)]
        return
    row = invented(model)
    page = url(model, "change", row.pk)
    assert gap.sentence(row) in lines(model)[page]
    for relation in relations:
        owners = relation.model._default_manager.filter(pk=relation.model._default_manager.earliest("pk").pk)
        with transaction.atomic():
            if relation.many_to_many:
                getattr(owners.get(), relation.name).add(row)
            else:
                owners.update(**{relation.name: row.pk})
            assert page not in lines(model), relation
            transaction.set_rollback(True)


@pytest.mark.parametrize("model", [each for each in TABLES if getattr(each, "late_columns", ())])
def test_what_is_null_where_the_contract_has_a_value_is_listed_apart(db: None, model: Any) -> None:
    row = complete(model)
    model._default_manager.filter(pk=row.pk).update(**dict.fromkeys(model.late_columns))
    page = url(model, "change", row.pk)
    assert "where the contract has a value" in lines(model, hides=False)[page]
    assert page not in lines(model)


def test_a_record_that_belongs_to_nothing_is_listed(db: None) -> None:
    for name in ("DockingLocation", "DockingEvent", "Expedition", "Landing"):
        row = invented(table(name))
        groups = getattr(type(row), "needs_one_of", ())
        type(row)._default_manager.filter(pk=row.pk).update(
            **{each: None for group in groups for each in group}
        )
        assert "it belongs to nothing" in lines(type(row), hides=False)[url(type(row), "change", row.pk)]


def test_long_lists_are_cut_and_the_page_takes_few_statements(
    admin: Client, django_assert_max_num_queries: Any
) -> None:
    image = invented(table("Image"))
    copies = [
        table("Image")(name=f"Image {number}", license=image.license) for number in range(MOST_ROWS + 1)
    ]
    table("Image")._default_manager.bulk_create(copies)
    section = incomplete_records(table("Image"), hides=True)
    assert section is not None
    assert section.is_cut
    assert len(section.records) == MOST_ROWS
    with django_assert_max_num_queries(sum(len(gaps(model)) for model in TABLES) + 6):
        page = admin.get("/admin/incomplete/").content.decode()
    assert "And more: 50 are listed for each reason." in page
    assert "Incomplete: not on the wire yet" in page
    assert all(f'href="{record.url}"' in page for record in section.records)
    assert 'href="/admin/incomplete/"' in admin.get("/admin/").content.decode()


def test_it_is_for_those_who_may_see_the_tables(client: Client, ada: User) -> None:
    assert client.get("/admin/incomplete/").status_code == 302
    bob = User.objects.create_user("bob", password="x", is_staff=True)  # noqa: S106 - of a person who is made up
    client.force_login(bob)
    page = client.get("/admin/incomplete/").content.decode()
    assert "Every record that is here is on the wire." in page
