"""Nothing is ever stale: readers in several processes, against workers whose catalogue somebody changes.

Each answer is the reference's at the version that it names, and that version is not older than the last
change that was committed before the call began.
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from bisect import bisect_right
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path

import pytest

from servers import environment, serving
from writer import STEPS, TARGETS, digest

READERS = 3
COMMITTED = len(STEPS) - 1  # all but what is rolled back


@dataclass(frozen=True)
class Read:
    """One answer that a reader got."""

    begun: float
    target: str
    version: int
    digest: str


@dataclass(frozen=True)
class Written:
    """A version, when it had been committed, and what the reference answers."""

    version: int
    at: float
    answers: dict[str, str]


def read(port: int, target: str) -> Read:
    """One answer, asked for over a connection that any worker may take."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    version = int(answer.headers["X-Data-Version"])
    return Read(begun, target, version, digest(answer.status, body))


def keep_reading(port: int, stop: Path) -> list[Read]:
    """What one reader gets until there is a file `stop`."""
    found: list[Read] = []
    for target in cycle(TARGETS):
        if stop.exists():
            break
        found.append(read(port, target))
    return found


def write(data_dir: Path, port: int, rounds: int, **settings: str) -> tuple[list[Written], list[Read]]:
    """What a writer says that is killed in the midst of its last change, and what is read after each change."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "writer.py"), str(rounds), f"127.0.0.1:{port}"],
        env={**environment(data_dir, **settings), "DJANGO_SETTINGS_MODULE": "cosmodrome.server.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    said: list[Written] = []
    answers: list[Read] = []
    with process:
        assert process.stdin
        assert process.stdout
        for line in process.stdout:
            if line == "killable\n":
                process.kill()
                break
            said.append(Written(**json.loads(line)))
            answers += [read(port, target) for target in TARGETS]
            process.stdin.write("\n")
            process.stdin.flush()
    assert process.returncode == -signal.SIGKILL
    return said, answers


@pytest.mark.slow
@pytest.mark.postgresql
def test_no_answer_is_older_than_the_last_change_before_its_call(data_dir: Path, database_url: str) -> None:
    rounds, writers = 2, 2
    settings = {"NOW": "2026-05-01T12:00:00Z", "DATABASE_URL": database_url}
    written: list[Written] = []
    answers: list[Read] = []
    with (
        serving(data_dir, "--workers", "2", **settings) as server,
        ProcessPoolExecutor(READERS, get_context("spawn")) as readers,
    ):
        stop = data_dir / "stop"
        reading = [readers.submit(keep_reading, server.port, stop) for _ in range(READERS)]
        try:
            for _ in range(writers):
                said, between = write(data_dir, server.port, rounds, **settings)
                written += said
                answers += between
        finally:
            stop.touch()
        meanwhile = [answer for each in reading for answer in each.result()]
    reference = {one.version: one.answers for one in written}
    committed = sorted((one.at, one.version) for one in written)
    assert len(reference) == 1 + COMMITTED * rounds * writers
    assert {answer.version for answer in answers} == set(reference)
    assert len({answer.version for answer in meanwhile}) > 1
    for answer in answers + meanwhile:
        place = bisect_right(committed, (answer.begun, sys.maxsize))
        oldest = committed[place - 1][1] if place else 0
        assert answer.version >= oldest
        if answer.version in reference:
            assert answer.digest == reference[answer.version][answer.target]
    versions = {answer.version for answer in meanwhile}
    assert versions - set(reference) <= {min(versions)}  # the first may have been there before any writer
