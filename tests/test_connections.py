"""Bounds of connections: real sockets against the watch of a worker, and real floods against a server."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from cosmodrome.server import connections
from cosmodrome.server.connections import HEADER_SECONDS, SPARE_FILES, Watch, room
from servers import PATIENCE, Server, serving

FLOOD = 2000


class Pair(NamedTuple):
    """A client's end of a connection, and the server's."""

    client: socket.socket
    server: socket.socket


class Listener:
    """A server in this process, whose connections the watch sees as a worker's own."""

    def __init__(self) -> None:
        self.open = ExitStack()
        self.socket = self.open.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port: int = self.socket.getsockname()[1]

    def connect(self, address: str = "127.0.0.1") -> Pair:
        """Opens a connection from an address of this machine."""
        client = socket.create_connection(("127.0.0.1", self.port), 5, source_address=(address, 0))
        accepted, _ = self.socket.accept()
        for end in (client, accepted):
            self.open.enter_context(end)
        return Pair(client, accepted)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    with found.open:
        yield found


def is_open(client: socket.socket) -> bool:
    """Whether the server's side has not been closed."""
    client.setblocking(False)
    try:
        return client.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline


def test_of_an_address_with_too_many_connections_the_longest_silent_are_closed(listener: Listener) -> None:
    silent = [listener.connect() for _ in range(3)]
    in_use = [listener.connect() for _ in range(2)]
    others = [listener.connect(address) for address in ("127.0.0.2", "127.0.0.2", "127.0.0.3")]

    def has_shown() -> bool:
        """The system counts in steps of some milliseconds."""
        for pair in in_use:
            pair.client.send(b"GET")
        seen = {each.peer: each.silent for each in connections.connections(listener.port)}
        return all(
            seen[before.client.getsockname()] > seen[now.client.getsockname()]
            for before in silent
            for now in in_use
        )

    wait_until(has_shown)
    Watch(listener.port, 2).look()
    assert [is_open(pair.client) for pair in (*silent, *in_use, *others)] == [False] * 3 + [True] * 5
    Watch(listener.port, None).look()
    assert all(is_open(pair.client) for pair in (*in_use, *others))


def test_a_connection_on_which_nothing_happens_is_closed(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = listener.connect()
    watch = Watch(listener.port, None)
    watch.look()
    assert is_open(pair.client)
    monkeypatch.setattr(connections, "SILENT_SECONDS", 0.01)

    def is_closed() -> bool:
        watch.look()
        return not is_open(pair.client)

    wait_until(is_closed)


def test_a_client_that_does_not_read_is_let_go_and_one_that_does_is_not(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(connections, "monotonic", lambda: now)
    watch = Watch(listener.port, None)
    deaf, slow, reading = (listener.connect() for _ in range(3))
    for pair in (deaf, slow, reading):
        fill(pair.server)
    wait_until(lambda: not any(each.unacknowledged for each in connections.connections(listener.port)))
    for _ in range(4):
        watch.look()
        assert all(is_open(pair.client) for pair in (deaf, slow, reading))
        now += connections.UNREAD_SECONDS / 3
        slow.client.setblocking(True)
        slow.client.recv(100)
        drain(reading)
        fill(reading.server)
    watch.look()
    # What was on its way is read to its end, and then there is nothing more.
    assert ends(deaf.client) and ends(slow.client)
    assert not ends(reading.client)


def fill(end: socket.socket) -> None:
    """Writes until nothing more goes out."""
    end.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            end.send(bytes(100_000))


def drain(pair: Pair) -> None:
    """Reads until the client has confirmed more than the least."""
    pair.client.setblocking(True)
    for _ in range(100):
        pair.client.recv(connections.LEAST_BYTES)


def ends(client: socket.socket) -> bool:
    """Whether the connection is closed behind what there is to read."""
    client.setblocking(True)
    client.settimeout(1)
    try:
        while client.recv(1_000_000):
            pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True
    return True


def test_no_more_connections_are_accepted_than_there_are_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Granian would never accept again."""
    limits = {"soft": 1024, "hard": 2000}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limits["soft"], limits["hard"]))
    monkeypatch.setattr(resource, "setrlimit", lambda _, given: limits.update(soft=given[0]))
    assert (room(), limits["soft"]) == (2000 - SPARE_FILES, 2000)
    limits["hard"] = resource.RLIM_INFINITY
    assert (room(), limits["soft"]) == (
        connections.MOST_CONNECTIONS,
        connections.MOST_CONNECTIONS + SPARE_FILES,
    )
    limits["soft"] = resource.RLIM_INFINITY
    assert room() == connections.MOST_CONNECTIONS


def receive(sent: bytes, server: Server) -> bytes:
    """All that the server answers until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(sent)
        found = b""
        while part := client.recv(65536):
            found += part
        return found


@pytest.mark.slow
def test_two_thousand_silent_connections_leave_others_served(data_dir: Path) -> None:
    """All of one address, and each with the beginning of a request.  Also: what else the transport refuses."""
    with serving(data_dir) as server, flooding(server.port) as clients:
        for _ in range(20):
            before = time.monotonic()
            assert server.get("/2.3.0/spacecraft/?limit=1")[0] == 200
            assert time.monotonic() - before < HEADER_SECONDS / 2
        wait_until(lambda: sum(map(is_open, clients)) <= 256)
        assert receive(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", server)[:9] in (b"", b"HTTP/1.1 ")
        large = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 120_000 + b"\r\n\r\n"
        assert receive(large, server).startswith(b"HTTP/1.1 431 ")
        many = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X: x\r\n" * 120 + b"\r\n"
        assert receive(many, server).startswith(b"HTTP/1.1 431 ")


@pytest.mark.slow
def test_a_connection_that_asks_nothing_is_closed(data_dir: Path) -> None:
    """Whether it never asked, has begun to ask, or has been answered."""
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with serving(data_dir) as server, ThreadPoolExecutor(3) as pool:
        server.get("/healthz")
        before = time.monotonic()
        silent, begun, answered = pool.map(lambda sent: receive(sent, server), (b"", asked[:20], asked))
        assert (silent, begun) == (b"", b"")
        assert answered.endswith(b"ok\n")
        assert HEADER_SECONDS - 1 < time.monotonic() - before < 2 * HEADER_SECONDS


@contextmanager
def flooding(port: int) -> Iterator[list[socket.socket]]:
    """Connections that begin a request and never end it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FLOOD + 500), hard))
    with ExitStack() as opened:
        clients = []
        for _ in range(FLOOD):
            client = opened.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            client.send(b"GET /2.3.0/spacecraft/ HTTP/1.1\r\nHost: ")
            clients.append(client)
        yield clients
