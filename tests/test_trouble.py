"""A disk that is full, locks that are held, no descriptor, no memory: nothing dies, and each gets a sentence."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from typer.main import get_group

from cosmodrome.cli import app
from cosmodrome.database.outages import FULL
from servers import PATIENCE, Server, make_catalogue, run, serving
from test_outages import wait_for

PASSWORD = "Luna-2-hits-1959"  # noqa: S105 - of an account in a test
COUNTRY = ("load", "-", "--endpoint", "config/countries")
HOPE = '{"id": 7, "name": "Hope"}'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a catalogue with a country, a token and an account."""
    data_dir = make_catalogue(tmp_path_factory.mktemp("made") / "data")
    for command, text in [
        (COUNTRY, HOPE),
        (("token", "add", "bot"), ""),
        (("admin-user", "ada", "--password-stdin"), PASSWORD),
        (("backup", str(data_dir.parent / "backup")), ""),
    ]:
        done = run(data_dir, *command, text=text)
        assert done.returncode == 0, done.stderr
    return data_dir


@pytest.fixture
def data_dir(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "data"))


WRITING: dict[str, tuple[tuple[str, ...], str]] = {
    "load": (COUNTRY, '{"id": 7, "name": "Faith"}'),
    "derive": (("derive", "--all"), ""),
    "token": (("token", "remove", "bot"), ""),
    "admin-user": (("admin-user", "ada", "--password-stdin"), "Another-2-hits-1959"),
    "restore": (("restore", "backup"), ""),
}
"""Commands that write to a catalogue that is there, with what they are given."""
READING = {"serve", "status", "check", "backup", "describe", "version", "diff", "copy", "upgrade"}
"""Commands that wait for nobody; `upgrade` only if there is something to do."""
OF_EMPTY = {"synth"}
"""Commands that write to an empty catalogue only."""
OF_UPSTREAM = {"sync"}
"""Commands that write what another service tells: see test_mirror.py."""


def test_every_command_reads_or_writes() -> None:
    assert set(get_group(app).commands) == set(WRITING) | READING | OF_EMPTY | OF_UPSTREAM


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Someone else writes to the catalogue, all the time."""
    with closing(sqlite3.connect(data_dir / "cosmodrome.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def content(data_dir: Path) -> list[str]:
    with closing(sqlite3.connect(data_dir / "cosmodrome.sqlite3")) as database:
        return list(database.iterdump())


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITING)
def test_under_a_lock_a_command_says_so_and_changes_nothing(data_dir: Path, made: Path, command: str) -> None:
    before = content(data_dir)
    shutil.copy(made.parent / "backup", data_dir.parent / "backup")
    arguments, text = WRITING[command]
    with locked(data_dir):
        refused = run(data_dir, *arguments, text=text, COMMAND_LOCK_SECONDS="0.1")
    assert refused.returncode == 1
    assert "Another program is writing" in refused.stderr or "is open in a server" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert content(data_dir) == before


@pytest.mark.slow
def test_of_two_that_invent_a_catalogue_at_once_one_is_told_that_it_is_not_empty(tmp_path: Path) -> None:
    data_dir = make_catalogue(tmp_path / "data")
    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda _: run(data_dir, "synth", "--spacecraft", "1"), range(2)))
    assert sorted(each.returncode for each in ended) == [0, 1]
    (refused,) = (each for each in ended if each.returncode)
    assert refused.stderr.startswith("The catalogue is not empty, and invented records do not mix")
    assert refused.stderr.count("\n") == 1


@pytest.fixture
def disk(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with the data folder, and some room."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root makes a disk")
    try:
        shutil.copytree(made, place / "data")
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def fill(disk: Path) -> Path:
    """Leaves not a byte on a disk; returns the file that takes it all."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    assert shutil.disk_usage(disk).free == 0
    return filler


