"""The stand-in: a server that misbehaves on purpose, as it was told to, and never otherwise."""

from __future__ import annotations

import http.client
import json
import re
import socket
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from cosmodrome.cli import app
from cosmodrome.environment import Environment, SettingsError
from cosmodrome.environment.faults import KINDS, Fault, read_faults
from cosmodrome.server import wsgi
from cosmodrome.server.standin import calls, fates, start
from cosmodrome.server.standin.calls import CallLog
from cosmodrome.server.standin.corruption import SPOILERS
from cosmodrome.server.standin.fates import Fate, Fates, Ordinals, draw
from cosmodrome.server.standin.misbehaviour import HEADER, LARGE_BYTES
from cosmodrome.server.startup import StartError
from servers import PATIENCE, ROOT, Server, serving

ALL = ",".join(f"{kind}:{0.01 if kind == 'large' else 0.06}" for kind in KINDS)
SEED = 7
PAGE = "/2.3.0/spacecraft/?limit=3"
PREFIX = "/2.3.0/"


def promised(text: str, ordinals: Ordinals | None = None) -> Fates:
    """The fates that the documentation promises, from the first answer on."""
    return Fates(read_faults(text), SEED, ordinals or Ordinals(None), PREFIX)


def test_faults_are_kinds_with_probabilities_and_perhaps_a_path() -> None:
    assert read_faults("429:0.1, html@/launches/upcoming/ : .02,slow:0") == (
        Fault("429", 0.1),
        Fault("html", 0.02, "launches/upcoming"),
        Fault("slow", 0),
    )
    assert read_faults("") == ()
    assert len(read_faults(ALL)) == len(KINDS)
    assert len(read_faults(",".join(["reset:0.1"] + [f"next@p{n}:0.1" for n in range(9)]))) == 10


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rest:0.1", "'rest' is not a kind of fault: did you mean reset? There are 429, 500,"),
        ("HTML:0.1", "'HTML' is not a kind of fault: did you mean html? There are 429,"),
        ("fire:0.1", "'fire' is not a kind of fault: there are 429, 500,"),
        ("429", "'429' is not a fault: write its kind and its probability, as in 429:0.1"),
        ("429:0.1,", "'' is not a fault: write its kind"),
        ("429:0.1:3", "'429:0.1:3' is not a fault"),
        ("429:2", "'429:2' has no probability: write a number from 0 to 1, as in 429:0.1"),
        ("429:-1", "'429:-1' has no probability"),
        ("429:nan", "'429:nan' has no probability"),
        ("429:10%", "'429:10%' has no probability"),
        ("429:0.6,reset:0.6", "'429:0.6,reset:0.6' has a sum above 1: an answer has one fault at most"),
        ("429:0.1,429:0.2", "'429:0.1,429:0.2' has '429' twice: write each kind once"),
        ("429@/:0.1", "'429@/:0.1' names no path: write what follows /2.3.0/, as 429@launches:0.1"),
    ],
)
def test_what_is_no_fault_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Environment.read({"COSMODROME_FAULT": text})
    assert str(refused.value).startswith(f"COSMODROME_FAULT: {sentence}")
    given = CliRunner().invoke(app, ["serve", "--fault", text], env={"COLUMNS": "999"})
    assert given.exit_code == 2
    assert sentence[:70] in given.output


@pytest.mark.parametrize("option", ["--fault-seed", "--fault-seconds"])
def test_how_faults_are_made_says_nothing_without_any(option: str) -> None:
    given = CliRunner().invoke(app, ["serve", option, "7"])
    assert given.exit_code == 1
    assert "give --fault as well" in given.output


def environment(**settings: str) -> Environment:
    return Environment.read({f"COSMODROME_{name}": value for name, value in settings.items()})


def test_a_start_refuses_what_can_not_be(tmp_path: Path) -> None:
    with pytest.raises(
        StartError, match=r"^The fault 'short' ends a connection, and with COSMODROME_HTTP2=on"
    ):
        start.refuse_senseless(environment(FAULT="429:0.1,short:0.1", HTTP2="on"))
    with pytest.raises(
        SettingsError, match=r"^COSMODROME_CALL_LOG is .*: name a file in a folder that is there"
    ):
        environment(CALL_LOG=str(tmp_path))
    with pytest.raises(
        SettingsError, match=r"^COSMODROME_FAULT_SECONDS is '0': write a number of seconds above"
    ):
        environment(FAULT_SECONDS="0")
    with pytest.raises(StartError, match=r"^The log of calls /proc/none can't be written"):
        start.refuse_senseless(environment(CALL_LOG="/proc/none"))


