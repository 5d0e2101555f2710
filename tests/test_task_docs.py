"""The pages of docs/ about tasks: the index leads to each, and what they show is run against a real server."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import rest_framework.exceptions
import yaml
from typer.main import get_command

from cosmodrome.cli import app
from documents import as_cut, at_port, block, blocks, is_like, shown, with_shown_port
from servers import ROOT, Server, own_port, serving

DOCS = ROOT / "docs"
INDEX = (DOCS / "README.md").read_text(encoding="utf-8")
PAGES = sorted(DOCS.glob("*.md"))
OURS: Any = get_command(app)
CLOCK = "2026-05-01T12:00:00Z"


def text_of(name: str) -> str:
    """The text of a page of docs/."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "README.md"], ids=lambda page: page.name
)
def test_the_index_leads_to_every_page(page: Path) -> None:
    assert f"]({page.name})" in INDEX


def test_the_readme_leads_to_the_index() -> None:
    assert "](docs/README.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def called(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of ours that a text has in code, with its options."""
    code = [content for _, content in blocks(text)] + re.findall(
        r"`([^`\n]+)`|^    (.*)$", text, re.MULTILINE
    )
    for each in code:
        lines = each if isinstance(each, str) else "".join(each)
        for words in re.findall(r"(?:^|(?<!-u)[ /(])cosmodrome((?: +[^\s|;&()#…,>]+)+)", lines, re.MULTILINE):
            command, *rest = [word for word in words.split() if not word.endswith("cosmodrome")] or ["-"]
            if not command.startswith("-"):
                yield command, [word.partition("=")[0] for word in rest if word.startswith("--")]


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_no_page_names_a_command_or_an_option_that_there_is_not(page: Path) -> None:
    for name, options in called(page.read_text(encoding="utf-8")):
        command = OURS.commands.get(name)
        assert command, f"cosmodrome {name}"
        below = [command, *getattr(command, "commands", {}).values()]
        known = {option for each in below for parameter in each.params for option in parameter.opts}
        assert set(options) <= {*known, "--help"}, f"cosmodrome {name}"


