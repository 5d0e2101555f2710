"""Fragments change no byte: every answer equals the one of DRF's serializers, before and after any change."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import hypothesis
import pytest
from django.db import connection
from django.http import QueryDict
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.renderers import JSONRenderer

from conftest import NOW, Api, so_many
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.rendering.templates import as_json
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.store import Store
from cosmodrome.shapes.fields import AccruingDuration
from cosmodrome.shapes.shapes import SHAPES
from reference import answered_by_drf

LISTS = [f"{path}/?mode={mode}" for path, resource in RESOURCES.items() for mode in resource.modes]


def answer(api: Api, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    found = api.get(url, **headers)
    return found.status_code, dict(found.headers), found.content


def same(api: Api, url: str, **headers: str) -> None:
    """The answer equals the reference: when nothing is stored, and when all is."""
    with answered_by_drf():
        reference = answer(api, url, **headers)
    assert answer(api, url, **headers) == reference
    assert answer(api, url, **headers) == reference


@pytest.mark.every
@pytest.mark.parametrize("asked", LISTS)
def test_each_list_in_each_mode(api: Api, kept: Store, settings: Settings, asked: str) -> None:
    for page in (f"limit={so_many(6, of=100)}", "limit=2&offset=1&format=json"):
        same(api, f"/2.3.0/{asked}&{page}")


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_each_record(api: Api, kept: Store, settings: Settings, path: str) -> None:
    for record in api.json(path, limit=so_many(1, of=3))["results"]:
        same(api, f"/2.3.0/{path}/{record['id']}/")
        same(api, f"/2.3.0/{path}/{record['id']}/?format=json&mode=list")
    same(api, f"/2.3.0/{path}/987654321/")
    same(api, f"/2.3.0/{path}/x/")


ODD = [
    "limit=0",
    "limit=x&offset=-1",
    "offset=99999999999999999999",
    "limit=3&offset=1&limit=2",
    "limit=2&unheard=%C3%A9%20%22&unheard=2&a=",
    "limit=2&unheard=%ff",
    "limit=1&;x&&=y&\\^`{|}",
    "?limit=2",
    "format=json&format=json",
    "format=",
    "format=xml",
    "format=api",
    "search=%00",
    "in_space=perhaps&limit=2",
    "spacecraft_config=x",
    "fields=id",
    "mode=senseless&limit=2",
    "mode=detailed&mode=normal&limit=2",
    "ordering=-time_in_space,name&limit=4",
    "ordering=time_docked&limit=100&search=a",
]


@pytest.mark.parametrize("query", ODD)
def test_odd_questions(api: Api, kept: Store, settings: Settings, query: str) -> None:
    same(api, f"/2.3.0/spacecraft/?{query}")


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "text/html"},
        {"accept": "application/json; indent=4"},
        {"accept": "text/html,*/*;q=0.8"},
        {"accept": "image/png"},
        {"accept": ""},
        {"accept": "x" * 1000},
        {"authorization": "Token unknown"},
        {"host": "127.0.0.1:8001"},
    ],
    ids=str,
)
def test_odd_headers(api: Api, kept: Store, settings: Settings, headers: dict[str, str]) -> None:
    for query in ("limit=2", "limit=2&format=json"):
        same(api, f"/2.3.0/spacecraft/?{query}", **headers)


@st.composite
def questions(draw: st.DrawFn) -> str:
    """Any list with any of its parameters, with values that are there and with others."""
    path = draw(st.sampled_from(sorted(RESOURCES)))
    resource = RESOURCES[path]
    names = [*resource.filter_names(), "search", "ordering", "limit", "offset", "mode", "format"]
    orders = [*(resource.ordering_fields or ["id", "name"]), "-id"]
    values = {
        "ordering": st.lists(st.sampled_from([*orders, *(f"-{name}" for name in orders)]), max_size=2).map(
            ",".join
        ),
        "limit": st.sampled_from(["1", "3", "100", "0", "x"]),
        "offset": st.sampled_from(["0", "1", "5", "1000"]),
        "mode": st.sampled_from(["list", "normal", "detailed"]),
        "format": st.just("json"),
    }
    anything = st.sampled_from(
        ["1", "2", "121", "true", "false", "a", "2024-05-01T00:00:00Z", "1,2", "", "é"]
    )
    asked = draw(st.lists(st.sampled_from(names), max_size=4, unique=True))
    return f"/2.3.0/{path}/?" + urlencode([(name, draw(values.get(name, anything))) for name in asked])


@pytest.mark.parametrize("query", ["limit=2&unheard=é", "limit=2&search=é"])
def test_page_links_repeat_what_was_asked(api: Api, kept: Store, query: str) -> None:
    """DRF's own links lose what stands in a url without being encoded."""
    asked = QueryDict(query)
    found = api.get(f"/2.3.0/launches/?{query}").json()
    expected = {**{name: asked[name] for name in asked}, "offset": "2"}
    assert found["next"] is None or dict(parse_qsl(urlsplit(found["next"]).query)) == expected


