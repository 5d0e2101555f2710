"""What a new user does: start it, ask it, break it, start it again.  Real processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from conftest import FirstStart
from cosmodrome.time.durations import read_duration
from servers import PATIENCE, Server, environment, own_port, run, serving


@pytest.fixture
def new_dir(tmp_path: Path) -> Path:
    """A data folder that is yet to be made."""
    return tmp_path / "data"


@pytest.fixture(scope="module")
def started_again(tmp_path_factory: pytest.TempPathFactory, first_start: FirstStart) -> Iterator[Server]:
    """A server that only answers, in a folder that another has made."""
    folder = Path(shutil.copytree(first_start.folder, tmp_path_factory.mktemp("again") / "data"))
    with serving(folder) as server:
        yield server
        assert (folder / "secret_key").read_text() == (first_start.folder / "secret_key").read_text()


def test_the_first_start_needs_nothing_and_serves_the_sample(first_start: FirstStart) -> None:
    status, headers, body = first_start.page
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["count"] == 20
    assert first_start.said == f"20 spacecraft at {first_start.url}/2.3.0/spacecraft/ (Ctrl-C stops)\n"
    assert stat.S_IMODE((first_start.folder / "secret_key").stat().st_mode) == 0o600


def test_the_next_start_serves_what_there_is(started_again: Server) -> None:
    assert json.loads(started_again.get("/2.3.0/spacecraft/")[2])["count"] == 20


@pytest.mark.slow
def test_pulling_the_plug_loses_nothing_that_was_loaded(new_dir: Path) -> None:
    agency = {"id": 7001, "name": "Invented", "abbrev": "INV", "type": {"id": 3, "name": "Commercial"}}
    with serving(new_dir, "--empty") as server:
        assert json.loads(server.get("/2.3.0/agencies/")[2])["count"] == 0
        loaded = run(new_dir, "load", "-", "--endpoint", "agencies", text=json.dumps(agency))
        assert loaded.returncode == 0, loaded.stderr
        assert loaded.stdout.startswith("standard input: 1 agency: 1 created, 0 changed, 0 unchanged")
        assert json.loads(server.get("/2.3.0/agencies/7001/")[2])["name"] == "Invented"
        server.kill()
    with serving(new_dir) as server:
        assert json.loads(server.get("/2.3.0/agencies/7001/")[2])["name"] == "Invented"
        assert json.loads(server.get("/2.3.0/spacecraft/")[2])["count"] == 0


def test_the_command_line_loads_neither_tables_nor_the_server_for_its_help() -> None:
    program = "import sys, cosmodrome.cli; print(*{'django.db', 'rest_framework', 'granian'}.intersection(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (ended.stdout, ended.stderr) == (b"\n", b"")


def test_urls_are_on_the_host_that_is_asked(started_again: Server) -> None:
    server = started_again
    body = json.loads(server.get("/2.3.0/spacecraft/?limit=1", Host=f"localhost:{server.port}")[2])
    assert body["next"] == f"http://localhost:{server.port}/2.3.0/spacecraft/?limit=1&offset=1"
    assert body["results"][0]["url"].startswith(f"http://localhost:{server.port}/2.3.0/spacecraft/")
    status, _, refused = server.get("/2.3.0/spacecraft/", Host="evil.example")
    assert status == 400
    assert "COSMODROME_ALLOWED_HOSTS" in json.loads(refused)["detail"]


@pytest.mark.slow
def test_behind_a_proxy_urls_are_the_public_ones(data_dir: Path) -> None:
    with serving(data_dir, PUBLIC_URL="https://space.example/library/") as server:
        body = json.loads(server.get("/2.3.0/spacecraft/?format=json&limit=1", Host="10.0.0.7")[2])
        base = "https://space.example/library/2.3.0/spacecraft/"
        assert body["next"] == f"{base}?format=json&limit=1&offset=1"
        assert body["results"][0]["url"].startswith(base)
        _, headers, _ = server.get("/2.3.0/spacecraft?limit=1")
        assert headers["location"] == "/library/2.3.0/spacecraft/?limit=1"


@pytest.mark.slow
def test_the_clock_can_be_stopped(new_dir: Path) -> None:
    craft = {
        "response_mode": "normal",
        "id": 7002,
        "name": "Up There (invented)",
        "serial_number": None,
        "is_placeholder": False,
        "image": None,
        "in_space": True,
        "time_in_space": "P1D",
        "time_docked": None,
        "flights_count": 1,
        "mission_ends_count": 0,
        "status": {"id": 1, "name": "Active"},
        "description": "",
        "spacecraft_config": {
            "id": 7003,
            "name": "Invented",
            "type": {"id": 2, "name": "Capsule"},
            "agency": {"id": 7001, "name": "Invented", "abbrev": "", "type": {"id": 3, "name": "Commercial"}},
        },
        "fastest_turnaround": None,
    }
    command = ("load", "-", "--endpoint", "spacecraft", "--as-of", "2024-04-30T23:00:00Z")
    loaded = run(new_dir, *command, text=json.dumps(craft))
    assert loaded.returncode == 0, loaded.stderr
    with serving(new_dir, "--now", "2024-05-01T00:00:00Z") as server:
        assert time_in_space(server) == timedelta(days=1, hours=1)
    with serving(new_dir, "--now", "-P1D", "--clock-speed", "86400") as server:
        assert time_in_space(server) < time_in_space(server)  # a day a second
    with serving(new_dir, NOW="2024-05-02") as server:
        assert time_in_space(server) == timedelta(days=2, hours=1)


def time_in_space(server: Server) -> timedelta:
    return read_duration(json.loads(server.get("/2.3.0/spacecraft/7002/")[2])["time_in_space"])


@pytest.mark.slow
def test_every_query_string_gets_an_answer_from_the_real_server(started_again: Server) -> None:
    server = started_again
    for query in ("%00", "search=%ff", "x" * 65_000, "offset=" + "9" * 100, "format=xml", "?mode=list"):
        assert server.get(f"/2.3.0/spacecraft/?{query}")[0] in (200, 400, 404)
    # Granian's HTTP library takes no url above 64 kB; what the application says is in test_bad_input.
    assert server.get("/2.3.0/spacecraft/?" + "x" * 100_000)[0] == 414
    assert server.get("/2.3.0/spacecraft/", "POST")[0] == 405
    assert server.get("/2.3.0/spacecraft/", "HEAD")[2] == b""


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_stops_it_at_once(data_dir: Path) -> None:
    """The terminal sends it to the server and to its workers alike."""
    with serving(data_dir, "--workers", "2") as server:
        wait_for_two_workers(server)
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(timeout=PATIENCE) == 0
        assert "Killing" not in server.output()  # as granian does five seconds later, and says


def wait_for_two_workers(server: Server) -> None:
    """Asks until both workers have answered: one that is loading loses the signal, and is killed."""
    deadline, answered = time.monotonic() + PATIENCE, set[str]()
    for number in count(1):
        server.get(f"/2.3.0/spacecraft/?limit={number}")
        sizes = r'cosmodrome_cache_bytes\{[^}]*pid="(\d+)"'
        answered = set(re.findall(sizes, server.get("/metrics")[2].decode()))
        if len(answered) == 2:
            return
        assert time.monotonic() < deadline, answered


IN_A_COMMAND = "from cosmodrome.server.startup import set_up; set_up(); import cosmodrome.server.wsgi"
IN_A_WORKER = """
from cosmodrome.server.granian import load_application
load_application("cosmodrome.server.wsgi:front")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "url", "used"),
    [
        (IN_A_COMMAND, "", []),
        (IN_A_COMMAND, "postgres://u@h/n", ["psycopg"]),
        (IN_A_WORKER, "", []),
    ],
    ids=["a command", "a command on PostgreSQL", "a worker"],
)
def test_a_start_loads_no_package_that_nobody_uses_and_a_plugin_can_load_each(
    data_dir: Path, start: str, url: str, used: list[str]
) -> None:
    program = f"""{start}
import sys
print(*(name for name in ("jinja2", "psycopg", "requests") if name in sys.modules))
import jinja2, psycopg, requests
import django.contrib.postgres.fields, django.db.backends.postgresql.base, django.template.backends.jinja2
"""
    settings = environment(data_dir, DATABASE_URL=url)
    ended = subprocess.run([sys.executable, "-c", program], env=settings, capture_output=True, check=False)
    assert (ended.stdout.decode().split(), ended.stderr.decode()) == (used, "")


