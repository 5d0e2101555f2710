"""Nothing is ever stale: readers in several processes, against workers whose catalogue somebody changes.

Each answer is the reference's at the version that it names, and that version is not older than the last
change that was committed before the call began.
"""

from __future__ import annotations

import http.client
import json
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
from writer import TARGETS, digest

READERS = 3


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


def read(port: int, stop: Path) -> list[Read]:
    """What one reader gets until there is a file `stop`, asking anew over a connection that any worker may take."""
    found: list[Read] = []
    for target in cycle(TARGETS):
        if stop.exists():
            break
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        version = int(answer.headers["X-Data-Version"])
        found.append(Read(begun, target, version, digest(answer.status, body)))
    return found


def write(data_dir: Path, port: int, seconds: float, **settings: str) -> list[Written]:
    """What a writer says that is killed in the midst of its last change."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "writer.py"), str(seconds), f"127.0.0.1:{port}"],
        env={**environment(data_dir, **settings), "DJANGO_SETTINGS_MODULE": "cosmodrome.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = []
    for line in process.stdout:
        if line == "killable\n":
            process.kill()
        else:
            said.append(Written(**json.loads(line)))
    process.wait()
    process.stdout.close()
    assert process.returncode == -9
    return said


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("seconds", "writers"), [pytest.param(2, 1, id="short"), pytest.param(20, 3, id="long")]
)
def test_no_answer_is_older_than_the_last_change_before_its_call(
    data_dir: Path, database_url: str, seconds: int, writers: int
) -> None:
    settings = {"NOW": "2026-05-01T12:00:00Z", "DATABASE_URL": database_url}
    with (
        serving(data_dir, "--workers", "2", **settings) as server,
        ProcessPoolExecutor(READERS, get_context("spawn")) as readers,
    ):
        stop = data_dir / "stop"
        reading = [readers.submit(read, server.port, stop) for _ in range(READERS)]
        try:
            each_wrote = [write(data_dir, server.port, seconds, **settings) for _ in range(writers)]
        finally:
            stop.touch()
        answers = [answer for each in reading for answer in each.result()]
    written = [one for each in each_wrote for one in each]
    reference = {one.version: one.answers for one in written}
    committed = sorted((one.at, one.version) for one in written)
    assert len(reference) > 3 * writers
    seen = set()
    for answer in answers:
        place = bisect_right(committed, (answer.begun, sys.maxsize))
        oldest = committed[place - 1][1] if place else 0
        assert answer.version >= oldest
        if answer.version in reference:
            seen.add(answer.version)
            assert answer.digest == reference[answer.version][answer.target]
    assert len(seen) > 3
    versions = {answer.version for answer in answers}
    assert versions - set(reference) <= {min(versions)}  # the first may have been there before any writer
