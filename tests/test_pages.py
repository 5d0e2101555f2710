"""The laws of pages, over the registry: joined they are the whole, nothing twice; links lead both ways."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Api
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.resources.selections.filtersets import filterset_of

pytestmark = pytest.mark.usefixtures("kept")  # as a server answers: each record is rendered once

ask_many = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def orderings(resource: type[Resource]) -> st.SearchStrategy[str]:
    fields = resource.ordering_fields or ["id", "name"]
    terms = st.tuples(st.sampled_from(["", "-"]), st.sampled_from(fields)).map("".join)
    return st.lists(terms, max_size=3).map(",".join)


def filters(resource: type[Resource]) -> st.SearchStrategy[dict[str, str]]:
    asked: list[dict[str, str]] = [{}]
    if resource.filterset_fields:
        asked.append(dict(parse_qsl(resource.examples["filter"])))
        asked = [query for query in asked if chosen_records_exist(resource, query)]
    if resource.search_fields:
        asked.append({"search": "o"})
    if "in_space" in resource.filterset_fields:
        asked.append({"in_space": "false"})
    return st.sampled_from(asked)


def chosen_records_exist(resource: type[Resource], query: dict[str, str]) -> bool:
    """Whether what an example chooses by id is in the tests' catalogue; else it is a 400."""
    return bool(filterset_of(resource)(query).is_valid())


def walk(api: Api, url: str | None, link: str) -> list[dict[str, Any]]:
    pages = []
    while url:
        page = api.get(url).json()
        pages.append(page)
        url = page[link]
        assert len(pages) < 200, "the links go round in a circle"
    return pages


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
@ask_many
@given(data=st.data())
def test_pages_joined_are_the_whole_list(api: Api, path: str, data: st.DataObject) -> None:
    resource = RESOURCES[path]
    parameters = {
        **data.draw(filters(resource)),
        "limit": data.draw(st.integers(1, 12)),
        "ordering": data.draw(orderings(resource)),
    }
    whole = api.json(path, **{**parameters, "limit": 100})["results"]
    first = api.get(f"/2.3.0/{path}/?" + "&".join(f"{key}={value}" for key, value in parameters.items()))
    pages = walk(api, first.wsgi_request.build_absolute_uri(), "next")
    joined = [record for page in pages for record in page["results"]]
    assert joined == whole
    ids = [record["id"] for record in joined]
    assert len(set(ids)) == len(ids)
    assert {page["count"] for page in pages} == {len(whole)}


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
@ask_many
@given(data=st.data())
def test_next_and_previous_are_each_others_inverse(api: Api, path: str, data: st.DataObject) -> None:
    limit = data.draw(st.integers(1, 12))
    query = f"limit={limit}&ordering={data.draw(orderings(RESOURCES[path]))}"
    pages = walk(api, f"/2.3.0/{path}/?{query}", "next")
    last = f"/2.3.0/{path}/?{query}&offset={(len(pages) - 1) * limit}"
    assert walk(api, last, "previous")[::-1] == pages


@pytest.mark.parametrize("path", RESOURCES)
def test_links_are_absolute_sorted_and_keep_what_was_asked(api: Api, path: str) -> None:
    page = api.get(f"/2.3.0/{path}/?unheard=of&limit=1&mode=list&offset=1&ordering=id").json()
    previous = page["previous"]
    assert previous == f"http://testserver/2.3.0/{path}/?limit=1&mode=list&ordering=id&unheard=of"
    if page["next"]:
        keys = [key for key, _ in parse_qsl(urlsplit(page["next"]).query)]
        assert keys == sorted(keys)
        assert "offset=2" in page["next"]


def test_the_seed_pages_links_come_out_as_they_are(api: Api) -> None:
    page = api.get("/2.3.0/spacecraft/?format=json&offset=12&ordering=-time_in_space").json()
    base = "http://testserver/2.3.0/spacecraft/?format=json&limit=10"
    assert page["next"] == f"{base}&offset=22&ordering=-time_in_space"
    assert page["previous"] == f"{base}&offset=2&ordering=-time_in_space"


@pytest.mark.parametrize(
    ("query", "records"),
    [
        ("", 10),
        ("limit=3", 3),
        ("limit=1000", 23),
        ("limit=0", 10),
        ("limit=-1", 10),
        ("limit=ten", 10),
        ("offset=-5", 10),
        ("offset=five", 10),
        ("offset=20", 3),
        ("offset=23", 0),
        ("offset=999999", 0),
    ],
)
def test_limit_and_offset_mean_what_they_mean_to_the_original(api: Api, query: str, records: int) -> None:
    page = api.get(f"/2.3.0/spacecraft/?{query}").json()
    assert page["count"] == 23
    assert len(page["results"]) == records


def test_a_limit_beyond_a_hundred_is_cut_without_complaint(api: Api) -> None:
    page = api.get("/2.3.0/spacecraft/?limit=1000&offset=1").json()
    assert page["previous"] == "http://testserver/2.3.0/spacecraft/?limit=100"
