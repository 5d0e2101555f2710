"""The packages that are installed, by whichever way; `scripts/release` tries the whole, with packages from the network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from servers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLACE = "https://github.com/cosmodrome-space/cosmodrome/blob/main/"


def packages(file: str) -> set[str]:
    """The packages that a file of requirements names."""
    return set(re.findall(r"^([\w-]+)==", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))


def named(requirements: list[str]) -> set[str]:
    """The packages of a list in pyproject.toml."""
    return {re.split(r"[>=<\[; ]", each)[0] for each in requirements}


def test_serving_needs_what_the_project_names_and_no_tool_of_developers() -> None:
    needed, groups = packages("requirements.txt"), PROJECT["dependency-groups"]
    assert named(PROJECT["project"]["dependencies"]) <= needed
    assert not needed & (named(groups["dev"]) | named(groups["release"]))
    assert needed | named(groups["dev"]) <= packages("requirements-dev.txt")
    assert named(groups["release"]) <= packages("requirements-release.txt")


PIP = """#!/bin/sh
echo "$@" >>"$CALLS"
[ "$2" != venv ] || { mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; }
"""
"""A Python that only says what it is asked for."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's scripts and lists, without what they have installed."""
    for name in ("pyproject.toml", "uv.lock", "CHANGELOG.md", *map(str, ROOT.glob("requirements*.txt"))):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "python").write_text(PIP)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def install(copy: Path, needs: str) -> tuple[str, str]:
    """What is printed, and what Python is asked for."""
    calls = copy / "calls"
    calls.write_text("")
    variables = {"PATH": "/usr/bin:/bin", "PYTHON": str(copy / "python"), "CALLS": str(calls)}
    command = ["sh", "-c", f"needs={needs}; . ./scripts/environment", str(copy / "scripts" / "serve")]
    done = subprocess.run(command, cwd=copy, env=variables, capture_output=True, text=True, check=True)
    return done.stderr, calls.read_text()


@pytest.mark.skipif(any(map(Path.exists, map(Path, ("/usr/bin/uv", "/bin/uv")))), reason="uv would be used")
def test_a_script_installs_what_it_needs_once_and_says_so(copy: Path) -> None:
    count = len(packages("requirements.txt"))
    said, asked = install(copy, "serving")
    assert said == f"Installing what serving needs into .venv: {count} packages …\nInstalled.\n"
    assert "-r requirements.txt" in asked
    assert "requirements-dev" not in asked
    assert install(copy, "serving") == ("", "")
    said, asked = install(copy, "development")
    assert "what development needs" in said
    assert "-r requirements-dev.txt" in asked
    assert install(copy, "development") == install(copy, "serving") == ("", "")


def test_serving_and_the_commands_need_only_what_serving_needs() -> None:
    for script in (ROOT / "scripts").iterdir():
        text = script.read_text(encoding="utf-8")
        assert ("\nneeds=serving\n" in text) == (script.name in ("serve", "cosmodrome")), script


def test_a_release_gets_its_version_and_its_date(copy: Path) -> None:
    prepare = ["sh", "scripts/release", "--prepare"]
    variables = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
    subprocess.run([*prepare, "7.8.9"], cwd=copy, env=variables, capture_output=True, check=True)
    assert tomllib.loads((copy / "pyproject.toml").read_text())["project"]["version"] == "7.8.9"
    locked = tomllib.loads((copy / "uv.lock").read_text(encoding="utf-8"))["package"]
    assert [each["version"] for each in locked if each["name"] == "cosmodrome"] == ["7.8.9"]
    changes = (copy / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## Unreleased\n\n## 7\.8\.9 \(\d{4}-\d\d-\d\d\)\n\n(- |## )", changes, re.MULTILINE)
    assert (
        subprocess.run([*prepare, "seven"], cwd=copy, env=variables, stderr=subprocess.PIPE).returncode == 1
    )


def test_what_pypi_shows_links_to_whole_addresses() -> None:
    hook = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    assert hook["fragments"] == [{"path": "README.md"}]
    shown = README
    for each in hook["substitutions"]:
        shown = re.sub(each["pattern"], each["replacement"], shown)
    targets = re.findall(r"\]\(([^)]+)\)", shown)
    assert [target for target in targets if not target.startswith(("http", "#"))] == []
    ours = [target.removeprefix(PLACE).partition("#")[0] for target in targets if target.startswith(PLACE)]
    assert len(ours) > 10
    assert [target for target in ours if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/getting-started.md", "docs/ci-testing.md"])
def test_a_page_names_the_wheel_that_is_built(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    wheels = set(re.findall(r"cosmodrome-[\w.]+-py3-none-any\.whl", text))
    assert wheels == {f"cosmodrome-{PROJECT['project']['version']}-py3-none-any.whl"}


@pytest.mark.parametrize("command", [["-m", "cosmodrome"], ["-c", "from cosmodrome.cli import main"]])
def test_where_it_does_not_run_it_says_where_it_does(tmp_path: Path, command: list[str]) -> None:
    """Without the module that Windows lacks; and the modules are not imported that need it."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['fcntl'] = None\n")
    done = subprocess.run(
        [sys.executable, *command],
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "On Windows use it in WSL" in done.stderr and "Docker" in done.stderr
