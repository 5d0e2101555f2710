"""The browsable page: what it says, that its links lead somewhere, and that its form works."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import set_script_prefix

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.config import AgencyType, SpacecraftConfigType, SpacecraftStatus
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.images import Image, ImageLicense
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig
from cosmodrome.resources.records import Records
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.selections.filtersets import filterset_of
from cosmodrome.resources.subresources import SUBRESOURCES, Subresource
from cosmodrome.web.forms import comparison_names
from cosmodrome.web.markup import ROOM, json_as_html, shown_json
from cosmodrome.web.renderer import BrowsablePage
from servers import environment
from worlds import invented

SITE = "http://testserver"
SETTINGS_MODULE = "cosmodrome.server.settings"
LIST = "/2.3.0/spacecraft/"
HOSTILE = 'Evil "><script>alert(1)</script> \\" & javascript:alert(2)'

SEED = [
    "Modes",
    "Levels of detail in the response - normal, detailed",
    "Example - /spacecraft/?mode=detailed",
    "Filters",
    "Parameters - in_space, is_placeholder, name, spacecraft_config, status",
    "Example - /spacecraft/?is_placeholder=True",
    "Fields searched - name, spacecraft_config__name",
    "Example - /spacecraft/?search=Endeavour",
    "Ordering",
    "Fields - flights_count, id, mission_ends_count, time_docked, time_in_space",
    "Example - /spacecraft/?ordering=-flights_count",
    "Number of results",
    "Use limit to control the number of objects in the response (max 100)",
    "Example - /spacecraft/?limit=2",
    "Format",
    "Switch to JSON output - /spacecraft/?format=json",
    "Help",
    "Find all the FAQs and support links on the documentation homepage - cosmodrome/docs",
    "GET /2.3.0/spacecraft/?format=api&offset=3&ordering=-time_in_space&limit=2",
    "HTTP 200 OK",
    "Allow: GET",
    "Content-Type: application/json",
    "Vary: Accept",
    '{ "count": 13,',
    '"results": [ { "response_mode": "normal", "id": 70010,',
]
"""The original's page, line by line; its documentation is elsewhere, and our help has a heading more."""


