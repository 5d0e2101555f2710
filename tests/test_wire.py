"""What every answer has, beyond its records: forms of urls, headers, methods, errors, the root."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from conftest import Api
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES

WITH_URLS = ["spacecraft", "spacecraft_configurations", "agencies"]


@pytest.mark.parametrize("path", WITH_URLS)
@pytest.mark.parametrize(("query", "suffix"), [("", ""), ("?format=json", "?format=json")])
def test_urls_carry_the_asked_format_at_every_depth(api: Api, path: str, query: str, suffix: str) -> None:
    text = api.get(f"/2.3.0/{path}/{query}").content.decode()
    for record in json.loads(text)["results"]:
        assert record["url"] == f"http://testserver/2.3.0/{path}/{record['id']}/{suffix}"
        assert api.get(record["url"]).status_code == 200
    if suffix:
        assert '/"' not in [part[-2:] for part in text.split("http://testserver")[1:]]
    assert "images.example/hangar.jpg?" not in text


def test_json_is_compact_utf8_without_escapes(api: Api) -> None:
    text = api.get("/2.3.0/spacecraft/9301/").content.decode()
    assert '"name":"Zénith Aurore \\"Ümläut\\" (invented)"' in text
    assert "日本語" in text
    assert '": ' not in text.replace("Ümläut", "")


def test_numbers_are_written_as_the_original_writes_them(api: Api) -> None:
    text = api.get("/2.3.0/spacecraft_configurations/9201/").content.decode()
    assert '"height":8.0,"diameter":1.25e-07,' in text
    assert '"crew_capacity":4,' in text


@pytest.mark.parametrize("accept", ["application/json", "*/*", ""])
def test_programs_get_json(api: Api, accept: str) -> None:
    answer = api.get("/2.3.0/spacecraft/", accept=accept)
    assert answer["Content-Type"] == "application/json"


def test_browsers_get_the_page(api: Api) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = api.get("/2.3.0/spacecraft/", accept=accept)
    assert answer["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["spacecraft/", "spacecraft/25/", "config/countries/", "spacecraft/0/"])
def test_the_headers_of_the_seeds(api: Api, path: str) -> None:
    answer = api.get(f"/2.3.0/{path}")
    assert answer["Allow"] == "GET"
    assert answer["Vary"] == "Accept"
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["spacecraft/", "spacecraft/25/", "spacecraft/999999/", "", "nowhere/"])
def test_head_answers_as_get_without_a_body(api: Api, path: str) -> None:
    get = api.get(f"/2.3.0/{path}")
    head = api.client.head(f"/2.3.0/{path}", headers={"accept": "application/json"})
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head["Content-Type"] == get["Content-Type"]


def test_options_describes_the_endpoint(api: Api) -> None:
    answer = api.client.options("/2.3.0/spacecraft/", headers={"accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["name"] == "Spacecraft"
    assert answer["Allow"] == "GET"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_writing_is_refused_with_drfs_sentence(api: Api, method: str) -> None:
    answer = getattr(api.client, method)("/2.3.0/spacecraft/", headers={"accept": "application/json"})
    assert answer.status_code == 405
    assert answer.json() == {"detail": f'Method "{method.upper()}" not allowed.'}


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_a_record_that_is_not_there_is_404_with_detail(api: Api, path: str) -> None:
    for key in ("0", "999999", "-1", "abc", "1.5", "99999999999999999999", "%00", "1%00"):
        answer = api.get(f"/2.3.0/{path}/{key}/")
        assert answer.status_code == 404, key
        assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize("path", ["/2.3.0/spacecraft", "/2.3.0/spacecraft/25", "/2.3.0"])
@pytest.mark.parametrize("query", ["", "?mode=detailed&limit=3"])
def test_a_path_without_its_slash_is_redirected_to_it(api: Api, path: str, query: str) -> None:
    answer = api.get(f"{path}{query}")
    assert answer.status_code == 301
    assert answer["Location"] == f"{path}/{query}"


def test_an_unknown_mode_and_a_mode_where_there_is_none_fall_back(api: Api) -> None:
    assert api.json("spacecraft", mode="list") == api.json("spacecraft") | {
        "next": "http://testserver/2.3.0/spacecraft/?limit=10&mode=list&offset=10"
    }
    assert api.json("config/countries", mode="detailed")["results"]
    assert api.json("spacecraft", mode="detailed?limit=3")["results"][0]["response_mode"] == "normal"


def test_a_record_is_detailed_whatever_mode_is_asked(api: Api) -> None:
    assert api.json("agencies/9001", mode="list")["response_mode"] == "detailed"


def test_an_unknown_format_is_not_found(api: Api) -> None:
    for query in ("format=xml", "format=", "format=json%00"):
        answer = api.get(f"/2.3.0/spacecraft/?{query}")
        assert answer.status_code in (200, 404)
    assert api.get("/2.3.0/spacecraft/?format=xml").json() == {"detail": "Not found."}


def test_the_root_lists_what_there_is(api: Api) -> None:
    root = api.get("/2.3.0/?format=json").json()
    assert list(root) == [*RESOURCES, *ENDPOINTS, "api-throttle"]
    for path, url in root.items():
        assert url == f"http://testserver/2.3.0/{path}/?format=json"


def test_a_preflight_is_answered(api: Api) -> None:
    answer = api.client.options(
        "/2.3.0/spacecraft/",
        headers={
            "origin": "https://app.example",
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization",
        },
    )
    assert answer.status_code in (200, 204)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer["Access-Control-Allow-Methods"]
    assert "authorization" in answer["Access-Control-Allow-Headers"].lower()


def test_a_host_that_is_not_allowed_is_told_how_it_would_be() -> None:
    answer = Client().get("/2.3.0/spacecraft/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "COSMODROME_ALLOWED_HOSTS" in answer.json()["detail"]
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_what_lists_no_table_answers_one_object(api: Api) -> None:
    """The original's document says an array of one; its clients read an object."""
    assert list(api.json("api-throttle")) == [
        "your_request_limit", "limit_frequency_secs", "current_use", "next_use_secs", "ident",
    ]  # fmt: skip
    for path, endpoint in ENDPOINTS.items():
        for mode in endpoint.modes:
            assert api.json(path, mode=mode)["response_mode"] == mode
