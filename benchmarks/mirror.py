"""The cost of a mirror: all endpoints of a catalogue, read from another server on loopback at full speed."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.contestants import BIN, Contestant, Stage, cosmodrome, environment, ours, running
from benchmarks.load import BenchmarkError


def mirrored(data: Path, craft: int) -> dict[str, list[float]]:
    """Seconds of a first sync and of a second one, in which nothing is new, and megabytes of the first."""
    with tempfile.TemporaryDirectory(prefix="cosmodrome-bench-") as folder:
        stage = Stage(data, Path(folder))
        with running(Contestant("Cosmodrome", (), cosmodrome(1), ours), stage) as upstream:
            first, megabytes = sync(Path(folder) / "copy", upstream.port)
            again, _ = sync(Path(folder) / "copy", upstream.port)
    found = {"mirror": first, "mirror again": again, "mirror memory": megabytes}
    return {f"{craft} {name}": [value] for name, value in found.items()}


def sync(folder: Path, port: int) -> tuple[float, float]:
    """Seconds and megabytes of one run to its end."""
    folder.mkdir(exist_ok=True)
    begun = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [str(BIN / "cosmodrome"), "sync", "--upstream", f"http://127.0.0.1:{port}", "--rate", "none"],
        env=environment(folder),
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise BenchmarkError(f"A sync from port {port} has ended with {os.waitstatus_to_exitcode(status)}.")
    return time.monotonic() - begun, used.ru_maxrss / 1024
