"""The processes of a server: killed, orphaned, hung up on, stopped while they load.  Real processes."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cosmodrome.environment import Environment
from cosmodrome.server import processes
from cosmodrome.server.processes import Processes
from cosmodrome.server.sockets import resolve
from cosmodrome.server.startup import StartError
from servers import COSMODROME, PATIENCE, Server, environment, own_port, serving


def children(pid: int) -> list[int]:
    """The processes that a server has started and that run: workers, a mirror, one that makes the document."""
    children = [
        child for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [int(child) for child in children if not is_gone(int(child))]


def threads_that_take(wanted: signal.Signals, pid: int) -> list[int]:
    """The threads of a process that a signal may be given to."""
    blocked = {
        int(file.parent.name): int(re.findall(r"^SigBlk:\s*(\w+)", file.read_text(), re.MULTILINE)[0], 16)
        for file in Path(f"/proc/{pid}/task").glob("*/status")
    }
    return [thread for thread, mask in blocked.items() if not mask >> (wanted - 1) & 1]


def with_gauges(server: Server) -> set[int]:
    """The workers that the metrics tell of."""
    told = server.get("/metrics", Host=f"localhost:{server.port}")[2].decode()
    found = re.findall(r'^cosmodrome_worker_start_time_seconds\{pid="(\d+)"', told, re.MULTILINE)
    return set(map(int, found))


def is_gone(pid: int) -> bool:
    """Whether a process has ended, also if nobody has asked yet how."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(what: Callable[[], bool]) -> None:
    """Waits for a condition, and fails when patience has ended."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.slow
def test_workers_come_back_and_end_with_the_server(data_dir: Path) -> None:
    """A server on a host name, which says so when a worker answers; its worker is killed twice, then itself."""
    names = ("--allow-host", "one.example", "--allow-host", ".two.example")
    with serving(data_dir, "--host", "localhost", *names) as server:
        assert server.process.stdout
        assert server.process.stdout.readline() == (
            f"20 spacecraft at http://localhost:{server.port}/2.3.0/spacecraft/ (Ctrl-C stops)\n"
        )
        for _ in range(2):  # Granian itself gives up at the second death within five seconds
            (worker,) = with_gauges(server)
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda worker=worker: is_gone(worker))  # type: ignore[misc]
            # Nobody has noticed yet, or the next is loading: the connection waits.
            for name in ("localhost", "one.example", "a.two.example"):
                assert server.get("/2.3.0/spacecraft/?limit=1", Host=f"{name}:{server.port}")[0] == 200
            assert worker not in with_gauges(server)
        started = children(server.process.pid)
        assert with_gauges(server) <= set(started)
        assert threads_that_take(signal.SIGTERM, server.process.pid) == [server.process.pid]
        server.process.kill()
        server.process.wait()
        wait_until(lambda: all(map(is_gone, started)))


@pytest.mark.slow
@pytest.mark.parametrize("ignored", [False, True], ids=["", "with nohup"])
def test_a_closed_terminal_ends_the_server(data_dir: Path, ignored: bool) -> None:
    with on_terminal(data_dir, "nohup" if ignored else "env") as (process, port, terminal):
        wait_until(lambda: answers(port))
        started = children(process.pid)
        os.close(terminal)
        if ignored:
            assert answers(port)
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        assert all(map(is_gone, started))


@contextmanager
def on_terminal(data_dir: Path, command: str) -> Iterator[tuple[subprocess.Popen[bytes], int, int]]:
    """A server in a terminal of its own, with the port and the terminal's other end, which the test closes."""
    ours, theirs = pty.openpty()
    port = own_port()
    process = subprocess.Popen(
        ["setsid", "--ctty", command, str(COSMODROME), "serve", "--port", str(port)],
        env=environment(data_dir),
        cwd=data_dir.parent,
        stdin=theirs,
        stdout=theirs if command == "env" else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    try:
        yield process, port, ours
    finally:
        with suppress(OSError):
            os.close(ours)
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    with suppress(OSError):
        return Server(None, port).get("/healthz")[0] == 200  # type: ignore[arg-type]
    return False


@pytest.mark.slow
def test_a_worker_that_is_loading_is_stopped_at_once(data_dir: Path) -> None:
    """It would swallow the signal, and be killed five seconds later."""
    port = own_port()
    process = subprocess.Popen(
        [str(COSMODROME), "serve", "--port", str(port), "--workers", "2"],
        env=environment(data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    wait_until(lambda: len(children(process.pid)) == 2)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert b"Killing" not in output


@pytest.mark.slow
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - what is tested
def test_on_all_addresses_those_that_it_tells_answer_and_are_allowed(data_dir: Path, host: str) -> None:
    with serving(data_dir, "--host", host, "--anonymous-rate", "15/h") as server:
        assert server.process.stdout
        said = server.process.stdout.readline() + server.process.stdout.readline()
        addresses = [word.strip(",").partition("/2.3.0")[0] for word in said.split() if "://" in word]
        assert addresses[0] == f"http://127.0.0.1:{server.port}"
        assert (host == "::") == (f"http://[::1]:{server.port}" in addresses)
        for address in addresses:
            name = address.removeprefix("http://").rpartition(":")[0]
            with socket.create_connection((name.strip("[]"), server.port), timeout=PATIENCE):
                assert server.get("/2.3.0/spacecraft/?limit=1", Host=f"{name}:{server.port}")[0] == 200
        assert server.get("/2.3.0/spacecraft/?limit=1", Host=socket.gethostname())[0] == 200
        assert server.get("/2.3.0/spacecraft/?limit=1", Host="elsewhere.example")[0] == 400


@pytest.mark.parametrize(
    "error", [socket.gaierror(socket.EAI_NONAME, "Name or service not known"), UnicodeError("label too long")]
)
def test_a_name_that_nobody_knows_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(StartError, match=r"^Can't serve on nowhere port 8000 \(.+\): choose another with"):
        resolve(Environment.read({"COSMODROME_HOST": "nowhere"}))


def test_workers_that_die_one_after_the_other_do_not_spin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(processes, "monotonic", lambda: now)
    server = Processes(
        Environment.read({"COSMODROME_DATA_DIR": str(tmp_path)}), "", lambda: None, log_enabled=False
    )
    pauses = []
    for _ in range(9):
        server.deaths.append(now)
        pauses.append(server.pause())
    assert pauses == [0, 0, 0, 1, 2, 4, 4, 4, 4]
    now += processes.CALM
    assert server.pause() == 0