def test_a_start_says_that_the_server_misbehaves(tmp_path: Path) -> None:
    assert start.notices(environment()) == []
    told = start.notices(environment(FAULT="429:0.1,html@launches:0.025", CALL_LOG=str(tmp_path / "log")))
    assert told == [
        "This server misbehaves on purpose (COSMODROME_FAULT): 10 % 429, 2.5 % html below launches/ of the answers below /2.3.0/, with seed 0.",
        f"Each call is logged in {tmp_path / 'log'}.",
    ]


def test_without_faults_and_a_log_nothing_stands_between_front_and_server() -> None:
    assert wsgi.front is wsgi.answering


def test_the_fate_of_an_answer_is_the_same_for_ever() -> None:
    """Whoever has written a test for a seed relies on it: these values are not to change."""
    told = promised("429:0.2,reset:0.1,types:0.1")
    drawn = [told.of("/2.3.0/launches/", "limit=100&offset=0") for _ in range(12)]
    assert [fate and fate.kind for fate in drawn] == EXPECTED_KINDS
    assert draw(read_faults("429:1"), "a ticket") == (Fault("429", 1), EXPECTED_NUMBER)


EXPECTED_KINDS = [None, None, None, "429", "reset", None, "types", "429", "reset", "429", None, "429"]
EXPECTED_NUMBER = 889054610


def test_a_fate_depends_on_nothing_else_that_is_asked() -> None:
    alone, mixed = promised(ALL), promised(ALL)
    expected = [alone.of("/2.3.0/launches/", "") for _ in range(50)]
    found = []
    for number in range(50):
        mixed.of("/2.3.0/launches/", f"offset={number}")
        mixed.of("/2.3.0/events/", "")
        found.append(mixed.of("/2.3.0/launches/", ""))
    assert found == expected
    assert len({fate and fate.kind for fate in found}) > 5


def test_another_fault_at_the_end_changes_only_right_answers() -> None:
    few, more = promised("429:0.2,reset:0.1"), promised("429:0.2,reset:0.1,html:0.3")
    pairs = [(few.of("/2.3.0/launches/", ""), more.of("/2.3.0/launches/", "")) for _ in range(200)]
    assert all(before == after for before, after in pairs if before)
    assert {after.kind for before, after in pairs if not before and after} == {"html"}


def test_a_kind_is_as_frequent_as_it_was_given() -> None:
    told = promised("429:0.1,reset:0.02,slow:0.5")
    found = Counter(
        fate and fate.kind for n in range(5000) if (fate := told.of(f"/2.3.0/launches/{n}/", "")) or 1
    )
    assert abs(found["429"] - 500) < 100
    assert abs(found["reset"] - 100) < 50
    assert abs(found["slow"] - 2500) < 150


def test_only_paths_of_the_version_have_faults_and_api_throttle_only_if_it_is_named() -> None:
    told = promised("500:1")
    for path in (
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/admin/",
        "/2.3.0",
        "/2.2.0/launches/",
        "/static/a.css",
    ):
        assert told.of(path, "") is None
    assert told.of("/2.3.0/api-throttle/", "") is None
    assert told.of("/2.3.0/launches/", "")
    named = promised("html@api-throttle:0.5,500@launches/upcoming:0.5")
    assert {fate.kind for _ in range(40) if (fate := named.of("/2.3.0/api-throttle/", ""))} == {"html"}
    assert {fate.kind for _ in range(40) if (fate := named.of("/2.3.0/launches/upcoming/9/", ""))} == {"500"}
    assert not any(named.of("/2.3.0/launches/upcomingness/", "") for _ in range(40))


def test_requests_are_counted_for_all_workers_together(tmp_path: Path) -> None:
    one, other = Ordinals(tmp_path / "asked"), Ordinals(tmp_path / "asked")
    assert [each.next("/a") for each in (one, other, other, one)] == [1, 2, 3, 4]
    assert other.next("/\udcff") == 1


def test_where_the_count_is_lost_a_worker_goes_on_for_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ordinals = Ordinals(tmp_path / "asked")
    assert [ordinals.next("/a"), ordinals.next("/a")] == [1, 2]
    with closing(sqlite3.connect(tmp_path / "asked")) as other:
        other.execute("DROP TABLE asked")
    assert [ordinals.next("/a"), ordinals.next("/a")] == [1, 2]
    assert caplog.messages == ["Workers count for themselves which answers are wrong: no such table: asked"]