class Reader(HTMLParser):
    """What a browser makes of a page, as far as these tests look."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.pre: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.fields: dict[str, str] = {}
        self.options: dict[str, dict[str, str]] = {}
        self.types: dict[str, str] = {}
        self.kept: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.selecting = ""
        self.option = ""
        self.given = 0
        """How many elements are open around the answer, while its own is."""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        self.tags.append((tag, have))
        if tag not in ("input", "meta", "link", "img", "wbr"):
            self.open.append(tag)
        if tag == "pre" or have.get("class") == "given":
            self.pre.append("")
            self.given = len(self.open)
        if tag == "input" and have["type"] == "hidden":
            self.kept.append((have["name"], have["value"]))
        elif tag == "input":
            self.fields[have["name"]] = have["value"]
            self.types[have["name"]] = have["type"]
        elif tag == "select":
            self.selecting = have["name"]
            self.options[self.selecting] = {}
        elif tag == "option":
            self.option = have["value"]
            self.options[self.selecting][self.option] = ""
            if "selected" in have or self.selecting not in self.fields:
                self.fields[self.selecting] = self.option

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "summary" and self.given:
            self.pre[-1] += "\n"  # what is a block of its own ends the line
        self.given = self.given if len(self.open) >= self.given else 0

    def handle_data(self, data: str) -> None:
        if "option" in self.open:
            self.options[self.selecting][self.option] += data
            return
        self.words.append(data)
        if self.given:
            self.pre[-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    @property
    def json(self) -> Any:
        return json.loads(self.pre[-1].split("\n\n", 1)[1])

    def hrefs(self) -> list[str]:
        return [have["href"] for tag, have in self.tags if tag == "a"]

    def submitted(self, **filled: str) -> str:
        """The query that a browser sends when some inputs are filled in and the rest is left."""
        assert set(filled) <= set(self.fields)
        return urlencode([*self.kept, *{**self.fields, **filled}.items()])


@pytest.fixture(autouse=True)
def catalogue(db: None) -> None:
    """Thirteen craft of our own, whatever else there is; the last has a name with a purpose."""
    SpacecraftFlight.objects.all().delete()
    Spacecraft.objects.all().delete()
    kind = AgencyType.objects.create(id=70001, name="Private")
    agency = Agency.objects.create(id=70001, name="Zarya Works", abbrev="ZW", type=kind)
    example = {"name": "SpaceX", "abbrev": "SpX", "type": kind}
    Agency.objects.get_or_create(id=121, defaults=example)  # which a help page asks for
    licence = ImageLicense.objects.create(id=70001, name="Unknown")
    image = Image.objects.create(
        id=70001,
        name=HOSTILE,
        image_url="javascript:alert(3)",
        thumbnail_url="https://images.example.org/a.png?b=1&c=%22%3E",
        license=licence,
    )
    config = SpacecraftConfig.objects.create(
        id=70001,
        name="Zarya",
        type=SpacecraftConfigType.objects.create(id=70001, name="Pod"),
        agency=agency,
        image=image,
    )
    status = SpacecraftStatus.objects.create(id=70001, name="Single Use")
    for number in range(1, 14):
        Spacecraft.objects.create(
            id=70000 + number,
            name=HOSTILE if number == 13 else f"Zarya {number}",
            description="Read https://example.org/zarya, then «Ωμέγα» 宇宙船.",
            status=status,
            spacecraft_config=config,
            image=image,
            flights_count=number,
            time_in_space=timedelta(hours=number),
        )


@pytest.fixture
def browser() -> Client:
    return Client(headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})


def read(browser: Client, path: str, status: int = 200) -> Reader:
    answer = browser.get(path)
    assert answer.status_code == status, path
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    return Reader(answer.content.decode())


def test_the_page_reads_like_the_original(browser: Client) -> None:
    page = read(browser, f"{LIST}?format=api&offset=3&ordering=-time_in_space&limit=2")
    place = 0
    for line in SEED:
        found = page.text.find(line, place)
        assert found >= 0, f"{line!r} is not in its place"
        place = found + len(line)


@pytest.mark.parametrize("path", ["", "70013/", "?mode=detailed&limit=100", "?in_space=ture"])
def test_the_json_shown_is_the_json_answered(browser: Client, path: str) -> None:
    shown = read(browser, LIST + path, 400 if "ture" in path else 200)
    answered = Client().get(LIST + path)
    assert shown.json == answered.json()
    assert answered.content.decode() == json.dumps(shown.json, ensure_ascii=False, separators=(",", ":"))
    indented = json.dumps(shown.json, ensure_ascii=False, indent="\t")
    assert shown.pre[-1].split("\n\n", 1)[1] == indented


def hostile_data() -> dict[str, Any]:
    """Data that no page has room for, each in another way."""
    record = {"id": 1, "name": "a", "url": f"{SITE}/1/", "text": "b" * 300, "empty": [], "none": None}
    nested: Any = record
    for _ in range(60):
        nested = {**record, "next": nested, "list": [record] * 3}
    return {
        "many records": {"count": 100, "results": [{**record, "of": [record] * 90} for _ in range(100)]},
        "one record that is large": {**record, "of": [{**record, "of": [record] * 20}] * 500},
        "nested deeply": nested,
        "one text": {"a": '<&>"é' * 100_000},
        "one text alone": "<&>" * 100_000,
        "numbers": [1.5e300] * 50_000,
        "keys": {f"<{number}>": number for number in range(20_000)},
        "urls": [f"{SITE}/?{'&' * 80}"] * 10_000,
        "empty objects": [{}] * 50_000,
    }


@pytest.mark.parametrize("kind", hostile_data())
def test_what_has_no_room_on_a_page_is_left_out_and_marked(kind: str) -> None:
    shown = shown_json(hostile_data()[kind])
    assert shown.is_cut
    assert len(shown.html.encode()) < ROOM * 1.02
    text = Reader(f'<div class="given">\n\n{shown.html}</div>')
    assert "…" in text.text
    with pytest.raises(json.JSONDecodeError):
        text.json  # noqa: B018 - reading it fails


def test_small_answers_stand_open_and_of_large_ones_what_records_nest_is_folded() -> None:
    record = {"id": 1, "status": {"id": 2, "name": "Go <b>"}, "updates": [{"id": 3}] * 3}
    small = shown_json({"count": 1, "results": [record]}).html
    assert small.count("<details open>") == small.count("<details") == 7
    large = shown_json({"count": 99, "results": [record] * 99})
    assert not large.is_cut
    assert large.html.count("<details open>") == 1 + 99
    assert '<details><summary data-is="} Go &lt;b&gt;">' in large.html
    assert '<details><summary data-is="] 3">' in large.html


@pytest.mark.parametrize("query", ["", "&at=2021-01-01", "&fields=id,name"])
def test_records_that_a_page_has_no_room_for_are_not_even_rendered(
    browser: Client, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BrowsablePage, "enough_bytes", 1)
    asked: list[int] = []
    rendered = Records.rendered

    def counted(self: Records, shape: Any, ids: Any) -> list[bytes]:
        asked.extend(ids)
        return rendered(self, shape, ids)

    monkeypatch.setattr(Records, "rendered", counted)
    page = read(browser, f"{LIST}?limit=7&offset=2{query}")
    assert len(asked) == len(page.json["results"]) == 1
    assert "This page has room for 1 of these 7 records. All of it is there as JSON." in page.text
    assert "records 3 to 9 of 13" in page.text
    assert len(Client().get(f"{LIST}?limit=7&offset=2{query}").json()["results"]) == 7


def test_a_page_renders_as_many_records_as_it_has_room_for(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(Client().get(f"{LIST}70001/").content)
    monkeypatch.setattr(BrowsablePage, "enough_bytes", 5 * size)
    page = read(browser, f"{LIST}?limit=100")
    assert 4 <= len(page.json["results"]) <= 8
    assert (
        page.json["results"]
        == Client().get(f"{LIST}?limit=100").json()["results"][: len(page.json["results"])]
    )


def test_a_form_has_room_for_so_many_records(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {name: len(options) - 1 for name, options in read(browser, "/2.3.0/launches/").options.items()}
    first, second = sorted(name for name in ("pad", "program", "pad__location") if whole.get(name, 0) > 1)[:2]
    monkeypatch.setattr("cosmodrome.web.forms.MOST_OPTIONS", whole[first] + 2 * 3 + 1)
    page = read(browser, "/2.3.0/launches/")
    assert first in page.options
    assert page.types[second] == "number"


@pytest.mark.slow
def test_every_page_is_small_whatever_the_list_and_the_catalogue(client: Client) -> None:
    with invented(120):
        for path in (*RESOURCES, *ENDPOINTS):
            for query in ("mode=detailed&limit=100", "limit=100", "mode=detailed&at=2024-01-01T00:00:00Z"):
                answer = client.get(f"/2.3.0/{path}/?{query}&format=api")
                assert answer.status_code == 200
                assert len(answer.content) < 300_000, (path, query)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs/",
        "/2.3.0/",
        LIST,
        f"{LIST}?format=api&limit=3&offset=6&ordering=name",
        f"{LIST}70001/",
        f"{LIST}?format=api&in_space=ture",
        "/2.3.0/agencies/",
        "/2.3.0/agencies/70001/?format=api",
        "/2.3.0/config/agency_types/",
    ],
)
def test_every_link_of_ours_leads_somewhere(browser: Client, path: str) -> None:
    page = Reader(browser.get(path).content.decode())
    ours = {urljoin(SITE + path, href) for href in page.hrefs()}
    assets = {urljoin(SITE, have["href"]) for tag, have in page.tags if tag == "link"}
    for address in sorted(ours | assets):
        if address.startswith(SITE):
            parts = urlsplit(address)
            answer = browser.get(f"{parts.path}?{parts.query}".rstrip("?"))
            expected = 400 if parts.query and "ture" in parts.query else 200
            assert answer.status_code == expected, address
            answer.getvalue()  # files are closed when they have been read


@pytest.mark.every
@pytest.mark.parametrize("path", list(RESOURCES))
def test_every_resource_has_a_page_and_its_examples_work(browser: Client, path: str) -> None:
    page = read(browser, f"/2.3.0/{path}/")
    examples = [href for href in page.hrefs() if href.startswith("./?")]
    assert examples[-1] == "./?format=json"
    for example in examples:
        answer = browser.get(f"/2.3.0/{path}/{example[2:]}")
        if (
            answer.status_code == 400
        ):  # the original's example names a record that need not be in this catalogue
            assert "is not one of the available choices" in answer.content.decode(), example
        else:
            assert answer.status_code == 200, example


def test_help_about_lists_is_on_lists_alone(browser: Client) -> None:
    assert "How to ask" in read(browser, LIST).text
    page = read(browser, f"{LIST}70001/")
    assert "How to ask" not in page.text
    assert not page.options


def test_a_records_page_leads_to_all_that_there_is_about_it(browser: Client) -> None:
    """Whatever the resource: to its subresources, and to their calendars."""
    read(browser, LIST)
    assert SUBRESOURCES, "routes are made with the first request"
    rows = {resource: row for resource in SUBRESOURCES if (row := resource.rows().first())}
    assert len(rows) > len(SUBRESOURCES) / 2
    for resource, row in rows.items():
        below = SUBRESOURCES[resource]
        address = f"/2.3.0/{resource.path}/{row.pk}/"
        hrefs = read(browser, address).hrefs()
        for each in below:
            formats = [one.format for one in each.renderer_classes if one not in Subresource.renderer_classes]
            for href in (
                f"{address}{each.path}/",
                *(f"{address}{each.path}/?format={one}" for one in formats),
            ):
                assert href in hrefs
                assert browser.get(href).status_code == 200
        assert not [href for href in read(browser, f"/2.3.0/{resource.path}/").hrefs() if "timeline" in href]


def test_what_a_record_says_never_runs(browser: Client) -> None:
    answer = browser.get(f"{LIST}70013/")
    page = Reader(answer.content.decode())
    assert page.json["name"] == page.json["image"]["name"] == HOSTILE
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not [href for href in page.hrefs() if "javascript" in href]
    assert not [name for _, have in page.tags for name in have if name.startswith("on")]
    assert "https://images.example.org/a.png?b=1&c=%22%3E" in page.hrefs()


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("https://example.org/", "https://example.org/"),
        ("HTTP://example.org", "HTTP://example.org"),
        ('http://example.org/"onclick="x', 'http://example.org/"onclick="x'),
        ("http://example.org/\\a<b>&amp;", "http://example.org/\\a<b>&amp;"),
        ("javascript:alert(1)", None),
        ("javascript:alert('https://example.org')", None),
        ("data:text/html,https://example.org", None),
        ("see https://example.org", None),
        ("https://example.org is it", None),
        ("https://", None),
        ("", None),
    ],
)
def test_a_string_that_is_an_address_is_a_link_and_no_other(text: str, href: str | None) -> None:
    page = Reader(json_as_html({"a": text, text: 1}))
    assert page.hrefs() == ([] if href is None else [href])
    assert json.loads("".join(page.words)) == {"a": text, text: 1}


def test_a_page_comes_out_whatever_the_data() -> None:
    odd = {1: float("nan"), (2,): 3, "a": object(), "b": {4}, "c": "\ud800\u2028\x00", None: b"x"}
    assert "NaN" in json_as_html(odd)
    assert json_as_html(None) == ""
    assert json_as_html([]) == "[]"
    assert json_as_html("<b>") == '<i>"&lt;b&gt;"</i>'


@pytest.mark.parametrize(
    ("query", "place", "previous", "following"),
    [
        ("", "records 1 to 10 of 13", None, {"limit": ["10"], "offset": ["10"]}),
        ("?offset=10", "records 11 to 13 of 13", {"limit": ["10"]}, None),
        ("?offset=90", "none here, 13 in all", {"limit": ["10"], "offset": ["80"]}, None),
        ("?name=none", "no records", None, None),
    ],
)
def test_the_pager_says_where_one_is(
    browser: Client, query: str, place: str, previous: Any, following: Any
) -> None:
    page = read(browser, LIST + query)
    assert page.text.count(place) == 2
    leads = {have["rel"]: have["href"] for tag, have in page.tags if have.get("rel") in ("prev", "next")}
    found = {rel: parse_qs(urlsplit(href).query) for rel, href in leads.items()}
    assert found == {k: v for k, v in (("prev", previous), ("next", following)) if v}


def test_the_same_is_offered_as_json_and_for_curl(browser: Client) -> None:
    page = read(browser, f"{LIST}?format=api&search=it's+%26c")
    curl = shlex.split(re.search(r"curl '.*?'(?= )", page.text)[0])  # type: ignore[index] # a match, else the test fails
    assert curl[0] == "curl"
    assert len(curl) == 2
    assert curl[1] in page.hrefs()
    assert parse_qs(urlsplit(curl[1]).query) == {"format": ["json"], "search": ["it's &c"]}
    assert Client().get(curl[1].removeprefix(SITE))["Content-Type"] == "application/json"


@pytest.fixture
def crumbs() -> Any:
    def between(page: str) -> list[str]:
        trail = page.split('class="crumbs"')[1].split("</nav>")[0]
        return [html.unescape(text) for text in re.findall(r">([^<>\n]+)</a>", trail)]

    return between


@pytest.mark.parametrize(
    ("path", "trail"),
    [
        ("/2.3.0/", ["2.3.0"]),
        (LIST, ["2.3.0", "spacecraft"]),
        (f"{LIST}70001/", ["2.3.0", "spacecraft", "70001"]),
        ("/2.3.0/config/agency_types/70001/", ["2.3.0", "config/agency_types", "70001"]),
        (f"{LIST}%3Cb%3E/", ["2.3.0", "spacecraft", "<b>"]),
        (f"{LIST}a%3Fb/", ["2.3.0", "spacecraft", "a?b"]),
    ],
)
def test_crumbs_lead_back(browser: Client, crumbs: Any, path: str, trail: list[str]) -> None:
    page = browser.get(path).content.decode()
    assert crumbs(page) == ["Cosmodrome", *trail]
    assert f'href="{path}" aria-current="page"' in page


def test_pages_load_nothing_from_elsewhere_and_nothing_inline(browser: Client) -> None:
    for path in ("/", "/docs/", "/nope/", "/2.3.0/", LIST, f"{LIST}70013/", f"{LIST}?status=x"):
        answer = browser.get(path)
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self';")
        assert "unsafe" not in policy
        page = Reader(answer.content.decode())
        loaded = [
            have.get("src") or have.get("href", "inline")
            for tag, have in page.tags
            if tag in ("script", "img", "link", "style", "iframe")
        ]
        assert loaded
        assert all(address.startswith("/static/cosmodrome/") for address in loaded)
        assert not [have for _, have in page.tags if "style" in have]


@pytest.mark.parametrize(
    ("path", "status", "first"),
    [
        (f"{LIST}0/", 404, LIST),
        (f"{LIST}x/timeline/", 404, LIST),
        ("/2.3.0/launches/upcomming/", 404, "/2.3.0/launches/"),
        (f"{LIST}70001/?at=never", 400, f"{LIST}70001/"),
        (f"{LIST}70001/timeline/?unheard=1&strict=1", 400, f"{LIST}70001/timeline/"),
        ("/2.3.0/dashboard/starship/?at=never", 400, "/2.3.0/dashboard/starship/"),
    ],
)
def test_a_page_about_an_error_leads_on(browser: Client, path: str, status: int, first: str) -> None:
    answer = browser.get(path)
    page = answer.content.decode()
    assert answer.status_code == status
    onward = page.partition('<nav class="onward"')[2].partition("</nav>")[0]
    ways = re.findall('href="([^"]+)"', onward)
    assert ways[0] == first
    assert ways[-3:] == ["/2.3.0/", "/docs/", "/"]
    told = Client().get(path).json()
    (reason,) = [str(told["detail"])] if "detail" in told else next(iter(told.values()))
    assert html.escape(reason) in onward
    assert ("<h1>Not Found</h1>" in page) == (status == 404)


def test_the_page_of_the_reference_asks_no_one_else() -> None:
    page = render_to_string("drf_spectacular/redoc.html", {"redoc_standalone": "/static/redoc.js"})
    if "Content-Security-Policy" not in page:
        pytest.skip("drf_spectacular stands before cosmodrome.web in INSTALLED_APPS")
    assert "https://fonts" not in page
    assert Reader(page).tags


WITHOUT_PREFIX = ("/", "/docs/", "/2.3.0/", LIST, f"{LIST}70001/", "/nope/", f"{LIST}?status=x")


def test_links_stay_below_the_public_address(browser: Client) -> None:
    set_script_prefix("/space/")  # which Django's handler does, and its test client does not
    for path in (*WITHOUT_PREFIX, f"{LIST}0/", f"{LIST}x/timeline/", "/status/"):
        page = Reader(browser.get(path, SCRIPT_NAME="/space").content.decode())
        addresses = [have.get("href") or have.get("src") or have.get("action", "") for _, have in page.tags]
        ours = [urlsplit(a).path for a in addresses if a.startswith(("/", SITE))]
        assert len(ours) > 5
        assert not [path for path in ours if not path.startswith("/space/")]


def test_the_form_asks_what_it_is_filled_in_with(browser: Client) -> None:
    page = read(browser, f"{LIST}?format=api&colour=red&offset=10")
    query = page.submitted(search="zarya", ordering="-time_in_space", limit="3", in_space="false")
    sent = browser.get(f"{LIST}?{query}")
    assert sent.status_code == 302
    tidy = sent["Location"]
    assert parse_qs(urlsplit(tidy).query) == {
        "format": ["api"],
        "colour": ["red"],
        "search": ["zarya"],
        "ordering": ["-time_in_space"],
        "limit": ["3"],
        "in_space": ["false"],
    }
    answer = read(browser, tidy)
    assert [craft["id"] for craft in answer.json["results"]] == [70013, 70012, 70011]
    assert {k: v for k, v in answer.fields.items() if v} == {
        "search": "zarya",
        "ordering": "-time_in_space",
        "limit": "3",
        "in_space": "false",
    }


def test_only_what_the_form_left_empty_is_redirected(browser: Client) -> None:
    for query in ("?name=", "?format=json&name=&search=", "?format=api&name=x"):
        assert browser.get(LIST + query).status_code == 200
        assert Client().get(LIST + query).status_code == 200
    assert browser.get(f"{LIST}?format=api&&search=&name=a%26b%20%2B")["Location"] == (
        f"{LIST}?format=api&name=a%26b+%2B"
    )
    assert browser.options(f"{LIST}?format=api&search=").status_code == 200
    lines = browser.get(f"{LIST}a%0Ab/?format=api&x=")
    assert lines["Location"] == f"{LIST}a%0Ab/?format=api"


def test_records_are_chosen_by_name(browser: Client) -> None:
    page = read(browser, f"{LIST}?spacecraft_config=70001&in_space=False")
    assert page.options["spacecraft_config"]["70001"] == "Zarya (70001)"
    assert page.options["spacecraft_config"][""] == "any"
    assert page.fields["spacecraft_config"] == "70001"
    assert page.fields["in_space"] == "false"


def test_a_value_that_is_not_offered_is_kept(browser: Client) -> None:
    page = read(browser, f"{LIST}?ordering=-time_in_space,name&mode=list&limit=700")
    assert page.fields["ordering"] == "-time_in_space", "there is no order by name"
    assert page.fields["mode"] == "list"
    assert page.fields["limit"] == "100"


def test_the_order_is_chosen_in_words(browser: Client) -> None:
    orders = read(browser, LIST).options["ordering"]
    assert orders[""] == "Id, ascending (unless asked)"
    assert orders["time_in_space"] == "Time in space, ascending"
    assert orders["-time_in_space"] == "Time in space, descending"
    told = read(browser, f"{LIST}?ordering=-time_in_space,unheard,flights_count").text
    assert "Time in space, descending; Flights count, ascending; equals by id" in told
    modes = read(browser, f"{LIST}?mode=normal")
    assert modes.options["mode"] == {"": "normal (unless asked)", "detailed": "detailed"}
    assert modes.fields["mode"] == ""


def test_reasons_stand_with_what_they_are_about(browser: Client) -> None:
    page = read(browser, "/2.3.0/agencies/?featured=ja&id=1,b&founding_year__gt=x&search=%00", 400)
    assert "HTTP 400 Bad Request" in page.text
    wrong = {have["name"]: have for tag, have in page.tags if "aria-invalid" in have}
    assert set(wrong) == set(page.json)
    reasons = {have["id"] for tag, have in page.tags if have.get("class") == "reason"}
    assert {have["aria-describedby"] for have in wrong.values()} == reasons
    assert page.fields["featured"] == "ja"
    assert page.fields["id"] == "1,b"
    assert page.fields["founding_year__gt"] == "x"
    assert page.types["founding_year__gt"] == "text"
    assert page.types["founding_year__lt"] == "number"


def test_amounts_are_folded_until_they_are_asked_about(browser: Client) -> None:
    def fold(query: str) -> dict[str, str]:
        page = read(browser, f"/2.3.0/agencies/{query}")
        assert set(page.fields) >= set(RESOURCES["agencies"].filter_names()), "the form has every filter"
        return next(have for tag, have in page.tags if have.get("class") == "amounts")

    assert "open" not in fold("?name__contains=Z")
    assert "open" in fold("?founding_year__gte=1990")


def test_a_comparison_is_of_the_parameter_before_its_look_up() -> None:
    names = comparison_names(filterset_of(RESOURCES["events"]).base_filters)
    assert names["date__gt"] == ("date", "gt"), "not an exact date__gt, although date__gt__lt compares that"
    assert names["date__gt__lt"] == ("date__gt", "lt")


def test_every_input_has_a_label(browser: Client) -> None:
    page = read(browser, "/2.3.0/agencies/")
    labelled = {have["for"] for tag, have in page.tags if tag == "label" and "for" in have}
    named = {have["id"] for tag, have in page.tags if tag in ("input", "select") and "id" in have}
    assert named == labelled
    inside = [have for tag, have in page.tags if tag == "label" and "for" not in have]
    bare = [have for tag, have in page.tags if tag == "input" and "id" not in have]
    assert len(inside) == len([have for have in bare if have["type"] != "hidden"])


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        (f"{LIST}0/", "GET", 404),
        (LIST, "POST", 405),
        (LIST, "OPTIONS", 200),
        ("/2.3.0/", "OPTIONS", 200),
        ("/2.3.0/", "DELETE", 405),
        (f"{LIST}70001/", "PUT", 405),
    ],
)
def test_every_answer_has_a_page(browser: Client, path: str, method: str, status: int) -> None:
    answer = browser.generic(method, path)
    page = Reader(answer.content.decode())
    assert answer.status_code == status
    assert f"{method} {path}" in page.text
    assert f"HTTP {status} {answer.reason_phrase}" in page.text
    assert page.json == Client().generic(method, path).json()
    assert ("as JSON" in page.text) == (method == "GET")


def test_head_answers_like_get(browser: Client) -> None:
    for path in ("/", "/docs/", "/2.3.0/", LIST, f"{LIST}70001/"):
        answer = browser.head(path)
        assert answer.status_code == 200
        assert answer.content == b""


FORMS = """
import django, hashlib; django.setup()
from django.core.management import call_command; call_command("migrate", verbosity=0)
from django.test import Client
from cosmodrome.resources.registry import RESOURCES
for path in RESOURCES:
    page = Client().get(f"/2.3.0/{path}/?format=api", headers={"Host": "localhost"}).content
    print(path, hashlib.sha1(page, usedforsecurity=False).hexdigest())
"""


@pytest.mark.slow
def test_every_form_is_the_same_whatever_the_seed_of_hashes(data_dir: Path) -> None:
    def printed(seed: str) -> list[str]:
        given = {**environment(data_dir), "PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE}
        command = [sys.executable, "-c", FORMS]
        done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout.splitlines()

    data_dir.mkdir(exist_ok=True)
    first = printed("1")
    assert len(first) == len(RESOURCES)
    assert printed("2") == first