@pytest.mark.slow
def test_a_taken_port_is_told_in_a_sentence(data_dir: Path) -> None:
    with serving(data_dir) as server:
        second = run(data_dir, "serve", "--port", str(server.port))
        assert second.returncode == 1
        assert second.stderr.startswith(
            f"Can't serve on 127.0.0.1 port {server.port} (Address already in use)"
        )
        assert second.stderr.count("\n") == 1


def test_a_senseless_setting_is_an_error_at_start(new_dir: Path) -> None:
    ended = run(new_dir, "serve", DATABSE_URL="postgres://u:secret@h/n")
    assert ended.returncode == 1
    assert ended.stderr == (
        "COSMODROME_DATABSE_URL is not a setting of Cosmodrome: did you mean COSMODROME_DATABASE_URL?\n"
    )
    assert not ended.stdout
    assert not new_dir.exists()


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_told_without_its_password(data_dir: Path) -> None:
    url = "postgres://u:secret@127.0.0.1:1/n"
    ended = run(data_dir, "serve", "--port", str(own_port()), DATABASE_URL=url)
    assert ended.returncode == 1
    assert ended.stderr.startswith("The database can't be opened (")
    assert ended.stderr.count("\n") == 1
    assert "secret" not in ended.stderr


@pytest.mark.slow
def test_a_data_folder_that_can_not_be_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run(tmp_path / "file" / "data", "serve", "--port", str(own_port()), cwd=tmp_path)
    assert ended.returncode == 1
    assert "COSMODROME_DATA_DIR" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_database_that_is_none_is_told_in_a_sentence(new_dir: Path) -> None:
    new_dir.mkdir()
    (new_dir / "cosmodrome.sqlite3").write_text("this is a letter, not a database")
    ended = run(new_dir, "serve", "--port", str(own_port()))
    assert ended.returncode == 1
    assert ended.stderr.startswith("The database can't be opened (file is not a database)")
    assert ended.stderr.count("\n") == 1


@pytest.mark.slow
def test_two_workers_serve_as_one(data_dir: Path) -> None:
    with serving(data_dir, "--workers", "2") as server:
        answers = {server.get("/2.3.0/spacecraft/?limit=100")[2] for _ in range(20)}
        assert len(answers) == 1
