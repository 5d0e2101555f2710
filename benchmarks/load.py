"""One measurement: wrk asks for some seconds, and tells how many answers came and how late."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).parent / "cycle.lua"
Headers = list[tuple[str, str]]
PATIENCE = 120
"""Seconds that one answer may take."""
MISSING = "scripts/bench needs wrk, which is not installed: apt-get install wrk, or brew install wrk."


class BenchmarkError(Exception):
    """Something that makes numbers worthless; the text is for the person who runs it."""


@dataclass(frozen=True)
class Measured:
    """What came of it."""

    rate: float
    """Answers a second."""
    p50: float
    """Milliseconds within which half of the answers came."""
    p99: float
    kilobytes: float
    """Of an answer, on average."""


def find_wrk() -> str:
    """The load generator.  Raises BenchmarkError."""
    found = shutil.which("wrk")
    if not found:
        raise BenchmarkError(MISSING)
    return found


def ask(port: int, path: str) -> bytes:
    """One answer.  Raises BenchmarkError."""
    return answered(port, path)[1]


def answered(port: int, path: str) -> tuple[Headers, bytes]:
    """An answer, which must be 200: its headers and its body.  Raises BenchmarkError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise BenchmarkError(f"Port {port} answers {path} with {answer.status}: {body[:200]!r}")
    return answer.getheaders(), body


def measure(port: int, paths: Sequence[str], seconds: int, connections: int, coding: str = "") -> Measured:
    """Asks for `paths` in turn, for some seconds, by one thread.  Raises BenchmarkError.

    `coding` is the value of `Accept-Encoding`.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{path}\n" for path in paths)
        file.flush()
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={PATIENCE}s", "-s", str(SCRIPT)]
        ended = subprocess.run(  # noqa: S603 - our own arguments
            [find_wrk(), *options, f"http://127.0.0.1:{port}", "--", file.name, coding],
            capture_output=True,
            text=True,
            check=False,
        )
    return read_result(ended.stdout.splitlines(), ended.stderr)


def read_result(lines: Iterable[str], problem: str) -> Measured:
    """What `cycle.lua` tells.  Raises BenchmarkError if it tells nothing, or of answers that were none."""
    told = next((line.removeprefix("RESULT ") for line in lines if line.startswith("RESULT ")), "")
    if not told:
        raise BenchmarkError(f"wrk tells nothing: {problem.strip()}")
    result = json.loads(told)
    if result["failed"]:
        raise BenchmarkError(f"{result['failed']} of {result['requests']} requests failed.")
    rate = result["requests"] / result["microseconds"] * 1_000_000
    kilobytes = result["bytes"] / max(result["requests"], 1) / 1000
    return Measured(rate, result["p50"] / 1000, result["p99"] / 1000, kilobytes)
