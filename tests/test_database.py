"""The database as such: none, an older or newer one, one that is busy; what commands say of it and leave alone."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from typer.main import get_group
from typer.testing import CliRunner

from conftest import Api
from cosmodrome.cli import app
from servers import environment, make_catalogue, run

MAKERS = {"serve", "load", "synth", "restore", "sync"}
"""Commands that make a catalogue where there is none."""
WITHOUT = {"version"}
"""Commands that need none."""
ARGUMENTS = {
    "backup": ["file"],
    "copy": ["--to", "file.sqlite3"],
    "admin-user": ["ada", "--remove"],
    "token": ["list"],
}
"""What a command is given, where it has to be given something."""
OTHERS = sorted(set(get_group(app).commands) - MAKERS - WITHOUT)


@pytest.mark.slow
@pytest.mark.parametrize("command", [pytest.param(name, marks=() if name == "status" else pytest.mark.slow) for name in OTHERS])  # fmt: skip
def test_where_there_is_no_catalogue_a_command_says_so_and_makes_none(tmp_path: Path, command: str) -> None:
    refused = run(tmp_path / "data", command, *ARGUMENTS.get(command, []))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"There is no catalogue in {tmp_path / 'data'}: `cosmodrome serve` makes one, and so do "
        "`cosmodrome load` and `cosmodrome synth`.\n"
    )
    assert not refused.stdout
    assert list(tmp_path.iterdir()) == []


SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
STORED = {
    "django_migrations": "SELECT app, name FROM django_migrations",
    "django_content_type": "SELECT app_label, model FROM django_content_type",
    "auth_permission": "SELECT name, codename FROM auth_permission",
}
MIGRATE = """
from cosmodrome.server import startup
startup.set_up().prepare()
from django.db import connections
from cosmodrome.database.migrations import migrate
for database in connections:
    migrate(database)
"""


def contents_of(file: Path) -> tuple[set[tuple[str, ...]], dict[str, list[Any]]]:
    """The schema of a database, without the order of columns and constraints, and what migrations store."""
    with closing(sqlite3.connect(file)) as database:
        schema = {
            (*rest, *sorted(part.strip(" ()") for part in (sql or "").split(",")))
            for *rest, sql in database.execute(SCHEMA)
        }
        there = {name for _, name, *_ in schema}
        rows = {table: sorted(database.execute(STORED[table])) for table in there & STORED.keys()}
    return schema, rows


@pytest.mark.slow
def test_a_new_catalogue_is_what_its_migrations_make(tmp_path: Path) -> None:
    made = make_catalogue(tmp_path / "made")
    script = [sys.executable, "-c", MIGRATE]
    subprocess.run(script, env=environment(tmp_path / "migrated"), check=True)
    files = sorted(file.name for file in made.glob("*.sqlite3"))
    assert len(files) == 2
    for file in files:
        assert contents_of(made / file) == contents_of(tmp_path / "migrated" / file)


def test_a_data_folder_that_is_a_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = run(tmp_path / "file", "status")
    assert refused.returncode == 1
    assert refused.stderr == (
        f"COSMODROME_DATA_DIR is '{tmp_path}/file', and {tmp_path}/file is a file: name a folder.\n"
    )


@contextmanager
def edited(data_dir: Path) -> Iterator[sqlite3.Connection]:
    """The catalogue's file, opened by another program, which commits."""
    with closing(sqlite3.connect(data_dir / "cosmodrome.sqlite3", isolation_level=None)) as database:
        yield database


@pytest.mark.slow
def test_status_tells_what_there_is_and_changes_nothing(data_dir: Path) -> None:
    before = (data_dir / "cosmodrome.sqlite3").read_bytes()
    told = run(data_dir, "status")
    assert told.returncode == 0, told.stderr
    lines = dict(line.split(":", 1) for line in told.stdout.splitlines())
    assert lines["database"].strip().startswith(f"SQLite, {data_dir}/cosmodrome.sqlite3 (")
    assert lines["records"].strip().startswith("20 spacecraft, ")
    assert lines["data version"].strip().endswith((" ago", "just now"))
    assert lines["derived"].strip().startswith("as of ")
    assert (data_dir / "cosmodrome.sqlite3").read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [["status"], ["serve"], ["load", "-"], ["token", "add", "bot"]], ids=" ".join
)
def test_a_database_that_is_newer_than_the_program_is_refused(data_dir: Path, command: list[str]) -> None:
    with edited(data_dir) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('catalogue', '9999_later', '')"
        )
    refused = run(data_dir, *command)
    assert refused.returncode == 1
    assert refused.stderr == (
        "The database is of a newer version of Cosmodrome (it has had catalogue.9999_later): "
        "install that version, or use another database.\n"
    )


@pytest.mark.slow
def test_a_database_that_is_older_is_brought_up_to_date_by_who_writes(data_dir: Path) -> None:
    with edited(data_dir) as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        database.execute("DROP TABLE IF EXISTS django_session")
    refused = run(data_dir, "status")
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "The database lacks 1 of this version's migrations, the first is sessions."
    )
    assert run(data_dir, "derive").returncode == 0
    assert run(data_dir, "status").returncode == 0


@pytest.mark.slow
def test_upgrade_runs_the_migrations_that_check_names(data_dir: Path) -> None:
    with edited(data_dir) as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    before = contents_of(data_dir / "cosmodrome.sqlite3")
    checked = run(data_dir, "upgrade", "--check")
    assert (checked.returncode, checked.stderr) == (1, "")
    assert checked.stdout == "The database lacks sessions.0001_initial: `cosmodrome upgrade` runs that.\n"
    assert contents_of(data_dir / "cosmodrome.sqlite3") == before
    upgraded = run(data_dir, "upgrade")
    assert (upgraded.returncode, upgraded.stderr) == (0, "")
    assert upgraded.stdout == "The database has had sessions.0001_initial now, and is up to date.\n"
    assert run(data_dir, "status").returncode == 0


def test_upgrade_check_ends_with_0_if_there_is_nothing_to_do(api: Api) -> None:
    checked = CliRunner().invoke(app, ["upgrade", "--check"])
    assert (checked.exit_code, checked.output) == (0, "The database is up to date.\n")
    MigrationRecorder(connection).record_unapplied("catalogue", "0004_statements")
    checked = CliRunner().invoke(app, ["upgrade", "--check"])
    assert (checked.exit_code, checked.output) == (
        1,
        "The database lacks catalogue.0004_statements: `cosmodrome upgrade` runs that.\n",
    )


@pytest.mark.slow
def test_what_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert run(tmp_path / "data", "load", "-", "--endpoint", "agencies", text="[]").returncode == 0
    made = [tmp_path / "data", *(tmp_path / "data").iterdir()]
    assert {file.name for file in made} >= {"data", "secret_key", "cosmodrome.sqlite3"}
    assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in made} == {0}
