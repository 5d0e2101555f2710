"""The documentation as pages: all of it is there, its links lead somewhere, nothing in it runs or comes from elsewhere."""

from __future__ import annotations

import re
import tomllib
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, clear_script_prefix, resolve, set_script_prefix

from cosmodrome.environment import SETTINGS
from cosmodrome.monitoring.probes import FORWARDED
from cosmodrome.resources.parameters import EXTENSIONS
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.schema.help import help_sections
from cosmodrome.resources.subresources import SUBRESOURCES
from cosmodrome.web.documents import reference
from cosmodrome.web.documents.documents import INDEX, SAMPLE, address_of, documents, reached_at, rendered
from cosmodrome.web.documents.markdown import document_html
from cosmodrome.web.layout import LONGEST_WORD, code_as_html
from documents import anchor, headings
from servers import ROOT

SITE = "http://testserver"
DOCUMENTS = sorted(documents())
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    "/docs/",
    "/docs/lists/",
    *(f"/docs/{documents()[path].name}/" for path in DOCUMENTS if path != INDEX),
]
each_page = pytest.mark.parametrize("path", PAGES)


class Page(HTMLParser):
    """The parts of a page that a reader has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.loaded: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        assert "style" not in have
        self.ids += [have["id"]] if "id" in have else []
        if tag == "a":
            self.hrefs.append(have["href"])
        elif "href" in have or "src" in have:
            self.loaded.append(have.get("href") or have["src"])

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


READ: dict[str, Page] = {}


@pytest.fixture(scope="module", autouse=True)
def read() -> None:
    """Reads all pages, once."""
    client = Client()
    for path in PAGES:
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, path
        assert "unsafe" not in answer["Content-Security-Policy"]
        READ[path] = Page(answer.content.decode())


def plain(markdown: str) -> str:
    """The text of a line of Markdown."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", markdown).replace("`", "").replace("**", "").strip()


SECTIONS = headings(README, "##")


def test_every_section_of_the_readme_has_its_place_in_the_documentation() -> None:
    page = READ["/docs/"]
    text = page.text.replace(SITE, DEFAULT)
    assert len(SECTIONS) > 10
    for section in SECTIONS:
        assert anchor(section) in page.ids
    for line in README.splitlines():
        if line.startswith(("$ ", "- ")):
            assert " ".join(plain(line.removeprefix("- ")).split()) in text, line
    assert len(page.ids) == len(set(page.ids)), "a link would lead to the wrong one of two"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_document_has_a_page_to_which_the_documentation_leads(path: str) -> None:
    document = documents()[path]
    assert document.href in READ["/docs/"].hrefs or path == INDEX
    title, *sections = headings(document.file.read_text(encoding="utf-8"), "##?")
    page = READ[document.href]
    if path != INDEX:
        assert plain(title) in page.text
    for section in sections:
        assert plain(section) in page.text, section


@each_page
def test_every_link_of_a_document_leads_somewhere(path: str) -> None:
    for href in READ[path].hrefs:
        parts = urlsplit(urljoin(SITE + path, href))
        if f"{parts.scheme}://{parts.netloc}" != SITE:
            assert parts.scheme == "https", href
            continue
        if parts.path in READ:
            assert parts.fragment in ("", *READ[parts.path].ids), href
            continue
        try:
            resolve(parts.path)
        except Resolver404:
            pytest.fail(f"{href} leads nowhere")


@each_page
def test_a_document_loads_nothing_from_elsewhere_and_runs_nothing(client: Client, path: str) -> None:
    page = READ[path]
    assert page.loaded
    for address in page.loaded:
        assert address.startswith(("/static/cosmodrome/", "/docs/images/"))
        if address.startswith("/docs/"):
            answer = client.get(address)
            assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
            assert answer.getvalue().startswith(b"\x89PNG")
    assert page.tags.count("script") == 1


