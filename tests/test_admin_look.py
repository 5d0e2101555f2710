"""What the admin calls things: every table, in the tests' catalogue and in an invented one."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cosmodrome.admin.display.explanations import help_texts, shown_read_only
from cosmodrome.admin.display.filters import titles
from cosmodrome.admin.introspection import may_be_hidden, read_only_columns
from cosmodrome.shapes.tables import with_labels
from test_admin import TABLES, UUID, ada, admin, each_table, table, url
from worlds import invented

__all__ = ["ada", "admin"]

BOOKKEEPING = re.compile(r"parts_stated_at|\w+_pace")
"""Columns that nobody is shown."""


MOST_STATEMENTS = 20
"""Of a list in the admin, whatever its length: those of its filters among them."""


def labels(model: type[models.Model]) -> list[str]:
    """The labels of some rows; reading them takes no further query."""
    rows = list(with_labels(model._default_manager.order_by("pk"))[:40])
    with CaptureQueriesContext(connection) as captured:
        found = [str(row) for row in rows]
    assert not captured.captured_queries, f"{model.__name__}: label_relations lacks what its label reads"
    return found


def unknown_labels() -> dict[str, str]:
    """Labels that tell nobody anything, by table."""
    found = {}
    for model in TABLES:
        number = re.compile(
            rf"(object|{model._meta.verbose_name}|{model._meta.model_name}) \(?\d+\)?$", re.IGNORECASE
        )
        for label in labels(model):
            if not label.strip() or UUID.search(label) or number.match(label):
                found[model.__name__] = label
    return found


def test_every_record_is_called_by_names_that_people_know(db: None) -> None:
    assert unknown_labels() == {}


@pytest.mark.slow
def test_so_it_is_in_an_invented_catalogue_and_long_lists_take_few_statements(admin: Client) -> None:
    with invented(4):
        assert unknown_labels() == {}
        for model in TABLES:
            with CaptureQueriesContext(connection) as captured:
                admin.get(url(model, "changelist"))
            assert len(captured.captured_queries) <= MOST_STATEMENTS, model.__name__


def test_a_record_without_a_name_says_so(db: None) -> None:
    for name in ("Launch", "Pad", "Mission", "AgencyType"):
        row = table(name)._default_manager.earliest("pk")
        row.name = ""
        assert str(row).startswith(f"{row._meta.verbose_name} {str(row.pk)[:8]} without a name")


@each_table
def test_no_two_filters_beside_a_list_have_one_title(model: type[models.Model]) -> None:
    found = [*titles(model).values(), *(["on the wire"] if may_be_hidden(model) else [])]
    assert [title for title, count in Counter(found).items() if count > 1] == []


def test_filters_are_told_apart_by_what_they_are_of(admin: Client) -> None:
    page = admin.get(url(table("Launch"), "changelist"))
    shown = [each.title for each in page.context["cl"].filter_specs]
    assert set(shown) <= {*titles(table("Launch")).values(), "on the wire"}
    assert titles(table("Launch"))["pad__location__celestial_body"] == "celestial body of the location"
    assert titles(table("Launch"))["mission__orbit__celestial_body"] == "celestial body of the orbit"


@each_table
def test_bookkeeping_is_hidden_and_all_else_that_is_derived_is_explained(model: Any) -> None:
    hidden = set(read_only_columns(model)) - set(shown_read_only(model))
    assert [name for name in hidden if not BOOKKEEPING.fullmatch(name)] == []
    assert [name for name in shown_read_only(model) if BOOKKEEPING.fullmatch(name)] == []
    assert [
        name for name in shown_read_only(model) if not help_texts(model)[name].startswith("Derived: ")
    ] == []


def test_a_page_says_what_is_derived(admin: Client) -> None:
    craft = table("Spacecraft")._default_manager.filter(time_in_space_since__isnull=False).earliest("pk")
    page = admin.get(url(type(craft), "change", craft.pk)).content.decode()
    assert "Derived: when the totals were read." in page
    assert f"{craft.totals_read_at:%Y-%m-%d %H:%M:%S} UTC" in page
    assert "_pace" not in page
    assert "parts_stated_at" not in page