@pytest.mark.parametrize("query", ["at=2024-01-01&limit=30", "fields=id,name&limit=100", "omit=url"])
def test_what_lasts_for_one_answer_is_the_same_with_and_without_the_cache(
    api: Api, kept: Store, settings: Settings, query: str
) -> None:
    url = f"/2.3.0/spacecraft/?mode=detailed&{query}"
    settings.CACHE_BYTES = 0
    uncached = answer(api, url)
    settings.CACHE_BYTES = 40_000_000
    assert answer(api, url) == uncached
    assert kept.fragments.rendered == 0


@hypothesis.settings(max_examples=so_many(10, of=25))
@given(st.lists(questions(), min_size=1, max_size=3))
@pytest.mark.usefixtures("kept")
@pytest.mark.django_db(databases="__all__")
def test_any_questions(asked: list[str]) -> None:
    with override_settings():
        for url in asked:
            same(Api(), url)


MOVING_ORDERS = [
    f"{path}/?limit=100&ordering={sign}{name}&mode={mode}&fields=id,{name}{also}"
    for path, resource in RESOURCES.items()
    for mode, shape in resource.modes.items()
    for name in resource.ordering_fields or ()
    if isinstance(shape().fields.get(name), AccruingDuration)
    for sign in ("", "-")
    for also in ("", "&search=a")
]


def test_who_overtakes_whom(api: Api, kept: Store, settings: Settings) -> None:
    """The order of what moves, second by second, with craft that move at one, two and three seconds in one."""
    craft = list(Spacecraft.objects.order_by("pk"))
    for number, row in enumerate(craft[:12]):
        row.time_in_space = timedelta(seconds=number // 3)
        row.time_docked = timedelta(seconds=20 - number)
        row.time_in_space_since = NOW - timedelta(seconds=number, milliseconds=400) if number % 3 else None
        row.time_docked_since = NOW + timedelta(seconds=2) if number % 2 else None
        row.time_docked_pace = number % 4 or None
        row.save()
    kept.clear()
    assert len(MOVING_ORDERS) >= 16
    for tenths in (40, 0, 25, 4, 10, 45, 70, 1000)[: so_many(3, of=8)]:
        settings.CLOCK_STOPPED_AT = NOW + timedelta(milliseconds=100 * tenths)
        for asked in MOVING_ORDERS[:: 1 if tenths == 40 else 5]:
            same(api, f"/2.3.0/{asked}")


@pytest.mark.slow
def test_what_moves_is_as_of_each_moment(api: Api, kept: Store, settings: Settings) -> None:
    for seconds in (1, 86400 * 40, -86400 * 900):
        settings.CLOCK_STOPPED_AT = NOW + timedelta(seconds=seconds)
        for url in (
            "spacecraft/?limit=100",
            "spacecraft/?ordering=-time_in_space",
            "spacecraft_flights/?limit=100",
            "space_stations/?mode=detailed",
            "launches/upcoming/?limit=3",
            "events/previous/",
            "astronauts/?mode=detailed&limit=30",
        ):
            same(api, f"/2.3.0/{url}")


def test_a_change_is_seen_at_once(api: Api, kept: Store, settings: Settings) -> None:
    size = so_many(8, of=100)
    urls = [f"/2.3.0/{asked}&limit={size}" for asked in LISTS if "detailed" in asked][: so_many(4, of=8)]
    for url in urls:
        api.get(url)
    with atomic_change() as change:
        change.before_write(Agency, [121])
        Agency.objects.filter(pk=121).update(name="Renamed\u2028")
        change.after_write(Agency, [121])
    for url in urls:
        same(api, url)


def test_what_is_there_takes_no_statement_but_the_version(api: Api, kept: Store) -> None:
    """That one is not seen here: it does not go through Django's cursor."""
    for asked in LISTS:
        url = f"/2.3.0/{asked}&limit=100"
        assert api.get(url).content
        with CaptureQueriesContext(connection) as captured:
            api.get(url)
        assert [query["sql"] for query in captured.captured_queries] == [], asked


def test_a_renamed_agency_is_made_anew_and_nothing_that_nests_it(api: Api, kept: Store) -> None:
    urls = [f"/2.3.0/{asked}&limit=100" for asked in LISTS]
    for url in urls:
        api.get(url)
    made = kept.fragments.rendered
    with atomic_change() as change:
        Agency.objects.filter(pk=121).update(name="Renamed")
        change.after_write(Agency, [121])
    for url in urls:
        api.get(url)
    shapes = [shape for shape in SHAPES.values() if shape.Meta.model is Agency]
    assert (
        0 < kept.fragments.rendered - made <= len(shapes) + 3
    )  # and those that have the name of their parent


def test_nothing_is_kept_with_the_cache_off(api: Api, kept: Store, settings: Settings) -> None:
    settings.CACHE_BYTES = 0
    api.get("/2.3.0/spacecraft/")
    assert kept.fragments.rendered == 0
    assert kept.selections.size == 0


@pytest.mark.parametrize(
    "value",
    [
        *("", "abc", "é 🚀", 'a"b\\c/d\n\x00\x7f', "\u2028\u2029", gettext_lazy("Yes")),
        *(True, False, 0, -7, 1.5, 1e300, Decimal("1.50"), UUID(int=7), date(2020, 2, 3)),
        *([], ["a", {"b": None}]),
    ],
    ids=repr,
)
def test_a_value_is_written_as_drf_writes_it(value: Any) -> None:
    assert as_json(value) == JSONRenderer().render(value)
