"""The log has one line for each error, with the id of its request, and a traceback only where it is wanted."""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from cosmodrome.catalogue.spacecraft import SpacecraftResource
from cosmodrome.environment import Environment
from cosmodrome.server import refusals
from cosmodrome.server.bodies import BodyError
from cosmodrome.server.lanes import LANE, Busy
from cosmodrome.server.log_lines import LineFormatter, logging_settings


def fail(text: str) -> None:
    raise RuntimeError(text)


def raised(text: str) -> Any:
    try:
        fail(text)
    except RuntimeError:
        return sys.exc_info()


def line(message: str, *, tracebacks: bool = False, error: str = "", **more: Any) -> str:
    found = raised(error) if error else None
    record = logging.LogRecord("cosmodrome.x", logging.ERROR, __file__, 1, message, (), found)
    vars(record).update(more)
    return LineFormatter(tracebacks=tracebacks).format(record)


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\x1b[31mb", "a\u2028b", "a\x85b", "a\x00b"])
def test_a_record_is_one_line(text: str) -> None:
    for written in (line(text), line("x", error=text)):
        assert written.isprintable(), written
        assert len(written.splitlines()) == 1
    assert line("a\nb").endswith(r"ERROR cosmodrome.x: a\nb")


def test_an_error_is_told_with_its_place_and_its_traceback_only_at_debug() -> None:
    plain = line("Failed", error="the details", environ={"HTTP_X_REQUEST_ID": "abc-1"})
    assert "ERROR cosmodrome.x: Failed [request abc-1] [RuntimeError: the details at " in plain
    assert f"{__file__}:" in plain
    first, *more = line("Failed", tracebacks=True, error="a\n2026-01-01 00:00:00 forged").splitlines()
    assert "RuntimeError" in first
    assert more[0] == "  Traceback (most recent call last):"
    assert all(each.startswith("  ") for each in more)


def test_an_error_of_a_view_is_one_line_with_the_id_that_the_answer_has(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, db: None
) -> None:
    def broken(self: Any) -> Any:
        raise RuntimeError("the details")

    monkeypatch.setattr(SpacecraftResource, "get_queryset", broken)
    client = Client(raise_request_exception=False)
    answer = client.get("/2.3.0/spacecraft/")
    (record,) = caplog.records
    written = LineFormatter(tracebacks=False).format(record)
    assert (
        f"Internal Server Error: /2.3.0/spacecraft/ [request {answer['X-Request-Id']}] [RuntimeError: the"
        in written
    )
    assert record.exc_info, "other handlers have the error"
    assert client.get("/nope/").headers.get("X-Request-Id") is None


@pytest.mark.parametrize(
    ("level", "own", "libraries", "mirror"),
    [
        ("debug", "DEBUG", "WARNING", "DEBUG"),
        ("info", "INFO", "WARNING", "INFO"),
        ("warning", "WARNING", "WARNING", "INFO"),
        ("error", "ERROR", "ERROR", "ERROR"),
    ],
)
def test_the_level_holds_for_our_own_lines(level: str, own: str, libraries: str, mirror: str) -> None:
    made = logging_settings(Environment.read({"COSMODROME_LOG": level.upper()}).log_level)
    assert made["root"]["level"] == libraries
    assert made["loggers"]["cosmodrome"]["level"] == own
    assert made["loggers"]["cosmodrome.server.mirror"]["level"] == mirror
    assert made["formatters"]["line"]["tracebacks"] is (level == "debug")


def test_a_full_server_logs_one_line_in_a_second(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With the id that the answer has; the others are counted."""
    now = [100.0]
    monkeypatch.setattr(refusals, "monotonic", lambda: now[0])
    monkeypatch.setattr(refusals, "FULL", refusals.FullLog())
    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/2.3.0/launches/" + "x" * 300, LANE: "dear"}
    answers = []
    for seconds in (0, 0.5, 0.9, 1.0, 2.5):
        now[0] = 100 + seconds
        answers.append(refusals.answer_to(Busy(), dict(request)))
    body = BodyError(HTTPStatus.SERVICE_UNAVAILABLE, "The server is busy.")
    answers.append(refusals.answer_to(body, {"REQUEST_METHOD": "POST", "PATH_INFO": "/admin/"}))
    refusals.answer_to(BodyError(HTTPStatus.REQUEST_TIMEOUT, "Too slow."), {"PATH_INFO": "/admin/"})
    assert {status[:3] for status, _, _ in answers} == {"503"}
    ids = [dict(headers)["X-Request-Id"] for _, headers, _ in answers]
    found = [LineFormatter(tracebacks=False).format(record) for record in caplog.records]
    assert [line.partition("room for it in the lane dear")[2] for line in found] == [
        f" [request {ids[0]}]",
        f"; so were 2 others since the line before [request {ids[3]}]",
        f" [request {ids[4]}]",
    ]
    assert max(map(len, found)) < 450
