"""What the admin calls things: every table, in the tests' catalogue and in an invented one."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from conftest import PUBLISHED
from cosmodrome.admin.display.explanations import help_texts, shown_read_only
from cosmodrome.admin.display.filters import titles
from cosmodrome.admin.introspection import editable_columns, may_be_hidden, read_only_columns, slug_columns
from cosmodrome.admin.roles import Role
from cosmodrome.catalogue.meanings import WORDS
from cosmodrome.derived.registry import DERIVED
from cosmodrome.shapes.meanings import MEANINGS
from cosmodrome.shapes.shapes import SHAPES, shape_model
from cosmodrome.shapes.tables import with_labels
from cosmodrome.time.durations import write_duration
from test_admin import (
    TABLES,
    UUID,
    ada,
    admin,
    each_table,
    no_wrong_passwords_yet,
    readable,
    saved,
    send,
    table,
    url,
)
from test_admin_roles import Browser, logged_in
from worlds import invented

__all__ = ["ada", "admin", "logged_in", "no_wrong_passwords_yet"]

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


def test_choices_and_recent_actions_have_these_names(admin: Client) -> None:
    flight = with_labels(table("SpacecraftFlight")._default_manager.exclude(rocket=None)).earliest("pk")
    saved(send(admin, url(type(flight), "change", flight.pk), destination="Somewhere else"))
    assert escape(str(flight)) in admin.get("/admin/").content.decode()
    asked = {"app_label": "catalogue", "model_name": "spacecraftflight", "field_name": "landing"}
    with CaptureQueriesContext(connection) as captured:
        found = admin.get("/admin/autocomplete/", asked).json()["results"]
    assert [each["text"] for each in found] == labels(table("Landing"))[: len(found)]
    assert len(captured.captured_queries) <= 5


def test_who_may_only_look_reads_durations_as_they_are_entered(logged_in: Browser) -> None:
    viewer = logged_in(Role.VIEWER)
    flight = table("SpacecraftFlight")._default_manager.filter(duration__isnull=False).earliest("pk")
    for row in (flight, flight.spacecraft):
        page = readable(viewer.get(url(type(row), "change", row.pk))).content.decode()
        assert '<input type="text"' not in page.partition("content-main")[2]
        assert f'<div class="readonly">{write_duration(flight.duration)}</div>' in page
        assert MEANINGS["SpacecraftFlight", "duration"].partition(".")[0] in page


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


SPEAK_FOR_THEMSELVES = """
agencies agency apogee astronaut astronauts celestial_body cost country created_on date date_of_birth
date_of_death description details diameter downrange_distance end event expedition expeditions flights
geo_capacity gto_capacity height history id image landing landing_location landings language launch
launch_cost launch_mass launcher launcher_config launches length leo_capacity license location logo
maiden_flight manufacturer mass mission name orbit pad payload payload_capacity payload_return_capacity
program rocket role social_media spacecraft spacecraft_flight spacestation spacestations spacewalks
sso_capacity start status title to_thrust type url volume width window_end window_start
"""
"""Columns that need no sentence: their names say all, with the unit where there is one."""


@each_table
def test_beside_each_input_there_is_a_sentence_if_its_name_does_not_say_all(model: Any) -> None:
    texts = help_texts(model)
    assert {name for name in editable_columns(model) if not texts[name]} <= set(SPEAK_FOR_THEMSELVES.split())


def test_what_speaks_for_itself_is_there() -> None:
    assert {
        name for model in TABLES for name in editable_columns(model) if not help_texts(model)[name]
    } == set(SPEAK_FOR_THEMSELVES.split())


def described_keys() -> list[tuple[Any, str, str, str]]:
    """Each key that the contract describes or gives a heading: its table, its column, and those words."""
    components = json.loads(PUBLISHED.read_text())["components"]["schemas"]
    found = []
    for name in SHAPES.keys() & components.keys():
        for key, schema in components[name]["properties"].items():
            words = schema.get("description", ""), schema.get("title", "")
            if any(words):
                found.append((shape_model(SHAPES[name]), str(SHAPES[name]().fields[key].source), *words))
    return found


def test_the_words_of_the_contract_are_beside_inputs() -> None:
    keys = described_keys()
    assert len({(model, column) for model, column, *_ in keys}) > 30
    for model, column, description, title in keys:
        assert description in help_texts(model)[column]
        assert not title or title == model._meta.get_field(column).verbose_name


def test_a_meaning_is_said_in_one_place() -> None:
    derived = {(each.table.__name__, each.column) for each in DERIVED.values()}
    for key in WORDS:
        name, _, column = key.rpartition(".")
        tables = [table(name)] if name else TABLES
        named = [each for each in tables if column in editable_columns(each)]
        assert named, f"{key}: there is no such input"
        for model in named:
            assert not getattr(model._meta.get_field(column), "help_text", ""), f"{key}: the contract says it"
            assert (model.__name__, column) not in derived, f"{key}: its derivation says it"


def test_sentences_stand_on_the_page_and_in_its_tables(admin: Client) -> None:
    page = admin.get(url(table("Launch"), "add")).content.decode()
    assert WORDS["net"] in page
    assert WORDS["relative_time"] in page
    meaning = MEANINGS["Launch", "pad_turnaround"]
    assert "Null: not flown" in meaning
    assert meaning.replace("Null:", "Empty:") in page, "an input that is empty is no null to people"
    assert "kg" in admin.get(url(table("CelestialBody"), "add")).content.decode()


@pytest.mark.parametrize("model", [model for model in TABLES if slug_columns(model)])
def test_a_slug_is_made_while_the_name_is_typed(admin: Client, model: Any) -> None:
    page = admin.get(url(model, "add"))
    (slug,) = slug_columns(model)
    (filled,) = json.loads(page.context["prepopulated_fields_json"])
    assert (filled["id"], filled["dependency_ids"]) == (f"#id_{slug}", ["#id_name"])
    assert re.search(rf'<input type="text" name="{slug}"', page.content.decode())
