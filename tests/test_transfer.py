"""The catalogue in another database: equal, whole or not there, and nothing told of a password."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db.models import BinaryField, JSONField
from typer.testing import CliRunner

from conftest import FirstStart
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.cli import app
from cosmodrome.database import transfer
from cosmodrome.database.copies import CopyError
from cosmodrome.database.outages import OUTAGE
from cosmodrome.mirror.models import UpstreamCall
from cosmodrome.progress import NO_PROGRESS, Progress
from cosmodrome.resources.registry import RESOURCES
from servers import own_port, run, serving
from test_database import contents_of


def counts_in(file: Path) -> dict[str, int]:
    """The number of rows by table."""
    with closing(sqlite3.connect(file)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: len(database.execute(f"SELECT 1 FROM {name}").fetchall()) for name in names}  # noqa: S608


def test_a_copy_has_every_row_and_the_tables_that_a_start_makes(
    api: Any, tmp_path: Path, first_start: FirstStart
) -> None:
    stages: list[tuple[str, int]] = []
    steps: list[int] = []
    progress = Progress(lambda stage, total: stages.append((stage, total)), steps.append)
    done = transfer.transfer_to_file(tmp_path / "copy.sqlite3", progress)
    counts = counts_in(tmp_path / "copy.sqlite3")
    assert stages == [("copying", done.rows), ("comparing", done.rows)]
    assert sum(steps) == 2 * done.rows
    assert counts["catalogue_agency"] == Agency.objects.count()
    empty = {name for name, rows in counts.items() if name.startswith("catalogue_") and not rows}
    assert empty == set()
    assert counts.pop("django_migrations") > 0
    assert sum(rows for name, rows in counts.items() if name != "sqlite_sequence") == done.rows
    assert UpstreamCall._meta.db_table not in counts
    assert [file.name for file in tmp_path.iterdir()] == ["copy.sqlite3"]
    made = contents_of(first_start.folder / "cosmodrome.sqlite3")
    assert contents_of(tmp_path / "copy.sqlite3")[0] == made[0]


def test_a_row_that_is_not_written_as_it_was_read_ends_it(
    api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = transfer.write_rows

    def write_wrongly(model: transfer.Table, rows: list[tuple[Any, ...]]) -> None:
        write(model, rows)
        if model is Agency:
            last = Agency.objects.using(transfer.TARGET).order_by("pk").last()
            assert last is not None
            Agency.objects.using(transfer.TARGET).filter(pk=last.pk).update(
                description=f"{last.description}."
            )

    monkeypatch.setattr(transfer, "write_rows", write_wrongly)
    with pytest.raises(CopyError, match=r"Nothing was copied: of catalogue_agency, .* they are not equal"):
        transfer.transfer_to_file(tmp_path / "copy.sqlite3", NO_PROGRESS)
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_does_not_fit_is_told_with_its_table(
    api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = transfer.batches

    def read_twice(model: transfer.Table, database: str) -> Iterator[list[tuple[Any, ...]]]:
        for rows in read(model, database):
            yield rows * 2

    monkeypatch.setattr(transfer, "batches", read_twice)
    with pytest.raises(CopyError, match=r"a row of \w+ does not fit into the other database \(UNIQUE"):
        transfer.transfer_to_file(tmp_path / "copy.sqlite3", NO_PROGRESS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["there.sqlite3", "none/copy.sqlite3"])
def test_a_file_that_is_there_or_in_no_folder_is_refused(api: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "there.sqlite3").write_text("a letter")
    with pytest.raises(CopyError, match=r"is there already|There is no folder"):
        transfer.transfer_to_file(tmp_path / name, NO_PROGRESS)
    assert (tmp_path / "there.sqlite3").read_text() == "a letter"


def test_a_database_with_a_table_is_refused(api: Any, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "words.sqlite3")) as other, other:
        other.execute("CREATE TABLE words (word)")
    with pytest.raises(CopyError, match=r"is not empty: it has the table words"):
        transfer.transfer(transfer.sqlite_settings(tmp_path / "words.sqlite3"), NO_PROGRESS)
    assert counts_in(tmp_path / "words.sqlite3") == {"words": 0}


FORMS = "postgresql://USER:PASSWORD@HOST/NAME, or the name of a file, as FILE.sqlite3"


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("mydb", f"What --to names is neither a url nor a file: write {FORMS}."),
        ("u:secret@h/n", f"What --to names is neither a url nor a file: write {FORMS}."),
        ("", f"What --to names is neither a url nor a file: write {FORMS}."),
        ("mysql://u:secret@h/n", "The url of --to begins with 'mysql': write sqlite:"),
        ("postgresql://u:12/secret@h/n", "The url of --to can't be read: write sqlite:"),
        ("postgresql://u:secret@h", "The url of --to names no database"),
    ],
)
@pytest.mark.parametrize("given", [True, False], ids=["given", "read"])
def test_what_is_no_database_is_refused_and_no_password_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, sentence: str, given: bool
) -> None:
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))
    text = "" if given else f"{to}\n"
    refused = CliRunner().invoke(app, ["copy", "--to", to if given else "-"], input=text)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith(sentence)
    assert "secret" not in refused.output
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_told_without_the_password(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OUTAGE, "is_waited_for", True)
    to = f"postgresql://ada:secret@127.0.0.1:{own_port()}/catalogue?connect_timeout=2"
    refused = CliRunner().invoke(app, ["copy", "--to", to])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Nothing was copied (connection failed")
    assert "secret" not in refused.output
    assert not OUTAGE.is_on, "it is not the catalogue that is away"


def test_json_is_compared_as_both_databases_store_it() -> None:
    """PostgreSQL has no exponent, and orders keys in its own way."""
    written, read = {"mass": 5.972168e24, "id": 7}, {"id": 7, "mass": 5972168000000000000000000}
    one, other = (json.dumps(transfer.comparable(JSONField(), value)) for value in (written, read))
    assert one == other
    assert one != json.dumps(transfer.comparable(JSONField(), {**read, "id": 8}))
    assert transfer.comparable(BinaryField(), memoryview(b"ab")) == transfer.comparable(BinaryField(), b"ab")


def answers(data_dir: Path, **settings: str) -> dict[str, tuple[int, str, bytes]]:
    """What a server answers for every list, with all detail: status, data version, body."""
    told = {}
    with serving(data_dir, "--empty", **settings) as server:
        for path in RESOURCES:
            target = f"/2.3.0/{path}/?mode=detailed&limit=20"
            status, headers, body = server.get(target, Accept="application/json", Host="space.example")
            told[target] = status, headers.get("x-data-version", ""), body
    return told


@pytest.mark.slow
def test_a_catalogue_goes_to_postgresql_and_back_and_answers_the_same(
    tmp_path: Path, postgresql: Any
) -> None:
    first, back, url = tmp_path / "data", tmp_path / "back", postgresql.get_uri()
    given: dict[str, Any] = {
        "ALLOWED_HOSTS": "space.example",
        "NOW": "2026-05-01T12:00:00Z",
    }  # nothing is settled at a start

    def command(*arguments: str, text: str = "", **settings: Any) -> str:
        done = run(first, *arguments, text=text, **{**given, **settings})
        assert done.returncode == 0, done.stderr
        return done.stdout

    command("synth", "--spacecraft", "12", "--hostile")
    there = command("copy", "--to", "-", text=f"{url}\n")
    back.mkdir()
    again = command("copy", "--to", str(back / "cosmodrome.sqlite3"), DATABASE_URL=url)
    assert again == f"{back}/cosmodrome.sqlite3: {there.partition(': ')[2]}"
    assert re.fullmatch(r"localhost/postgres: \d{4,} rows of 133 tables, compared one by one\n", there)
    wire = answers(first, **given)
    assert {status for status, _, _ in wire.values()} == {200}
    assert sum(body.count(b'"id":') for _, _, body in wire.values()) > 1000
    assert answers(first, DATABASE_URL=url, **given) == wire
    assert answers(back, **given) == wire
    with psycopg.connect(url) as database:
        found = database.execute(
            "SELECT pg_sequence_last_value('catalogue_agency_id_seq'), max(id) FROM catalogue_agency"
        ).fetchone()
    assert found is not None
    assert found[0] == found[1]  # the next agency gets an id of its own
