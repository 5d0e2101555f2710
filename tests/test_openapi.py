"""The OpenAPI document: whole as it was, and held against the published one."""

from __future__ import annotations

import gzip
import json
import mmap
import pickle
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from conftest import PUBLISHED, STRICT
from cosmodrome.derived.materialised.provenance import ORIGINS
from cosmodrome.http_cache.entries import zstd
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.schema.help import help_text
from cosmodrome.resources.schema.openapi import EXTENSION_MARK, EXTENSIONS_TAG
from cosmodrome.resources.subresources import Subresource
from cosmodrome.timeline.views import SpacecraftTimeline, StationTimeline
from cosmodrome.web.schema import DOCUMENTS, ROOM, Documents, write_document

SNAPSHOT = Path(__file__).parent / "openapi.json"
GOLDEN = sorted((Path(__file__).parent / "golden" / "shapes").glob("*.json"))
"""All that the lists show, by shape: `test_golden` holds them."""

UNTITLED = ("config/timeline_event_types", "config/vidurl_types")
"""The published document has no summaries for these two."""

ONE_OBJECT = ("/2.3.0/api-throttle/", "/2.3.0/dashboard/starship/")
"""The service answers one object where its document, by a slip of the generator, has an array."""

OURS: list[type[Subresource]] = [SpacecraftTimeline, StationTimeline, *ORIGINS]


def address(extension: type[Subresource]) -> str:
    return f"/2.3.0/{extension.of.path}/{{id}}/{extension.path}/"


EXTENSIONS = sorted(map(address, OURS))
"""Our paths beyond the contract, and below what only they are made of."""
EXTENSION_COMPONENTS = [
    "FleetDocking",
    "FleetEvent",
    "FleetTimeline",
    "FleetVehicle",
    "KindEnum",
    "OriginEnum",
    "OriginOfValue",
    "RecordOrigins",
]


pytestmark = pytest.mark.xdist_group("openapi")  # the document takes seconds to make


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Client().get("/2.3.0/schema/?format=json")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PUBLISHED.read_text())
    return found