class Browser:
    """One who uses the admin, as a browser does: with cookies."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, **form: str) -> tuple[int, str]:
        """GET, or POST with a form; redirects are not followed."""
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Accept": "application/json"}
        body = None
        if form:
            body = urlencode({"csrfmiddlewaretoken": self.cookies["csrftoken"], **form})
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.server.url}
        with closing(connection):
            connection.request("POST" if form else "GET", path, body, headers)
            answer = connection.getresponse()
            for value in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: each.value for name, each in SimpleCookie(value).items()}
            return answer.status, answer.read().decode()

    def log_in(self) -> int:
        """The status of the answer to the form."""
        assert self.ask("/admin/login/")[0] == 200
        return self.ask("/admin/login/", username="ada", password=PASSWORD)[0]


def workers(server: Server) -> list[str]:
    """The ids of the processes that answer."""
    return sorted(Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split())


@pytest.mark.slow
def test_a_full_disk_costs_no_answer_and_no_process(disk: Path) -> None:
    data_dir = disk / "data"
    with serving(data_dir, "--workers", "2", ANONYMOUS_RATE="1000/h") as server:
        ada, bob = Browser(server), Browser(server)
        assert ada.log_in() == 302
        assert server.get("/2.3.0/config/countries/7/")[0] == 200
        before = workers(server)
        filler = fill(disk)
        for number in range(1, 20):
            assert server.get(f"/2.3.0/config/countries/?limit={number}&mode=list")[0] == 200
            assert server.get("/2.3.0/config/countries/7/")[0] == 200
            assert server.get("/2.3.0/api-throttle/")[0] == 200
            assert server.get("/metrics")[0] == 200
        assert server.get("/healthz")[0] == 200
        assert ada.ask("/admin/")[0] == 200
        assert bob.log_in() == 503
        status, said = ada.ask(
            "/admin/catalogue/country/7/change/", name="Faith", alpha_2_code="FT", alpha_3_code="FTH"
        )
        assert (status, FULL in said) == (503, True), said[:300]
        loaded = run(data_dir, *COUNTRY, text='{"id": 7, "name": "Faith"}', cwd=disk.parent)
        assert (loaded.returncode, loaded.stderr.count("\n")) == (1, 1), loaded.stderr
        backed_up = run(data_dir, "backup", str(disk / "backup"), cwd=disk.parent)
        assert (backed_up.returncode, backed_up.stderr.count("\n")) == (1, 1), backed_up.stderr
        assert not (disk / "backup").exists()
        assert workers(server) == before
        filler.unlink()
        assert bob.log_in() == 302
        assert run(data_dir, *COUNTRY, text='{"id": 7, "name": "Faith"}').returncode == 0
        assert b'"name":"Faith"' in server.get("/2.3.0/config/countries/7/", Accept="application/json")[2]
        assert workers(server) == before
        server.process.terminate()
        server.process.wait(PATIENCE)
        said = server.output()
    assert "Traceback" not in said, said
    lines = [line for line in said.splitlines() if re.search(r"WARNING|ERROR", line)]
    assert len(lines) <= 8, said  # of two workers


def answering(server: Server) -> str:
    """The id of the one worker."""
    told = server.get("/metrics")[2].decode()
    return str(re.findall(r'^cosmodrome_worker_start_time_seconds\{pid="(\d+)"', told, re.MULTILINE)[0])


needs_prlimit = pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")


def descriptors(pid: str) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.slow
def test_a_mirror_tells_what_keeps_it_from_writing_and_goes_on_afterwards(disk: Path, data_dir: Path) -> None:
    folder = disk / "data"
    with serving(data_dir) as upstream:

        def sync() -> tuple[int, str]:
            settings = {"UPSTREAM": upstream.url, "UPSTREAM_RATE": "none", "COMMAND_LOCK_SECONDS": "0.1"}
            done = run(folder, "sync", "config/countries", "config/orbits", cwd=data_dir, **settings)
            return done.returncode, done.stderr

        filler = fill(disk)
        code, sentence = sync()
        assert (code, sentence.count("\n")) == (1, 1)
        assert sentence.startswith(
            ("The disk is full, so nothing was saved.", "The database can't be opened")
        )
        filler.unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        code, sentence = sync()
        assert (code, sentence.count("\n")) == (1, 1)
        assert sentence.startswith("The database can't be opened")
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        with locked(folder):
            code, sentence = sync()
        assert (code, sentence.count("\n")) == (1, 1)
        assert sentence.startswith("Another program is writing to the catalogue")
        assert sync() == (0, "")


@pytest.mark.slow
@needs_prlimit
def test_without_a_descriptor_who_is_connected_is_served_and_all_are_afterwards(data_dir: Path) -> None:
    with serving(data_dir) as server:
        assert server.get("/2.3.0/config/countries/7/")[0] == 200
        worker = answering(server)
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as connected:

            def status(path: str) -> int:
                connected.request("GET", path)
                answer = connected.getresponse()
                answer.read()
                return answer.status

            assert status("/healthz") == 200
            usual = resource.prlimit(int(worker), resource.RLIMIT_NOFILE)
            resource.prlimit(int(worker), resource.RLIMIT_NOFILE, (descriptors(worker), usual[1]))
            for number in range(1, 20):
                assert status(f"/2.3.0/config/countries/?limit={number}") == 200
            assert status("/healthz") == 200
            resource.prlimit(int(worker), resource.RLIMIT_NOFILE, usual)
        wait_for(lambda: server.get("/healthz")[0] == 200)
        assert server.get("/readyz")[0] == 200
        assert answering(server) == worker


@pytest.mark.slow
@needs_prlimit
def test_without_memory_an_answer_is_a_sentence_and_the_process_goes_on(data_dir: Path) -> None:
    with serving(data_dir) as server:
        assert server.get("/2.3.0/config/countries/7/")[0] == 200
        worker = answering(server)
        pages = int(Path(f"/proc/{worker}/statm").read_text().split()[0])
        usual = resource.prlimit(int(worker), resource.RLIMIT_AS)
        room = pages * resource.getpagesize() + (1 << 20)
        resource.prlimit(int(worker), resource.RLIMIT_AS, (room, usual[1]))
        got = {
            server.get(f"/2.3.0/config/countries/?limit={number}&search=x{number}")[0] for number in range(50)
        }
        assert got <= {200, 503}
        resource.prlimit(int(worker), resource.RLIMIT_AS, usual)
        wait_for(lambda: server.get("/2.3.0/config/countries/")[0] == 200)
        assert answering(server) == worker
