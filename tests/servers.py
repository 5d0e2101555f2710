"""Real servers for tests: started as a user starts them, asked over a socket."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import contestants
from benchmarks.contestants import free_port
from cosmodrome.environment import PREFIX

ROOT = Path(__file__).parent.parent
COSMODROME = Path(sys.executable).parent / "cosmodrome"
PATIENCE = 90
"""Seconds until a server that does not answer has failed."""


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a user who has set nothing but these, and one worker: a second takes as long to start."""
    given = {f"{PREFIX}{name}": value for name, value in {"WORKERS": "1", **settings}.items()}
    found = contestants.environment(data_dir, **given)
    found.pop("DJANGO_SETTINGS_MODULE", None)
    found.pop("PYTHONDONTWRITEBYTECODE", None)  # each process would compile everything again
    return found


def own_port() -> int:
    """A port that nobody serves on, and that no other process of the tests is about to serve on."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    own = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while (port := free_port()) // 2 % processes != own:  # Linux gives odd ones only
        pass
    return port


def run(
    data_dir: Path, *arguments: str, text: str = "", cwd: Path | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Runs a `cosmodrome` command to its end."""
    return subprocess.run(
        [str(COSMODROME), *arguments],
        env=environment(data_dir, **settings),
        cwd=cwd or data_dir.parent,
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def make_catalogue(data_dir: Path, **settings: Any) -> Path:
    """Makes a catalogue without a record, in a folder that is not there yet; returns the folder."""
    made = run(data_dir, "load", "-", "--endpoint", "agencies", text="[]", **settings)
    assert made.returncode == 0, made.stderr
    return data_dir


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by lower-case name, and body; redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(
                method, path, headers={name.replace("_", "-"): v for name, v in headers.items()}
            )
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def output(self) -> str:
        """All that it has printed, once it has ended."""
        return self.process.stdout.read() if self.process.stdout else ""

    def kill(self) -> None:
        """Pulls the plug: the server and its workers, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(
    data_dir: Path, *arguments: str, command: str = str(COSMODROME), **settings: str
) -> Iterator[Server]:
    """Starts `cosmodrome serve` on a free port, waits until it answers, and stops it in the end."""
    port = own_port()
    serve = ["serve"] if command == str(COSMODROME) else []
    process = subprocess.Popen(
        [command, *serve, "--port", str(port), *arguments],
        env=environment(data_dir, **settings),
        cwd=data_dir.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    server = Server(process, port)
    try:
        wait_until_it_answers(server)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.communicate(timeout=PATIENCE)  # a full pipe would keep it from ending
            except subprocess.TimeoutExpired:
                server.kill()
        if process.stdout:
            process.stdout.close()


def wait_until_it_answers(server: Server) -> None:
    """Returns as soon as the port accepts; fails when the process has ended or patience has.

    Between two looks it waits for the end that should not come: who looks all the time takes from the
    server the processor that it starts with.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(0.02)
            raise AssertionError(f"the server ended: {server.output()}")
        with socket.socket() as probe:
            probe.settimeout(0.05)
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
    raise AssertionError("the server does not answer")


def path_of(url: str) -> str:
    """The path and query of a url."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
