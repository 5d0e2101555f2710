"""The process of a mirror beside the workers: it fills the catalogue, and waits for its turn."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from cosmodrome.server.mirror import LESS_URGENT
from servers import COSMODROME, PATIENCE, Server, environment, run, serving
from test_processes import children, is_gone, wait_until

pytestmark = pytest.mark.slow
KEY = "a-secret-key-of-forty-characters-000000"


BESIDE = {"launches/upcoming", "events/upcoming", "dashboard/starship"}
"""Lists that are read besides the resources that `/status/` tells of."""


@pytest.fixture
def upstream(data_dir: Path) -> Iterator[Server]:
    """A server with the sample, whose rate the mirrors heed; it knows the key of one of them."""
    with serving(data_dir, ANONYMOUS_RATE="100000/h") as server:
        assert run(data_dir, "token", "add", "mirror", "--key", "-", text=f"{KEY}\n").returncode == 0
        yield server


def mirrored(server: Server) -> dict[str, bool]:
    """Which resources are complete, as the server tells it."""
    told = json.loads(server.get("/status/", Accept="application/json")[2])
    return {each["resource"]: each["complete"] for each in told["resources"]}


def mirrors(server: Server) -> list[int]:
    """The processes that sync beside the workers, which are the less urgent ones."""
    found = []
    for pid in children(server.process.pid):
        with suppress(ProcessLookupError):  # it has ended meanwhile
            found += [pid] * (os.getpriority(os.PRIO_PROCESS, pid) == LESS_URGENT)
    return found


def copies(folder: Path) -> int:
    """The resources of which there is a whole copy; asked beside the server, whose processor others need."""
    query = "SELECT resource FROM mirror_resourcesync WHERE complete_as_of IS NOT NULL"
    with closing(sqlite3.connect(f"file:{folder / 'cosmodrome.sqlite3'}?mode=ro", uri=True)) as database:
        return len({path for (path,) in database.execute(query)} - BESIDE)


def wait_for_copies(folder: Path, number: int) -> None:
    """Waits for so many whole copies, each within the patience of a test."""
    found = copies(folder)
    while found < number:
        before = found
        wait_until(lambda: copies(folder) > before)  # noqa: B023 - called at once
        found = copies(folder)


def test_a_mirror_beside_the_workers(upstream: Server, tmp_path: Path) -> None:
    """It fills itself, tells how, shows its key to nobody, comes back when it is killed, and ends with the server."""
    settings = {"UPSTREAM": upstream.url, "UPSTREAM_TOKEN": KEY, "UPSTREAM_RATE": "100000/h"}
    with serving(tmp_path / "mirror", **settings) as server:
        assert server.process.stdout
        lines = [server.process.stdout.readline() for _ in range(2)]
        (plan,) = [line for line in lines if "INFO" in line]
        assert f"Mirror of {upstream.url}: changes of events and launches every 1 hour" in plan
        (said,) = [line for line in lines if line != plan]
        assert said.startswith("0 spacecraft at")
        wait_for_copies(tmp_path / "mirror", len(mirrored(server)))
        assert all(mirrored(server).values())
        path = "/2.3.0/spacecraft/?mode=detailed&limit=100&ordering=id"
        theirs = upstream.get(path)[2].replace(upstream.url.encode(), server.url.encode())
        assert json.loads(server.get(path)[2])["count"] == json.loads(theirs)["count"] == 20
        for pid in (server.process.pid, *children(server.process.pid)):
            assert KEY.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        wait_until(lambda: len(mirrors(server)) == 1)
        (killed,) = mirrors(server)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: mirrors(server) not in ([], [killed]))
        left = children(server.process.pid)
        server.process.kill()
        wait_until(lambda: all(map(is_gone, left)))


def test_a_server_waits_for_another_that_syncs(upstream: Server, tmp_path: Path) -> None:
    """It says who that is, and takes over when that one has ended, between two calls."""
    folder = tmp_path / "mirror"
    settings: dict[str, Any] = {"UPSTREAM": upstream.url, "UPSTREAM_RATE": "100000/h"}
    other = subprocess.Popen(
        [str(COSMODROME), "sync", "--watch"],
        env=environment(folder, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert other.stdout
    assert "Ctrl-C stops" in other.stdout.readline()
    second = run(folder, "sync", **settings)
    assert (second.returncode, f"Process {other.pid} on" in second.stderr) == (5, True)
    with serving(folder, **settings) as server:
        assert server.process.stdout
        lines = [server.process.stdout.readline() for _ in range(2)]
        (waits,) = [line for line in lines if "WARNING" in line]
        assert f"Process {other.pid} on" in waits
        assert waits.endswith("This server waits until that one ends.\n")
        other.send_signal(signal.SIGTERM)
        output, _ = other.communicate(timeout=PATIENCE)
        assert (other.returncode, output.splitlines()[-1]) == (
            0,
            "Stopped between two calls: the next run goes on from there.",
        )
        assert "Mirror of" in server.process.stdout.readline()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--mirror", "--demo"], "--mirror, --demo or --read-only"),
        (["--mirror", "--now", "2026-05-01"], "the clock stands still"),
    ],
)
def test_what_can_be_no_mirror_is_refused(tmp_path: Path, options: list[str], sentence: str) -> None:
    refused = run(tmp_path / "data", "serve", *options)
    assert (refused.returncode, sentence in refused.stderr) == (1, True)
