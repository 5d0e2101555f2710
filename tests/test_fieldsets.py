"""`fields=` and `omit=`: an answer has the keys that are chosen, and is else the plain one."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlencode
from weakref import WeakSet

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Api
from cosmodrome.catalogue.launches import LaunchDetailed
from cosmodrome.catalogue.places import Location
from cosmodrome.rendering.templates import template_of
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.shapes.fieldsets import MOST_NARROWED, narrowed_by, narrowed_shape

LISTS = [f"{path}/?mode={mode}&limit=100" for path, resource in RESOURCES.items() for mode in resource.modes]
OTHERS = [f"{path}/?mode={mode}" for path, endpoint in ENDPOINTS.items() for mode in endpoint.modes]
OTHERS += ["spacecraft/133/timeline/?", "spacecraft/9301/timeline/?", "spacecraft/133/origins/?"]


def picked(value: Any, paths: set[str]) -> Any:
    """The reference for `fields`: of `value`, what `paths` lead to."""
    if isinstance(value, list):
        return [picked(item, paths) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: part if key in paths else picked(part, below(key, paths))
        for key, part in value.items()
        if key in paths or below(key, paths)
    }


def pruned(value: Any, paths: set[str]) -> Any:
    """The reference for `omit`: `value` without what `paths` lead to."""
    if isinstance(value, list):
        return [pruned(item, paths) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: pruned(part, below(key, paths)) for key, part in value.items() if key not in paths}


def below(key: str, paths: set[str]) -> set[str]:
    return {path.removeprefix(f"{key}.") for path in paths if path.startswith(f"{key}.")}


def paths_in(value: Any, before: str = "") -> Iterator[str]:
    """All paths that lead anywhere in an answer."""
    for item in value if isinstance(value, list) else ():
        yield from paths_in(item, before)
    for key, part in value.items() if isinstance(value, dict) else ():
        yield before + key
        yield from paths_in(part, f"{before}{key}.")


@cache
def plain(url: str) -> Any:
    """The answer when nothing is chosen; the catalogue is the same for all tests."""
    return json.loads(Api().get(f"/2.3.0/{url}").content)


def records_of(answer: Any) -> Any:
    return answer["results"] if isinstance(answer, dict) and "results" in answer else answer


def with_records(answer: Any, records: Any) -> Any:
    return records if records_of(answer) is answer else {**answer, "results": records}


def as_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def check_any_choice(api: Api, url: str, data: st.DataObject) -> None:
    answer = plain(url)
    records = records_of(answer)
    known = st.sets(st.sampled_from(sorted(set(paths_in(records)))), max_size=6)
    fields, omitted = data.draw(known), data.draw(known)
    expected = picked(records, fields) if fields else records
    expected = pruned(expected, omitted)
    asked = urlencode({"fields": ",".join(fields), "omit": ",".join(omitted)})
    given_back = api.get(f"/2.3.0/{url}&{asked}")
    if not (expected[0] if isinstance(expected, list) else expected):
        assert given_back.status_code == 400
        assert json.loads(given_back.content) == {
            "omit": ["This leaves no key at all: omit less, or choose more."]
        }
        return
    assert given_back.status_code == 200, given_back.content
    assert given_back.content == as_bytes(with_records(answer, expected))


any_choice = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.every
@pytest.mark.parametrize("url", LISTS)
@any_choice
@given(data=st.data())
def test_a_list_is_the_plain_one_with_the_keys_that_are_chosen(
    api: Api, url: str, data: st.DataObject
) -> None:
    check_any_choice(api, url, data)


@pytest.mark.parametrize("url", OTHERS)
@any_choice
@given(data=st.data())
def test_what_is_assembled_can_be_chosen_from_as_well(api: Api, url: str, data: st.DataObject) -> None:
    check_any_choice(api, url, data)


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
@any_choice
@given(data=st.data())
def test_a_record_is_the_plain_one_with_the_keys_that_are_chosen(
    api: Api, path: str, data: st.DataObject
) -> None:
    record = plain(f"{path}/?limit=100")["results"][-1]
    check_any_choice(api, f"{path}/{record['id']}/?", data)


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ("fields=name,id", ["id", "name"]),
        ("fields=name&fields=id", ["id", "name"]),
        ("fields=+name+,,id,name,", ["id", "name"]),
        ("fields=id,status,status.name", ["id", "status"]),
        ("fields=id,name,status&omit=name&omit=,status,url", ["id"]),
        ("fields=id,name&omit=", ["id", "name"]),
    ],
)
def test_paths_may_come_in_any_order_twice_and_with_blanks(api: Api, asked: str, keys: list[str]) -> None:
    records = json.loads(api.get(f"/2.3.0/spacecraft/?{asked}").content)["results"]
    assert list(records[0]) == keys
    assert "status" not in keys or list(records[0]["status"]) == ["id", "name"]


@pytest.mark.parametrize("asked", ["fields=", "omit=", "fields=,&omit=%20", "fields=&fields="])
def test_blanks_alone_choose_nothing(api: Api, asked: str) -> None:
    records = json.loads(api.get(f"/2.3.0/spacecraft/?{asked}").content)["results"]
    assert records == plain("spacecraft/?limit=100")["results"][:10]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("fields=id,nmae", {"fields": ["'nmae' is not a key of AgencyMini; valid are response_mode, id, url, name, abbrev, type."]}),
        ("omit=type.nmae", {"omit": ["'type.nmae': 'nmae' is not a key of AgencyType; valid are id, name."]}),
        ("fields=tpye.name", {"fields": ["'tpye.name': 'tpye' is not a key of AgencyMini; valid are response_mode, id, url, name, abbrev, type."]}),
        ("fields=name.first.letter", {"fields": ["'name.first.letter': 'name' of AgencyMini is a value that has no keys."]}),
        ("fields=type.", {"fields": ["'type.': '' is not a key of AgencyType; valid are id, name."]}),
        ("fields=type&fields=type.x", {"fields": ["'type.x': 'x' is not a key of AgencyType; valid are id, name."]}),
        ("omit=response_mode,id,url,name,abbrev,type", {"omit": ["This leaves no key at all: omit less, or choose more."]}),
        ("fields=id&omit=id", {"omit": ["This leaves no key at all: omit less, or choose more."]}),
        ("fields=" + "x" * 501, {"fields": ["At most 1000 keys of at most 500 characters may be listed."]}),
        ("omit=" + ",".join(map(str, range(1001))), {"omit": ["At most 1000 keys of at most 500 characters may be listed."]}),
    ],
)  # fmt: skip
def test_what_is_no_key_is_told_with_those_that_are(api: Api, asked: str, problem: dict[str, Any]) -> None:
    answer = api.get(f"/2.3.0/agencies/?mode=list&{asked}")
    assert (answer.status_code, json.loads(answer.content)) == (400, problem)


def test_of_many_mistakes_some_are_told(api: Api) -> None:
    answer = api.get("/2.3.0/agencies/121/?fields=" + ",".join(f"key_{number}" for number in range(500)))
    assert answer.status_code == 400
    assert len(json.loads(answer.content)["fields"]) == 10


def test_page_links_go_on_choosing(api: Api) -> None:
    page = api.json("spacecraft", fields="id,name", omit="name", limit=2, offset=2)
    assert page["next"].endswith("/?fields=id%2Cname&limit=2&offset=4&omit=name")
    assert page["previous"].endswith("/?fields=id%2Cname&limit=2&omit=name")


def test_a_list_can_be_ordered_and_searched_by_what_it_leaves_out(api: Api) -> None:
    for ordering in ("-name", "-time_in_space"):
        names = [r["id"] for r in api.json("spacecraft", ordering=ordering, limit=100)["results"]]
        found = api.json("spacecraft", ordering=ordering, limit=100, fields="id")["results"]
        assert found == [{"id": key} for key in names]
    licences = api.json("config/image_licenses", ordering="-name", fields="id")["results"]
    assert licences == [
        {"id": r["id"]} for r in api.json("config/image_licenses", ordering="-name")["results"]
    ]


def test_the_page_for_people_shows_what_is_chosen_and_keeps_it(api: Api) -> None:
    html = api.get("/2.3.0/spacecraft/?format=api&fields=id,serial_number").content.decode()
    assert "serial_number" in html.partition("<pre")[2]
    assert "spacecraft_config" not in html.partition("<pre")[2]
    assert '<input type="hidden" name="fields" value="id,serial_number">' in html
    html = api.get("/2.3.0/spacecraft/?format=api&fields=nmae").content.decode()
    assert "is not a key of SpacecraftNormal" in html


def test_a_calendar_has_all_that_a_calendar_needs(api: Api) -> None:
    address = "/2.3.0/spacecraft/133/timeline/?format=ics"
    assert api.get(f"{address}&fields=id&omit=events").content == api.get(address).content


def test_what_is_only_named_is_null_whatever_is_chosen_of_it(api: Api) -> None:
    """A place of which no body is known is not shown, also where its body is not asked for."""
    pad = next(record for record in plain("pads/?limit=100")["results"] if record["location"])
    Location.objects.filter(pk=pad["location"]["id"]).update(celestial_body=None)
    record = api.json(f"pads/{pad['id']}", fields="location.name,id")
    assert record == {"id": pad["id"], "location": None}


def statements(api: Api, path: str, **parameters: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        api.json(path, **parameters)
    return len(captured.captured_queries)


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ("id,name", 4),
        ("id,status.name,image.license.name", 4),
        ("rocket.configuration.name", 4),
        ("updates.comment", 5),
        ("rocket.spacecraft_stage.launch_crew.astronaut.name", 6),
    ],
)
def test_what_is_not_chosen_is_not_fetched(api: Api, fields: str, most: int) -> None:
    """A moment, a count, the ids, the rows, and one for each list on the way; all of it takes up to 40."""
    assert statements(api, "launches", mode="detailed", limit=100, fields=fields) <= most


def test_what_is_omitted_is_not_fetched(api: Api) -> None:
    everything = statements(api, "launches", mode="detailed", limit=100)
    assert statements(api, "launches", mode="detailed", limit=100, omit="rocket") <= everything / 2
    assert statements(api, "dashboard/starship", fields="updates.comment") <= 3


@pytest.mark.slow
def test_ever_other_choices_fill_no_memory() -> None:
    """What is kept of them is bounded, plans and all."""
    narrowed_shape.cache_clear()  # of shapes that other tests have asked for, plans remember some
    made: WeakSet[Any] = WeakSet()
    keys = list(LaunchDetailed.Meta.fields)
    for number in range(1, MOST_NARROWED + 200):
        listed = ",".join(key for place, key in enumerate(keys) if number >> place & 1)
        shape = narrowed_by(LaunchDetailed, QueryDict(f"fields={listed}&omit=status.id"))
        template_of(shape)
        made.add(shape)
    del shape
    gc.collect()
    assert narrowed_shape.cache_info().currsize <= MOST_NARROWED
    assert len(made) <= MOST_NARROWED
