"""The order of lists unless asked: that of the original, ended by the id, in lists and in nested lists alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import models

from conftest import SHARED, Api, needs_shared
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.vehicles import LauncherConfig
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.resources.registry import RESOURCES, resource_of
from cosmodrome.shapes.collation import sort_key
from cosmodrome.shapes.graph import Many, graph_of
from cosmodrome.shapes.relations import default_order
from cosmodrome.shapes.shapes import SHAPES, shape_model
from pages import load

NAMES = ["Cargo Dragon 2", "Crew Dragon 2", "CST-100 Starliner", "Progress 7K-TG", "Progress-M", "Progress-M1",
         "Progress-M (modified)", "Progress-MS", "Progress M-UM", "Soyuz", "soyuz ms", "Soyuz T", "Soyuz TM"]  # fmt: skip
"""In the order of the original."""
NAMED: list[type[models.Model]] = [Agency, SpacecraftConfig, LauncherConfig]


def compared(row: Any, order: tuple[str, ...]) -> list[Any]:
    """What a row is compared by; nulls come last, and first in descending order."""
    key: list[Any] = []
    for term in order:
        value = getattr(row, term.removeprefix("-"))
        value = sort_key(value) if isinstance(value, str) else value
        sign = -1 if term.startswith("-") else 1
        comparable = value.timestamp() * sign if isinstance(value, datetime) else value
        key.append(((value is None) * sign, 0 if value is None else comparable))
    return [*key, row.pk]


def in_order(table: type[models.Model], ids: list[Any], order: tuple[str, ...] = ()) -> bool:
    rows = {str(row.pk): row for row in table._default_manager.filter(pk__in=ids)}
    keys = [compared(rows[str(each)], order or default_order(table)) for each in ids]
    return keys == sorted(keys)


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


@needs_shared
@pytest.mark.usefixtures("empty")
def test_the_real_configurations_come_in_the_order_of_the_original(api: Api) -> None:
    page = (SHARED / "data" / "spacecraft_configurations.detailed.json").read_bytes()
    load(page)
    served = [record["name"] for record in api.json("spacecraft_configurations", limit=100)["results"]]
    assert served == [record["name"] for record in json.loads(page)]
