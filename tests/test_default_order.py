"""The order of lists unless asked: that of the original, ended by the id, in lists and in nested lists alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from django.db import models
from django.test import RequestFactory
from rest_framework.request import Request

from conftest import SHARED, Api, needs_shared
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.vehicles import LauncherConfig
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.resources.ordering import accruing_keys
from cosmodrome.resources.registry import RESOURCES, resource_of
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.collation import sort_key
from cosmodrome.shapes.graph import Many, graph_of
from cosmodrome.shapes.relations import default_order
from cosmodrome.shapes.shapes import SHAPES, shape_model
from cosmodrome.web.forms import label_text, order_input
from pages import load

NAMES = ["Cargo Dragon 2", "Crew Dragon 2", "CST-100 Starliner", "Progress 7K-TG", "Progress-M", "Progress-M1",
         "Progress-M (modified)", "Progress-MS", "Progress M-UM", "Soyuz", "soyuz ms", "Soyuz T", "Soyuz TM"]  # fmt: skip
"""In the order of the original."""
NAMED: list[type[models.Model]] = [Agency, SpacecraftConfig, LauncherConfig]


def in_order(table: type[models.Model], ids: list[Any], order: tuple[str, ...] = ()) -> bool:
    """Whether rows are in an order, equals by id; nulls come last, and first in descending order."""
    rows = sorted(table._default_manager.filter(pk__in=ids), key=lambda row: row.pk)
    for term in reversed(order or default_order(table)):
        values = [comparable(getattr(row, term.removeprefix("-"))) for row in rows]
        places = sorted(range(len(rows)), key=values.__getitem__, reverse=term.startswith("-"))
        rows = [rows[place] for place in places]
    return [str(row.pk) for row in rows] == [str(each) for each in ids]


def comparable(value: Any) -> tuple[bool, Any]:
    return value is None, 0 if value is None else sort_key(value) if isinstance(value, str) else value


def ids(records: list[Any]) -> list[Any]:
    return [record["id"] for record in records]


def rename() -> None:
    """Names whose order is not that of their ids, some of them alike."""
    tables: list[Any] = [*NAMED, Launch]
    for table in tables:
        rows = list(table._default_manager.order_by("pk"))
        for number, row in enumerate(rows):
            table._default_manager.filter(pk=row.pk).update(name=NAMES[-1 - (number // 2) % len(NAMES)])


def test_tables_of_the_original_that_are_not_in_the_order_of_their_ids() -> None:
    found = {shape_model(shape) for shape in SHAPES.values() if default_order(shape_model(shape))}
    assert found == {*NAMED, Launch}
    assert {default_order(table) for table in NAMED} == {("name",)}
    assert default_order(Launch) == ("net", "name")


@pytest.mark.every
@pytest.mark.parametrize("asked", [{}, {"at": "2026-04-20"}], ids=["now", "then"])
@pytest.mark.parametrize("path", RESOURCES)
def test_a_list_is_in_its_order_unless_asked(api: Api, path: str, asked: dict[str, str]) -> None:
    rename()
    resource = RESOURCES[path]
    found = ids(api.json(path, limit=100, **asked)["results"])
    assert in_order(resource.model(), found, tuple(resource.ordering))


def test_equals_by_net_are_in_the_order_of_their_names_and_then_of_their_ids(api: Api) -> None:
    rename()
    for path, net in (("launches/upcoming", 2027), ("launches/previous", 2025), ("launches", 2027)):
        Launch.objects.filter(net__isnull=False).update(net=datetime(net, 1, 1, tzinfo=UTC))
        records = api.json(path, limit=100)["results"]
        keys = [(sort_key(each["name"]), each["id"]) for each in records]
        assert len(set(NAMES) & {each["name"] for each in records}) > 1, "else it tells nothing"
        assert keys == sorted(keys), path


REVERSE_LISTS = [
    (shape, key)
    for shape in SHAPES.values()
    for key in graph_of(shape).nested
    if isinstance(key, Many) and key.relation.auto_created and default_order(key.table)
]


def test_nested_lists_of_those_tables() -> None:
    assert {(shape.component, key.name) for shape, key in REVERSE_LISTS} == {
        ("AgencyEndpointDetailed", "launcher_list"),
        ("AgencyEndpointDetailed", "spacecraft_list"),
        ("MissionPatchDetailed", "launches"),
        ("SpacecraftConfigFamilyEndpointDetailed", "spacecraft"),
    }


@pytest.mark.parametrize(("shape", "key"), REVERSE_LISTS, ids=lambda each: getattr(each, "name", ""))
@pytest.mark.parametrize("asked", [{}, {"at": "2026-04-20"}], ids=["now", "then"])
def test_nested_lists_are_in_the_order_of_their_table(
    api: Api, shape: Any, key: Many, asked: dict[str, str]
) -> None:
    rename()
    owner, rows = shape_model(shape), list(key.table._default_manager.all())
    one = owner._default_manager.filter(**{f"{key.relation.name}__isnull": False})[0]
    if key.relation.many_to_many:
        getattr(one, key.relation.get_accessor_name()).set(rows)
    else:
        key.table._default_manager.update(**{key.relation.field.name: one})
    resource = resource_of(owner)
    assert resource is not None
    found = ids(api.json(f"{resource.path}/{one.pk}", **asked)[key.name])
    assert len(found) > 2
    assert in_order(key.table, found)


@pytest.mark.usefixtures("kept")
def test_a_record_that_is_renamed_moves_in_every_list(api: Api) -> None:
    family = SpacecraftConfigFamily.objects.filter(spacecraft__isnull=False)[0]
    configurations = list(SpacecraftConfig.objects.order_by("pk"))
    with atomic_change() as change:
        SpacecraftConfig.objects.update(agency=9001)
        family.spacecraft.set(configurations)
        change.all_rows_changed()
    for name in ("AAA", "zzz"):
        with atomic_change() as change:
            change.before_write(SpacecraftConfig, [configurations[0].pk])
            SpacecraftConfig.objects.filter(pk=configurations[0].pk).update(name=name)
            change.after_write(SpacecraftConfig, [configurations[0].pk])
        place = 0 if name == "AAA" else -1
        for listed in (
            api.json("spacecraft_configurations", limit=100)["results"],
            api.json("agencies/9001")["spacecraft_list"],
            api.json(f"spacecraft_configuration_families/{family.pk}")["spacecraft"],
        ):
            assert listed[place]["id"] == configurations[0].pk


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("agencies", "Name, ascending (unless asked)"),
        ("launches", "Net, ascending; Name, ascending (unless asked)"),
        ("launches/previous", "Net, descending; Name, ascending (unless asked)"),
        ("events", "Date, ascending (unless asked)"),
        ("spacecraft", "Id, ascending (unless asked)"),
    ],
)
def test_the_form_names_the_order(api: Api, path: str, order: str) -> None:
    assert order in api.get(f"/2.3.0/{path}/?format=api").content.decode()


class ListOf(NamedTuple):
    """A list, and the request that asks for it in an order."""

    resource: type[Resource]
    order: str

    def told(self) -> str:
        """The order that the form shows as chosen."""
        view = self.resource(action="list", format_kwarg=None)
        request = RequestFactory().get("/", {"ordering": self.order} if self.order else {})
        view.request = Request(request, negotiator=view.get_content_negotiator())
        shown = order_input(view, view.request)
        return next(option.text for option in shown.options if option.value == shown.value)


def orders_to_try(resource: type[Resource]) -> list[str]:
    """None, one that is unheard of, one that is half known, and two that are right."""
    table = resource.model()
    columns = {field.name for field in table._meta.concrete_fields if not field.is_relation}
    accruing = accruing_keys(resource.list_shape(None))
    keys = resource.ordering_fields or list(resource.list_shape(None)().fields)
    first, *_, last = sorted((columns & set(keys)) - accruing) * 2
    return ["", "unheard", f"unheard,-{last}", first, f"-{last},{first},{last}"]


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_the_order_that_the_form_tells_is_that_of_the_answer(api: Api, path: str) -> None:
    rename()
    resource = RESOURCES[path]
    names = {label_text(field.name): field.name for field in resource.model()._meta.concrete_fields}
    for asked in orders_to_try(resource):
        terms = []
        for words in ListOf(resource, asked).told().removesuffix(" (unless asked)").split("; "):
            name, direction = words.split(", ")
            terms.append(("-" if direction == "descending" else "") + names[name])
        query = {"limit": "100", "fields": "id", **({"ordering": asked} if asked else {})}
        found = ids(api.json(path, **query)["results"])
        assert in_order(resource.model(), found, tuple(terms)), (asked, terms)


@needs_shared
@pytest.mark.usefixtures("empty")
def test_the_real_configurations_come_in_the_order_of_the_original(api: Api) -> None:
    page = (SHARED / "data" / "spacecraft_configurations.detailed.json").read_bytes()
    load(page)
    served = [record["name"] for record in api.json("spacecraft_configurations", limit=100)["results"]]
    assert served == [record["name"] for record in json.loads(page)]
