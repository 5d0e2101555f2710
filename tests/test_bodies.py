"""Bodies of requests: bounded in size and time, read for the admin alone, and never into a file."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html import unescape
from http import HTTPStatus
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cosmodrome.database.outages import BUSY
from cosmodrome.server import bodies
from cosmodrome.server.bodies import (
    DISCARDED_BYTES,
    FORM_BYTES,
    LOG_IN_BYTES,
    MOST_AT_ONCE,
    MOST_OF_ONE,
    Bodies,
    BodyError,
    has_session,
)
from servers import PATIENCE, Server, run, serving


async def logged_in(environ: dict[str, Any]) -> bool:
    return "HTTP_COOKIE" in environ


def reader() -> Bodies:
    return Bodies(logged_in)


def request(path: str = "/admin/login/", length: int | None = None, **more: str) -> dict[str, Any]:
    """The environment of a POST."""
    told = {} if length is None else {"CONTENT_LENGTH": str(length)}
    return {"PATH_INFO": path, "REMOTE_ADDR": "192.0.2.1", "wsgi.input": BytesIO(), **told, **more}


async def of(*chunks: bytes, silent: bool = False) -> AsyncIterator[bytes]:
    """A body as Granian gives it; `silent` at its end, or over."""
    for chunk in chunks:
        yield chunk
    if silent:
        await asyncio.Event().wait()


class Untouched:
    """A body that nobody may look at."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError


def never() -> Any:
    return Untouched()


def read(environ: dict[str, Any], chunks: AsyncIterator[bytes]) -> bytes:
    asyncio.run(reader().read(environ, chunks))
    found: bytes = environ["wsgi.input"].read()
    return found


def refusal(environ: dict[str, Any], chunks: AsyncIterator[bytes]) -> HTTPStatus:
    with pytest.raises(BodyError) as refused:
        read(environ, chunks)
    assert re.fullmatch(r"[A-Z].*\.", refused.value.sentence)
    return refused.value.status


def test_a_body_is_what_was_sent() -> None:
    assert read(request(length=6), of(b"abc", b"def")) == b"abcdef"
    chunked = request()
    assert read(chunked, of(b"abc", b"def")) == b"abcdef"
    assert chunked["CONTENT_LENGTH"] == "6"


@pytest.mark.parametrize("path", ["/2.3.0/launches/", "/", "/healthz", "/admin"])
def test_nobody_looks_at_the_body_where_none_is_taken(path: str) -> None:
    assert read(request(path, FORM_BYTES), never()) == b""


class Endless:
    """A body that never ends; `given` says how many bytes of it were read."""

    def __init__(self) -> None:
        self.given = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await asyncio.sleep(0)
        self.given += FORM_BYTES
        return bytes(FORM_BYTES)


