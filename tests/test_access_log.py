"""The access log has a line for each request that tells all, hides secrets and can't be forged; off, it is not there."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from cosmodrome.server import access_log, wsgi
from cosmodrome.server.access_log import FORMS, AccessLogged, Exchange, Lines
from cosmodrome.server.front import Front
from cosmodrome.server.lanes import Busy
from servers import serving
from test_lanes import Connection, Headers, Origin, Request

COMMON = re.compile(
    r"(?P<caller>\S+) - - \[(?P<at>\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000)\] "
    r'"(?P<method>[^" ]+) (?P<path>[^" ]*) HTTP/1\.1" (?P<status>\d{3}|-) (?P<bytes>\d+|-) '
    r"(?P<id>\S+) (?P<layer>\w+) (?P<lane>\w+|-) (?P<ms>[\d.]+)"
)
"""The Common Log Format, and what comes after it."""


class Kept(list[str]):
    """Lines in memory, in the place of those on their way out."""

    add = list.append


def made() -> Any:
    return "200 OK", [("A", "b")], [b"made"]


def exchanged(
    request: Request, form: str = "json", make: Any = made, prepare: Any = lambda _: None
) -> tuple[list[str], Any]:
    """The lines of a request, and its answer."""

    async def test() -> Any:
        front = Front(Origin(make), prepare)  # type: ignore[arg-type]
        front.add_change(access_log.follow)
        connection = Connection()
        await AccessLogged(front, FORMS[form], lines).__rsgi__(request, connection)  # type: ignore[arg-type]
        return connection.answered

    lines: Any = Kept()
    return lines, asyncio.run(test())


def with_headers(**headers: str) -> Headers:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Headers([("host", "localhost"), *pairs])


def test_a_line_tells_what_was_asked_and_who_answered_how() -> None:
    request = Request(
        query_string="search=a%20b", headers=with_headers(authorization="Token SECRET", cookie="SECRET")
    )
    lines, ((status, headers, _),) = exchanged(request)
    told = json.loads(lines[0])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("at"))
    assert 0 < told.pop("ms") < 60_000
    assert (status, headers) == (200, {"A": "b", "X-Request-Id": told.pop("id")})
    assert told == {
        "caller": "192.0.2.1",
        "method": "GET",
        "path": "/2.3.0/launches/?search=a%20b",
        "status": 200,
        "bytes": 4,
        "layer": "django",
        "lane": "new",
    }
    (line,), _ = exchanged(request, "common")
    found = COMMON.fullmatch(line)
    assert found
    assert {name: found[name] for name in told} == {name: str(value) for name, value in told.items()}
    assert "SECRET" not in lines[0] + line


def refuse(_: Any) -> None:
    raise Busy


def test_a_request_that_has_no_turn_is_told_as_refused_by_the_front() -> None:
    (line,), ((status, headers, _),) = exchanged(Request(), prepare=refuse)
    told = json.loads(line)
    assert (status, told["status"], told["layer"], told["lane"]) == (503, 503, "front", None)
    assert headers["X-Request-Id"] == told["id"]


def test_an_error_has_one_id_in_answer_access_log_and_log(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Any:
        raise RuntimeError("the details")

    (line,), ((status, headers, body),) = exchanged(
        Request(headers=with_headers(x_request_id="abc-1")), make=fail
    )
    assert (status, headers["X-Request-Id"], json.loads(line)["id"]) == (500, "abc-1", "abc-1")
    assert b"details" not in body
    (record,) = caplog.records
    assert record.environ["cosmodrome.request_id"] == "abc-1"  # type: ignore[attr-defined]


def test_a_client_that_leaves_before_its_answer_has_a_line_without_status() -> None:
    class Gone(Connection):
        def response_bytes(self, *_: Any) -> None:
            raise asyncio.CancelledError

    async def test(form: str) -> str:
        lines: Any = Kept()
        served = AccessLogged(Front(Origin(made), cancel), FORMS[form], lines)  # type: ignore[arg-type]
        with pytest.raises(asyncio.CancelledError):
            await served.__rsgi__(Request(), Gone())  # type: ignore[arg-type]
        return str(lines[0])

    def cancel(_: Any) -> None:
        raise asyncio.CancelledError

    told = json.loads(asyncio.run(test("json")))
    assert (told["status"], told["bytes"], told["layer"], told["lane"]) == (None, None, "front", None)
    assert COMMON.fullmatch(asyncio.run(test("common")))


@pytest.mark.parametrize("sent", ["0123-abc", "Root=1-67891233-abcdef012345678912345678", "a" * 100])
def test_a_valid_id_is_taken_over(sent: str) -> None:
    (line,), ((_, headers, _),) = exchanged(Request(headers=with_headers(x_request_id=sent)))
    assert json.loads(line)["id"] == headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "a b", "a\nb", 'a"b', "a" * 101, "ä"])
def test_an_id_that_is_none_is_replaced(sent: str) -> None:
    (line,), ((_, headers, _),) = exchanged(Request(headers=with_headers(x_request_id=sent)))
    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-Id"])
    assert json.loads(line)["id"] == headers["X-Request-Id"]


ANYTHING = st.text(st.characters()) | st.sampled_from(
    ["/a\r\n127.0.0.1 - - ", '/" 200 1', "\\", "%0a", "\x7f\x85\u2028", "?"]
)


@given(path=ANYTHING, query=ANYTHING, method=ANYTHING.filter(bool))
def test_no_request_can_forge_a_line(path: str, query: str, method: str) -> None:
    exchange = Exchange(Request(path, query, method))
    exchange.environ = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_REQUEST_ID": query}
    exchange.status, exchange.size = 200, 1
    common, told = FORMS["common"](exchange), FORMS["json"](exchange)
    assert COMMON.fullmatch(common), common
    assert common.isascii()
    assert common.isprintable()
    assert told.isascii()
    assert told.isprintable()
    assert json.loads(told)["path"] == COMMON.fullmatch(common)["path"]  # type: ignore[index]


def test_a_target_is_cut_and_a_line_fits_into_what_a_pipe_takes_at_once() -> None:
    exchange = Exchange(Request("/" + "\n" * 100_000, "a" * 100_000, "M" * 100))
    exchange.environ = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_REQUEST_ID": "a" * 100}
    assert max(len(form(exchange)) for form in FORMS.values()) < 4096


def test_while_it_is_off_nothing_stands_before_the_front_and_no_answer_has_an_id(
    settings: Settings,
) -> None:
    front = Front(Origin(made), lambda _: None)  # type: ignore[arg-type]
    settings.ACCESS_LOG = "off"
    assert wsgi.surrounded(front) is front
    settings.ACCESS_LOG = "common"
    assert isinstance(wsgi.surrounded(front), AccessLogged)

    async def test() -> Any:
        connection = Connection()
        front = Front(Origin(made), lambda _: None)  # type: ignore[arg-type]
        await front.__rsgi__(Request(headers=with_headers(x_request_id="abc")), connection)
        return connection.answered

    assert asyncio.run(test()) == [(200, {"A": "b"}, b"made")]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe, for reading and for writing."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_while_nobody_reads_no_line_is_waited_for_and_lost_ones_are_told(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(access_log, "MOST_WAITING", 1000)
    reading, writing = pipe
    os.set_blocking(reading, False)

    async def test() -> None:
        lines = Lines(writing)
        numbers = iter(range(10**6))
        while not lines._lost:  # a pipe has room for 64 kB
            lines.add(f"{next(numbers):0100}")
            lines.write()
        assert not caplog.records
        read = b""
        while lines._waiting:
            read += os.read(reading, 10**6)
            lines.write()
        read += os.read(reading, 10**6)
        assert [int(line) for line in read.splitlines()] == list(range(next(numbers) - 1))
        assert [record.getMessage() for record in caplog.records] == [
            "1 lines of the access log are lost: nobody read it"
        ]

    asyncio.run(test())


def test_lines_are_written_in_pieces_that_a_pipe_takes_whole(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(os, "write", lambda _, piece: written.append(piece))

    async def test() -> None:
        lines = Lines(pipe[1])
        for number in range(100):
            lines.add(f"{number:0150}")
        lines.write()

    asyncio.run(test())
    assert len(written) == 4
    assert all(len(piece) <= 4096 and piece.endswith(b"\n") for piece in written)
    assert [int(line) for line in b"".join(written).splitlines()] == list(range(100))


def test_an_output_that_is_closed_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    async def test() -> None:
        lines = Lines(writing)
        for _ in range(2):
            lines.add("a")
            lines.write()
        assert not lines._waiting

    asyncio.run(test())
    os.close(writing)
    assert [record.getMessage() for record in caplog.records] == [
        "The access log can't be written: Broken pipe"
    ]


def test_an_output_that_others_have_too_blocks_nobody_and_stays_as_it_is(pipe: tuple[int, int]) -> None:
    own = access_log.without_blocking(pipe[1])
    assert (os.get_blocking(own), os.get_blocking(pipe[1])) == (False, True)
    os.close(own)


@pytest.mark.slow
def test_a_server_writes_a_line_for_each_request_before_it_ends(data_dir: Any) -> None:
    with serving(data_dir, ACCESS_LOG="json") as server:
        paths = ["/2.3.0/agencies/?limit=1"] * 2 + ["/x%0a%22%3F?a=%0a", "/last"]
        ids = [server.get(path)[1]["x-request-id"] for path in paths]
        os.killpg(server.process.pid, signal.SIGINT)
        told = [json.loads(line) for line in server.output().splitlines() if line.startswith("{")]
    told = [each for each in told if each["path"] != "/healthz"]
    assert [each["id"] for each in told] == ids
    assert [each["path"] for each in told[2:]] == ["/x%0A%22%3F?a=%0a", "/last"]
    assert [each["layer"] for each in told] == ["fragments", "cache", "django", "django"]
    assert [each["lane"] for each in told][:2] == ["new", None]
