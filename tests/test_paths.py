"""Paths that commands and settings are given: what is no regular file is refused before it is opened, with a sentence."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from typer.main import get_group

from cosmodrome.cli import app
from cosmodrome.database import copies, transfer
from cosmodrome.database.paths import is_open_already
from cosmodrome.environment import Environment, SettingsError
from cosmodrome.environment.rows import PREFIX
from cosmodrome.environment.variables import SETTINGS
from cosmodrome.ingest import sources
from cosmodrome.progress import NO_PROGRESS
from cosmodrome.server import startup
from test_command_line import run
from test_copies import make, words

LONG = "n" * 300
PATHS = {"DATA_DIR", "CALL_LOG"}
"""Settings that are a path; a database's file is within its url."""
WRITES = {
    "admin-user": ["ada", "--remove"],
    "derive": [],
    "diff": ["--take-theirs"],
    "load": ["x.json"],
    "restore": ["x.bak"],
    "sync": [],
    "synth": [],
    "token": ["remove", "bot"],
}
ONLY_READ = (
    "COSMODROME_READ_ONLY is on, and this would write to the catalogue: "
    "`cosmodrome serve` and the commands that only read work."
)
READS = {"serve", "status", "check", "backup", "copy", "upgrade", "describe", "version"}
"""Commands that do not write to the catalogue; `upgrade` asks for what it would write first."""


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.fixture
def pages() -> Iterator[str]:
    """The name of a pipe that is open, as a shell names that of `<(...)`."""
    reading, writing = os.pipe()
    os.write(writing, b"[]")
    os.close(writing)
    yield f"/dev/fd/{reading}"
    os.close(reading)


def said(source: str) -> str:
    (document,) = sources.documents(source)
    return str(document.error or "")


def test_a_backup_goes_to_a_regular_file_alone(tmp_path: Path, pipe: Path) -> None:
    catalogue = make(tmp_path / "catalogue.sqlite3", "present")
    for target, sentence in [
        (pipe, f"{pipe} is no regular file: "),
        (Path("/dev/zero"), "/dev/zero is no regular file: "),
        (tmp_path, f"{tmp_path} is a folder: "),
        (tmp_path / "none" / "x", f"There is no folder {tmp_path / 'none'}: "),
        (tmp_path / LONG, r"can't be used \(File name too long\)"),
        (tmp_path / LONG[:250], r"The backup can't be made \(File name too long\)"),
    ]:
        with pytest.raises(copies.CopyError, match=sentence):
            copies.back_up(catalogue, target)
        if len(target.name) != 250:
            with pytest.raises(copies.CopyError, match=sentence):
                copies.dump({}, target)
            with pytest.raises(copies.CopyError, match=r"is there already|no folder|too long"):
                transfer.transfer_to_file(target, NO_PROGRESS)
    assert (
        run("backup", "-").err
        == "A backup is a file, and goes to no standard output: write the name of a file.\n"
    )


def test_what_is_no_regular_file_is_not_restored(tmp_path: Path, pipe: Path) -> None:
    for copy, sentence in [
        (pipe, f"{pipe} is no regular file: "),
        (Path("/dev/zero"), "/dev/zero is no regular file: "),
        (tmp_path, f"{tmp_path} is a folder: "),
        (tmp_path / LONG, r"can't be used \(File name too long\)"),
    ]:
        with pytest.raises(copies.CopyError, match=sentence):
            copies.put_back(copy, tmp_path / "catalogue.sqlite3")
    backup = make(tmp_path / "backup", "present")
    with pytest.raises(copies.CopyError, match=r"can't be restored \(File name too long\)"):
        copies.put_back(backup, tmp_path / LONG)


def test_what_is_no_regular_file_is_not_loaded(tmp_path: Path, pipe: Path) -> None:
    for source in (str(pipe), "/dev/zero", "/dev/null"):
        assert said(source) == "It is no regular file: use - for standard input."
    for source in (LONG, f"{tmp_path}/{LONG}", "x/" * 3000):
        assert said(source) == "The file can't be read: File name too long."


