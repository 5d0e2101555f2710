"""Declarations: what follows from them, and what is said of those that make no sense."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from conftest import Api
from cosmodrome.catalogue.agencies import Agency, AgencyMini, AgencyResource
from cosmodrome.catalogue.config import AgencyType
from cosmodrome.resources.filters import exact
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.resources.schema import describe
from cosmodrome.resources.schema.checks import check_resources
from cosmodrome.shapes.collation import sort_key
from cosmodrome.shapes.shapes import SHAPES, Nested, Shape


@pytest.fixture
def own_registries() -> Iterator[None]:
    """What a test declares is gone when it ends."""
    registries: list[dict[str, Any]] = [RESOURCES, SHAPES]
    kept = [dict(registry) for registry in registries]
    yield
    for registry, before in zip(registries, kept, strict=True):
        registry.clear()
        registry.update(before)


def problems() -> list[str]:
    return [message.msg for message in check_resources()]


def test_what_is_declared_holds() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ({"modes": {}}, "'modes' is empty: name at least one shape"),
        ({"filterset_fields": exact("colour")}, "'filterset_fields': "),
        ({"search_fields": ["name", "type__colour"]}, "'search_fields' names 'type__colour', which Agency does not have."),
        ({"ordering_fields": ["nmae"]}, "'ordering_fields' names 'nmae', which Agency does not have."),
        ({"examples": {"search": "x", "ordering": "id"}}, "'examples' has none for 'filter', and the help page needs one."),
        ({"search_fields": []}, "'examples' has one for 'search', which the resource does not offer."),
    ],
)  # fmt: skip
def test_a_misspelt_declaration_fails_at_start_in_a_sentence(
    own_registries: None, declared: dict[str, Any], sentence: str
) -> None:
    type("MisspeltResource", (AgencyResource,), {"path": "misspelt", **declared})
    (problem,) = problems()
    assert problem.startswith(sentence)


def test_a_shape_that_nests_what_does_not_exist_fails_at_start(own_registries: None) -> None:
    class AgencyMisspelt(AgencyMini):
        type = Nested("AgencyTpye")

    class MisspeltResource(AgencyResource):
        path = "misspelt"
        modes = {"normal": AgencyMisspelt}

    (problem,) = problems()
    assert (
        problem == f"mode 'normal' nests the shape 'AgencyTpye', which is not one of {len(SHAPES)} declared."
    )


def test_a_shape_that_shows_what_its_table_does_not_have_fails_at_start(own_registries: None) -> None:
    class AgencyWrong(Shape):
        class Meta:
            model = Agency
            fields = ["id", "colour"]

    class WrongResource(AgencyResource):
        path = "wrong"
        modes = {"normal": AgencyWrong}

    (problem,) = problems()
    assert problem.startswith("mode 'normal': Field name `colour` is not valid for model `Agency`")


def test_two_of_one_name_are_refused_where_they_are_declared(own_registries: None) -> None:
    with pytest.raises(TypeError, match="two shapes are called AgencyMini"):
        type("AgencyMini", (Shape,), {"Meta": AgencyMini.Meta})
    with pytest.raises(TypeError, match="two resources have the path 'agencies'"):
        type("AgainResource", (Resource,), {"path": "agencies", "queryset": Agency.objects.all()})


@pytest.mark.parametrize("path", list(RESOURCES)[::6])
def test_a_resource_describes_itself(path: str) -> None:
    """Its path, each mode with its tree, its parameters, its queries."""
    out = StringIO()
    console = Console(file=out, width=200)
    for part in describe.description(RESOURCES[path]):
        console.print(part)
    text = out.getvalue()
    assert f"/2.3.0/{path}/" in text
    for mode, shape in RESOURCES[path].modes.items():
        assert f"mode={mode}  {shape.component}" in text
        assert f"queries of mode={mode}" in text
        for key in shape().fields:
            assert f"── {key}" in text
    for name in RESOURCES[path].filter_names():
        assert name in text


TRICKY = [
    "Progress-M (modified)",
    "progress-MS",
    "Progress-M",
    "Progress M-UM",
    "Éole",
    "eole",
    "Eole",
    "zénith",
    "Zenith 2",
    "X-37B",
    "x 37",
    "7K-TG",
    "Ångström",
    "anger",
    "ÖBB",
]


def test_the_database_orders_names_as_sort_key_does(api: Api) -> None:
    """On SQLite by a collation, on PostgreSQL by an expression: the same order."""
    kind = AgencyType.objects.get(pk=3)
    Agency.objects.bulk_create(
        Agency(pk=8000 + n, name=f"{name} tricky", type=kind) for n, name in enumerate(TRICKY)
    )
    for minus in ("", "-"):
        found = api.json("agencies", search="tricky", ordering=f"{minus}name", limit=100)["results"]
        expected = sorted((f"{name} tricky" for name in TRICKY), key=sort_key, reverse=bool(minus))
        assert [record["name"] for record in found] == expected