def test_a_body_beyond_the_size_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read on for a moment, no longer."""
    assert refusal(request(length=LOG_IN_BYTES + 1), of(bytes(LOG_IN_BYTES + 1))) == 413
    monkeypatch.setattr(bodies, "DISCARD_SECONDS", 0.01)
    assert refusal(request(length=FORM_BYTES + 1, HTTP_COOKIE="sessionid=a"), of(silent=True)) == 413
    assert refusal(request(), of(bytes(LOG_IN_BYTES), b"x", silent=True)) == 413


@pytest.mark.parametrize("length", [LOG_IN_BYTES + 1, None])
def test_of_a_refused_body_so_much_is_read(length: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "DISCARD_SECONDS", PATIENCE)
    endless = Endless()
    assert refusal(request(length=length), endless) == 413
    assert DISCARDED_BYTES < endless.given <= DISCARDED_BYTES + 2 * FORM_BYTES


def test_a_large_body_is_read_for_who_has_logged_in() -> None:
    large = bytes(FORM_BYTES)
    assert read(request(length=FORM_BYTES, HTTP_COOKIE="sessionid=a"), of(large)) == large
    assert read(request(HTTP_COOKIE="sessionid=a"), of(large)) == large


def test_a_body_that_does_not_come_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)
    assert refusal(request(length=6), of(b"abc", silent=True)) == 408
    assert refusal(request(), of(silent=True)) == 408


def test_a_body_that_ends_too_early_is_none() -> None:
    assert refusal(request(length=6), of(b"abc")) == 400


def test_of_one_address_and_of_all_only_so_many_are_read_at_once() -> None:
    async def attempt() -> None:
        found = reader()
        waiting = []
        for number in range(MOST_AT_ONCE):
            address = f"192.0.2.{number // MOST_OF_ONE}"
            environ = request(length=6, REMOTE_ADDR=address)
            waiting.append(asyncio.create_task(found.read(environ, of(b"abc", silent=True))))
            await asyncio.sleep(0)
            if number == MOST_OF_ONE - 1:
                with pytest.raises(BodyError) as refused:
                    await found.read(request(length=6, REMOTE_ADDR=address), never())
                assert refused.value.status == 503
        with pytest.raises(BodyError):
            await found.read(request(length=6, REMOTE_ADDR="198.51.100.1"), never())
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await found.read(request(length=3), of(b"abc"))

    asyncio.run(attempt())


def test_only_a_session_that_is_logged_in_is_one(db: None, client: Client) -> None:
    client.force_login(User.objects.create_user("someone", is_staff=True))
    cookie = client.cookies["sessionid"].value
    assert has_session({"HTTP_COOKIE": f"a=b; sessionid={cookie}"})
    assert not has_session({"HTTP_COOKIE": "sessionid=made-up"})
    assert not has_session({"HTTP_COOKIE": "csrftoken=x"})
    assert not has_session({})


PASSWORD = "a long word for a test"  # noqa: S105


@pytest.fixture
def with_account(data_dir: Path) -> Path:
    command = ("admin-user", "someone", "--password-stdin")
    assert run(data_dir, *command, text=f"{PASSWORD}\n").returncode == 0
    return data_dir


def sent(server: Server, text: bytes) -> tuple[bytes, float]:
    """What comes back until the connection is closed, and after how many seconds."""
    before = time.monotonic()
    found = b""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(text)
        while part := client.recv(65536):
            found += part
    return found, time.monotonic() - before


def post(path: str, length: int, body: bytes = b"csrf") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode() + body


@pytest.mark.slow
def test_half_sent_bodies_hold_up_nobody(with_account: Path) -> None:
    """More of them than a worker has lanes and reads bodies."""
    with serving(with_account) as server, ThreadPoolExecutor(12) as pool:
        server.get("/2.3.0/spacecraft/")
        halves = [pool.submit(sent, server, post("/admin/login/", 1000)) for _ in range(12)]
        for number in range(10):
            assert server.get(f"/2.3.0/spacecraft/?limit={number + 1}")[0] == 200
        assert server.get("/admin/login/")[0] == 200
        answers = sorted(half.result() for half in halves)
        statuses = [answer[9:12] for answer, _ in answers]
        assert statuses == [b"408"] * MOST_OF_ONE + [b"503"] * (12 - MOST_OF_ONE)
        assert all(seconds < 3 * bodies.BODY_SECONDS for _, seconds in answers)
        for path in ("/2.3.0/launches/", "/healthz"):  # answered without the body, which never comes
            assert sent(server, post(path, 1_000_000))[0][9:12] in (b"405", b"200")
        assert sent(server, post("/admin/login/", 1_000_000))[0][9:12] == b"413"


@pytest.mark.slow
def test_who_sends_all_before_reading_gets_the_sentence(data_dir: Path) -> None:
    with serving(data_dir) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        connection.request("POST", "/admin/login/", body=bytes(30_000_000))
        answer = connection.getresponse()
        assert answer.status == 413
        assert b"The body of a request may have 65,536 bytes at most" in answer.read()
        connection.close()
        counted = b'cosmodrome_requests_total{layer="front",method="POST",route="none",status="4xx"} 1.0'
        assert counted in server.get("/metrics")[2]


class Browser:
    """Someone who has logged in to the admin."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.opener = build_opener(HTTPCookieProcessor())
        self.post("/admin/login/?next=/admin/", username="someone", password=PASSWORD)

    def get(self, path: str) -> str:
        """The text of a page, which must be there."""
        page: str = self.opener.open(self.server.url + path, timeout=PATIENCE).read().decode()
        return page

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Sends the form of a page; returns the status at the end of redirects and the page there."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert token
        form = urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        try:
            answer = self.opener.open(self.server.url + path, form, timeout=PATIENCE)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.read().decode()


@pytest.mark.slow
def test_a_save_while_a_load_writes_gets_a_sentence_and_blocks_nobody(with_account: Path) -> None:
    """Nor does a look at the admin wait, or a log-in."""
    with serving(with_account) as server, ThreadPoolExecutor(1) as pool:
        browser = Browser(server)
        pages = re.findall(r'href="(/admin/\w+/agency/)"', browser.get("/admin/"))
        record = re.findall(rf'href="({pages[0]}\d+)/change/', browser.get(pages[0]))[-1]
        with closing(sqlite3.connect(with_account / "cosmodrome.sqlite3")) as load:
            load.execute("BEGIN IMMEDIATE")
            before = time.monotonic()
            save = pool.submit(browser.post, f"{record}/delete/", post="yes")
            assert server.get("/2.3.0/spacecraft/?limit=7")[0] == 200
            assert not save.done()
            status, text = save.result()
            assert time.monotonic() - before < 5  # two seconds, on a machine that does something else as well
            assert (status, BUSY in unescape(text)) == (503, True), text
            assert "Agencies" in Browser(server).get("/admin/")
        assert browser.post(f"{record}/delete/", post="yes")[0] == 200