def test_a_pipe_that_is_open_is_loaded_up_to_the_bound(
    pages: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (document,) = sources.documents(pages)
    assert (document.data, document.error) == (b"[]", None)
    settings.LOAD_BYTES = 3_000_000
    refusal = "It has more than 3000000 bytes: load it from a file, or set COSMODROME_LOAD_BYTES to what it may take."
    with Path("/dev/zero").open("rb") as endless:
        assert said(f"/dev/fd/{endless.fileno()}") == refusal
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=endless))
        assert said("-") == refusal
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"1" * 3_000_000)))
    assert said("-") == ""


def test_names_of_what_is_open() -> None:
    for name in ("/dev/stdin", "/dev/fd/63", "/proc/self/fd/11", "/proc/77/fd/1"):
        assert is_open_already(name)
    for name in (
        "stdin",
        "/dev/zero",
        "/dev/fd/x",
        "/dev/fd/1/../../zero",
        "/proc/self/mem",
        "/home/dev/fd/1",
    ):
        assert not is_open_already(name)


def test_a_setting_that_is_a_path_is_told_in_a_sentence_what_is_wrong_with_it(
    tmp_path: Path, pipe: Path
) -> None:
    assert {
        name for name, row in SETTINGS.items() if " Path" in f" {Environment.__annotations__[field_of(row)]}"
    } == PATHS
    for name in PATHS:
        for path in (f"{tmp_path}/{LONG}", str(pipe), f"{pipe}/x", "x/" * 3000):
            with pytest.raises(SettingsError, match=f"{PREFIX}{name} is "):
                Environment.read({PREFIX + name: path})
    assert Environment.read({f"{PREFIX}CALL_LOG": "/dev/stderr"}).call_log


def field_of(row: Any) -> str:
    return next(
        name for name, each in Environment.__dataclass_fields__.items() if each.metadata["setting"] is row
    )


@pytest.mark.parametrize("command", [["status"], ["serve"], ["load", "x.json"], ["backup", "x"]])
def test_a_name_that_no_folder_can_have_is_a_sentence_of_each_command(command: list[str]) -> None:
    refused = run(*command, COSMODROME_DATA_DIR=LONG)
    assert refused.code == 1
    assert refused.err.startswith(f"{PREFIX}DATA_DIR is '")
    assert refused.err.endswith("', which can't be used (File name too long): name another.\n")


def test_every_command_reads_or_writes() -> None:
    assert set(get_group(app).commands) == set(WRITES) | READS


@pytest.mark.parametrize("command", WRITES)
def test_a_command_that_writes_says_that_the_catalogue_is_only_read(command: str, tmp_path: Path) -> None:
    refused = run(command, *WRITES[command], COSMODROME_READ_ONLY="on", COSMODROME_DATA_DIR=str(tmp_path))
    assert (refused.code, refused.err) == (
        1,
        f"{ONLY_READ}\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_that_is_only_read_is_backed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "medium"
    folder.mkdir()
    catalogue = make(folder / "cosmodrome.sqlite3", "present")
    variables = {f"{PREFIX}READ_ONLY": "on", f"{PREFIX}DATA_DIR": str(folder)}
    read_only = Environment.read(variables).databases()["default"]["NAME"]
    monkeypatch.setitem(connection.settings_dict, "NAME", read_only)
    monkeypatch.setattr(startup, "open_unchanged", lambda _: None)
    opened: list[str] = []
    connect: Any = sqlite3.connect

    def noted(name: Any, *more: Any, **options: Any) -> sqlite3.Connection:
        opened.append(str(name))
        opening: sqlite3.Connection = connect(name, *more, **options)
        return opening

    monkeypatch.setattr(sqlite3, "connect", noted)
    done = run("backup", str(tmp_path / "copy"), **variables)
    assert (done.code, done.err) == (0, "")
    assert words(tmp_path / "copy") == ["present"]
    assert [name for name in opened if str(catalogue) in name] == [f"file:{catalogue}?mode=ro&immutable=1"]


def test_a_log_is_not_left_out_in_silence_by_commands_that_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup, "refuse_missing", lambda _: None)
    (tmp_path / "cosmodrome.sqlite3-wal").write_bytes(b"something")
    with pytest.raises(startup.StartError, match="-wal is not empty"):
        startup.open_unchanged(
            Environment.read({f"{PREFIX}READ_ONLY": "on", f"{PREFIX}DATA_DIR": str(tmp_path)})
        )
