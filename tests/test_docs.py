"""What the README shows is what happens: its commands are run, in order, and their output compared."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from cosmodrome.cli import app
from cosmodrome.derived.materialised.provenance import ORIGINS
from cosmodrome.resources.parameters import EXTENSIONS, Parameter
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.timeline.views import SpacecraftTimeline, StationTimeline
from documents import anchors, as_cut, at_port, blocks, shown, with_shown_port
from servers import ROOT, Server, environment, run, serving

SOURCE = ROOT / "src" / "cosmodrome"
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = shown(README)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("readme") / "data", command=str(ROOT / "scripts" / "serve")
    ) as server:
        yield server


def data_dir_of(server: Server) -> Path:
    args = Path(f"/proc/{server.process.pid}/environ").read_bytes().split(b"\0")
    return Path(
        next(arg for arg in args if arg.startswith(b"COSMODROME_DATA_DIR=")).decode().partition("=")[2]
    )


def test_the_two_commands_come_first() -> None:
    assert [command for command, _ in COMMANDS[:2]] == ["scripts/serve", "scripts/test"]


@pytest.mark.slow
@pytest.mark.xdist_group("readme")
def test_scripts_serve_says_what_the_readme_shows(server: Server) -> None:
    """Installing is said when there is something to install."""
    *installing, expected, more = COMMANDS[0][1].splitlines(keepends=True)
    assert server.process.stdout
    line = server.process.stdout.readline()
    if line == installing[0]:
        assert server.process.stdout.readline() == installing[1]
        line = server.process.stdout.readline()
    assert line.replace(str(server.port), "8000") == expected
    assert server.process.stdout.readline() == more


@pytest.mark.slow
@pytest.mark.xdist_group("readme")
@pytest.mark.parametrize(("command", "output"), COMMANDS[2:], ids=[command for command, _ in COMMANDS[2:]])
def test_a_command_does_what_the_readme_shows(server: Server, command: str, output: str) -> None:
    done = subprocess.run(
        ["bash", "-c", at_port(command, server.port)],
        cwd=ROOT,
        env=environment(data_dir_of(server)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    expected = as_cut(command, output, server.port)
    happened = with_shown_port(done.stdout, server.port)
    assert happened.rstrip("\n") == expected.rstrip("\n")  # JSON ends without a new line


@pytest.mark.parametrize(
    "file", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda file: file.name
)
def test_links_between_documents_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).exists(), target
    for target, heading in re.findall(r"\]\(([\w/.-]*)#([^)]+)\)", file.read_text(encoding="utf-8")):
        assert heading in anchors(file.parent / target if target else file), (target, heading)


def test_every_script_says_what_it_is_for() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + README
    for script in (
        "serve",
        "test",
        "lint",
        "lock",
        "bench",
        "chaos",
        "compare",
        "cosmodrome",
        "release",
        "dockerfile_steps",
        "chroot_test",
    ):
        assert f"scripts/{script}" in contributing
        first, second, *_ = (ROOT / "scripts" / script).read_text(encoding="utf-8").splitlines()
        assert second.startswith("# ") or first.startswith('"""')


SUBCOMMANDS = list(get_group(app).commands)


def test_there_is_an_overview_of_the_commands(tmp_path: Path) -> None:
    overview = run(tmp_path / "data", "--help")
    assert overview.returncode == 0
    assert all(f" {command} " in overview.stdout for command in SUBCOMMANDS)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_every_command_explains_itself(tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))
    explained = CliRunner().invoke(app, [command, "--help"], prog_name="cosmodrome")
    assert explained.exit_code == 0
    assert "Usage: cosmodrome " + command in explained.stdout
    assert not (tmp_path / "data").exists()


