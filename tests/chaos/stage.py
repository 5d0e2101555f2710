"""Where the run plays: a data folder on a small volume of its own, and the server over it."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cosmodrome.time.clock import SimulatedClock, write_instant
from servers import COSMODROME, environment, own_port

from .records import real_now

VOLUME = 48 << 20
"""Bytes of the volume: a dozen times what a catalogue of the run takes."""
PASSWORD = "not to be guessed"  # noqa: S105 - of a server that lives for a minute
PATIENCE = 60
"""Seconds until a server that is not ready has failed."""
STARTERS = 20
"""Seconds after which a process that is still there is taken for one that stays."""


class StageError(Exception):
    """The run can't begin, or the server has ended."""


@dataclass
class Volume:
    """The folder of the data, which can be filled up."""

    folder: Path
    is_mounted: bool
    """Whether it is a volume of its own; else processes are kept from writing by a limit."""

    @contextmanager
    def filled(self, processes: Callable[[], list[int]]) -> Iterator[None]:
        """Leaves no room in the volume for the time of a block."""
        if not self.is_mounted:
            with no_writing(processes):
                yield
            return
        filler = self.folder / "filler"
        try:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(1 << 16))
            yield
        finally:
            filler.unlink(missing_ok=True)


@contextmanager
def no_writing(processes: Callable[[], list[int]]) -> Iterator[None]:
    """Makes every write of these processes to a file fail, to their log too, for the time of a block.

    Afterwards also those may write again that have been started meanwhile, and have the limit of their parent.
    """

    def limit_to(soft: int) -> None:
        for process in processes():
            with suppress(OSError):
                _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
                resource.prlimit(process, resource.RLIMIT_FSIZE, (soft if soft >= 0 else hard, hard))

    limit_to(0)
    try:
        yield
    finally:
        limit_to(-1)


@contextmanager
def volume(folder: Path) -> Iterator[Volume]:
    """A volume of its own in memory where one may be mounted, as for root; else an ordinary folder."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME}", "cosmodrome-chaos", str(folder)]
    with suppress(FileNotFoundError):
        if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
            try:
                yield Volume(folder, is_mounted=True)
            finally:
                subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
            return
    yield Volume(folder, is_mounted=False)


@dataclass
class Stage:
    """A running server over a volume."""

    volume: Volume
    scratch: Path
    """A folder beside it."""
    clock: SimulatedClock
    settings: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None
    helpers: int = 0
    """How many processes the server has beside its first."""
    tokens: dict[str, str] = field(default_factory=dict)
    killed: set[int] = field(default_factory=set)
    """Processes that were killed on purpose."""

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.volume.folder / "data"

    @property
    def database(self) -> Path:
        """The file of the catalogue."""
        return self.data / "cosmodrome.sqlite3"

    @property
    def log(self) -> Path:
        """The file of what the server prints."""
        return self.scratch / "server.log"

    def now(self) -> datetime:
        """What the server's clock shows."""
        return self.clock.at(real_now())

    def environment(self) -> dict[str, str]:
        """The environment of the server and of commands beside it, whose clocks agree."""
        return environment(self.data, **self.settings)

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command beside the server."""
        return subprocess.Popen(
            [str(COSMODROME), *arguments],
            env=self.environment(),
            cwd=self.scratch,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, text: str = "") -> str:
        """Runs a command to its end and returns what it says.  Raises StageError if it fails."""
        process = self.command(*arguments)
        said, errors = process.communicate(text, timeout=120)
        if process.returncode:
            raise StageError(f"cosmodrome {' '.join(arguments)}: {errors or said}")
        return said

    def children(self) -> list[int]:
        """The server's other processes: workers, and helpers of theirs."""
        assert self.process
        return [pid for pid, parent in parents() if parent == self.process.pid]

    def processes(self) -> list[int]:
        """All of the server's processes."""
        assert self.process
        return [self.process.pid, *self.children()]

    def start(self) -> None:
        """Starts the server and waits until it is ready and has all its processes."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(COSMODROME), "serve", "--port", str(self.port)],
                env=self.environment(),
                cwd=self.scratch,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while not (self.is_ready() and len(self.children()) >= int(self.settings["WORKERS"])):
            self.fail_if_ended()
            if time.monotonic() > deadline:
                raise StageError(f"The server is not ready: {self.log.read_text()[-2000:]}")
            time.sleep(0.1)
        self.wait_for_helpers()

    def wait_for_helpers(self) -> None:
        """Waits until those processes have ended that only help at the start; notes how many stay."""
        deadline = time.monotonic() + STARTERS
        while len(self.children()) > int(self.settings["WORKERS"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.helpers = len(self.children())

    def fail_if_ended(self) -> None:
        """Raises StageError if the server has ended."""
        if self.process and self.process.poll() is not None:
            raise StageError(f"The server has ended: {self.log.read_text()[-2000:]}")

    def is_ready(self) -> bool:
        """Whether the server says that it is ready."""
        try:
            return self.get("/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def get(self, target: str) -> tuple[int, bytes]:
        """Asks the server, on a connection of its own; returns status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", target, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def records(self, path: str, query: str) -> list[dict[str, object]]:
        """The records of a page."""
        status, body = self.get(f"/2.3.0/{path}/?{query}")
        if status != 200:
            raise StageError(f"{path} is answered with {status}: {body[:200]!r}")
        found: list[dict[str, object]] = json.loads(body)["results"]
        return found

    def stop(self) -> None:
        """Stops the server."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def parents() -> Iterator[tuple[int, int]]:
    """Each process of the machine that is not gone, with its parent."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                yield int(status.parent.name), int(fields[1])


def name_of(process: int) -> str:
    """What a process is called, for reports."""
    with suppress(OSError):
        return Path(f"/proc/{process}/comm").read_text().strip()
    return "gone"


@contextmanager
def stage(craft: int, seed: int, speed: float, begin: datetime) -> Iterator[Stage]:
    """Invents a catalogue, and serves it by two workers with a clock that runs.

    The clock shows `begin` when the server is about to be ready.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="cosmodrome-chaos-")))
        place = stack.enter_context(volume(scratch / "volume"))
        settings = {"WORKERS": "2", "ANONYMOUS_RATE": "100000000/d"}
        built = Stage(place, scratch, SimulatedClock(begin, real_now(), speed), settings, own_port())
        built.run("synth", "--spacecraft", str(craft), "--seed", str(seed))
        built.run("admin-user", "ada", "--password-stdin", text=PASSWORD)
        built.tokens["limited"] = built.run("token", "add", "limited", "--rate", "60/d").split()[0]
        since = real_now() + timedelta(seconds=6)
        built.clock = SimulatedClock(begin, since, speed)
        built.settings |= {
            "NOW": write_instant(begin),
            "CLOCK_SPEED": str(speed),
            "CLOCK_SINCE": since.isoformat(),
        }
        try:
            built.start()
            yield built
        finally:
            built.stop()
