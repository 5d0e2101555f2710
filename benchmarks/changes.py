"""What is measured while a catalogue is changed, on a copy of it: starts, and renames."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.contestants import (
    ROOT,
    Contestant,
    Running,
    Stage,
    cosmodrome,
    environment,
    ours,
    running,
    stop,
)
from benchmarks.load import ask
from benchmarks.queries import Query

TIMES = 5
READERS = 8


@contextmanager
def changing(data: Path) -> Iterator[None]:
    """An agency of this catalogue is changed four times a second."""
    process = writer(data, "4")
    try:
        yield
    finally:
        stop(process)


def writer(data: Path, how: str) -> subprocess.Popen[bytes]:
    """The process that changes a catalogue; returns when it is ready to."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.writer", how],
        cwd=ROOT,
        env=environment(data, DJANGO_SETTINGS_MODULE="cosmodrome.server.settings"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    told(process)
    return process


def told(process: subprocess.Popen[bytes]) -> bytes:
    """The next line that a writer says."""
    if process.stdout is None:
        raise AssertionError
    return process.stdout.readline()


def starts_and_changes(data: Path, craft: int) -> dict[str, list[float]]:
    """Seconds, each some times: a start, its first page, and a rename until everyone sees it."""
    with tempfile.TemporaryDirectory(prefix="cosmodrome-bench-") as folder:
        copy = Path(shutil.copytree(data, Path(folder) / "data"))
        stage = Stage(copy, Path(folder))
        starts = [start(stage) for _ in range(TIMES)]
        renames = rename(stage)
    whole, first = zip(*starts, strict=True)
    return {
        f"{craft} start": [*whole],
        f"{craft} first page": [*first],
        f"{craft} rename": renames,
    }


def start(stage: Stage) -> tuple[float, float]:
    """From the command till the first page; and that page alone."""
    begun = time.monotonic()
    with running(Contestant("Cosmodrome", (), cosmodrome(1), ours), stage) as server:
        up = time.monotonic()
        ask(server.port, ours(Query()))
        now = time.monotonic()
        return now - begun, now - up


def rename(stage: Stage) -> list[float]:
    """Seconds from the beginning of each rename until readers see it, those of the list of craft as well."""
    with running(Contestant("Cosmodrome", (), cosmodrome(2), ours), stage) as server:
        for offset in range(0, 40_000, 100):
            ask(server.port, f"/2.3.0/spacecraft/?mode=detailed&limit=100&offset={offset}")
        process = writer(stage.catalogue, "asked")
        try:
            return [renamed(server, process) for _ in range(TIMES)]
        finally:
            stop(process)


def renamed(server: Running, process: subprocess.Popen[bytes]) -> float:
    """One rename; each reader asks over a connection of its own, which any worker may take."""
    if process.stdin is None:
        raise AssertionError
    begun = time.monotonic()
    process.stdin.write(b"now\n")
    process.stdin.flush()
    craft, name = json.loads(told(process))
    text = json.dumps(name).encode()
    for _ in range(READERS):
        while text not in ask(server.port, f"/2.3.0/spacecraft/{craft}/"):
            pass
    return time.monotonic() - begun
