"""Upstreams for tests: real HTTP on loopback, whose answers a test decides."""

from __future__ import annotations

import json
import socket
import struct
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connection

from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.time import clock
from cosmodrome.time.clock import SimulatedClock


@dataclass
class Reply:
    """An answer, and how it ends."""

    body: bytes | str | Any = b""
    """Bytes, a text, or a value that becomes JSON."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """The bytes after which the connection is closed, though more were announced."""
    reset: bool = False
    """Whether the connection is reset in place of an answer."""

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass
class Scripted:
    """A server whose answers come from `answer`, by path with query."""

    url: str
    answer: Callable[[str], Reply]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextmanager
def scripted(answer: Callable[[str], Reply]) -> Iterator[Scripted]:
    """Serves on loopback for the time of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            serving.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            reply = serving.answer(self.path)
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            content = reply.content
            self.send_response_only(reply.status)
            for name, value in {
                "Content-Type": "application/json",
                "Date": self.date_time_string(),
                **reply.headers,
            }.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: reply.cut_after])
            self.close_connection = reply.cut_after is not None

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    serving = Scripted(f"http://127.0.0.1:{server.server_port}", answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield serving
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class ShiftedClock(SimulatedClock):
    """A clock that is ahead of the real one."""

    ahead: list[float] = field(default_factory=lambda: [0.0])
    """Seconds, in a list of one."""

    def at(self, real: datetime) -> datetime:
        return real + timedelta(seconds=self.ahead[0])


class SkippingClock:
    """A clock that skips what is waited for."""

    def __init__(self, settings: Any) -> None:
        self.shifted = settings.SIMULATED_CLOCK = ShiftedClock(clock.real_now(), clock.real_now())

    @property
    def skipped(self) -> float:
        return self.shifted.ahead[0]

    def sleep(self, seconds: float) -> None:
        self.shifted.ahead[0] += seconds


THROTTLE = {"your_request_limit": 2**31 - 1, "limit_frequency_secs": 3600, "current_use": 0, "next_use_secs": 0, "ident": "test"}  # fmt: skip


@dataclass
class Lists:
    """The answers of an upstream that has only these lists, each in the order of `ordering`."""

    records: dict[str, dict[Any, dict[str, Any]]]
    """Records by path and id."""
    url: str = ""
    calls: int = 0
    before: Callable[[int], None] = lambda _: None
    """Called with the number of the call before it is answered."""
    spoil: Callable[[str, Any], Any] = lambda _, value: value
    """Makes of the value of an answer, by path and query, what is answered: a value, or a `Reply`."""

    def __call__(self, asked: str) -> Reply:
        path, _, query = asked.partition("?")
        given = dict(part.split("=") for part in query.split("&")) if query else {}
        if path == "/2.3.0/api-throttle/":
            return Reply(THROTTLE)
        self.calls += 1
        self.before(self.calls)
        name = path.removeprefix("/2.3.0/").strip("/")
        if name not in self.records:
            return Reply({"detail": "Not found."}, 404)
        value = self.spoil(asked, self.page(name, given, path))
        return value if isinstance(value, Reply) else Reply(value)

    def page(self, name: str, given: dict[str, str], path: str) -> dict[str, Any]:
        order = given.get("ordering", "id")
        rows = sorted(self.records[name].values(), key=lambda row: (row[order], row["id"]))
        if since := given.get("last_updated__gte"):
            rows = [row for row in rows if row["last_updated"] >= since]
        offset, limit = int(given.get("offset", 0)), int(given.get("limit", 10))
        link = f"{self.url}{path}?limit={limit}&offset={offset + limit}"
        following = link if offset + limit < len(rows) else None
        return {"count": len(rows), "next": following, "previous": None, "results": rows[offset : offset + limit]}  # fmt: skip


@contextmanager
def listing(**records: dict[Any, dict[str, Any]]) -> Iterator[Lists]:
    """Serves lists, by path with `__` for its slashes."""
    lists = Lists({path.replace("__", "/"): rows for path, rows in records.items()})
    with scripted(lists) as server:
        lists.url = server.url
        yield lists


def every_page(get: Callable[[str], bytes], paths: tuple[str, ...] = ()) -> Iterator[tuple[str, bytes]]:
    """Every page of these endpoints in every mode, of all if none is given: its url, and what `get` returns."""
    for path, resource in RESOURCES.items():
        for mode in resource.modes:
            offset: int | None = 0 if path in paths or not paths else None
            while offset is not None:
                url = f"/2.3.0/{path}/?mode={mode}&limit=100&offset={offset}"
                body = get(url)
                yield url, body
                offset = offset + 100 if json.loads(body)["next"] else None
    for path, endpoint in ENDPOINTS.items():
        for mode in endpoint.modes if path in paths or not paths else ():
            url = f"/2.3.0/{path}/?mode={mode}"
            yield url, get(url)


def most_within(span: timedelta, moments: Iterable[datetime]) -> int:
    """The most moments in any time of this length."""
    ordered = sorted(moments)
    return max(bisect_left(ordered, begin + span) - place for place, begin in enumerate(ordered))


def record_calls_within() -> None:
    """Lets calls be recorded in a transaction that a test has opened: PostgreSQL has one database for all."""
    block: Any = connection.atomic_blocks[-1]
    block._from_testcase = True
