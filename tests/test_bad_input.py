"""Every query is answered with 200, 400, 404 or 405 and a body that says why; never with a 500."""

from __future__ import annotations

import json
import random
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Api
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.selections.filtersets import filterset_of

EXPECTED = {200, 400, 404}
LISTS = list(RESOURCES)


def filters_of_each_kind() -> dict[str, list[str]]:
    """Each kind of filter where it is met first: there are twenty kinds among a thousand filters."""
    met: set[tuple[type, str]] = set()
    found: dict[str, list[str]] = {}
    for path, resource in RESOURCES.items():
        found[path] = []
        for name, asked in sorted(filterset_of(resource).base_filters.items()):
            kind = (type(asked), asked.lookup_expr)
            if kind not in met:
                met.add(kind)
                found[path].append(name)
    return found


COMMON = ["limit", "offset", "mode", "ordering", "search", "format", "unheard_of"]
PARAMETERS = {path: [*COMMON, *names] for path, names in filters_of_each_kind().items()}
EACH_ONCE = {
    path: [name for name in names if path == "spacecraft" or name not in COMMON]
    for path, names in PARAMETERS.items()
    if path == "spacecraft" or len(names) > len(COMMON)
}
NASTY = [
    "",
    " ",
    "%00",
    "a%00b",
    "%ff%fe",
    "%ED%A0%80",
    "-1",
    "0",
    "1.5",
    "1e999",
    "NaN",
    "Infinity",
    "٣",
    "²",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "1" * 5000,
    "true,false",
    ",",
    ",,,1",
    "'",
    '"',
    "\\",
    "%25",
    "*",
    "(",
    "[",
    "{}",
    "null",
    "None",
    "__class__",
    "id__in",
    "-",
    "--id",
    "?",
    "$where",
    "2024-13-99",
    "%F0%9F%9A%80",
    "<script>",
    "; DROP TABLE x",
]


def answered(api: Api, url: str) -> int:
    answer = api.get(url)
    assert answer.status_code in EXPECTED, (url[:200], answer.status_code)
    if answer["Content-Type"] == "application/json":
        body = json.loads(answer.content)
        if answer.status_code == 404:
            assert list(body) == ["detail"]
        if answer.status_code == 400:
            assert body
            assert all(isinstance(reason, str) for reasons in body.values() for reason in reasons)
    return int(answer.status_code)


@pytest.mark.every
@pytest.mark.parametrize(
    "path", [pytest.param(path, marks=pytest.mark.slow) if path == "agencies" else path for path in EACH_ONCE]
)
def test_each_parameter_stands_each_nasty_value(api: Api, path: str) -> None:
    for name in EACH_ONCE[path]:
        for value in NASTY:
            answered(api, f"/2.3.0/{path}/?{name}={value}&limit=1")


@pytest.mark.every
@pytest.mark.parametrize("path", LISTS)
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_query_string_is_answered(api: Api, path: str, data: st.DataObject) -> None:
    names = st.sampled_from(PARAMETERS[path]) | st.text(max_size=8).map(quote_any)
    values = st.sampled_from(NASTY) | st.text(max_size=20).map(quote_any) | st.integers().map(str)
    pairs = data.draw(st.lists(st.tuples(names, values), max_size=6))
    answered(api, f"/2.3.0/{path}/?" + "&".join(f"{name}={value}" for name, value in pairs))


def quote_any(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@pytest.mark.parametrize("path", ["spacecraft", "agencies", "config/countries"])
@pytest.mark.parametrize("form", ["json", "api"])
def test_a_hundred_kilobytes_of_query_are_answered(api: Api, path: str, form: str) -> None:
    numbers = random.Random(1)  # noqa: S311 - any numbers will do
    many = ",".join(str(numbers.randrange(10**6)) for _ in range(15_000))
    for name in PARAMETERS[path]:
        if name == "format":
            continue
        for value in ("x" * 100_000, "x+" * 50_000, "id,-name," * 11_000, many, "1,2," * 25_000):
            answered(api, f"/2.3.0/{path}/?{name}={value}&format={form}")
    answered(api, f"/2.3.0/{path}/?" + "&".join(f"unheard{n}=1" for n in range(900)))
    answered(api, f"/2.3.0/{path}/?" + "name=a&" * 900)


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        ("spacecraft", "in_space=perhaps", {"in_space": ["Enter true or false."]}),
        ("spacecraft", "in_space=2", {"in_space": ["Enter true or false."]}),
        (
            "spacecraft",
            "status=abc",
            {"status": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
        (
            "spacecraft",
            "spacecraft_config=424242",
            {
                "spacecraft_config": [
                    "Select a valid choice. That choice is not one of the available choices."
                ]
            },
        ),
        ("agencies", "founding_year=1.5", {"founding_year": ["Enter a whole number."]}),
        ("agencies", "founding_year__gt=soon", {"founding_year__gt": ["Enter a whole number."]}),
        (
            "agencies",
            "founding_year=99999999999",
            {"founding_year": ["Ensure this value is less than or equal to 2147483647."]},
        ),
        ("agencies", "id=1,two", {"id": ["Enter a whole number."]}),
        ("agencies", "name=a%00b", {"name": ["Null characters are not allowed."]}),
        ("spacecraft", "search=a%00b", {"search": ["Null characters are not allowed."]}),
        (
            "spacecraft",
            "in_space=perhaps&status=x",
            {
                "in_space": ["Enter true or false."],
                "status": ["Select a valid choice. That choice is not one of the available choices."],
            },
        ),
    ],
)
def test_a_wrong_value_is_400_and_says_which_and_why(
    api: Api, path: str, query: str, body: dict[str, list[str]]
) -> None:
    answer = api.get(f"/2.3.0/{path}/?{query}")
    assert answer.status_code == 400
    assert answer.json() == body


def test_of_a_repeated_parameter_the_last_counts(api: Api) -> None:
    assert api.get("/2.3.0/spacecraft/?limit=1&limit=3").json()["results"].__len__() == 3
    assert answered(api, "/2.3.0/spacecraft/?in_space=perhaps&in_space=true") == 200


@pytest.mark.parametrize(
    "path", ["/", "/docs/", "/2.3.0/", "/2.3.0/schema/", "/2.3.0/swagger/", "/2.3.0/redoc/"]
)
@pytest.mark.parametrize("query", ["", "?%00=%ff", "?format=api", "?format=json", "?format=xml"])
@pytest.mark.usefixtures("brief_document")
def test_the_other_pages_stand_any_query_too(api: Api, path: str, query: str) -> None:
    answer = api.get(f"{path}{query}", accept="*/*")
    assert answer.status_code in EXPECTED


def test_a_query_of_too_many_parameters_is_refused_and_fills_no_log(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.client.raise_request_exception = False
    answer = api.get("/2.3.0/spacecraft/?" + "a=1&" * 1500)
    assert answer.status_code == 400
    assert answer.json() == {"detail": "A request may have 1,000 parameters at most."}
    assert [record for record in caplog.records if record.name.startswith("django.security")] == []
