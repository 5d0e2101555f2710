"""What may import what, and who may ask the time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "cosmodrome"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


LAYERS = [
    {"progress"},
    {"time"},
    {"database"},
    {"changes", "kinetic"},
    {"shapes"},
    {"rendering"},
    {"resources"},
    {"http_cache"},
    {"access", "catalogue", "ingest"},
    {"admin", "environment"},
    {"derived", "sample", "synth", "timeline"},
    {"edits"},
    {"doctor", "mirror"},
    {"monitoring", "web"},
    {"server"},
    {"cli"},
    {"__main__"},
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
    path
    for path in MODULES
    if part_of(path) == "catalogue" and path.stem not in ("__init__", "apps", "models")
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


CORE = (
    "time",
    "kinetic",
    "changes",
    "shapes",
    "rendering",
    "resources",
    "resources/selections",
    "resources/schema",
    "http_cache",
)


def length(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_no_module_is_longer_than_a_newcomer_reads_in_one_go() -> None:
    """A family of tables, shapes and resources is read like a table, from top to bottom."""
    most = {"catalogue": 450}
    lengths = {str(path.relative_to(SOURCE)): length(path) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > most.get(name.split("/")[0], 350)} == {}


def test_no_package_of_the_core_is_longer_than_a_sitting() -> None:
    lengths = {each: sum(map(length, (SOURCE / each).glob("*.py"))) for each in CORE}
    assert {name: n for name, n in lengths.items() if n > 1800} == {}


def test_the_order_of_durations_that_grow_stays_behind_its_border() -> None:
    users = {name for name, found in IMPORTS.items() if any(package(each) == "kinetic" for each in found)}
    assert {name for name in users if package(name) != "kinetic"} == {
        "cosmodrome.resources.selections.queries"
    }
    assert {package(each) for each in IMPORTS["cosmodrome.kinetic.order"]} == {"time"}


def test_every_package_says_what_it_is_for() -> None:
    for path in MODULES:
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text())), path