def test_the_endpoint_that_is_shown_is_the_one_that_there_is() -> None:
    shown = (ROOT / "docs" / "adding-an-endpoint.md").read_text(encoding="utf-8")
    family = (ROOT / "src" / "cosmodrome" / "catalogue" / "links.py").read_text(encoding="utf-8")
    for language, block in blocks(shown):
        assert language != "diff" or re.sub(r"^\+", "", block, flags=re.MULTILINE) in family


PACKAGES = sorted(file.parent.name for file in SOURCE.glob("*/__init__.py"))
DOCUMENTS = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


def test_contributing_names_every_package_and_no_other() -> None:
    table = (
        (ROOT / "CONTRIBUTING.md")
        .read_text(encoding="utf-8")
        .partition("| package of")[2]
        .partition("\n\n")[0]
    )
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == PACKAGES


def places(text: str) -> Iterator[str]:
    """The files and folders of ours that a text names in code, as `resources/views.py` or `derived/`."""
    for code in re.findall(r"`([^`\n]+)`|^( *[\w/]+\.py) ", text, flags=re.MULTILINE):
        place = "".join(code).strip()
        if re.fullmatch(r"(\w+/)*\w+\.py|(\w+/)+", place):
            yield place


def names(text: str) -> Iterator[tuple[str, str]]:
    """The modules, and what is in them, that a text names in code: `clock.now()`, `shapes.shapes.SHAPES`."""
    for code in re.findall(r"`([^`\n]+)`", text):
        found = re.fullmatch(r"(?:cosmodrome\.)?((?:[a-z_]+\.)+)(\w+)(?:\(.*\))?", code)
        if found and found[2] not in FILE_ENDINGS:
            yield found[1].replace(".", "/").rstrip("/"), found[2]


FILE_ENDINGS = {"py", "json", "md", "toml"}


def is_there(place: str) -> bool:
    """Whether a file or folder exists; a file alone is one of some package."""
    if "/" not in place:
        return (ROOT / place).exists() or any(SOURCE.rglob(place)) or any((ROOT / "tests").rglob(place))
    return any((root / place).exists() for root in (ROOT, SOURCE, ROOT / "tests"))


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_documents_name_no_module_that_does_not_exist(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert [place for place in places(text) if place not in MADE_LATER and not is_there(place)] == []
    for module, name in names(text):
        files = [found for found in SOURCE.rglob("*.py") if str(found.with_suffix("")).endswith(f"/{module}")]
        folder = SOURCE / module
        if files:
            assert any(re.search(rf"\b{name}\b", found.read_text(encoding="utf-8")) for found in files), (
                module,
                name,
            )
        elif folder.is_dir() or module.split("/")[0] in {*PACKAGES, "engine", "caching", "deriving"}:
            assert is_there(f"{module}/{name}.py") or is_there(f"{module}/{name}/"), (module, name)


MADE_LATER = {"metrics/", "dist/"}
"""Folders that servers and scripts make: a clean clone has none."""


def test_the_architecture_names_no_function_that_does_not_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    source = "".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    called = set(re.findall(r"(\w+)\(\)", text))
    assert {name for name in called if f"def {name}(" not in source and not hasattr(Resource, name)} == set()


@pytest.mark.parametrize("parameter", EXTENSIONS, ids=lambda parameter: parameter.name)
def test_every_parameter_beyond_the_contract_is_documented(parameter: Parameter) -> None:
    documented = "".join(file.read_text(encoding="utf-8") for file in ROOT.glob("docs/*.md"))
    assert f"{parameter.name}=" in documented
    assert f"{parameter.name}=" in README


def test_every_format_is_documented() -> None:
    documented = README + "".join(file.read_text(encoding="utf-8") for file in ROOT.glob("docs/*.md"))
    views: list[Any] = [
        *RESOURCES.values(),
        *ENDPOINTS.values(),
        SpacecraftTimeline,
        StationTimeline,
        *ORIGINS,
    ]
    formats = {renderer.format for view in views for renderer in view.renderer_classes}
    assert {name for name in formats if f"format={name}" not in documented} == set()