def test_the_document_is_as_it_was(document: dict[str, Any], accept: bool) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if accept:
        SNAPSHOT.write_text(text)
    assert text == SNAPSHOT.read_text(), "scripts/test --accept keeps the change"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a document is made from now on, which is a brief one."""
    times: list[int] = []
    document = {"openapi": "3.0.3", "info": {"title": "Brief", "version": "0"}, "paths": {}, "x": "a" * 999}

    def get_schema(*_: Any, **__: Any) -> dict[str, Any]:
        times.append(1)
        return document

    monkeypatch.setattr(SchemaGenerator, "get_schema", get_schema)
    monkeypatch.setattr(DOCUMENTS, "_written", {})
    return times


def test_the_document_is_made_once_for_all_formats_codings_and_queries(made: list[int]) -> None:
    for query in ("", "?format=json", "?format=yaml", "?version=7", "?version=8&lang=de"):
        for coding in ("", "gzip", "zstd"):
            for accept in ("*/*", "application/json", "application/yaml", "application/vnd.oai.openapi"):
                headers = {"Accept": accept, "Accept-Encoding": coding}
                assert Client().get(f"/2.3.0/schema/{query}", headers=headers).status_code == 200
    assert len(made) == 1


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("coding", ["", "gzip", "zstd"])
def test_it_comes_compressed_and_whoever_has_it_gets_a_304(made: list[int], form: str, coding: str) -> None:
    def get(**more: str) -> Any:
        headers = {"Accept-Encoding": coding, **{name.replace("_", "-"): text for name, text in more.items()}}
        return Client().get(f"/2.3.0/schema/?format={form}", headers=headers)

    answer = get()
    unpack: Any = {"": bytes, "gzip": gzip.decompress, "zstd": zstd.decompress}[coding]
    assert yaml.safe_load(unpack(answer.content))["info"]["title"] == "Brief"
    assert answer.headers.get("Content-Encoding", "") == coding
    assert answer["Vary"] == "Accept, Accept-Encoding"
    assert answer["Cache-Control"] == "no-cache"
    assert answer["Content-Disposition"] == f'inline; filename="Cosmodrome.{form}"'
    unchanged = get(If_None_Match=answer["ETag"])
    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", answer["ETag"])
    others = {get(Accept_Encoding=other)["ETag"] for other in ("", "gzip", "zstd")}
    assert len(others) == 3
    assert not any(etag.startswith("W/") for etag in others)


def test_what_one_process_has_made_another_reads(made: list[int]) -> None:
    documents = Documents()
    documents._shared = mmap.mmap(-1, ROOM)
    documents.share(write_document())
    assert documents.get("json").digest != documents.get("yaml").digest
    assert len(made) == 1


@pytest.mark.slow
def test_the_document_fits_into_what_processes_share() -> None:
    assert len(pickle.dumps(write_document())) < ROOM / 4


@pytest.mark.slow
def test_the_same_document_comes_as_yaml(document: dict[str, Any]) -> None:
    answer = Client().get("/2.3.0/schema/?format=yaml")
    assert yaml.safe_load(answer.content) == document
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_every_endpoint_and_its_mistakes_are_documented(document: dict[str, Any]) -> None:
    for path in RESOURCES:
        listed = document["paths"][f"/2.3.0/{path}/"]["get"]["responses"]
        record = document["paths"][f"/2.3.0/{path}/{{id}}/"]["get"]["responses"]
        assert sorted(listed) == sorted(record) == ["200", "400", "401", "404", "429"]
        assert list(record["429"]["headers"]) == ["Retry-After"]


@pytest.mark.parametrize("page", ["swagger", "redoc"])
def test_the_readers_of_the_document_need_no_internet(page: str, db: None) -> None:
    text = Client().get(f"/2.3.0/{page}/").content.decode()
    assert "//fonts." not in text
    assert 'src="http' not in text
    assert 'href="http' not in text


@pytest.mark.parametrize("path", RESOURCES)
def test_help_is_the_published_help(published: dict[str, Any], path: str) -> None:
    """But for the Help line, which leads to our own documentation."""

    def before_help(text: str) -> str:
        return text.partition("#### Help")[0]

    for item in (f"/2.3.0/{path}/", f"/2.3.0/{path}/{{id}}/"):
        assert before_help(help_text(RESOURCES[path])) == before_help(
            published["paths"][item]["get"]["description"]
        )


def one_object(responses: dict[str, Any]) -> dict[str, Any]:
    (media,) = responses["200"]["content"].values()
    content = {"application/json": {"schema": media["schema"]["items"]}}
    return {"200": {**responses["200"], "content": content}}


def differences(ours: Any, theirs: Any, where: str) -> Iterator[str]:
    """Where two parts of the documents differ, each in a line."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in dict.fromkeys([*theirs, *ours]):
            if key not in ours:
                yield f"{where}.{key}: missing, {theirs[key]!r}"
            elif key not in theirs:
                yield f"{where}.{key}: beyond the contract, {ours[key]!r}"
            else:
                yield from differences(ours[key], theirs[key], f"{where}.{key}")
    elif ours != theirs:
        yield f"{where}: {ours!r}, and the contract has {theirs!r}"


def test_paths_are_the_published_ones(document: dict[str, Any], published: dict[str, Any]) -> None:
    """Nothing is missing, nothing other; beyond it, 400, 401, 404 and 429, and parameters marked as ours.

    The help text is compared above.
    """
    found = []
    assert sorted(document["paths"]) == sorted([*published["paths"], *EXTENSIONS])
    for path, item in document["paths"].items():
        if path in EXTENSIONS:
            continue
        assert EXTENSION_MARK not in item["get"]
        ours, theirs = dict(item["get"]), dict(published["paths"][path]["get"])
        for operation in (ours, theirs):
            operation.pop("description", None)
            if not operation.get("tags"):
                operation.pop("tags", None)  # said by an empty list there, by nothing here
            if path.removeprefix("/2.3.0/").startswith(UNTITLED):
                operation.pop("summary", None)
            operation["responses"] = {"200": operation["responses"]["200"]}
        if not path.endswith("/api-throttle/"):
            names = [each["name"] for each in ours["parameters"] if EXTENSION_MARK in each]
            assert names == ["at", "fields", "omit", "strict"]
            answer = dict(ours["responses"]["200"])
            assert all(header[EXTENSION_MARK] for header in answer.pop("headers").values())
            ours["responses"] = {"200": answer}
        ours["parameters"] = [one for one in ours.get("parameters", ()) if EXTENSION_MARK not in one]
        theirs.setdefault("parameters", [])
        if path in ONE_OBJECT:
            theirs["responses"] = one_object(theirs["responses"])
        found += list(differences(ours, theirs, path))
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_api_throttle_is_told_in_the_published_words(
    document: dict[str, Any], published: dict[str, Any]
) -> None:
    ours, theirs = (each["paths"]["/2.3.0/api-throttle/"]["get"] for each in (document, published))
    assert ours["description"] == theirs["description"]
    assert document["components"]["securitySchemes"] == published["components"]["securitySchemes"]


