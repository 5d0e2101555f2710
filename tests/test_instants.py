"""Instants: four digits of year wherever they are written, and none beyond the years 1 to 9999 anywhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest
from django import forms
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse
from rest_framework import serializers

from conftest import Api
from cosmodrome.catalogue.launches import Launch
from cosmodrome.derived.materialised.provenance import OriginOfValue
from cosmodrome.environment import Environment, SettingsError
from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.selections.filtersets import filterset_of
from cosmodrome.shapes.fields import Instant, to_wire
from cosmodrome.shapes.shapes import SHAPES
from cosmodrome.time.clock import read_instant, with_plus, write_instant
from cosmodrome.timeline.shapes import FleetEvent
from pages import envelope, load

LONG_AGO = datetime(202, 5, 1, tzinfo=UTC)
ENDS = [datetime(1, 1, 1, tzinfo=UTC), LONG_AGO, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]
BEYOND = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:30:00+00:31"]
"""Instants that their offset carries into the year 0 or 10000."""
BEYOND_SENTENCE = "lies, in UTC, outside of the years 1 to 9999"

INSTANT_FILTERS = [
    (path, name)
    for path, resource in RESOURCES.items()
    for name, asked in filterset_of(resource)().filters.items()
    if isinstance(asked.field, forms.DateTimeField)
]
SHORT_YEAR = re.compile(rb"(?<![\d-])\d{1,3}-\d\d-\d\d(?!\d)")


def test_a_year_is_written_with_four_digits() -> None:
    assert [write_instant(each) for each in ENDS] == [
        "0001-01-01T00:00:00Z",
        "0202-05-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ]
    assert (to_wire(LONG_AGO), to_wire(LONG_AGO.date())) == ("0202-05-01T00:00:00Z", "0202-05-01")
    east = timezone(timedelta(hours=2))
    assert write_instant(datetime(202, 5, 1, 1, 59, 59, 999_999, east)) == "0202-04-30T23:59:59Z"


def test_every_instant_of_a_shape_is_written_so() -> None:
    shapes: list[Any] = [*SHAPES.values(), FleetEvent, OriginOfValue]
    for shape in shapes:
        for name, field in shape().fields.items():
            assert not isinstance(field, serializers.DateTimeField) or isinstance(field, Instant), name


def set_all(instant: datetime) -> None:
    """All instants of all records."""
    for table in apps.get_app_config("catalogue").get_models():
        columns: dict[str, Any] = {}
        for column in table._meta.concrete_fields:
            if isinstance(column, models.DateTimeField) and not column.name.endswith(("_since", "_read_at")):
                columns[column.name] = instant
            elif isinstance(column, models.DateField) and not isinstance(column, models.DateTimeField):
                columns[column.name] = instant.date()
        if columns:
            table._default_manager.update(**columns)


@pytest.mark.every
@pytest.mark.parametrize("instant", ENDS, ids=write_instant)
@pytest.mark.parametrize("path", RESOURCES)
def test_lists_of_any_instant_are_answered(api: Api, path: str, instant: datetime) -> None:
    set_all(instant)
    mode = list(RESOURCES[path].modes)[-1]
    answer = api.get(f"/2.3.0/{path}/?mode={mode}&limit=100")
    assert answer.status_code == 200
    assert SHORT_YEAR.search(answer.content) is None
    assert api.get(f"/2.3.0/{path}/?limit=2", accept="text/html").status_code == 200


@pytest.mark.parametrize("instant", ENDS, ids=write_instant)
@pytest.mark.parametrize("form", ["json", "api", "ics"])
def test_timelines_and_calendars_of_any_instant_are_answered(api: Api, form: str, instant: datetime) -> None:
    key = Launch.objects.filter(rocket__spacecraftflight__isnull=False).values_list(
        "rocket__spacecraftflight__spacecraft", flat=True
    )[0]
    set_all(instant)
    answer = api.get(f"/2.3.0/spacecraft/{key}/timeline/?format={form}")
    assert answer.status_code == 200
    written = f"{instant.year:04}{instant:%m%d}" if form == "ics" else write_instant(instant)
    assert written in answer.content.decode()


def test_there_are_filters_of_instants() -> None:
    assert len(INSTANT_FILTERS) >= 94


@pytest.mark.parametrize("beyond", BEYOND)
def test_an_instant_beyond_all_years_is_refused_by_every_filter(api: Api, beyond: str) -> None:
    for path, name in INSTANT_FILTERS:
        answer = api.get(f"/2.3.0/{path}/?limit=1&{name}={quote(beyond)}")
        assert answer.status_code == 400, (path, name)
        assert list(answer.json()) == [name]
        assert BEYOND_SENTENCE in answer.json()[name][0]


def test_the_first_and_the_last_instant_are_taken(api: Api) -> None:
    for edge in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T14:00:00+14:00"):
        assert api.get(f"/2.3.0/launches/?net__gte={quote(edge)}").status_code == 200
        assert api.get(f"/2.3.0/launches/?net__lte={quote(edge)}").status_code == 200


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2024-05-01T00:00:00 02:00", "2024-05-01T00:00:00+02:00"),
        ("2024-05-01T00:00:00.5 0200", "2024-05-01T00:00:00.5+0200"),
        ("2024-05-01T00:00 02", "2024-05-01T00:00+02"),
        ("2024-05-01 00:00:00 02:00", "2024-05-01 00:00:00+02:00"),
        ("2024-05-01 02:00", "2024-05-01 02:00"),
        ("2024-05-01T00:00:00-02:00", "2024-05-01T00:00:00-02:00"),
        ("2024-05-01T00:00:00Z 02:00x", "2024-05-01T00:00:00Z 02:00x"),
        ("01:00 02:00", "01:00 02:00"),
    ],
)
def test_a_plus_that_came_as_a_blank_is_a_plus(text: str, meant: str) -> None:
    assert with_plus(text) == meant


def test_filters_and_at_take_a_plus_that_nobody_has_encoded(api: Api) -> None:
    for asked in ("launches/?net__gte={}&limit=100", "spacecraft/?limit=100&at={}"):
        found = [
            api.get(f"/2.3.0/{asked.format(text)}").json()["results"]
            for text in ("1995-07-01T02:00:00+02:00", "1995-07-01T02:00:00%2B02:00", "1995-07-01T00:00:00Z")
        ]
        assert found[0] == found[1] == found[2] != []


@pytest.mark.parametrize("beyond", BEYOND)
def test_an_instant_beyond_all_years_is_a_sentence_elsewhere(api: Api, beyond: str) -> None:
    answer = api.get(f"/2.3.0/spacecraft/?at={quote(beyond)}")
    assert (answer.status_code, list(answer.json())) == (400, ["at"])
    with pytest.raises(ValueError, match=BEYOND_SENTENCE):
        read_instant(beyond)
    with pytest.raises(SettingsError, match=f"^COSMODROME_NOW: '.*{BEYOND_SENTENCE}"):
        Environment.read({"COSMODROME_NOW": beyond})
    with pytest.raises(SettingsError, match=f"^COSMODROME_CLOCK_SINCE: '.*{BEYOND_SENTENCE}"):
        Environment.read({"COSMODROME_CLOCK_SINCE": beyond})


@pytest.mark.parametrize("now", ["0001-01-01", "9999-12-31"])
def test_a_clock_that_has_no_day_before_or_after_it_is_refused(now: str) -> None:
    with pytest.raises(SettingsError, match="no instant that the clock can show: write one from 0001-01-02"):
        Environment.read({"COSMODROME_NOW": now})


@pytest.mark.parametrize("now", ["0001-01-02", "9999-12-30"])
def test_the_first_and_the_last_present_are_answered(api: Api, now: str, settings: Any) -> None:
    settings.CLOCK_STOPPED_AT = Environment.read({"COSMODROME_NOW": now}).stopped_at
    for path in ("launches/upcoming", "launches/previous", "events/upcoming", "astronauts", "spacecraft"):
        assert api.json(path)["results"] is not None
        assert api.get(f"/2.3.0/{path}/?at={now}").status_code in (200, 400)


class TestAdmin:
    """The form of a launch, whose `net` is of the year 202."""

    @pytest.fixture
    def admin(self, api: Api) -> Client:
        del api  # it has opened the database
        browser = Client()
        browser.force_login(User.objects.create_superuser("ada"))
        return browser

    def test_shows_four_digits_and_takes_them_back(self, admin: Client) -> None:
        launch = Launch.objects.exclude(net=None)[0]
        Launch.objects.filter(pk=launch.pk).update(net=LONG_AGO)
        page = admin.get(reverse("admin:catalogue_launch_change", args=[launch.pk])).content.decode()
        assert 'name="net_0" value="0202-05-01"' in page

    @pytest.mark.parametrize("beyond", BEYOND)
    def test_lists_refuse_an_instant_beyond_all_years(self, admin: Client, beyond: str) -> None:
        address = reverse("admin:catalogue_launch_changelist")
        answer = admin.get(address, {"net__gte": beyond})
        refused = (302, f"{address}?e=1")
        compared = (200, None)  # PostgreSQL knows years before the first
        assert (answer.status_code, answer.get("Location")) in (refused, compared)

    @pytest.mark.parametrize("beyond", [*BEYOND, "10000-01-01", "0000-01-01"])
    def test_the_form_refuses_it_too(self, admin: Client, beyond: str) -> None:
        launch = Launch.objects.exclude(net=None)[0]
        address = reverse("admin:catalogue_launch_change", args=[launch.pk])
        answer = admin.post(address, {"net_0": beyond, "net_1": "00:00:00"})
        assert answer.status_code == 200
        assert "Enter a valid date" in answer.content.decode()


@pytest.mark.parametrize("beyond", BEYOND)
@pytest.mark.usefixtures("db")
def test_a_page_with_an_instant_beyond_all_years_is_refused(beyond: str) -> None:
    page = {"id": 1, "comment": "News", "created_on": beyond}
    with pytest.raises(BrokenFile, match="created_on"):
        load(envelope(page), endpoint="updates")