@pytest.mark.parametrize("path", ["/docs/", "/docs/lists/", "/docs/settings/"])
def test_a_page_is_sent_again_only_if_it_has_changed(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["Cache-Control"] == "public, no-cache"
    again = client.get(path, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    small = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert small["Content-Encoding"] == "gzip"
    assert len(small.content) < len(answer.content) / 2
    assert client.head(path).content == b""
    assert client.post(path).status_code == 405


def test_a_document_is_rendered_once(client: Client) -> None:
    client.get("/docs/limits/")
    before = rendered.cache_info()
    client.get("/docs/limits/")
    assert rendered.cache_info().misses == before.misses
    assert 2 * len(documents()) <= (before.maxsize or 0), "none pushes another out"


@pytest.mark.parametrize("path", [*PAGES, "/nope"])
def test_asking_for_the_headers_of_a_page_gets_those_of_the_page(client: Client, path: str) -> None:
    def headers(method: str) -> dict[str, str]:
        return dict(getattr(client, method)(path, headers={"Accept": "text/html"}).headers)

    assert headers("head") == headers("get")
    assert ("ETag" in headers("head")) == (path in READ)


README_FILE = "README.md"
DEFAULT = "http://127.0.0.1:8000"
STARTED = re.compile(r"<pre[^>]*><code>[^<]*\b(?:serve|systemctl|compose)\b[^<]*</code></pre>")
"""A block that starts a server, whose address is what the block says."""


@each_page
def test_a_document_shows_the_address_that_the_server_is_reached_at(client: Client, path: str) -> None:
    before, after = (client.get(path, SERVER_NAME="127.0.0.1", SERVER_PORT=port) for port in ("8000", "8880"))
    page = after.content.decode()
    assert page.count(DEFAULT) == sum(block.count(DEFAULT) for block in STARTED.findall(page))
    assert (before["ETag"] != after["ETag"]) == ("http://127.0.0.1:8880" in page)
    assert "http://127.0.0.1:8880/2.3.0/" in page or path not in (
        "/docs/",
        "/docs/python/",
        "/docs/timeline/",
    )


def test_the_address_in_a_document_is_escaped_and_below_the_public_path() -> None:
    html = "<p>http://127.0.0.1:8000/a</p><code><span>http://127.0.0.1:8000/readyz</span></code>"
    assert reached_at(html, "https://x.example/a&'b") == (
        "<p>https://x.example/a&amp;&#x27;b/a</p>"
        "<code><span>https://x.example/a&amp;&#x27;b/readyz</span></code>"
    )
    assert "/<wbr><span>readyz" in reached_at(html, f"https://{'x' * LONGEST_WORD}.example"), "not too wide"
    started = "<pre><code>$ scripts/serve\nat http://127.0.0.1:8000/</code></pre>"
    assert reached_at(started, "https://x.example") == started


def test_the_headers_of_a_proxy_are_named_where_metrics_are_told() -> None:
    text = READ["/docs/running/"].text.lower()
    assert not [name for name in FORWARDED if name.lower() not in text]


def test_no_foreign_host_is_shown_in_a_document(client: Client) -> None:
    answer = client.get(
        "/docs/getting-started/", HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example"
    )
    assert answer.status_code == 400
    answer = client.get("/docs/getting-started/", HTTP_X_FORWARDED_HOST="evil.example")
    assert "http://testserver/2.3.0/" in answer.content.decode()
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_is_found_as_its_file_is_called(client: Client, path: str) -> None:
    href = "/docs/" if path == README_FILE else documents()[path].href
    name = "sample" if path == SAMPLE else path.removeprefix("docs/").removesuffix(".md")
    for asked in (name, name.upper(), name.title(), f"{name}.md", f"{name.upper()}.MD"):
        for address in {f"/docs/{asked}", f"/docs/{asked}/"} - {href}:
            answer = client.get(address)
            assert (answer.status_code, answer.headers.get("Location")) == (301, href), address
    assert client.get(documents()[path].href).status_code == 200


@pytest.mark.parametrize(
    "name", ["nope", "../README", "..%2fREADME", "docs/settings", "images", "nope.md", ".md"]
)
@pytest.mark.parametrize("end", ["/", ""])
def test_what_is_no_document_is_not_there(client: Client, name: str, end: str) -> None:
    assert client.get(f"/docs/{name}{end}", follow=True).status_code == 404
    assert client.get(f"/docs/images/{name}.png{end}", follow=True).status_code == 404


HOSTILE = """# Title <script>alert(1)</script>

<script>alert(2)</script> [a](javascript:alert(3)) [b](data:text/html,x) ![c](https://elsewhere.example/c.png)

<img src=x onerror=alert(4)>

```
<b>
```

| a | b |
|---|---|
| <i> | `<u>` |

## One
## One
## `fields=` & *more*
"""


def test_what_a_document_says_never_runs() -> None:
    html = document_html(HOSTILE, lambda target: target)
    assert html.title == "Title <script>alert(1)</script>"
    page = Page(html.intro)
    assert set(page.tags) <= {"p", "pre", "code", "span", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.hrefs == []
    shown = document_html("# T\n\n```python\n1\n```\n\n```console\n$ 1\n```\n", str).intro
    assert re.findall("<pre[^>]*>", shown) == [
        '<pre class="code" tabindex="0" data-copy>',
        '<pre class="code" tabindex="0">',
    ]
    assert "<script>alert(2)</script>" in page.text
    assert "c" in page.text.split()
    assert [section.anchor for section in html.sections] == ["one", "one-1", "fields--more"]


@pytest.mark.parametrize(
    ("target", "at", "address"),
    [
        ("settings.md#tokens", "docs/running.md", "/docs/settings/#tokens"),
        ("docs/settings.md", "README.md", "/docs/settings/"),
        ("../README.md", "docs/running.md", "/docs/readme/"),
        ("../CONTRIBUTING.md", "docs/running.md", "/docs/contributing/"),
        ("src/cosmodrome/sample/README.md", "README.md", "/docs/sample/"),
        ("images/status.png", "docs/mirroring.md", "/docs/images/status.png"),
        ("#here", "README.md", "#here"),
        ("http://127.0.0.1:8000/2.3.0/spacecraft/", "README.md", "/2.3.0/spacecraft/"),
        ("https://example.org/a.md", "README.md", "https://example.org/a.md"),
        (
            "../deploy/x.yml",
            "docs/running.md",
            "https://github.com/cosmodrome-space/cosmodrome/blob/main/deploy/x.yml",
        ),
    ],
)
def test_links_between_documents_are_links_between_pages(target: str, at: str, address: str) -> None:
    assert address_of(target, at) == address


@pytest.mark.parametrize(("public", "prefix"), [("/space", "/space/"), ("/äther", "/%C3%A4ther/")])
def test_links_stay_below_the_public_address(client: Client, public: str, prefix: str) -> None:
    set_script_prefix(f"{public}/")
    try:
        for path in ("/docs/", "/docs/lists/", "/docs/mirroring/", "/docs/python/", "/nope"):
            answer = client.get(
                path, SCRIPT_NAME=public.encode().decode("latin-1"), headers={"Accept": "text/html"}
            )
            page = Page(answer.content.decode())
            ours = [each for each in (*page.hrefs, *page.loaded) if each.startswith("/")]
            assert ours
            assert not [each for each in ours if not each.startswith(prefix)]
            assert "http://testserver/2" not in page.text
    finally:
        clear_script_prefix()
        rendered.cache_clear()


def test_the_documentation_tells_what_is_declared() -> None:
    page = READ["/docs/"]
    for path in (*RESOURCES, *ENDPOINTS):
        assert f"/2.3.0/{path}/" in page.hrefs
    for name, setting in SETTINGS.items():
        assert f"COSMODROME_{name}" in page.text
        assert " ".join(setting.meaning.split()) in page.text
    for parameter in EXTENSIONS:
        assert plain(parameter.meaning) in page.text
    for each in (one for below in SUBRESOURCES.values() for one in below):
        assert f"{each.of.path}/{{id}}/{each.path}/" in page.text
        assert plain(each.description) in page.text
    for form in reference.formats():
        assert f"format={form.name}" in page.text
        assert form.media_type in page.text
    for mode in {
        mode for resource in RESOURCES.values() if len(resource.modes) > 1 for mode in resource.modes
    }:
        assert f"mode={mode}" in page.text


def test_what_each_list_takes_is_told() -> None:
    page = READ["/docs/lists/"]
    told = re.findall(r"\w+", "".join(page.words))
    for path, resource in RESOURCES.items():
        assert path in page.ids
        for section in help_sections(resource):
            assert set(section.names) <= set(told)


def test_the_documentation_leads_to_swagger_and_the_schema_from_there() -> None:
    page = READ["/docs/"]
    assert page.hrefs.index("/2.3.0/swagger/") < page.hrefs.index("/2.3.0/schema/")


@pytest.mark.parametrize(
    ("code", "html"),
    [
        ("net__gte=now", "<span>net__gte=now</span>"),
        ("serve --port 1", "<span>serve</span> <span>--port</span> <span>1</span>"),
        ("<b>", "<span>&lt;b&gt;</span>"),
        ("a" * LONGEST_WORD, f"<span>{'a' * LONGEST_WORD}</span>"),
        (
            "launches/upcoming/?format=ics&lsp__id=121",
            "<span>launches/</span><wbr><span>upcoming/?format=</span><wbr><span>ics&amp;</span><wbr><span>lsp__id=</span><wbr><span>121</span>",
        ),
        (
            "test_a_limit_beyond_a_hundred_is_cut",
            "test_<wbr>a_<wbr>limit_<wbr>beyond_<wbr>a_<wbr>hundred_<wbr>is_<wbr>cut",
        ),
    ],
)
def test_no_name_is_broken_that_has_room_on_a_line(code: str, html: str) -> None:
    assert code_as_html(code) == html
    assert unescape(re.sub("<[^>]*>", "", code_as_html(code))) == code


def test_the_wheel_and_the_container_hold_the_documents() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for path, document in documents().items():
        assert path.split("/")[0] in wheel or path == SAMPLE, path
        assert document.file.is_file()
    assert wheel == {path: f"cosmodrome/documents/{path}" for path in wheel}, "laid out as in the project"
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = " ".join(re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile, re.MULTILINE)).split()
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sources = project["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    for path in wheel:
        assert path in copied
        assert f"!{path}" in context
        assert path in sources
