"""The API answers as it did: golden answers, one file for each shape, and a few whole pages.

`golden/shapes/AgencyMini.json` holds every record that some list shows in the shape AgencyMini: key by key,
in the order of the wire, and below each key one line for each record.  A nested record is a reference,
`{"$ref": "AgencyMini/121"}`.  So one more field of a shape is one hunk in one file, however many lists show it.
`golden/lists.json` holds which records each list shows, in order.  Both together make up every answer, byte for
byte.  `golden/pages/` holds a few answers whole, with links and formats.

A record without an id is called by its owner and its place: `Launch/7/vid_urls/0`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rest_framework import serializers

from conftest import Api
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.shapes.graph import nested_shape
from cosmodrome.shapes.shapes import shape_model

GOLDEN = Path(__file__).parent / "golden"
LISTS = GOLDEN / "lists.json"
ACCEPT = "scripts/test --accept keeps the change"

PAGES = {
    "spacecraft.from_the_middle": "spacecraft/?format=json&limit=2&offset=20&omit=spacecraft_config",
    "launches.list": "launches/?mode=list&limit=2&offset=1",
    "spacewalks.normal": "spacewalks/?limit=1&offset=1",
    "pads.normal": "pads/?limit=2&format=json",
    "launch_statuses": "config/launch_statuses/?format=json",
    "launcher_configuration_family": "launcher_configuration_families/1/",
}
"""None nests an AgencyMini, as half of all lists do: one more field there changes the file of its shape only."""

pytestmark = [
    pytest.mark.xdist_group("golden"),  # all lists are asked for once a process
    pytest.mark.usefixtures("kept"),  # as a server answers: each record is rendered once
]

Fields = dict[str, serializers.Field]
Columns = dict[str, dict[str, Any]]
"""The records of a shape: by key, by the name of the record, the value."""


@cache
def fields_of(shape: Any) -> Fields:
    return dict(shape().fields)


def reached(fields: Fields, found: dict[str, Fields]) -> dict[str, Fields]:
    """The fields of all shapes that fields nest, at any depth, by the name of the shape."""
    for field in fields.values():
        nested = getattr(field, "child", field)
        shape = nested_shape(field)
        if isinstance(nested, serializers.Serializer) and (shape is None or shape.component not in found):
            if shape is not None:
                found[shape.component] = fields_of(type(shape))
            reached(fields_of(type(nested)), found)
    return found


def modes() -> Iterator[tuple[str, str, Any]]:
    """Every answer that is held: its path, its mode, and the serializer of what it shows."""
    for path, resource in RESOURCES.items():
        for mode, shape in resource.modes.items():
            yield path, mode, shape(many=True)
    for path, endpoint in ENDPOINTS.items():
        for mode, assembled in endpoint.modes.items():
            yield path, mode, assembled()


SHAPES = sorted(reached({f"{path} {mode}": shown for path, mode, shown in modes()}, {}))


class Shown:
    """All that the API shows, each record once."""

    def __init__(self, api: Api) -> None:
        self.shapes: dict[str, Columns] = {}
        self.lists: dict[str, Any] = {}
        for path, mode, shown in modes():
            address = f"{path}/?mode={mode}"
            body = api.get(f"/2.3.0/{address}&limit=100").content
            answer = json.loads(body)
            if path in RESOURCES:
                assert list(answer) == ["count", "next", "previous", "results"], f"{address}: {answer}"
                answer["results"] = self.held(answer["results"], shown, address)
            else:
                answer = self.held(answer, shown, address)
            self.lists[address] = answer
            assert wire(self.assembled(answer)) == body, f"{address}: what is held of it does not make it up"

    def held(self, value: Any, field: Any, where: str) -> Any:
        """`value` with references in the place of records, which are held in their shapes' columns."""
        nested = getattr(field, "child", field)
        if value is None or not isinstance(nested, serializers.Serializer):
            return value
        if isinstance(value, list):
            return [self.held(one, nested, f"{where}/{place}") for place, one in enumerate(value)]
        shape, fields = nested_shape(nested), fields_of(type(nested))
        assert list(value) == list(fields), f"{where} has other keys than its shape"
        name = f"{shape_model(shape).__name__}/{value['id']}" if shape and "id" in value else where
        record = {key: self.held(value[key], fields[key], f"{name}/{key}") for key in fields}
        return self.reference(shape.component, name, record) if shape else record

    def reference(self, component: str, name: str, record: dict[str, Any]) -> dict[str, str]:
        """A reference to a record, which is held from now on: it is the same wherever it stands."""
        name = str(record.get("id", name))
        for key, value in record.items():
            known = self.shapes.setdefault(component, {}).setdefault(key, {}).setdefault(name, value)
            assert (known, type(known)) == (value, type(value)), (
                f"{component}/{name} is not the same everywhere: its {key} is {known!r} and {value!r}"
            )
        return {"$ref": f"{component}/{name}"}

    def assembled(self, value: Any) -> Any:
        """`value` with records in the place of references."""
        if isinstance(value, list):
            return [self.assembled(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            component, _, name = value["$ref"].partition("/")
            value = {key: column[name] for key, column in self.shapes[component].items()}
        return {key: self.assembled(one) for key, one in value.items()}


def wire(answer: Any) -> bytes:
    """An answer as it is sent."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


def text_of(columns: Columns) -> str:
    """A golden file: each value in a line of its own, so that a difference is a line."""

    def line(name: str, value: Any) -> str:
        return f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"

    parts = []
    for key, column in columns.items():
        names = sorted(column, key=lambda name: (len(name), name))  # ids that are numbers in their order
        lines = ",\n".join(line(name, column[name]) for name in names)
        parts.append(f" {json.dumps(key)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def changes(before: Any, after: Any, where: str) -> Iterator[str]:
    """Each difference in a line: where, what was held, what is answered."""
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            gone = [one for one in before if one not in after]
            new = [one for one in after if one not in before]
            yield f"{where}: has {len(after)} for {len(before)}: without {gone!r:.200}, with {new!r:.200}"
            return
        before, after = dict(enumerate(before)), dict(enumerate(after))
    if isinstance(before, dict) and isinstance(after, dict):
        yield from changes_by_key(before, after, where)
    elif (before, type(before)) != (after, type(after)):
        yield f"{where}: was {before!r:.200}, and is {after!r:.200}"


def changes_by_key(before: dict[Any, Any], after: dict[Any, Any], where: str) -> Iterator[str]:
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield f"{where} {key}: is gone; it was {before[key]!r:.200}"
        elif key not in before:
            yield f"{where} {key}: is new: {after[key]!r:.200}"
        else:
            yield from changes(before[key], after[key], f"{where} {key}")
    if list(before) != list(after) and set(before) == set(after):
        yield f"{where}: the order was {list(before)}, and is {list(after)}"


def hold(file: Path, text: str, accept: bool) -> None:
    """Fails unless the text is that of the golden file; with `--accept` it is from now on."""
    if accept:
        file.write_text(text, encoding="utf-8")
    assert file.exists(), f"{file.name}: no golden file yet; {ACCEPT}"
    before = file.read_text(encoding="utf-8")
    if text != before:
        found = list(changes(json.loads(before), json.loads(text), file.stem))
        pytest.fail("\n".join([*(found or [f"{file.name} is written otherwise"]), ACCEPT]), pytrace=False)


ALL: list[Shown | Exception] = []
"""What has been shown in this process, or why that failed: no test changes anything of it."""


@pytest.fixture
def docked(api: Api) -> Api:
    """While a craft is docked to a station: two shapes are shown by nothing else."""
    DockingEvent.objects.filter(pk=3).update(departure=None)
    return api


@pytest.fixture
def shown(docked: Api) -> Shown:
    if not ALL:
        try:
            ALL.append(Shown(docked))
        except Exception as error:  # noqa: BLE001 - told by each test, and found out by the first
            ALL.append(error)
    (found,) = ALL
    if isinstance(found, Exception):
        raise found
    return found


@pytest.mark.parametrize("component", SHAPES)
def test_the_records_of_a_shape_are_as_they_were(shown: Shown, component: str, accept: bool) -> None:
    assert component in shown.shapes, f"no list shows a {component}: the tests' catalogue should have one"
    hold(GOLDEN / "shapes" / f"{component}.json", text_of(shown.shapes[component]), accept)


def test_lists_show_the_records_that_they_did(shown: Shown, accept: bool) -> None:
    text = json.dumps(shown.lists, indent=1) + "\n"
    hold(LISTS, re.sub(r'\{\s*("\$ref": ".*")\s*\}', r"{\1}", text), accept)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_byte_for_byte_as_it_was(api: Api, name: str, accept: bool) -> None:
    """The golden file is indented, for people; without its blanks it is the answer."""
    body = api.get(f"/2.3.0/{PAGES[name]}").content
    hold(page_file(name), json.dumps(json.loads(body), ensure_ascii=False, indent=1) + "\n", accept)
    assert wire(json.loads(page_file(name).read_text(encoding="utf-8"))) == body


def page_file(name: str) -> Path:
    return GOLDEN / "pages" / f"{name}.json"


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_a_record_answers_in_its_fullest_shape(docked: Api, shown: Shown, path: str) -> None:
    """The list in the fullest mode has the same records."""
    resource = RESOURCES[path]
    mode = "detailed" if "detailed" in resource.modes else "normal"
    listed = shown.assembled(shown.lists[f"{path}/?mode={mode}"])["results"]
    assert listed
    for record in listed[-3:]:  # the last are those with everything, with nothing, and with something
        assert docked.get(f"/2.3.0/{path}/{record['id']}/").content == wire(record)


def test_no_golden_file_is_left_over(accept: bool) -> None:
    shapes = {GOLDEN / "shapes" / f"{component}.json" for component in SHAPES}
    left_over = set(GOLDEN.rglob("*.json")) - shapes - {page_file(name) for name in PAGES} - {LISTS}
    if accept:
        for file in left_over:
            file.unlink()
        left_over.clear()
    names = sorted(str(file.relative_to(GOLDEN)) for file in left_over)
    assert not left_over, f"no endpoint shows any more what these hold: {names}; {ACCEPT}"
