"""What may import what, and who may ask the time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "cosmodrome"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def part_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


FAMILIES = [
    path for path in MODULES if part_of(path) == "catalogue" and path.stem not in ("__init__", "models")
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    commands = ("sample", "synth", "doctor", "deriving", "cli", "start", "terminal")
    forbidden = {
        "engine": ("access", "catalogue", "ingest", "derived", "timeline", "web", "admin", *commands),
        "access": ("catalogue", "ingest", "derived", "timeline", "web", "admin", *commands),
        "catalogue": ("access", "ingest", "derived", "timeline", "web", "admin", *commands),
        "ingest": ("access", "catalogue", "derived", "timeline", "web", "admin", *commands),
        "derived": ("access", "ingest", "timeline", "web", "admin", *commands),
        "deriving": ("access", "catalogue", "ingest", "timeline", "web", "admin", "doctor", "cli", "start"),
        "doctor": ("access", "ingest", "timeline", "web", "admin", "sample", "synth", "cli", "start"),
        "timeline": ("access", "ingest", "derived", "web", "admin", *commands),
        "monitoring": ("catalogue", "ingest", "derived", "timeline", "web", "admin", *commands),
        "caching": ("access", "catalogue", "ingest", "derived", "timeline", "web", "admin", *commands),
        "web": ("ingest", "timeline", "admin", "synth", "doctor", "cli"),
        "admin": ("access", "catalogue", "ingest", "derived", "timeline", *commands),
    }.get(part_of(path), ())
    for module in imports(path):
        assert not module.startswith(tuple(f"cosmodrome.{layer}" for layer in forbidden)), module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_command_line_calls_the_doctor(path: Path) -> None:
    if part_of(path) not in ("doctor", "cli.py"):
        assert not [module for module in imports(path) if module.startswith("cosmodrome.doctor")]


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_families_name_each_other_by_string(path: Path) -> None:
    assert not [module for module in imports(path) if module.startswith("cosmodrome.catalogue")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_clock_asks_the_time(path: Path) -> None:
    if path == SOURCE / "engine" / "clock.py":
        return
    asks = re.findall(
        r"\b(?:datetime|timezone|date)\.(?:now|utcnow|today)\(|\btime\.(?:time|localtime)\(|\bNow\(",
        path.read_text(),
    )
    assert not asks


def test_no_module_is_longer_than_a_newcomer_reads_in_one_go() -> None:
    lengths = {str(path.relative_to(SOURCE)): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > 450} == {}
