"""Large answers that nobody reads: bounded by address and in all, while those who read are served."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cosmodrome.server import unread
from cosmodrome.server.lanes import Busy
from cosmodrome.server.unread import LARGE, Unread
from servers import PATIENCE, Server, serving
from test_connections import Listener, Pair, is_open
from test_processes import wait_until

BODY = bytes(LARGE)


class Worker:
    """A worker that has promised answers to clients, and sends them when it is told."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.unread = Unread()

    def connect(self, address: str = "127.0.0.1") -> Pair:
        return self.listener.connect(address)

    def take(self, pair: Pair, body: bytes = BODY) -> asyncio.Task[None]:
        host, port = pair.client.getsockname()
        return asyncio.create_task(self.unread.take(host, f"{host}:{port}", self.listener.port, body))

    async def send(self, pair: Pair, size: int = LARGE) -> None:
        """Sends what was promised, all of which the client reads."""
        await asyncio.to_thread(pair.server.sendall, bytes(size))
        left = size
        while left:
            left -= len(await asyncio.to_thread(pair.client.recv, left))

    async def is_waiting(self, task: asyncio.Task[None]) -> bool:
        """Whether it waits, after some looks."""
        await asyncio.wait([task], timeout=5 * unread.LOOK_SECONDS)
        return not task.done()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setattr(unread, "MOST_OF_ONE", 2 * LARGE)
    monkeypatch.setattr(unread, "MOST_UNREAD", 4 * LARGE)
    monkeypatch.setattr(unread, "LOOK_SECONDS", 0.005)
    listener = Listener()
    with listener.open:
        yield Worker(listener)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), PATIENCE))


def test_an_address_has_so_many_bytes_of_unread_answers(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        first, second, third, late = (worker.connect() for _ in range(4))
        await worker.take(first)
        await worker.take(second)
        waiting = worker.take(third)
        assert await worker.is_waiting(waiting)
        await worker.take(worker.connect("127.0.0.2"))
        await worker.send(first, LARGE - 1)
        assert await worker.is_waiting(waiting)
        await worker.send(first, 1)
        await waiting
        with monkeypatch.context() as hurried:
            hurried.setattr(unread, "PATIENCE", 0.01)
            with pytest.raises(Busy):
                await worker.take(late)
        for pair in (second, third):
            await worker.send(pair)
        await worker.take(late)
        await worker.send(late)
        await worker.take(late, bytes(3 * LARGE))  # alone, an answer may be of any size

    run(test)


def test_who_reads_one_answer_after_the_other_never_waits(worker: Worker) -> None:
    async def test() -> None:
        pair = worker.connect()
        for _ in range(7):
            await worker.take(pair)
            await worker.send(pair)
        worker.unread.look()
        assert not worker.unread._handed

    run(test)


def test_who_does_not_read_gives_way_to_who_waits(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once there is no room for anyone; who reads goes on."""

    async def test() -> None:
        deaf = [worker.connect(f"127.0.0.{number}") for number in (2, 3, 4)]
        reading = worker.connect("127.0.0.5")
        for pair in (*deaf, reading):
            await worker.take(pair)
        waiting = [worker.take(worker.connect(f"127.0.0.{number}")) for number in (6, 7, 8)]
        assert await worker.is_waiting(waiting[0])
        assert all(is_open(pair.client) for pair in deaf)
        reading.client.setblocking(True)
        monkeypatch.setattr(unread, "LEAST_BYTES", 1)
        monkeypatch.setattr(unread, "HURRY_SECONDS", 0.2)
        while not all(task.done() for task in waiting):
            await worker.send(reading, 1)
            await asyncio.sleep(unread.LOOK_SECONDS)
            for pair in deaf:
                if not is_open(pair.client):
                    pair.server.close()  # as Granian does, which then forgets the answer
        await asyncio.gather(*waiting)
        assert not any(is_open(pair.client) for pair in deaf)
        assert is_open(reading.client)

    run(test)


def test_few_different_answers_wait(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same one any number does: it is in memory once."""
    monkeypatch.setattr(unread, "MOST_WAITING", 2 * LARGE)

    async def test() -> None:
        await worker.take(worker.connect(), bytes(2 * LARGE))
        waiting = [worker.take(worker.connect(), body) for body in (BODY, BODY, bytes(LARGE), BODY)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await worker.take(worker.connect(), bytes(LARGE))
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert not worker.unread._waiting

    run(test)


def test_small_answers_never_wait(worker: Worker) -> None:
    async def test() -> None:
        pair = worker.connect()
        await worker.take(pair, bytes(9 * LARGE))
        await worker.take(worker.connect(), bytes(LARGE - 1))
        pair.client.close()
        pair.server.close()
        await worker.take(worker.connect(), bytes(2 * LARGE))  # what was held for who has gone is free again

    run(test)


def memory(server: Server) -> int:
    """The bytes of the largest worker."""
    found = subprocess.run(
        ["ps", "-o", "rss=", "--ppid", str(server.process.pid)], capture_output=True, text=True, check=True
    )
    return max(map(int, found.stdout.split())) * 1024


@pytest.mark.slow
@pytest.mark.parametrize("has_many_addresses", [False, True])
def test_a_flood_that_reads_nothing_leaves_memory_in_bounds(data_dir: Path, has_many_addresses: bool) -> None:
    """And others are served, the large answer among it."""
    path = "/2.3.0/schema/?format=json"
    with serving(data_dir) as server, ExitStack() as opened:
        server.get("/2.3.0/spacecraft/?limit=3")
        size = len(server.get(path)[2])
        before = memory(server)
        for number in range(160):
            client = opened.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.bind((f"127.0.0.{2 + number * has_many_addresses}", 0))
            client.connect(("127.0.0.1", server.port))
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        for number in range(10):
            assert server.get(f"/2.3.0/spacecraft/?limit={number + 1}")[0] == 200
        most = unread.MOST_UNREAD if has_many_addresses else unread.MOST_OF_ONE
        assert memory(server) - before < most + 20_000_000 < 160 * size
        wait_until(lambda: len(server.get(path)[2]) == size)  # once those who read nothing are closed
