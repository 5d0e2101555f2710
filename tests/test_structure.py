"""What may import what, and who may ask the time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest

from cosmodrome.environment import Environment
from cosmodrome.resources.parameters import EXTENSION_NAMES

SOURCE = Path(__file__).parent.parent / "src" / "cosmodrome"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


LAYERS = [
    {"progress"},
    {"time"},
    {"changes"},
    {"shapes"},
    {"rendering"},
    {"resources"},
    {"http_cache"},
    {"access", "admin", "catalogue", "ingest"},
    {"environment"},
    {"derived", "sample", "synth", "timeline"},
    {"doctor"},
    {"monitoring", "web"},
    {"server"},
    {"cli"},
]
"""Lower layers first: a module imports from its own package and from lower layers."""


def modules_named(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {modules_named(path): path for path in MODULES}


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def statements(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not is_for_types(child):
            yield child
            yield from statements(child)


def imports(path: Path) -> Iterator[str]:
    """The modules of ours that one imports, wherever in it; what only a type checker reads is left out."""
    for node in statements(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in NAMES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                found = inner if inner in NAMES else node.module
                if found in NAMES:
                    yield found


IMPORTS = {name: set(imports(path)) - {name} for name, path in NAMES.items()}


def part_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def package(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of names that reach each other."""
    reached: dict[str, set[str]] = {}
    for name in graph:
        ahead, found = list(graph[name]), set[str]()
        while ahead:
            if (each := ahead.pop()) not in found:
                found.add(each)
                ahead += graph.get(each, ())
        reached[name] = found
    groups = {tuple(sorted(b for b in reached[a] if a in reached[b])) for a in graph if a in reached[a]}
    return [list(group) for group in sorted(groups)]


FAMILIES = [
    path for path in MODULES if part_of(path) == "catalogue" and path.stem not in ("__init__", "models")
]


def test_no_modules_import_each_other() -> None:
    assert circles(IMPORTS) == []


def test_no_packages_import_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for name, found in IMPORTS.items():
        graph.setdefault(package(name), set()).update(package(each) for each in found)
    assert circles({name: found - {name} for name, found in graph.items()}) == []


def test_every_package_has_its_layer() -> None:
    assert set().union(*LAYERS) == {package(name) for name in NAMES} - {""}


@pytest.mark.parametrize("name", NAMES)
def test_a_module_imports_from_lower_layers(name: str) -> None:
    height = {each: number for number, layer in enumerate(LAYERS) for each in layer}
    own = package(name)
    for module in IMPORTS[name]:
        there = package(module)
        if there not in ("", own):
            assert height[there] < height[own], module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_command_line_calls_the_doctor(path: Path) -> None:
    if part_of(path) not in ("doctor", "cli"):
        assert not [module for module in imports(path) if module.startswith("cosmodrome.doctor")]


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_families_name_each_other_by_string(path: Path) -> None:
    assert not [module for module in imports(path) if module.startswith("cosmodrome.catalogue")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_clock_asks_the_time(path: Path) -> None:
    if path == SOURCE / "time" / "clock.py":
        return
    asks = re.findall(
        r"\b(?:datetime|timezone|date)\.(?:now|utcnow|today)\(|\btime\.(?:time|localtime)\(|\bNow\(",
        path.read_text(),
    )
    assert not asks


def test_no_module_is_longer_than_a_newcomer_reads_in_one_go() -> None:
    lengths = {str(path.relative_to(SOURCE)): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > 450} == {}


def parameters_read(path: Path) -> Iterator[str]:
    """The parameters that a module reads from a request by name: `request.query_params.get("mode")`."""
    tree = ast.parse(path.read_text())
    constants = {
        target.id: each.value.value
        for each in tree.body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="GET" | "query_params")), args=[name, *_]
            ):
                pass
            case ast.Subscript(value=ast.Attribute(attr="GET" | "query_params"), slice=name):
                pass
            case ast.Compare(left=name, comparators=[ast.Attribute(attr="GET" | "query_params")]):
                pass
            case _:
                continue
        if isinstance(name, ast.Constant):
            yield str(name.value)
        elif isinstance(name, ast.Name) and name.id in constants:
            yield str(constants[name.id])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_parameter_that_is_read_is_the_contracts_or_declared(path: Path) -> None:
    """The bypass knows the parameters that `resources/parameters.py` declares, and would ignore another."""
    known = {"mode", "format", "limit", "offset", "search", "ordering", *EXTENSION_NAMES}
    assert set(parameters_read(path)) <= known


def test_every_family_is_loaded() -> None:
    """Where `catalogue/models.py` does not name one, its tables and endpoints would not be there."""
    assert {modules_named(path) for path in FAMILIES if path.stem != "apps"} <= loaded()


def loaded() -> set[str]:
    """The modules that those imported by `catalogue/models.py` are, and import in turn."""
    ahead, found = ["cosmodrome.catalogue.models"], set[str]()
    while ahead:
        if (each := ahead.pop()) not in found:
            found.add(each)
            ahead += IMPORTS[each]
    return found


@pytest.mark.parametrize("row", fields(Environment), ids=lambda row: row.name)
def test_every_setting_is_read(row: Field[Any]) -> None:
    """A row of `Environment` that nothing reads would be a setting without an effect."""
    reads = rf"(?:environment|self)\.{row.name}\b"
    assert any(re.search(reads, path.read_text()) for path in MODULES)


def test_every_package_says_what_it_is_for() -> None:
    for path in MODULES:
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text())), path