def first_command() -> list[str]:
    """The options with which docs/ci-testing.md starts the server."""
    start, *_ = block(text_of("ci-testing"), "sh").split("\n")
    words = start.split()
    assert words[:2] == ["cosmodrome", "serve"] and words[-1] == "&"
    return words[2:-1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo whose clock stands still: all pages show its answers."""
    assert first_command() == ["--demo", "--now", CLOCK]
    assert f"cosmodrome serve --demo --now {CLOCK}`" in text_of("getting-started")
    with serving(tmp_path_factory.mktemp("demo") / "data", *first_command()) as server:
        yield server


def output_of(command: list[str], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_program(
    page: str, language: str, mark: str, command: list[str], server: Server, tmp_path: Path
) -> None:
    """Runs the blocks of a page as one program, and compares what each prints with the block after it."""
    found = [block for block in blocks(text_of(page)) if block[0] in (language, "text")]
    programs = [content for each, content in found if each == language]
    file = tmp_path / f"program.{command[0]}"
    file.write_text(at_port(f"\n{mark}\n".join(programs), server.port), encoding="utf-8")
    printed = output_of([*command[1:], str(file)], tmp_path).split("----\n")
    assert len(printed) == len(programs)
    number = -1
    for each, content in found:
        if each == language:
            number += 1
        else:
            assert is_like(content, printed[number]), printed[number]


@pytest.mark.slow
@pytest.mark.xdist_group("task-docs")
@pytest.mark.parametrize(("command", "output"), shown(text_of("getting-started")))
def test_a_command_does_what_is_shown(demo: Server, command: str, output: str, tmp_path: Path) -> None:
    happened = output_of(["bash", "-c", at_port(command, demo.port)], tmp_path)
    expected = as_cut(command, output, demo.port)
    assert is_like(expected, with_shown_port(happened, demo.port)), happened


@pytest.mark.slow
@pytest.mark.xdist_group("task-docs")
def test_the_server_is_waited_for_as_shown(demo: Server, tmp_path: Path) -> None:
    _, wait, *_ = block(text_of("ci-testing"), "sh").split("\n")
    assert output_of(["bash", "-c", at_port(wait, demo.port)], tmp_path) == "ready\n"


@pytest.mark.slow
@pytest.mark.xdist_group("task-docs")
def test_the_program_in_python(demo: Server, tmp_path: Path) -> None:
    check_program("python", "python", 'print("----")', ["py", sys.executable], demo, tmp_path)


@pytest.mark.slow
@pytest.mark.xdist_group("task-docs")
def test_the_program_with_pandas(demo: Server, tmp_path: Path) -> None:
    pytest.importorskip(
        "pandas", reason="pandas is not among the developers' tools, for its size: pip install pandas"
    )
    check_program("pandas", "python", 'print("----")', ["py", sys.executable], demo, tmp_path)


@pytest.mark.slow
@pytest.mark.xdist_group("task-docs")
@pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed: apt-get install nodejs")
def test_the_program_in_javascript(demo: Server, tmp_path: Path) -> None:
    check_program("javascript", "js", 'console.log("----");', ["mjs", "node"], demo, tmp_path)


@pytest.mark.slow
@pytest.mark.xdist_group("task-docs")
def test_home_assistant_gets_a_state_for_each_sensor(demo: Server) -> None:
    read = yaml.safe_load(block(text_of("home-assistant"), "yaml"))
    states: dict[str, str] = {}
    for rest in read["rest"]:
        status, _, body = demo.get(rest["resource"].removeprefix("http://192.0.2.10:8000"))
        assert status == 200
        for value in (json.loads(body), {"count": 0, "results": []}):
            for sensor in rest["sensor"]:
                state = jinja2.Template(sensor["value_template"]).render(value_json=value)
                assert len(state) <= 255, "the longest state that Home Assistant takes"
                states.setdefault(sensor["name"], state)
    assert list(states) == ["Next launch", "Next launch time", "Next launch status", "People in space"]
    assert "(invented)" in states["Next launch"]
    assert re.fullmatch(r"2026-05-\d\dT\d\d:\d\d:\d\dZ", states["Next launch time"])
    assert states["Next launch status"] == "Go for Launch"
    assert states["People in space"] == "8"
    calendar = demo.get("/2.3.0/launches/upcoming/?format=ics")[2]
    assert calendar.startswith(b"BEGIN:VCALENDAR")


@pytest.mark.slow
def test_the_example_for_pytest_passes(tmp_path: Path) -> None:
    example = block(text_of("ci-testing"), "python")
    file = tmp_path / "test_example.py"
    file.write_text(example.replace("PORT = 8017", f"PORT = {own_port()}"), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    names = ("COSMODROME_", "DJANGO_", "PYTEST_")
    told = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-p", "no:schemathesis", "-p", "no:randomly", str(file)],
        cwd=tmp_path,
        env=told | {"COSMODROME_WORKERS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_the_example_for_github_runs_what_the_shell_does() -> None:
    workflow = yaml.safe_load(block(text_of("ci-testing"), "yaml"))
    script = block(text_of("ci-testing"), "sh").splitlines()
    steps = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert [step for step in steps if step in script] == script[:2]


def texts() -> Iterator[list[str]]:
    """Each text of the source, and of DRF's errors: its parts, between which values stand."""
    files = [file for file in (ROOT / "src").rglob("*.py") if file.parent.name != "migrations"]
    for file in [*files, Path(str(rest_framework.exceptions.__file__))]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [str(each.value) if isinstance(each, ast.Constant) else "%s" for each in node.values]
                yield re.split(r"%\w|\{\w+\}", "".join(parts).strip())
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.split(r"%\w|\{\w+\}", node.value.strip())


SPAN = re.compile(r"^\| (`+) ?(.+?) ?\1 \|", re.MULTILINE)
TROUBLES = [said for _, said in SPAN.findall(text_of("troubleshooting"))]


def test_the_sentences_of_troubleshooting_are_those_of_the_program() -> None:
    assert len(TROUBLES) == len(set(TROUBLES))
    missing, all_of_them = {*TROUBLES}, "\n".join(TROUBLES)
    for parts in texts():
        if len(max(parts, key=len)) >= len("Not found.") and all(part in all_of_them for part in parts):
            missing -= {said for said in missing if covers(parts, said)}
    assert missing == set()


def covers(parts: list[str], said: str) -> bool:
    """Whether the parts of a text are in a sentence, in order, and are most of it."""
    is_found = re.search(".*".join(map(re.escape, parts)), said) is not None
    return is_found and sum(map(len, parts)) > 0.4 * len(said)
