"""Parameters that change nothing are ignored, as in the original; a header names them, and `strict=1` refuses them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote

import pytest
from django.core.handlers.wsgi import WSGIHandler

from conftest import Api
from cosmodrome.changes.snapshots import LAYER
from cosmodrome.resources.parameters import EXTENSIONS
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.schema.ignored import IGNORED, MOST_NAMED, as_header
from cosmodrome.resources.selections.filtersets import filterset_of
from wsgi import ask, new_cache

Address = tuple[str, str | None]


def ignored(api: Api, address: str) -> str | None:
    found: str | None = api.get(f"/2.3.0/{address}").headers.get(IGNORED)
    return found


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("spacecraft/", None),
        ("spacecraft/?limit=3&offset=1&format=json&mode=detailed&search=a&ordering=id", None),
        ("spacecraft/?fields=id&omit=name&at=2020-01-01&strict=0", None),
        ("spacecraft/?serch=dragon&in_space=true&x=1", "serch, x"),
        ("spacecraft/?x=1&x=2", "x"),
        ("spacecraft/?mode=list", "mode"),
        ("spacecraft/?mode=detailed?limit=3", "mode"),
        ("spacecraft/118/origins/?mode=detailed&at=2020-01-01", "mode, at"),
        ("spacecraft/25/?mode=detailed&limit=3", "mode, limit"),
        ("spacecraft/25/?in_space=false&at=2020-01-01", None),
        ("spacecraft/999999/?x=1", "x"),
        ("dashboard/starship/?mode=list", None),
        ("dashboard/starship/?mode=brief&limit=3", "mode, limit"),
        ("spacecraft/118/timeline/?at=2020-01-01&limit=3", "limit"),
        ("spacecraft/118/origins/?x", "x"),
        ("api-throttle/?x=1&fields=ident&at=now", "x, fields, at"),
        ("spacecraft/?in_space=perhaps&x=1", "x"),
        (f"spacecraft/?{quote('é,日')}=1", "%C3%A9%2C%E6%97%A5"),
        ("spacecraft/?a%0d%0aX-Evil:%201=1", "a%0D%0AX-Evil%3A%201"),
        ("spacecraft/?=1", None),
    ],
)
def test_the_header_names_what_changed_nothing(api: Api, address: str, names: str | None) -> None:
    assert ignored(api, address) == names


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_no_list_calls_its_own_parameters_ignored(api: Api, path: str) -> None:
    resource = RESOURCES[path]
    names = [*filterset_of(resource).base_filters, "ordering", "limit", "offset", "format"]
    names += ["search"] if resource.search_fields else []
    names += [each.name for each in EXTENSIONS if each.is_taken_by(resource)]
    query = "&".join(f"{name}=" for name in names if name not in ("format", "at"))
    assert ignored(api, f"{path}/?{query}&mode={list(resource.modes)[-1]}&unheard_of=1") == "unheard_of"


def test_the_header_is_of_a_bounded_length() -> None:
    header = as_header(["日" * 5000, *(f"name{number}" for number in range(500))])
    assert len(header) < 100 * MOST_NAMED
    assert header.endswith("name18, ...")
    assert header.isascii()
    first, *_ = header.split(", ")
    assert unquote(first, errors="strict") == "日" * 6 + "...", "no half of a character"


@pytest.mark.parametrize("address", ["spacecraft/?{}&limit=2", "spacecraft/25/?{}", "config/countries/?{}"])
def test_answers_that_are_stored_and_those_past_django_have_the_header_too(
    kept: Any, one_connection: None, address: str
) -> None:
    del kept, one_connection
    django, calls = WSGIHandler(), []

    def counted(environ: Any, start_response: Any) -> Any:
        calls.append(environ)
        return django(environ, start_response)

    cache = new_cache(counted)

    def asked(query: str) -> tuple[str, str | None]:
        answer = ask(cache, f"/2.3.0/{address.format(query)}")
        return str(answer.environ[LAYER]), answer.headers.get(IGNORED.lower())

    asked("first=1")
    assert asked("first=1") == ("cache", "first")
    assert len(calls) == 1
    for query, names in (("yy=2", "yy"), ("format=json&zz=3&a=1", "zz, a"), ("", None), ("mode=x", "mode")):
        assert asked(query)[1] == names
        assert asked(query) == ("cache", names)
    assert len(calls) == 1, "all others are made past Django"


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("spacecraft/?serch=a", {"serch": ["There is no such parameter here: did you mean search?"]}),
        (
            "spacecraft/?inspace=true",
            {"inspace": ["There is no such parameter here: did you mean in_space?"]},
        ),
        ("spacecraft/?mod=list", {"mod": ["There is no such parameter here: did you mean mode?"]}),
        ("spacecraft/?mode=list", {"mode": ["There is no such mode here: there are normal, detailed."]}),
        ("spacecraft/25/?mode=normal", {"mode": ["A record has no modes: it is always detailed."]}),
        ("spacecraft/118/origins/?at=2020-01-01", {"at": ["It does not apply here."]}),
        (
            "spacecraft/?x=1&qqqq=2",
            {
                name: ["There is no such parameter here: the documentation lists those that there are."]
                for name in ("x", "qqqq")
            },
        ),
        ("dashboard/starship/?limits=1&mod=list", None),
        (
            "spacecraft/118/timeline/?att=2020-01-01",
            {"att": ["There is no such parameter here: did you mean at?"]},
        ),
    ],
)
def test_a_strict_request_is_refused_with_a_sentence_for_each(
    api: Api, address: str, body: dict[str, list[str]] | None
) -> None:
    for strict in ("strict=1", "strict=TRUE"):
        answer = api.get(f"/2.3.0/{address}&{strict}")
        assert answer.status_code == 400
        assert body is None or answer.json() == body
    for lax in ("strict=0", "strict=", "strict=false"):
        assert api.get(f"/2.3.0/{address}&{lax}").status_code == 200


def test_a_strict_request_of_known_parameters_is_answered_as_any_other(api: Api) -> None:
    plain = api.get("/2.3.0/spacecraft/?limit=3&search=a").content
    strict = api.get("/2.3.0/spacecraft/?limit=3&search=a&strict=1").content
    assert strict.replace(b"&strict=1", b"") == plain
    refused = api.get("/2.3.0/spacecraft/?strict=perhaps")
    assert (refused.status_code, list(refused.json())) == (400, ["strict"])
    assert api.client.options("/2.3.0/spacecraft/?strict=1&x=1").status_code == 200
    for path in ENDPOINTS:
        assert api.get(f"/2.3.0/{path}/?strict=1").status_code == 200


def test_people_see_the_reason_on_the_page(api: Api) -> None:
    page = api.get("/2.3.0/spacecraft/?serch=a&strict=1&format=api")
    assert page.status_code == 400
    assert "did you mean search?" in page.content.decode()


def test_json_has_the_sentences_in_the_order_of_the_query(api: Api) -> None:
    answer = api.get("/2.3.0/spacecraft/?zz=1&aa=1&strict=1")
    assert list(json.loads(answer.content)) == ["zz", "aa"]
