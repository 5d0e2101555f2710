"""Queries with raw UTF-8 in them, as `curl -g` sends them: links, redirects and pages carry them right."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.handlers.wsgi import WSGIHandler

from conftest import FirstStart
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.server.wsgi import encoded_query, with_encoded_query
from servers import PATIENCE, path_of, serving
from wsgi import Answer, ask, new_cache

WORD = "αιθ日é"
RAW = WORD.encode().decode("latin-1")
"""As WSGI has it: a character for each byte."""
COUNT = 7


@pytest.fixture(params=["cached", "not cached"])
def application(request: pytest.FixtureRequest, kept: Any, one_connection: None) -> Any:
    del kept, one_connection
    for number in range(COUNT):
        Agency.objects.create(name=f"{WORD} {number}", type_id=3)
    django = WSGIHandler()
    return with_encoded_query(new_cache(django) if request.param == "cached" else django)


def followed(application: Any, target: str, link: str = "next") -> list[str]:
    """The names that a client reads that follows the links to the end."""
    names = []
    while target:
        answer = ask(application, target)
        assert answer.status == 200
        body = json.loads(answer.body)
        names += [record["name"] for record in body["results"]]
        target = path_of(body[link]) if body[link] else ""
    return names


@pytest.mark.parametrize("query", [f"search={RAW}", f"name__contains={RAW}", f"x={RAW}&search={RAW}"])
@pytest.mark.parametrize(
    "more",
    ["", *(pytest.param(more, marks=pytest.mark.slow) for more in ("&at=2026-04-30", "&fields=name"))],
)
def test_every_page_is_of_the_same_search(application: Any, query: str, more: str) -> None:
    names = followed(application, f"/2.3.0/agencies/?limit=3&{query}{more}")
    assert names == [f"{WORD} {number}" for number in range(COUNT)]
    backwards = followed(application, f"/2.3.0/agencies/?limit=3&offset=6&{query}{more}", "previous")
    assert sorted(backwards) == names


def location(answer: Answer) -> str:
    assert answer.status in (301, 302)
    return answer.headers["location"]


def test_a_path_without_its_slash_is_redirected_to_the_same_search(application: Any) -> None:
    target = location(ask(application, f"/2.3.0/agencies?search={RAW}&limit=3"))
    assert parse_qs(urlsplit(target).query)["search"] == [WORD]
    assert len(followed(application, target)) == COUNT
    form = f"/2.3.0/agencies/?format=api&name=&search={RAW}"
    assert parse_qs(urlsplit(location(ask(application, form, accept="text/html"))).query)["search"] == [WORD]


def test_the_page_shows_the_request_and_links_to_it(application: Any) -> None:
    encoded = encoded_query(RAW)
    page = ask(application, f"/2.3.0/agencies/?search={RAW}&limit=3", accept="text/html").body.decode()
    assert f"<b>GET</b> /2.3.0/agencies/?search={encoded}&amp;limit=3" in page
    assert f'value="{WORD}"' in page
    assert f"search={encoded}&amp;limit=3" in page or f"limit=3&amp;search={encoded}" in page
    assert RAW not in page
    assert "%C3%8E" not in page, "the first byte of it, encoded for itself"


@pytest.mark.parametrize(
    ("query", "encoded"),
    [
        ("search=abc&x=%C3%A9+%2B", "search=abc&x=%C3%A9+%2B"),
        (f"search={RAW}&limit=3", "search=%CE%B1%CE%B9%CE%B8%E6%97%A5%C3%A9&limit=3"),
        ("search=\xe9", "search=%C3%A9"),
        ("search=\xff\xfe", "search=%C3%BF%C3%BE"),
        ("search=日", "search=%E6%97%A5"),
    ],
    ids=["encoded already", "UTF-8", "Latin-1", "neither", "no WSGI"],
)
def test_queries_are_encoded_as_utf8(query: str, encoded: str) -> None:
    assert encoded_query(query) == encoded


@pytest.mark.parametrize("query", ["search=\xe9", "search=%E9", "search=%FF", "search=\xff", "search=%E6%97"])
def test_what_is_not_utf8_is_answered_and_leads_to_the_same(application: Any, query: str) -> None:
    Agency.objects.bulk_create([Agency(name=f"é \ufffd ÿ {number}", type_id=3) for number in range(COUNT)])
    body = json.loads(ask(application, f"/2.3.0/agencies/?limit=3&{query}").body)
    assert body["count"] >= COUNT
    assert len(followed(application, f"/2.3.0/agencies/?limit=3&{query}")) == body["count"]


@pytest.mark.slow
def test_a_server_carries_raw_utf8_from_page_to_page(tmp_path: Path, first_start: FirstStart) -> None:
    """With the bytes on the wire that no library would send."""
    folder = Path(shutil.copytree(first_start.folder, tmp_path / "data"))
    with serving(folder, "--workers", "1") as server:
        target, found = "/2.3.0/spacecraft/?limit=1&x=é日&search=o", []
        while target:
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
                request = f"GET {target} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"
                connection.sendall(request.encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            body = json.loads(answer.partition(b"\r\n\r\n")[2])
            found += body["results"]
            assert body["next"] is None or "x=%C3%A9%E6%97%A5" in body["next"]
            target = path_of(body["next"]) if body["next"] else ""
        assert len(found) == body["count"] > 1
