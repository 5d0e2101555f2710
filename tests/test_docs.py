"""What the README shows is what happens: its commands are run, in order, and their output compared."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_group

from cosmodrome.cli import app
from servers import ROOT, Server, environment, run, serving

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown(text: str) -> list[tuple[str, str]]:
    """Each command that a text shows, with the output that it shows for it."""
    commands = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            commands.append((command, output))
    return commands


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
    installing, expected = COMMANDS[0][1].splitlines(keepends=True)
    assert server.process.stdout
    line = server.process.stdout.readline()
    if line == installing:
        line = server.process.stdout.readline()
    assert line.replace(str(server.port), "8000") == expected


@pytest.mark.slow
@pytest.mark.xdist_group("readme")
@pytest.mark.parametrize(("command", "output"), COMMANDS[2:], ids=[command for command, _ in COMMANDS[2:]])
def test_a_command_does_what_the_readme_shows(server: Server, command: str, output: str) -> None:
    done = subprocess.run(
        ["bash", "-c", command.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")],
        cwd=ROOT,
        env=environment(data_dir_of(server)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    longer = len(str(server.port)) - len("8000")
    expected = output
    if longer and "cut -c -" in command:
        expected = output[: -1 - longer] + "\n"  # the port takes room in what is cut off
    happened = done.stdout.replace(f"127.0.0.1:{server.port}", "127.0.0.1:8000")
    assert happened.rstrip("\n") == expected.rstrip("\n")  # JSON ends without a new line


@pytest.mark.parametrize(
    "file", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda file: file.name
)
def test_links_between_documents_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).exists(), target


def test_every_script_says_what_it_is_for() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + README
    for script in ("serve", "test", "lint", "lock", "bench", "cosmodrome"):
        assert f"scripts/{script}" in contributing
        assert (ROOT / "scripts" / script).read_text(encoding="utf-8").splitlines()[1].startswith("# ")


@pytest.mark.parametrize("command", get_group(app).commands)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    overview = run(tmp_path / "data", "--help")
    assert f" {command} " in overview.stdout
    explained = run(tmp_path / "data", command, "--help")
    assert explained.returncode == 0
    assert "Usage: cosmodrome " + command in explained.stdout
    assert not (tmp_path / "data").exists()


def test_the_endpoint_that_is_shown_is_the_one_that_there_is() -> None:
    shown = (ROOT / "docs" / "adding-an-endpoint.md").read_text(encoding="utf-8")
    family = (ROOT / "src" / "cosmodrome" / "catalogue" / "links.py").read_text(encoding="utf-8")
    for block in re.findall(r"^```diff\n(.*?)^```$", shown, flags=re.MULTILINE | re.DOTALL):
        assert re.sub(r"^\+", "", block, flags=re.MULTILINE) in family
