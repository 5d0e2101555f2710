"""Backups that are made while others write: each is a version that there was, and answers like it once restored."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import pytest

from cosmodrome.changes.models import DataVersion
from forks import forks
from servers import environment

BACKUPS = 6
ROUNDS = 1000
"""More than the writer gets to: it is killed when all backups are made."""
NOW = "2026-05-01T12:00:00Z"


@contextmanager
def writing(data_dir: Path, rounds: int) -> Iterator[IO[str]]:
    """Yields what a writer says that changes and loads without a pause, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "writer.py"), str(rounds), "127.0.0.1:8000"],
        env={**environment(data_dir, NOW=NOW), "DJANGO_SETTINGS_MODULE": "cosmodrome.server.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin and process.stdout
        process.stdin.write("\n" * ROUNDS)
        process.stdin.flush()
        try:
            yield process.stdout
        finally:
            process.kill()


def version_of(file: Path) -> int:
    """The data version of a catalogue."""
    with closing(sqlite3.connect(file)) as database:
        table = DataVersion._meta.db_table
        (version,) = database.execute(f"SELECT number FROM {table}").fetchone()  # noqa: S608 - a name of ours
    return int(version)


@pytest.mark.slow
def test_a_backup_under_load_is_restored_to_a_version_that_there_was(data_dir: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.sqlite3" for number in range(BACKUPS)]
    with forks(environment(data_dir, NOW=NOW)) as commands:
        with writing(data_dir, ROUNDS) as said:
            answers = {}
            for file in files:
                told = json.loads(said.readline())
                answers[told["version"]] = told["answers"]
                assert commands.run(tmp_path, ["backup", str(file)]).code == 0
            versions = [version_of(file) for file in files]
            while told["version"] < max(versions):
                told = json.loads(said.readline())
                answers[told["version"]] = told["answers"]
        assert len(set(versions)) > 1
        assert versions == sorted(versions)
        assert set(versions) <= set(answers)
        restored = commands.run(tmp_path, ["restore", str(files[BACKUPS // 2])])
        assert restored.code == 0, restored.printed
        checked = commands.run(tmp_path, ["check", "--all", "--format", "json"])
        assert checked == (0, "[]\n")
    with writing(data_dir, 0) as said:
        now = json.loads(said.readline())
    assert now["answers"] == answers[versions[BACKUPS // 2]]
    assert now["version"] > max(versions)
