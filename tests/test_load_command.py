"""The command `cosmodrome load`: what it prints, how it ends, and what a process that dies leaves behind."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from conftest import Api
from cosmodrome.cli import app
from pages import agency, catalogue, copied, craft, envelope


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, in which pages and the data folder are."""
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, name: str, page: Any) -> str:
    (folder / name).write_text(page if isinstance(page, str) else json.dumps(page))
    return name


def command(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["load", *arguments], input=given, env={"COLUMNS": "80"})


@pytest.mark.usefixtures("empty")
class TestTheCommand:
    def test_a_closing_line_says_what_became_of_the_file(self, in_folder: Path) -> None:
        file = write(in_folder, "page.txt", copied(envelope(craft(1), craft(2))))
        created, again = command(file), command(file)
        assert created.exit_code == again.exit_code == 0
        assert re.fullmatch(
            "page.txt: 2 spacecraft: 2 created, 0 changed, 0 unchanged; "
            "9 nested in them: 9 created, 0 changed, 0 unchanged; "
            r"as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(the time of the file\)\n",
            created.stdout,
        )
        assert again.stdout.startswith(
            "page.txt: 2 spacecraft: 0 created, 0 changed, 2 unchanged; "
            "9 nested in them: 0 created, 0 changed, 9 unchanged; as of "
        )
        assert created.stderr == again.stderr == ""

    def test_notes_go_to_the_standard_error(self, in_folder: Path) -> None:
        result = command(write(in_folder, "page.json", craft(1, colour="red")))
        assert result.exit_code == 0
        assert result.stderr == "Not in the contract, and left out: SpacecraftNormal.colour.\n"

    @pytest.mark.usefixtures("in_folder")
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_a_page_may_come_by_standard_input(self, pack: Any) -> None:
        result = command("-", given=pack(json.dumps([craft(1)]).encode()))
        assert result.stdout.startswith("standard input: 1 spacecraft: 1 created")

    def test_a_broken_file_is_one_sentence_and_exit_code_1(self, in_folder: Path) -> None:
        before = catalogue()
        result = command(write(in_folder, "page.json", [craft(1), craft(2, in_space="yes")]))
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr == (
            "page.json: spacecraft 2: in_space: true or false is expected, not the text 'yes'.\n"
        )
        assert catalogue() == before

    def test_a_broken_file_does_not_keep_others_out(self, in_folder: Path) -> None:
        good = [write(in_folder, f"{key}.json", [craft(key)]) for key in (1, 2)]
        result = command(good[0], write(in_folder, "cut.json", "[{"), good[1])
        assert result.exit_code == 1
        assert result.stdout.count("1 created") == 2
        assert result.stderr == "cut.json: The JSON is cut off at line 1, column 3.\n2 of 3 files loaded.\n"
        assert [row[0] for row in catalogue()["Spacecraft"]] == [1, 2]

    def test_the_endpoint_and_the_moment_may_be_given(self, in_folder: Path, api: Api) -> None:
        page = [{"id": 1, "name": "Active"}]
        command(write(in_folder, "page.json", page), "--endpoint", "config/spacecraft_statuses")
        assert api.json("config/spacecraft_statuses")["results"] == page
        command(write(in_folder, "page.json", [craft(1, in_space=True)]), "--as-of", "2026-04-30T12:00:00Z")
        assert api.json("spacecraft/1")["time_in_space"] == "P11D"

    def test_a_moment_that_is_none_is_refused(self, in_folder: Path) -> None:
        result = command(write(in_folder, "page.json", [craft(1)]), "--as-of", "yesterday")
        assert result.exit_code == 2
        assert "'yesterday' is not an instant" in " ".join(result.stderr.split())

    def test_nothing_in_a_file_commands_the_terminal(self, in_folder: Path) -> None:
        page = [agency(1) | {"[red]\x1b[2J": 1}, agency(2, name=["\x1b[2J"])]
        result = command(write(in_folder, "page.json", page[:1]), write(in_folder, "broken.json", page))
        assert "\x1b" not in result.output
        assert "[red]" in result.stderr


def in_process(folder: Path, code: str) -> subprocess.Popen[str]:
    """Python code in a process of its own, on an SQLite file in `folder`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COSMODROME_")}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment | {"COSMODROME_DATA_DIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stored(folder: Path, name: str = "cosmodrome.sqlite3") -> list[str]:
    """Every row that a database file holds, as SQL."""
    connection = sqlite3.connect(folder / name)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


LOAD = "import sys; sys.argv = ['cosmodrome', 'load', {file!r}]; from cosmodrome.cli import main; main()"
LOAD_AND_DIE = """
import os, shutil, signal
from cosmodrome.server import startup

startup.open_catalogue(startup.set_up())
from cosmodrome.progress import Progress
from cosmodrome.ingest.loader import load_file
from django.db import connection

load_file("small.json")
connection.close()
shutil.copy("cosmodrome.sqlite3", "before.sqlite3")
stages, written = [], []

def die(steps):
    if stages[-1] == "writing":
        written.append(steps)
        if len(written) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

load_file("large.json", progress=Progress(lambda stage, _: stages.append(stage), die))
"""


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_the_catalogue_as_it_was_and_two_at_once_take_turns(
    tmp_path: Path,
) -> None:
    """One test, since each process takes more than a second to start."""
    write(tmp_path, "small.json", [craft(1)])
    write(tmp_path, "large.json", [craft(key, name="Large") for key in range(1, 601)])
    write(tmp_path, "other.json", [craft(key, name="Large") for key in range(301, 901)])

    killed = in_process(tmp_path, LOAD_AND_DIE)
    assert killed.communicate() == ("", "")
    assert killed.returncode == -signal.SIGKILL
    assert stored(tmp_path) == stored(tmp_path, "before.sqlite3")

    both = [in_process(tmp_path, LOAD.format(file=file)) for file in ("large.json", "other.json")]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    created = sum(int(out.split(": ")[2].split()[0]) for out, _ in said)
    assert created == 899
    assert any("Craft 1" in line for line in stored(tmp_path, "before.sqlite3"))
    assert sum("'Large'" in line for line in stored(tmp_path)) == 900
