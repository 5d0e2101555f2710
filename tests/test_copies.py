"""Copies of the catalogue, put back or moved over it, under those who have it open."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections
from pytest_django import DjangoDbBlocker

from cosmodrome.database import copies, files
from cosmodrome.database.migrations import known_migrations
from cosmodrome.database.sqlite.base import MOVED, DatabaseWrapper
from servers import Server, run, serving
from test_outages import wait_for

LATER = ("catalogue", "9999_later")


def make(file: Path, word: str, *more: tuple[str, str], without: str = "") -> Path:
    """The least that is a catalogue: the migrations of this version, and a table with a word."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE django_migrations (app, name)")
        known = [each for each in known_migrations() if each[0] != without]
        database.executemany("INSERT INTO django_migrations VALUES (?, ?)", [*known, *more])
        database.execute("CREATE TABLE words (word)")
        database.execute("INSERT INTO words VALUES (?)", [word])
    return file


def words(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return [word for (word,) in database.execute("SELECT word FROM words")]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return make(tmp_path / "catalogue.sqlite3", "present")


def test_a_backup_is_of_what_was_committed_while_others_write(catalogue: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    with closing(sqlite3.connect(catalogue, isolation_level=None)) as writer:
        writer.execute("INSERT INTO words VALUES ('in the log')")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO words VALUES ('not committed')")
        copies.back_up(catalogue, target)
        copies.back_up(catalogue, target)  # over the older one
        writer.execute("ROLLBACK")
    assert words(target) == ["present", "in the log"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert {file.name for file in tmp_path.iterdir()} == {"catalogue.sqlite3", "backup"}


def letter(file: Path) -> Path:
    file.write_text("Dear reader, this is a letter and no database." * 100)
    return file


def test_a_backup_overwrites_nothing_else(catalogue: Path, tmp_path: Path) -> None:
    letter(tmp_path / "letter")
    for target, sentence in [
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "backup", "There is no folder"),
        (catalogue, "is the catalogue itself"),
        (tmp_path / "letter", "is there, and is no catalogue"),
    ]:
        with pytest.raises(copies.CopyError, match=sentence):
            copies.back_up(catalogue, target)
    assert (tmp_path / "letter").read_text().startswith("Dear reader")


def test_a_backup_that_finds_no_room_leaves_nothing(
    catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(copies.CopyError, match="No space left on device"):
        copies.back_up(catalogue, tmp_path / "backup")
    assert [file.name for file in tmp_path.iterdir()] == ["catalogue.sqlite3"]


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
def test_a_restored_backup_leaves_what_was_there_beside_it(
    catalogue: Path, tmp_path: Path, damaged: bool
) -> None:
    backup = make(tmp_path / "backup", "earlier")
    if damaged:
        letter(catalogue)
        Path(f"{catalogue}-wal").write_text("of the damaged one")
    kept = copies.put_back(backup, catalogue)
    assert words(catalogue) == ["earlier"]
    assert kept is not None
    assert kept.name.startswith("catalogue.sqlite3.20")
    if damaged:
        assert kept.read_text().startswith("Dear reader")
        assert Path(f"{kept}-wal").read_text() == "of the damaged one"
    else:
        assert words(kept) == ["present"]
    assert words(backup) == ["earlier"]


def test_a_backup_is_restored_where_there_is_no_catalogue(tmp_path: Path) -> None:
    assert copies.put_back(make(tmp_path / "backup", "earlier"), tmp_path / "catalogue") is None
    assert words(tmp_path / "catalogue") == ["earlier"]


def test_what_is_no_catalogue_or_in_use_is_not_restored(catalogue: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other")) as other, other:
        other.execute("CREATE TABLE words (word)")
    for copy, sentence in [
        (tmp_path / "none", "There is no file"),
        (letter(tmp_path / "letter"), "is no catalogue of Cosmodrome"),
        (tmp_path / "other", "is no catalogue of Cosmodrome"),
        (make(tmp_path / "newer", "later", LATER), "of a newer version of Cosmodrome"),
    ]:
        with pytest.raises(copies.CopyError, match=sentence):
            copies.put_back(copy, catalogue)
    with closing(sqlite3.connect(catalogue)) as server:
        assert server.execute("SELECT word FROM words").fetchone() == ("present",)
        with pytest.raises(copies.CopyError, match="is open in a server or another command"):
            copies.put_back(make(tmp_path / "backup", "earlier"), catalogue)
    assert words(catalogue) == ["present"]
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> files.FileWatch:
    """A watch that looks each time, and the engine's."""
    found = files.FileWatch()
    monkeypatch.setattr(files, "LOOK_SECONDS", 0)
    monkeypatch.setattr("cosmodrome.database.sqlite.base.FILE", found)
    return found


@pytest.fixture
def wrapper(
    catalogue: Path, watch: files.FileWatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[DatabaseWrapper]:
    """A connection to the catalogue, as a server's."""
    settings = {**connections.settings["default"], "NAME": str(catalogue), "OPTIONS": {}}
    made = DatabaseWrapper(settings, "default")
    made.inc_thread_sharing()
    with django_db_blocker.unblock():
        made.connect()
        yield made
        made.close()


def add(wrapper: DatabaseWrapper, word: str) -> None:
    """Adds a word in a transaction."""
    wrapper.set_autocommit(False)
    try:
        with wrapper.cursor() as cursor:
            cursor.execute("INSERT INTO words VALUES (%s)", [word])
        wrapper.commit()
    finally:
        wrapper.rollback()
        wrapper.set_autocommit(True)


def move_over(file: Path, catalogue: Path) -> None:
    file.replace(catalogue)


def move_away(file: Path, catalogue: Path) -> None:
    catalogue.rename(file.with_name("away"))


@pytest.mark.parametrize("move", [move_over, move_away])
def test_nothing_is_saved_into_a_file_that_was_moved(
    wrapper: DatabaseWrapper, catalogue: Path, tmp_path: Path, move: Callable[[Path, Path], None]
) -> None:
    add(wrapper, "saved")
    move(make(tmp_path / "other", "other"), catalogue)
    with pytest.raises(OperationalError, match=MOVED):
        add(wrapper, "lost")
    with wrapper.cursor() as cursor:
        assert list(cursor.execute("SELECT word FROM words")) == [("present",), ("saved",)]


def test_a_catalogue_that_replaces_another_is_opened_without_the_log_of_the_other(
    wrapper: DatabaseWrapper, watch: files.FileWatch, catalogue: Path, tmp_path: Path
) -> None:
    add(wrapper, "in the log")
    watch.look()
    assert (watch.problem, wrapper.is_outdated()) == ("", False)
    move_away(tmp_path / "other", catalogue)
    watch.look()
    assert watch.problem.startswith(f"The database file {catalogue} is gone")
    letter(catalogue)
    watch.look()
    assert "was replaced by one that is no catalogue of this version" in watch.problem
    move_over(make(tmp_path / "older", "older", without="sessions"), catalogue)
    watch.look()
    assert "was replaced by one that is no catalogue of this version" in watch.problem
    assert not wrapper.is_outdated()
    move_over(make(tmp_path / "other", "other"), catalogue)
    watch.look()
    assert (watch.problem, wrapper.is_outdated()) == ("", True)
    assert words(catalogue) == ["other"]
    wrapper.close()
    wrapper.connect()
    add(wrapper, "saved")
    assert words(catalogue) == ["other", "saved"]
    watch.look()
    assert not wrapper.is_outdated()
    aside = [file for file in tmp_path.glob("catalogue.sqlite3.20*-wal") if file.stat().st_size]
    assert len(aside) == 1


COUNTRY = "/2.3.0/config/countries/7/"


def load(data_dir: Path, name: str) -> None:
    """Makes the catalogue, if there is none, and gives it a country."""
    country = json.dumps({"id": 7, "name": name})
    loaded = run(data_dir, "load", "-", "--endpoint", "config/countries", text=country)
    assert loaded.returncode == 0, loaded.stderr


def name_of(server: Server) -> str:
    status, _, body = server.get(COUNTRY, Accept="application/json")
    assert status == 200, body
    return str(json.loads(body)["name"])


def readiness(server: Server) -> tuple[int, str]:
    status, _, body = server.get("/readyz")
    return status, body.decode()


@pytest.mark.slow
def test_a_server_notices_what_is_done_to_its_file(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    load(data_dir, "Hope")
    file, backup, away = data_dir / "cosmodrome.sqlite3", tmp_path / "backup", tmp_path / "away"
    made = run(data_dir, "backup", str(backup))
    assert made.returncode == 0, made.stderr
    with serving(data_dir, "--empty", "--workers", "2") as server:
        load(data_dir, "Faith")
        assert name_of(server) == "Faith"
        assert readiness(server) == (200, "ready\n")
        refused = run(data_dir, "restore", str(backup))
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"{file} is open in a server or another command")
        file.rename(away)
        wait_for(lambda: {readiness(server)[0] for _ in range(20)} == {503})  # each worker looks for itself
        assert readiness(server)[1].startswith(f"The database file {file} is gone")
        assert {name_of(server) for _ in range(20)} == {"Faith"}
        assert not file.exists()
        backup.rename(file)
        wait_for(lambda: {readiness(server)[0] for _ in range(20)} == {200})
        wait_for(lambda: {name_of(server) for _ in range(20)} == {"Hope"})
        load(data_dir, "Charity")
        assert {name_of(server) for _ in range(20)} == {"Charity"}
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
def test_what_is_restored_is_what_was_there(tmp_path: Path) -> None:
    data_dir, backup = tmp_path / "data", tmp_path / "backup"
    load(data_dir, "Hope")
    assert run(data_dir, "backup", str(backup)).returncode == 0
    load(data_dir, "Faith")
    before = run(data_dir, "status").stdout
    restored = run(data_dir, "restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    assert restored.stdout.startswith(
        f"{backup} is the catalogue now; what was there is {data_dir}/cosmodrome.sqlite3.20"
    )
    after = run(data_dir, "status").stdout
    version = [line.split()[2] for told in (before, after) for line in told.splitlines() if "version" in line]
    assert version[1] > version[0]
    with closing(sqlite3.connect(data_dir / "cosmodrome.sqlite3")) as database:
        assert database.execute("SELECT name FROM catalogue_country WHERE id = 7").fetchone() == ("Hope",)


def test_where_there_is_nothing_to_restore_nothing_is_made(tmp_path: Path) -> None:
    ended = run(tmp_path / "data", "restore", str(tmp_path / "none"))
    assert (ended.returncode, ended.stderr) == (1, f"There is no file {tmp_path / 'none'}.\n")
    assert not (tmp_path / "data").exists()
