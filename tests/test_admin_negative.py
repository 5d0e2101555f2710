"""Counts, measures and durations in the admin: a person enters none below zero, a page may have one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpRequest
from django.test import Client, RequestFactory

from conftest import Api
from cosmodrome.admin import introspection
from cosmodrome.admin.site import site
from test_admin import TABLES, ada, admin, no_wrong_passwords_yet, saved, send, table, url
from test_admin_batches import problems, upload
from test_admin_roles import no_sidebar

__all__ = ["ada", "admin", "no_sidebar", "no_wrong_passwords_yet"]

SENTENCE = "or more: this can't be negative."
QUANTITIES = models.IntegerField | models.FloatField | models.DecimalField | models.DurationField


def quantities(model: type[models.Model]) -> dict[str, str]:
    """What is entered in all inputs for numbers and durations of a table: each time less than zero."""
    columns = [each for each in introspection.form_columns(model) if isinstance(each, QUANTITIES)]
    return {
        column.name: "-PT1S" if isinstance(column, models.DurationField) else "-1"
        for column in columns
        if introspection.is_editable(column)
    }


@pytest.fixture
def request_of_ada(ada: User) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = ada
    return request


def refused(request: Any, model: type[models.Model], sent: dict[str, str]) -> set[str]:
    """The inputs beside which the form of a new record says so."""
    form = site.get_model_admin(model).get_form(request, None, fields=list(sent))(sent)
    form.is_valid()
    return {name for name, texts in form.errors.items() if any(SENTENCE in text for text in texts)}


def test_no_table_takes_a_count_or_duration_below_zero(request_of_ada: HttpRequest) -> None:
    """But for places on a globe, priorities, and instants told by their distance from a launch."""
    signed = set()
    for model in filter(quantities, TABLES):
        sent = quantities(model)
        found = refused(request_of_ada, model, sent)
        signed |= sent.keys() - found
        totals = sent.keys() & getattr(model, "published_totals", ())
        assert totals <= found, model.__name__
        zeros = {name: text.replace("1", "0").lstrip("-") for name, text in sent.items()}
        assert not refused(request_of_ada, model, zeros), model.__name__
    assert signed == introspection.SIGNED == {"latitude", "longitude", "priority", "relative_time"}


@pytest.mark.usefixtures("no_sidebar")
def test_the_page_of_a_record_says_so_beside_the_input_and_the_wire_stays(admin: Client, api: Api) -> None:
    craft = table("Spacecraft")._default_manager.earliest("pk")
    address = f"/2.3.0/spacecraft/{craft.pk}/"
    before = api.get(address).content
    page = send(admin, url(type(craft), "change", craft.pk), flights_count="-1", time_in_space="-P1D")
    assert page.context["adminform"].form.errors == {
        "flights_count": [f"Write 0 {SENTENCE}"],
        "time_in_space": [f"Write P0D {SENTENCE}"],
    }
    assert api.get(address).content == before


@pytest.mark.usefixtures("no_sidebar")
def test_what_a_page_has_published_stays_while_a_person_changes_something_else(admin: Client) -> None:
    crafts = table("Spacecraft")._default_manager
    craft = crafts.filter(in_space=False).earliest("pk")
    crafts.filter(pk=craft.pk).update(mission_ends_count=-1, time_docked=timedelta(days=-1))
    saved(send(admin, url(type(craft), "change", craft.pk), description="Another"))
    craft.refresh_from_db()
    assert (craft.description, craft.mission_ends_count) == ("Another", -1)
    assert craft.time_docked == timedelta(days=-1)


@pytest.mark.usefixtures("no_sidebar")
def test_so_do_files_and_changes_of_many_records(admin: Client) -> None:
    events = table("Event")
    key = events._default_manager.earliest("pk").pk
    found = problems(upload(admin, events, [["id", "duration"], [key, "-P1D"]]))
    assert found == [(2, "duration", f"Write P0D {SENTENCE}")]
    chosen = {"action": "change_selected", "_selected_action": key, "field": "duration"}
    page = admin.post(url(events, "changelist"), {**chosen, "step": "", "entered-duration": "-P1D"})
    assert page.context["form"].errors == {"duration": [f"Write P0D {SENTENCE}"]}
