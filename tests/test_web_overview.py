"""The page of the root, grouped and counted; and the name of a record as the heading of its page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conftest import Api
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.changes.snapshots import published_standpoint
from cosmodrome.changes.transactions import atomic_change, settle
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.web.counts import COUNTS
from cosmodrome.web.names import LONGEST, record_name
from cosmodrome.web.overview import families, family_of
from cosmodrome.web.views import COUNTED_RESOURCES

ROOT = "/2.3.0/?format=api"


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    COUNTS.clear()
    yield
    COUNTS.clear()


def shown_counts(page: str) -> dict[str, int]:
    """The number that the page shows beside each list."""
    lists = page.partition('class="families"')[2].partition("</nav>")[0]
    found = re.findall(
        r'<a href="/2.3.0/([^"]+)/"><span.*?</span>(?: <b class="count">([\d,]+)</b>)?</a>', lists
    )
    return {path: int(count.replace(",", "") or -1) for path, count in found}


@pytest.mark.postgresql
def test_the_root_shows_how_many_records_each_list_has(api: Api) -> None:
    counts = shown_counts(api.get(ROOT).content.decode())
    lists = {path: api.json(path, limit=1, fields="id")["count"] for path in RESOURCES}
    assert len(set(lists.values())) > 5, "else it tells nothing"
    assert counts == {**lists, **dict.fromkeys(ENDPOINTS, -1)}


def test_every_endpoint_is_in_one_family() -> None:
    found = [link.path for each in families({}) for link in (*each.lists, *each.look_ups)]
    assert sorted(found) == sorted([*RESOURCES, *ENDPOINTS])
    named = {each.name: [link.path for link in each.lists] for each in families({})}
    assert named["Launches"] == ["launches", "launches/previous", "launches/upcoming"]
    assert all(link.path.startswith("config/") for each in families({}) for link in each.look_ups)
    has_lists = [bool(each.lists) for each in families({})]
    assert has_lists == sorted(has_lists, reverse=True), "what people look for comes first"


def test_a_look_up_is_with_the_family_that_alone_refers_to_it() -> None:
    named = {each.name: [link.path for link in each.look_ups] for each in families({})}
    assert named["Agencies"] == ["config/agency_types"]
    assert named["Spacecraft"] == ["config/spacecraft_statuses", "config/spacecraft_configuration_types"]
    assert named["Config"] == ["config/countries"], "several families refer to it"
    lists = {each.name for each in families({}) if each.lists}
    for path, resource in RESOURCES.items():
        users = {family_of(each.related_model) for each in resource.model()._meta.related_objects}
        for name in users & lists if len(users) == 1 and path.startswith("config/") else ():
            assert path in named[name]


def test_the_throttle_is_on_the_page_of_the_root(api: Api) -> None:
    assert 'href="/2.3.0/api-throttle/"' in api.get(ROOT).content.decode()


def test_the_root_as_json_asks_no_table_and_is_the_same_as_ever(api: Api) -> None:
    with CaptureQueriesContext(connection) as taken:
        answer = api.get("/2.3.0/")
    assert not taken.captured_queries
    addresses = {
        path: f"http://testserver/2.3.0/{path}/" for path in (*RESOURCES, *ENDPOINTS, "api-throttle")
    }
    assert answer.content.decode() == json.dumps(addresses, separators=(",", ":"))


def statements(api: Api) -> list[str]:
    settle()
    published_standpoint()
    with CaptureQueriesContext(connection) as taken:
        assert shown_counts(api.get(ROOT).content.decode())
    return [query["sql"] for query in taken.captured_queries if "COUNT(" in query["sql"]]


@pytest.mark.usefixtures("kept")
def test_lists_are_counted_by_one_statement_once_a_data_version(api: Api) -> None:
    def tables(sql: str) -> int:
        return sql.count("COUNT(")

    moving = sum(bool(each.moving_bounds()) for each in RESOURCES.values())
    assert list(map(tables, statements(api))) == [len(RESOURCES) - moving, moving]
    assert list(map(tables, statements(api))) == [moving], "whose records the clock moves"
    before = shown_counts(api.get(ROOT).content.decode())["agencies"]
    with atomic_change() as change:
        Agency.objects.create(id=70002, name="Zarya Works", type_id=Agency.objects.all()[0].type_id)
        change.after_write(Agency, [70002])
    assert list(map(tables, statements(api))) == [len(RESOURCES) - moving, moving]
    assert shown_counts(api.get(ROOT).content.decode())["agencies"] == before + 1


@pytest.mark.usefixtures("kept", "api")
def test_the_home_page_counts_the_lists_that_it_shows_once_a_data_version() -> None:
    settle()
    published_standpoint()
    for expected in (len(COUNTED_RESOURCES), 0):
        with CaptureQueriesContext(connection) as taken:
            assert 'class="counts"' in Client().get("/").content.decode()
        assert sum(query["sql"].count("COUNT(") for query in taken.captured_queries) == expected


def test_the_root_is_there_without_a_database(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(COUNTS, "get", away)
    counts = shown_counts(api.get(ROOT).content.decode())
    assert set(counts) == {*RESOURCES, *ENDPOINTS}
    assert set(counts.values()) == {-1}
    home = Client().get("/")
    assert home.status_code == 200
    assert 'class="counts"' not in home.content.decode()


def titled(page: str) -> str:
    return page.partition("<title>")[2].partition("</title>")[0]


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_the_heading_of_a_records_page_is_its_name(api: Api, path: str) -> None:
    resource = RESOURCES[path]
    row = resource.candidates().first()
    assert row is not None
    record = api.json(f"{path}/{row.pk}")
    page = Client().get(f"/2.3.0/{path}/{row.pk}/?format=api").content.decode()
    (heading,) = map(unescape, re.findall("<h1>(.*?)</h1>", page))
    (kind,) = map(unescape, re.findall('<p class="kind">(.*?)</p>', page))
    assert heading == (" ".join(str(record.get("name") or "").split())[:LONGEST] or record_name(record))
    assert heading not in ("", kind, str(row.pk))
    assert not re.search("How to ask|<select|<form|Records a page", page), "that is about lists"
    assert [heading, kind, "Cosmodrome"] == unescape(titled(page)).split(" \N{EN DASH} ")


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"id": 1, "name": "Mir", "url": "/1/"}, "Mir"),
        ({"id": 1, "name": " ", "title": "A\n\tb "}, "A b"),
        ({"name": "x" * 200}, "x" * (LONGEST - 1) + "…"),
        ({"status": {"name": "Active"}, "spacecraft": {"name": "Mir", "url": "/1/"}}, "Mir · Active"),
        ({"chaser": {"url": "/1/", "spacecraft": {"url": "/2/", "name": "Soyuz"}}, "to": None}, "Soyuz"),
        ({"a": {"url": "", "name": "A"}, "b": {"url": "", "name": "A"}}, "A"),
        ({"id": 7, "name": None, "launches": [{"name": "x"}]}, ""),
        ({}, ""),
    ],
)
def test_a_record_without_a_name_is_called_after_what_it_nests(record: dict[str, Any], name: str) -> None:
    assert record_name(record) == name