def test_so_many_urls_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fates, "MOST_URLS", 3)
    ordinals = Ordinals(None)
    assert [ordinals.next(url) for url in ("a", "b", "c", "c", "d", "d", "c", "a")] == [
        1,
        1,
        1,
        2,
        1,
        2,
        3,
        1,
    ]
    assert ordinals.next("b") == 1


@pytest.mark.parametrize("kind", SPOILERS)
@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"results":[]}', b'{"results":[null]}', b'{"a":null}', b'"text"']
)
def test_what_has_nothing_to_spoil_is_left_or_spoiled_but_never_an_error(kind: str, body: bytes) -> None:
    for number in range(4):
        spoiled = SPOILERS[kind](body, Fate(kind, number), "http://a.example/2.3.0/")
        assert spoiled is None or spoiled != body


class Reply(NamedTuple):
    """What a client gets: null for a status or a body that did not come whole."""

    status: int
    headers: dict[str, str]
    body: bytes
    error: Exception | None


def ask(server: Server, path: str, **headers: str) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("GET", path, headers=headers)
    try:
        answer = connection.getresponse()
    except http.client.RemoteDisconnected as dropped:
        return Reply(500, {HEADER.lower(): "drop", "cache-control": "no-store"}, b"", dropped)
    body = b""
    error: Exception | None = None
    try:
        body = answer.read()
    except http.client.IncompleteRead as short:
        body, error = short.partial, short
    except ConnectionError as reset:
        error = reset
    connection.close()
    return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body, error)


def form_of(fate: Fate, reply: Reply, right: bytes, url: str) -> str:
    """Checks a reply against its fate; returns which form of the kind it has."""
    assert reply.headers.get(HEADER.lower()) == fate.kind
    if fate.kind not in ("reset", "short", "drop"):
        assert reply.error is None
        assert int(reply.headers.get("content-length", LARGE_BYTES)) == len(reply.body)
    if fate.kind != "slow":
        assert "etag" not in reply.headers
        assert reply.headers["cache-control"] == "no-store"
    form: str = FORMS[fate.kind](reply, right, url)
    return form


def of_429(reply: Reply, right: bytes, url: str) -> str:
    assert reply.status == 429
    detail, wait = json.loads(reply.body)["detail"], reply.headers.get("retry-after")
    told = re.fullmatch(r"Request was throttled\.( Expected available in (\d+) seconds?\.)?", detail)
    assert told
    assert wait in (None, told[2])
    return "header" if wait else "sentence" if told[1] else "bare"


def of_a_page(status: int, title: str) -> Any:
    def check(reply: Reply, right: bytes, url: str) -> str:
        assert reply.headers["content-type"].startswith("text/html")
        assert f"<title>{title}</title>" in reply.body.decode()
        assert status in (0, reply.status)
        assert "retry-after" not in reply.headers or status == 503
        return f"{reply.status} {'retry-after' in reply.headers}"

    return check


def of_slow(reply: Reply, right: bytes, url: str) -> str:
    assert (reply.status, reply.body) == (200, right)
    return ""


def of_an_end(error: type[Exception]) -> Any:
    def check(reply: Reply, right: bytes, url: str) -> str:
        assert reply.status == 200
        assert int(reply.headers["content-length"]) == len(right)
        assert isinstance(reply.error, error)
        assert right.startswith(reply.body)
        return ""

    return check


def of_truncate(reply: Reply, right: bytes, url: str) -> str:
    assert reply.status == 200
    assert right.startswith(reply.body)
    assert 0 < len(reply.body) < len(right)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter|codec"):
        json.loads(reply.body)
    return ""


def of_next(reply: Reply, right: bytes, url: str) -> str:
    page = json.loads(reply.body)
    assert page | {"next": None} == json.loads(right) | {"next": None}
    assert page["next"] in (url, "https://elsewhere.example" + PAGE)
    return "self" if page["next"] == url else "elsewhere"


def of_types(reply: Reply, right: bytes, url: str) -> str:
    page, expected = json.loads(reply.body), json.loads(right)
    wrong = [
        (name, record[name], value)
        for record, good in zip(page["results"], expected["results"], strict=True)
        for name, value in good.items()
        if record[name] != value
    ]
    ((_, found, value),) = wrong
    assert type(found) is not type(value)
    return ""


