"""The pages beside the API, errors, and what holds for every answer: CORS and hosts."""

from __future__ import annotations

import json
import re
import struct
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import clear_script_prefix, reverse, set_script_prefix

from cosmodrome.catalogue.spacecraft import SpacecraftResource
from cosmodrome.rendering.encoding import encoded_path
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.web.views import COUNTED_RESOURCES

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def quiet() -> Client:
    """A client that gets the answer where Django's own would get the exception."""
    return Client(raise_request_exception=False)


def test_the_home_page_says_what_this_is_and_how_much_there_is(client: Client, db: None) -> None:
    page = client.get("/", headers={"Host": "localhost:8000"}).content.decode()
    assert "speaks the Launch Library 2.3.0 API" in page
    for path in COUNTED_RESOURCES:
        count = RESOURCES[path].rows().count()
        assert f'<a href="/2.3.0/{path}/"><b>{count}</b>' in page
    for name in ("api-root", "schema", "swagger", "redoc", "documentation"):
        assert f'href="{reverse(name)}"' in page
    shown = unescape(re.sub("<[^>]*>", "", page))
    assert "curl 'http://localhost:8000/2.3.0/spacecraft/?limit=2&mode=detailed'" in shown


@pytest.mark.parametrize("path", ["/", "/docs/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_the_pages_are_for_reading(client: Client, path: str, method: str) -> None:
    answer = client.generic(method, path)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


EVERYWHERE = [
    *(
        "/",
        "/docs/",
        "/docs",
        "/nope",
        "/nope/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/static/cosmodrome/mark.svg",
    ),
    *(
        "/static/nope.css",
        "/admin/",
        "/admin",
        "/admin/login/",
        "/admin/catalogue/agency/",
        "/2.2.0/launches/",
    ),
    *(f"/2.3.0/{path}" for path in ("", "nope/", "schema/", "swagger/", "redoc/", "api-throttle/")),
    *(f"/2.3.0/{path}/" for path in ENDPOINTS),
    *(f"/2.3.0/{path}/{key}" for path in RESOURCES for key in ("", "1/", "1/timeline/")),
]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW"])
@pytest.mark.parametrize("accept", ["*/*", BROWSER])
def test_methods_that_nobody_knows_are_refused_at_every_path(
    client: Client, method: str, accept: str
) -> None:
    for path in EVERYWHERE:
        answer = client.generic(method, path, headers={"Accept": accept})
        assert answer.status_code == 405, path
        assert "GET" in answer["Allow"].split(", ")
        assert method in answer.content.decode() or path in ("/healthz", "/readyz", "/metrics")


@pytest.mark.usefixtures("brief_document")
@pytest.mark.parametrize("method", ["GET", "POST", pytest.param("OPTIONS", marks=pytest.mark.slow)])
def test_every_page_of_html_has_a_policy_that_lets_no_foreign_script_run(
    client: Client, method: str, db: None
) -> None:
    pages = 0
    for path in EVERYWHERE if method == "OPTIONS" else EVERYWHERE[:-150]:
        answer = client.generic(method, path, headers={"Accept": BROWSER})
        page = answer.getvalue().decode(errors="replace")  # files are closed when they have been read
        if answer.headers.get("Content-Type", "").startswith("text/html") and page:
            policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
            assert policy["default-src"] == "'none'", path
            assert policy["script-src"] == "'self'", path
            assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", path
            assert ("unsafe-inline" in policy["style-src"]) == (
                path == "/2.3.0/redoc/" and method == "GET"
            ), path
            assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|javascript:", page), path
            assert path == "/2.3.0/redoc/" or not re.search(r"<style|\sstyle=", page), path
            pages += 1
    assert pages > 10


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_admin_takes_no_method_for_get(client: Client, method: str) -> None:
    answer = client.generic(method, "/admin/login/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "image/png", "text/html;q=0.1, */*"])
def test_programs_are_told_in_json_that_there_is_no_such_path(client: Client, accept: str) -> None:
    answer = client.get("/nope/", headers={"Accept": accept} if accept else {})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
    assert answer["Vary"] == "Accept"
    assert answer.content == b'{"detail":"Not found."}'


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/nope/", "/2.3.0/"),
        ("/2.3.0/launchs/", "/2.3.0/launches/"),
        ("/2.2.0/agency/121/", "/2.3.0/agencies/121/"),
        ("/2.2.0/agency/1%3F%22/", "/2.3.0/agencies/1%3F%22/"),
        ("/docs/setings/", "/docs/settings/"),
        ("/docs/time-travl.md/", "/docs/time-travel/"),
        ("/docs/xyzzy/", "/2.3.0/"),
    ],
)
def test_a_page_about_a_wrong_path_has_ways_on(client: Client, path: str, first: str) -> None:
    page = client.get(path, headers={"Accept": BROWSER}).content.decode()
    onward = page.partition('<nav class="onward"')[2].partition("</nav>")[0]
    ways = re.findall('href="([^"]+)"', onward)
    assert ways[0] == first
    assert ways[-3:] == ["/2.3.0/", "/docs/", "/"]
    assert "Not found." in onward


@pytest.mark.parametrize("path", ["/", "/2.3.0/", "/nope/"])
def test_people_are_shown_a_page_about_a_host_that_is_not_ours(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Host": "<b>.other.example", "Accept": BROWSER})
    assert (answer.status_code, answer["Vary"]) == (400, "Accept")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "&lt;b&gt;.other" in answer.content.decode()
    answer = client.get(path, headers={"Host": "other.example", "Accept": BROWSER})
    page = answer.content.decode()
    assert "set COSMODROME_ALLOWED_HOSTS=other.example" in page
    assert "href" not in page, "the host does not answer"


def test_browsers_find_an_icon_and_keep_it(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/vnd.microsoft.icon")
    assert answer["Cache-Control"] == "public, max-age=2592000"
    kind, images, width, height, size, start = struct.unpack("<2xHHBB6xII", answer.content[:22])
    assert (kind, images, width, height, start + size) == (1, 1, 32, 32, len(answer.content))
    assert answer.content[22:].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("public", "prefix"), [("/", "/"), ("/library/", "/library/"), ("/äther/", "/%C3%A4ther/")]
)
def test_crawlers_are_kept_from_the_admin_and_from_parameters(
    client: Client, public: str, prefix: str
) -> None:
    set_script_prefix(public)
    try:
        answer = client.get("/robots.txt")
    finally:
        set_script_prefix("/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert answer.content.decode().splitlines() == [
        "User-agent: *",
        f"Allow: {prefix}docs/",
        f"Disallow: {prefix}admin/",
        f"Disallow: {prefix}*?",
    ]


def test_paths_are_encoded_as_django_encodes_them() -> None:
    prefix = f"/{''.join(map(chr, range(1, 127)))}ä/"
    set_script_prefix(prefix)
    try:
        assert reverse("home") == encoded_path(prefix)
    finally:
        clear_script_prefix()


def test_the_openapi_link_of_every_page_leads_to_swagger(client: Client, db: None) -> None:
    page = client.get("/2.3.0/", headers={"Accept": BROWSER}).content.decode()
    assert '<a href="/2.3.0/swagger/">OpenAPI</a>' in page
    assert 'href="/2.3.0/schema/"' not in page


def test_swagger_and_redoc_lead_to_the_schema_and_back(client: Client) -> None:
    for name in ("swagger", "redoc"):
        page = client.get(reverse(name)).content.decode()
        assert 'href="/2.3.0/schema/"' in page
        assert 'href="/"' in page


def test_people_are_shown_a_page_that_says_so(client: Client) -> None:
    answer = client.get("/nope/?a=%3Cb%3E", headers={"Accept": BROWSER})
    page = answer.content.decode()
    assert answer.status_code == 404
    assert answer["Vary"] == "Accept"
    assert "HTTP 404 Not Found" in page
    assert "/nope/?a=%3Cb%3E" in page
    assert "Not found." in page
    as_json = client.get("/nope/?a=1&format=json", headers={"Accept": BROWSER})
    assert as_json["Content-Type"] == "application/json"


@pytest.mark.parametrize("accept", ["text/html; a*=foo'bar'baz", ";;;", "text/html;q=\xff"])
def test_an_accept_header_that_makes_no_sense_does_no_harm(client: Client, accept: str) -> None:
    assert client.get("/nope/", HTTP_ACCEPT=accept).status_code == 404


@pytest.mark.parametrize("accept", [BROWSER, "*/*"])
def test_a_request_that_django_refuses_is_a_400(quiet: Client, accept: str) -> None:
    parameters = "&".join(f"a{number}=1" for number in range(1500))
    answer = quiet.get(f"/2.3.0/spacecraft/?{parameters}", headers={"Accept": accept})
    assert answer.status_code == 400
    assert b"A request may have 1,000 parameters at most." in answer.content
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("accept", [BROWSER, "*/*"])
def test_our_mistake_is_admitted_without_details_or_database(
    quiet: Client, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    def broken(self: Any) -> Any:
        raise RuntimeError("the details")

    monkeypatch.setattr(SpacecraftResource, "get_queryset", broken)
    answer = quiet.get("/2.3.0/spacecraft/", headers={"Accept": accept})
    assert answer.status_code == 500
    assert b"Something went wrong on this server." in answer.content
    assert b"details" not in answer.content.replace(b"<details", b"")
    assert answer["Access-Control-Allow-Origin"] == "*"
    if accept == "*/*":
        assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/2.3.0/spacecraft/", "GET", 200),
        ("/2.3.0/spacecraft/", "HEAD", 200),
        ("/2.3.0/spacecraft/", "OPTIONS", 200),
        ("/2.3.0/spacecraft/?in_space=ture", "GET", 400),
        ("/2.3.0/spacecraft/0/", "GET", 404),
        ("/nope/", "GET", 404),
        ("/static/nope.css", "GET", 404),
        ("/2.3.0/spacecraft/", "POST", 405),
        ("/", "POST", 405),
        ("/2.3.0/spacecraft", "GET", 301),
        ("/static/cosmodrome/cosmodrome.css", "GET", 200),
    ],
)
def test_scripts_of_any_site_may_read_any_answer(
    client: Client, db: None, path: str, method: str, status: int
) -> None:
    answer = client.generic(method, path, headers={"Origin": "https://elsewhere.example"})
    answer.close()
    assert answer.status_code == status
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Expose-Headers"] == (
        "Age, ETag, Retry-After, X-As-Of, X-Data-Version, X-Ignored-Parameters"
    )
    assert "origin" not in answer.get("Vary", "").lower()
    if path.startswith("/2.3.0/") and status != 301:
        assert answer["Vary"] == "Accept"


@pytest.mark.parametrize("path", ["/2.3.0/spacecraft/", "/nope/", "/"])
def test_a_browser_that_asks_first_is_told_yes(client: Client, path: str) -> None:
    answer = client.options(
        path,
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert answer["Access-Control-Allow-Headers"].startswith("Authorization, Content-Type")
    assert int(answer["Access-Control-Max-Age"]) > 0
    assert not answer.has_header("Vary")
    assert not answer.has_header("Content-Type")


def test_options_alone_tells_what_the_api_takes(client: Client) -> None:
    answer = client.options("/2.3.0/spacecraft/")
    assert answer.json()["name"] == "Spacecraft"
    assert answer["Allow"] == "GET"


@pytest.mark.parametrize("path", ["/", "/nope/", "/2.3.0/", "/static/cosmodrome/cosmodrome.css"])
def test_a_host_that_is_not_ours_is_refused_in_a_sentence(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Host": "Other.Example:80"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json() == {
        "detail": "This server does not answer for the host other.example. To let it, set "
        "COSMODROME_ALLOWED_HOSTS=other.example (several names with commas between) and start "
        "the server again."
    }


@pytest.mark.parametrize(
    "host",
    [
        "a b",
        "<script>",
        "a" * 5000,
        "a,b",
        "[::",
        "[x]:1",
        "localhost:port",
        "\xff\x01",
        "@",
        "a/b",
        "\ud800",
        "",
    ],
)
def test_a_host_that_is_no_host_is_refused_in_one_too(client: Client, host: str) -> None:
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    detail = json.loads(answer.content)["detail"]
    assert "host" in detail
    assert len(detail) < 500
    assert detail.isprintable()