def test_components_are_the_published_ones(document: dict[str, Any], published: dict[str, Any]) -> None:
    """The same keys in the same order, the same types; so a generated client is the same client."""
    found = []
    beyond = set(document["components"]["schemas"]) - set(published["components"]["schemas"])
    assert sorted(beyond) == EXTENSION_COMPONENTS
    for name, ours in document["components"]["schemas"].items():
        if name in beyond:
            continue
        theirs = published["components"]["schemas"][name]
        assert list(ours.get("properties", {})) == list(theirs.get("properties", {})), name
        found += list(differences(ours, theirs, name))
    assert not found, "\n".join(found)


def test_extensions_are_marked_as_such(document: dict[str, Any]) -> None:
    marked = {path: item["get"] for path, item in document["paths"].items() if EXTENSION_MARK in item["get"]}
    assert sorted(marked) == EXTENSIONS
    for path, operation in marked.items():
        assert operation["tags"] == [EXTENSIONS_TAG]
        assert operation["description"]
        forms = ["application/json", *(["text/calendar"] if path.endswith("/timeline/") else [])]
        assert list(operation["responses"]["200"]["content"]) == forms
        assert sorted(operation["responses"]) == ["200", "400", "401", "404", "429"]
        assert list(operation["responses"]["429"]["headers"]) == ["Retry-After"]


def test_where_another_instant_can_be_asked_for_it_is_documented(document: dict[str, Any]) -> None:
    marked = {
        path
        for path, item in document["paths"].items()
        for parameter in item["get"].get("parameters", ())
        if EXTENSION_MARK in parameter and parameter["name"] == "at"
    }
    lists = {f"/2.3.0/{path}/" for path in RESOURCES}
    travelling_too = {address(extension) for extension in OURS if extension.takes_as_of()}
    assert marked == lists | {f"{path}{{id}}/" for path in lists} | travelling_too | {ONE_OBJECT[1]}
    told = {
        path
        for path, item in document["paths"].items()
        if "X-As-Of" in item["get"]["responses"]["200"].get("headers", ())
    }
    assert told == marked


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_what_is_answered_is_what_the_contract_allows(file: Path) -> None:
    """Every key of every golden record, in the order of its component: they are what is answered."""
    component, columns = file.stem, json.loads(file.read_text())
    properties = strict_components()[component]["properties"]
    assert list(columns) == list(properties)
    for key, column in columns.items():
        for name, value in column.items():
            hold(value, properties[key], f"{component}/{name} {key}")


@cache
def strict_components() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(STRICT.read_text())["components"]["schemas"]
    return found


def hold(value: Any, schema: dict[str, Any], where: str) -> None:
    schema = {**schema, **schema.get("allOf", [{}])[0]}
    if value is None:
        # some records of the tests lack all that their table lets them lack: more than the real ones
        assert schema.get("nullable") or "$ref" in schema, f"{where} is null"
    elif "$ref" in schema:
        assert value["$ref"].partition("/")[0] == schema["$ref"].rpartition("/")[2], f"{where}: {value!r}"
    else:
        for item in value if schema["type"] == "array" else ():
            hold(item, schema["items"], where)
        assert type(value) is KINDS[schema["type"]], f"{where}: {value!r}"
        assert value in schema.get("enum", [value]), f"{where}: {value!r}"


KINDS = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list}
"""What each type of the document is in Python."""