def of_duplicate(reply: Reply, right: bytes, url: str) -> str:
    page, expected = json.loads(reply.body), json.loads(right)
    found, ids = [[each["id"] for each in document["results"]] for document in (page, expected)]
    assert len(found) - len(set(found)) == 1
    assert set(found) <= set(ids)
    return "beside" if len(found) > len(ids) else "instead"


def of_redirect(reply: Reply, right: bytes, url: str) -> str:
    assert reply.status == 302
    assert reply.headers["location"] in (url, "https://elsewhere.example" + PAGE)
    return "self" if reply.headers["location"] == url else "elsewhere"


def of_large(reply: Reply, right: bytes, url: str) -> str:
    assert (reply.status, len(reply.body)) == (200, LARGE_BYTES)
    assert reply.body.strip() == right
    return "told" if "content-length" in reply.headers else "untold"


def of_drop(reply: Reply, right: bytes, url: str) -> str:
    assert isinstance(reply.error, http.client.RemoteDisconnected)
    return ""


FORMS: dict[str, Any] = {
    "429": of_429,
    "500": of_a_page(500, r"Server Error (500)"),
    "502": of_a_page(502, "502 Bad Gateway"),
    "503": of_a_page(503, "503 Service Temporarily Unavailable"),
    "504": of_a_page(504, "504 Gateway Time-out"),
    "html": of_a_page(0, "Just a moment..."),
    "slow": of_slow,
    "reset": of_an_end(ConnectionResetError),
    "short": of_an_end(http.client.IncompleteRead),
    "truncate": of_truncate,
    "next": of_next,
    "types": of_types,
    "duplicate": of_duplicate,
    "redirect": of_redirect,
    "large": of_large,
    "drop": of_drop,
}
ALL_FORMS = {
    "429": {"header", "sentence", "bare"},
    "503": {"503 True", "503 False"},
    "html": {"200 False", "403 False", "429 False"},
    "next": {"self", "elsewhere"},
    "duplicate": {"beside", "instead"},
    "redirect": {"self", "elsewhere"},
    "large": {"told", "untold"},
}


@pytest.fixture
def misbehaving(data_dir: Path) -> Iterator[Server]:
    """A server of two workers with all faults."""
    arguments = ("--workers", "2", "--fault", ALL, "--fault-seed", str(SEED), "--fault-seconds", "0.01")
    with serving(data_dir, *arguments, "--call-log", "calls.jsonl") as server:
        yield server


def logged(data_dir: Path) -> list[dict[str, Any]]:
    """The calls in the log, as they were logged."""
    return [json.loads(line) for line in (data_dir.parent / "calls.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_every_answer_of_two_workers_has_the_fate_that_is_promised(
    misbehaving: Server, data_dir: Path
) -> None:
    told, forms = promised(ALL), dict[str, set[str]]()
    right = None
    expected = [told.of(*PAGE.split("?")) for _ in range(260)]
    first = expected.index(None)
    replies = [
        ask(misbehaving, PAGE, **{"Accept-Encoding": "gzip"} if n % 2 and n != first else {})
        for n in range(260)
    ]
    right = replies[first].body
    for fate, reply in zip(expected, replies, strict=True):
        if fate is None:
            assert reply.status == 200
            assert HEADER.lower() not in reply.headers
        elif fate.kind != "slow" or "content-encoding" not in reply.headers:
            found = form_of(fate, reply, right, misbehaving.url + PAGE)
            forms.setdefault(fate.kind, set()).add(found)
    assert forms.keys() == KINDS.keys()
    for kind, found_forms in ALL_FORMS.items():
        assert forms[kind] == found_forms
    assert [call["fault"] for call in logged(data_dir)] == [fate and fate.kind for fate in expected]
    assert [call["status"] for call in logged(data_dir)] == [reply.status for reply in replies]
    check_concurrent(misbehaving, told)
    check_said(misbehaving)


def check_concurrent(server: Server, told: Fates) -> None:
    """However requests are mixed, the answers at a url have its faults."""
    urls = [f"/2.3.0/agencies/?limit=2&offset={n}" for n in range(4)] * 25
    with ThreadPoolExecutor(8) as clients:
        replies = list(clients.map(lambda url: ask(server, url), urls))
    found = Counter(
        (url, reply.headers.get(HEADER.lower())) for url, reply in zip(urls, replies, strict=True)
    )
    fates_of_all = [(url, told.of(*url.split("?"))) for url in urls]
    assert found == Counter((url, fate.kind if fate else None) for url, fate in fates_of_all)


def check_said(server: Server) -> None:
    server.kill()
    assert (
        f"This server misbehaves on purpose (COSMODROME_FAULT): {', '.join(map(str, read_faults(ALL)))}"
        in server.output()
    )


@pytest.mark.slow
def test_slow_answers_hold_up_nobody(data_dir: Path) -> None:
    """They take an hour; two hundred wait while others are answered."""
    with serving(data_dir, "--fault", "slow@launches:1", "--fault-seconds", "3600") as server:
        waiting = []
        for _ in range(200):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(b"GET /2.3.0/launches/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            waiting.append(client)
        for path in ("/2.3.0/spacecraft/", "/2.3.0/agencies/?limit=1", "/healthz", "/2.3.0/api-throttle/"):
            assert server.get(path)[0] == 200
        for client in waiting:
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.close()
        server.kill()


@pytest.mark.slow
def test_a_rate_is_exact_over_a_flood_on_a_clock_that_is_sped_up(data_dir: Path) -> None:
    """15 an hour where an hour is a second: the log of two workers shows no window with more, and full ones."""
    arguments = (
        "--workers",
        "2",
        "--anonymous-rate",
        "15/h",
        "--clock-speed",
        "3600",
        "--call-log",
        "calls.jsonl",
    )
    with serving(data_dir, *arguments) as server:
        paths = [PAGE, "/2.3.0/agencies/", "/2.3.0/api-throttle/", "/2.3.0/launches/?limit=1"]

        def flood(client: int) -> list[tuple[str, int, str, bytes]]:
            replies, passed = list[tuple[str, int, str, bytes]](), 0
            while passed < 12:
                path = paths[len(replies) % len(paths)]
                status, headers, body = server.get(path)
                replies.append((path, status, headers.get("retry-after", ""), body))
                passed += status == 200 and "throttle" not in path
            return replies

        with ThreadPoolExecutor(12) as clients:
            replies = [reply for each in clients.map(flood, range(12)) for reply in each]
    found = logged(data_dir)
    assert len(found) == len(replies)
    counted = sorted(datetime.fromisoformat(call["at"]) for call in found if call["counted"])
    passed = [path for path, status, _, _ in replies if status == 200 and "throttle" not in path]
    assert len(counted) == len(passed) >= 144
    hour = timedelta(hours=1)
    gaps = [later - earlier for earlier, later in zip(counted, counted[15:], strict=False)]
    assert min(gaps) >= hour
    assert sorted(gaps)[len(gaps) // 2] < 2 * hour  # and the rate is used up
    waits = [int(wait) for _, status, wait, _ in replies if status == 429]
    assert waits
    assert all(1 <= wait <= 3600 for wait in waits)
    left = [json.loads(body) for path, _, _, body in replies if "throttle" in path]
    assert all(each["current_use"] <= 15 and each["next_use_secs"] <= 3600 for each in left)
    assert any(each["next_use_secs"] for each in left)
    assert {call["status"] for call in found if "throttle" in call["path"]} == {200}


def test_a_log_that_is_full_says_so_and_grows_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_BYTES", 1000)

    class Scope:
        method, path, query_string, client, server = "GET", PREFIX, "", "192.0.2.7:4711", "127.0.0.1:8000"
        http_version, scheme, headers = "1.1", "http", dict[str, str]()

    file = tmp_path / "calls.jsonl"
    one, other = CallLog(file), CallLog(file)
    for _ in range(20):
        one.write(calls.Call(Scope()))  # type: ignore[arg-type] # as much of a request as is read
        other.write(calls.Call(Scope()))  # type: ignore[arg-type]
    Scope.query_string = "a" * 10_000
    assert len(json.loads(calls.Call(Scope()).line)["path"]) == calls.LONGEST_TARGET  # type: ignore[arg-type]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[-1] == {"full": True}
    assert {line["caller"] for line in lines[:-1]} == {"address 192.0.2.7"}
    assert 1000 <= file.stat().st_size < 1100
    assert file.stat().st_mode & 0o077 == 0


def test_every_kind_of_fault_is_documented() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z0-9]+)` \|", text, flags=re.MULTILINE) == list(KINDS)
