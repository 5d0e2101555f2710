"""Tokens and rates: who is let through, who is told to wait, and that everyone else notices nothing."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connections, router
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from conftest import NOW, Api
from cosmodrome.access import usage
from cosmodrome.access.callers import Caller
from cosmodrome.access.models import Token, Use
from cosmodrome.access.network import caller_address
from cosmodrome.access.rates import MOST_CALLS, Rate
from cosmodrome.access.tokens import TokenError, make_token, remove_token
from cosmodrome.access.usage import count_call
from cosmodrome.database.outages import FULL
from cosmodrome.time import clock
from cosmodrome.time.clock import SimulatedClock
from servers import Server, make_catalogue, run, serving

pytestmark = pytest.mark.django_db(databases="__all__")

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LIST = "/2.3.0/spacecraft/?limit=1"
FIFTEEN = Rate(15, 3600)


@pytest.fixture
def fifteen(settings: Settings) -> None:
    """The original's rate for callers without a token."""
    settings.ANONYMOUS_RATE = FIFTEEN


def later(settings: Settings, **passed: float) -> None:
    settings.CLOCK_STOPPED_AT = NOW + timedelta(**passed)


def throttle(api: Api, **headers: str) -> dict[str, Any]:
    answer = api.get("/2.3.0/api-throttle/", **headers)
    assert answer.status_code == 200
    return dict(answer.json())


@contextmanager
def queries(alias: str) -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connections[alias]) as captured:
        yield captured


def counts() -> str:
    """The database that calls are counted in."""
    return router.db_for_write(Use)


@pytest.mark.usefixtures("fifteen")
def test_the_sixteenth_call_in_an_hour_is_refused_in_the_words_that_clients_parse(
    api: Api, settings: Settings
) -> None:
    for minute in range(15):
        later(settings, minutes=minute)
        assert api.get(LIST).status_code == 200
    refused = api.get(LIST)
    assert refused.status_code == 429
    assert refused.content == (b'{"detail":"Request was throttled. Expected available in 2760 seconds."}')
    assert refused["Retry-After"] == "2760"
    assert refused["Allow"] == "GET"
    assert refused["Vary"] == "Accept"
    assert refused["Access-Control-Expose-Headers"] == (
        "Age, ETag, Retry-After, X-As-Of, X-Data-Version, X-Ignored-Parameters"
    )


@pytest.mark.usefixtures("fifteen")
def test_room_comes_back_call_by_call_as_the_clock_moves(api: Api, settings: Settings) -> None:
    for minute in range(15):
        later(settings, minutes=minute)
        api.get(LIST)
    later(settings, minutes=59, seconds=59, milliseconds=500)
    assert api.get(LIST).json()["detail"] == "Request was throttled. Expected available in 1 second."
    for minute in range(60, 63):
        later(settings, minutes=minute)
        assert [api.get(LIST).status_code for _ in range(3)] == [200, 429, 429]


@pytest.fixture
def pass_real_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock on which an hour is a second, and what lets so many real seconds pass."""
    passed = [0.0]
    monkeypatch.setattr(clock, "real_now", lambda: NOW + timedelta(seconds=passed[0]))
    settings.CLOCK_STOPPED_AT, settings.SIMULATED_CLOCK = None, SimulatedClock(NOW, NOW, 3600)

    def pass_time(seconds: float) -> None:
        passed[0] += seconds

    return pass_time


@pytest.mark.usefixtures("fifteen")
def test_a_window_and_what_is_told_of_it_go_by_the_clock_that_is_sped_up(
    api: Api, pass_real_time: Callable[[float], None]
) -> None:
    assert [api.get(LIST).status_code for _ in range(15)] == [200] * 15
    pass_real_time(0.25)
    assert api.get(LIST)["Retry-After"] == "2700"
    assert throttle(api)["next_use_secs"] == 2700
    pass_real_time(0.7499)
    assert (api.get(LIST)["Retry-After"], throttle(api)["current_use"]) == ("1", 15)
    pass_real_time(0.0001)
    assert throttle(api)["current_use"] == 0
    assert api.get(LIST).status_code == 200


def test_hours_that_pass_while_a_call_waits_to_be_counted_hide_no_other_call(
    pass_real_time: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would else take a call of another worker, two hours later than its own begin, for an error of the clock."""
    caller, once = Caller("address", "192.0.2.1", None), Rate(1, 3600)
    assert count_call(caller, once).wait == 0
    pass_real_time(5)
    read = Use.objects.get_or_create

    def wait(**asked: Any) -> tuple[Use, bool]:
        monkeypatch.setattr(Use.objects, "get_or_create", read)
        pass_real_time(2)
        assert count_call(caller, once).wait == 0
        return read(**asked)

    monkeypatch.setattr(Use.objects, "get_or_create", wait)
    assert count_call(caller, once).wait == 3600


@pytest.mark.usefixtures("fifteen")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/2.3.0/spacecraft/25/"),
        ("HEAD", "/2.3.0/spacecraft/"),
        ("GET", "/2.3.0/spacecraft/999999/"),
        ("GET", "/2.3.0/spacecraft/?in_space=perhaps"),
        ("POST", "/2.3.0/spacecraft/"),
        ("GET", "/2.3.0/dashboard/starship/"),
        ("GET", "/2.3.0/spacecraft/25/timeline/"),
        ("GET", "/2.3.0/schema/"),
        ("HEAD", "/2.3.0/schema/?format=json"),
    ],
)
@pytest.mark.usefixtures("brief_document")
def test_every_call_of_an_endpoint_counts_mistakes_too(api: Api, method: str, path: str) -> None:
    api.client.generic(method, path)
    assert throttle(api)["current_use"] == 1


@pytest.mark.parametrize(
    "path",
    ["/", "/docs/", "/2.3.0/", "/2.3.0/swagger/", "/2.3.0/redoc/", "/2.3.0/api-throttle/",
     "/2.3.0/spacecraft", "/2.3.0/nowhere/"],
)  # fmt: skip
@pytest.mark.usefixtures("brief_document")
def test_what_only_tells_about_the_api_is_free_even_when_nothing_is_left(
    api: Api, path: str, settings: Settings
) -> None:
    settings.ANONYMOUS_RATE = Rate(1, 3600)
    for _ in range(3):
        assert api.client.get(path).status_code in (200, 301, 404)
    assert throttle(api)["current_use"] == 0
    assert api.get(LIST).status_code == 200
    assert api.client.get(path).status_code in (200, 301, 404)


@pytest.mark.usefixtures("fifteen")
def test_options_and_preflights_are_free(api: Api) -> None:
    api.client.options(LIST)
    api.client.options(LIST, headers={"access-control-request-method": "GET", "origin": "https://a.example"})
    assert throttle(api)["current_use"] == 0


@pytest.mark.usefixtures("fifteen")
def test_api_throttle_says_what_is_left(api: Api, settings: Settings) -> None:
    answer = api.get("/2.3.0/api-throttle/?format=json")
    assert answer.content == (
        b'{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":0,"next_use_secs":0,'
        b'"ident":"127.0.0.1"}'
    )
    assert (answer["Allow"], answer["Vary"], answer["Cache-Control"]) == ("GET", "Accept", "no-store")
    for _ in range(15):
        api.get(LIST)
    later(settings, seconds=100.2)
    assert throttle(api) | {"ident": ""} == {
        "your_request_limit": 15,
        "limit_frequency_secs": 3600,
        "current_use": 15,
        "next_use_secs": 3500,
        "ident": "",
    }


@pytest.mark.usefixtures("fifteen")
def test_people_get_pages_of_all_three(api: Api, settings: Settings) -> None:
    settings.ANONYMOUS_RATE = Rate(1, 3600)
    page = api.get("/2.3.0/api-throttle/", accept=BROWSER)
    assert "<h1>API Throttle</h1>" in page.content.decode()
    assert "next_use_secs" in page.content.decode()
    api.get(LIST)
    refused = api.get(LIST, accept=BROWSER)
    assert refused.status_code == 429
    assert refused["Content-Type"] == "text/html; charset=utf-8"
    assert "HTTP 429 Too Many Requests" in refused.content.decode()
    assert "Expected available in 3600 seconds." in refused.content.decode()
    unknown = api.get(LIST, accept=BROWSER, authorization="Token nonsense")
    assert "HTTP 401 Unauthorized" in unknown.content.decode()


def test_a_token_has_a_rate_of_its_own(api: Api, settings: Settings) -> None:
    settings.ANONYMOUS_RATE = Rate(1, 3600)
    three, free = make_token("three", Rate(3, 60)), make_token("free", None)
    assert [api.get(LIST, authorization=f"Token {three}").status_code for _ in range(4)] == [200] * 3 + [429]
    assert [api.get(LIST, authorization=f"Token {free}").status_code for _ in range(5)] == [200] * 5
    assert [api.get(LIST).status_code for _ in range(2)] == [200, 429]
    assert throttle(api, authorization=f"token {three}") == {
        "your_request_limit": 3,
        "limit_frequency_secs": 60,
        "current_use": 3,
        "next_use_secs": 60,
        "ident": "three",
    }


def test_a_token_called_like_an_address_does_not_use_up_its_calls(api: Api, settings: Settings) -> None:
    settings.ANONYMOUS_RATE = Rate(1, 3600)
    key = make_token("127.0.0.1", Rate(1, 3600))
    assert api.get(LIST, authorization=f"Token {key}").status_code == 200
    assert api.get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("Token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "Invalid token."),
        ("Token \x00", "Invalid token."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Token \xff", "Invalid token header. Token string should not contain invalid characters."),
    ],
)
@pytest.mark.parametrize("path", [LIST, "/2.3.0/api-throttle/", "/2.3.0/"])
def test_a_token_that_is_none_is_401_in_drfs_words(api: Api, header: str, detail: str, path: str) -> None:
    make_token("another", None)
    answer = api.get(path, authorization=header)
    assert answer.status_code == 401
    assert answer.json() == {"detail": detail}
    assert answer["WWW-Authenticate"] == "Token"
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("header", ["Token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "Token", "Token a b"])
def test_a_key_of_the_original_is_ignored_until_there_are_tokens_or_rates(
    api: Api, settings: Settings, header: str
) -> None:
    plain = api.get(LIST)
    answer = api.get(LIST, authorization=header)
    assert (answer.status_code, answer.content) == (200, plain.content)
    assert throttle(api, authorization=header) == throttle(api)
    settings.ANONYMOUS_RATE = FIFTEEN
    assert api.get(LIST, authorization=header).status_code == 401
    settings.ANONYMOUS_RATE = None
    make_token("another", None)
    assert api.get(LIST, authorization=header).status_code == 401
    remove_token("another")
    assert api.get(LIST, authorization=header).status_code == 200


def test_a_key_that_a_client_has_is_taken(api: Api) -> None:
    key = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"
    assert make_token("mine", Rate(300, 3600), key) == key
    assert throttle(api, authorization=f"Token {key}")["ident"] == "mine"
    assert key not in str(Token.objects.values().get())
    with pytest.raises(TokenError, match=r"^The token 'mine' has this key already"):
        make_token("other", None, key)


@pytest.mark.parametrize(
    "key", ["short", "Token 9944b09199c62bcf9418ad846dd0e4bb", "x" * 201, "é" * 40, "a\x00" * 20]
)
def test_a_key_that_is_none_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(TokenError, match=r"^This can't be a key: it has 20 to 200") as refused:
        make_token("mine", None, key)
    assert key not in str(refused.value)
    assert not Token.objects.exists()


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"])
def test_what_is_no_token_is_passed_over(api: Api, header: str) -> None:
    assert api.get(LIST, authorization=header).status_code == 200


def test_a_removed_token_is_refused(api: Api) -> None:
    key = make_token("bot", None)
    assert api.get(LIST, authorization=f"Token {key}").status_code == 200
    make_token("another", None)
    remove_token("bot")
    assert api.get(LIST, authorization=f"Token {key}").status_code == 401


def test_of_a_key_only_its_digest_is_kept() -> None:
    key = make_token("bot", Rate(300, 3600))
    kept = Token.objects.values().get(name="bot")
    assert len(key) == 40
    assert key not in str(kept)
    assert kept["rate"] == "300/h"
    assert kept["made"] == NOW


def test_without_rates_nothing_is_asked_and_nothing_is_counted(api: Api) -> None:
    with queries("default") as asked, queries(counts()) as counted:
        assert throttle(api) == {
            "your_request_limit": MOST_CALLS,
            "limit_frequency_secs": 3600,
            "current_use": 0,
            "next_use_secs": 0,
            "ident": "127.0.0.1",
        }
    assert len(asked) == len(counted) == 0
    api.get(LIST)
    assert not Use.objects.exists()


@pytest.mark.usefixtures("fifteen")
def test_a_call_costs_a_read_and_a_write_and_a_refused_one_the_read(api: Api) -> None:
    record = "/2.3.0/config/countries/0/"
    taken = []
    for _ in range(16):
        with queries(counts()) as counted:
            api.get(record)
        taken.append(sum("access_use" in query["sql"] for query in counted.captured_queries))
    assert taken == [3] + [2] * 14 + [1]


@pytest.mark.usefixtures("fifteen")
def test_who_has_not_called_for_a_period_is_forgotten(api: Api, settings: Settings) -> None:
    api.client.get(LIST, REMOTE_ADDR="192.0.2.1")
    later(settings, minutes=30)
    api.client.get(LIST, REMOTE_ADDR="192.0.2.2")
    later(settings, minutes=61)
    api.client.get(LIST, REMOTE_ADDR="192.0.2.3")
    assert sorted(Use.objects.values_list("pk", flat=True)) == ["address 192.0.2.2", "address 192.0.2.3"]


@pytest.mark.usefixtures("fifteen")
def test_a_call_that_can_not_be_counted_is_answered(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> int:
        raise DatabaseError("disk is full")

    monkeypatch.setattr(usage, "count_call", broken)
    with caplog.at_level(logging.WARNING):
        assert api.get(LIST).status_code == 200
    assert caplog.messages == [f"A call was let through uncounted: {FULL} (disk is full)"]


@pytest.mark.usefixtures("fifteen")
@pytest.mark.parametrize(
    ("address", "ident"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_without_a_token_callers_are_told_apart_by_address(api: Api, address: str, ident: str) -> None:
    answer = api.client.get("/2.3.0/api-throttle/", REMOTE_ADDR=address)
    assert answer.json()["ident"] == ident


@pytest.mark.usefixtures("fifteen")
@pytest.mark.parametrize(
    ("public_url", "forwarded", "ident"),
    [
        ("", "198.51.100.1", "127.0.0.1"),
        ("https://space.example", "198.51.100.1", "198.51.100.1"),
        ("https://space.example", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("https://space.example", "198.51.100.1,203.0.113.9:4711", "203.0.113.9"),
        ("https://space.example", "[2001:db8::7]:4711", "2001:db8::/64"),
        ("https://space.example", "203.0.113.9, unknown", "127.0.0.1"),
        ("https://space.example", "", "127.0.0.1"),
    ],
)
def test_a_forwarded_address_is_believed_only_of_the_proxy_in_front(
    api: Api, settings: Settings, public_url: str, forwarded: str, ident: str
) -> None:
    settings.PUBLIC_URL = public_url
    assert throttle(api, **{"x-forwarded-for": forwarded})["ident"] == ident


@pytest.mark.usefixtures("fifteen")
def test_a_header_of_ones_own_names_the_caller_and_no_double_of_it_does(api: Api, settings: Settings) -> None:
    settings.PROXY_HEADER, settings.PUBLIC_URL = "ClientAddress", "https://space.example"
    assert throttle(api, clientaddress="203.0.113.9")["ident"] == "203.0.113.9"
    assert throttle(api, clientaddress="6.6.6.6, 203.0.113.9")["ident"] == "203.0.113.9"
    forged = dict.fromkeys(("X-Forwarded-For", "Client-Address", "Client_Address"), "6.6.6.6")
    assert throttle(api, **forged)["ident"] == "127.0.0.1"


@pytest.mark.parametrize(
    "written",
    ["192.0.2.7", "192.0.2.7:4711", "::ffff:192.0.2.7", "[::ffff:192.0.2.7]:4711", "::ffff:c000:207",
     "64:ff9b::192.0.2.7", " 192.0.2.7 "],
)  # fmt: skip
@pytest.mark.parametrize("other", ["192.0.2.8", "::ffff:192.0.2.8", "2001:db8::7", ""])
def test_one_address_is_one_however_it_is_written(written: str, other: str) -> None:
    assert caller_address({"REMOTE_ADDR": written}) == "192.0.2.7"
    assert caller_address({"REMOTE_ADDR": other}) != "192.0.2.7"


def statuses(server: Server, calls: int, **headers: str) -> list[int]:
    """What eight clients are answered that call at once."""
    with ThreadPoolExecutor(8) as clients:
        return sorted(clients.map(lambda _: server.get(LIST, **headers)[0], range(calls)))


@pytest.mark.slow
@pytest.mark.postgresql
def test_counts_are_one_for_all_workers_and_outlast_a_restart(data_dir: Path, database_url: str) -> None:
    make_catalogue(data_dir, DATABASE_URL=database_url)
    key = run(data_dir, "token", "add", "bot", "--rate", "5/h", DATABASE_URL=database_url).stdout.strip()
    with serving(data_dir, "--workers", "2", ANONYMOUS_RATE="15/h", DATABASE_URL=database_url) as server:
        assert statuses(server, 40) == [200] * 15 + [429] * 25
        assert statuses(server, 10, Authorization=f"Token {key}") == [200] * 5 + [429] * 5
        server.kill()
    with serving(data_dir, ANONYMOUS_RATE="15/h", DATABASE_URL=database_url) as server:
        status, headers, body = server.get(LIST)
        assert status == 429
        seconds = int(headers["retry-after"])
        assert 3500 < seconds <= 3600
        assert json.loads(body) == {
            "detail": f"Request was throttled. Expected available in {seconds} seconds."
        }
        left = json.loads(server.get("/2.3.0/api-throttle/")[2])
        assert left["current_use"] == 15
        assert abs(left["next_use_secs"] - seconds) <= 1


@pytest.mark.skipif(
    django_settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3", reason="locks of a file"
)
@pytest.mark.slow
def test_a_call_does_not_wait_for_a_catalogue_that_is_being_loaded(data_dir: Path) -> None:
    with serving(data_dir, ANONYMOUS_RATE="15/h") as server:
        file = data_dir / "cosmodrome.sqlite3"
        with closing(sqlite3.connect(file, isolation_level=None)) as load:
            load.execute("BEGIN IMMEDIATE")
            started = datetime.now(UTC)
            assert statuses(server, 16) == [200] * 15 + [429]
            assert (datetime.now(UTC) - started).total_seconds() < 10
            load.execute("ROLLBACK")


@pytest.mark.slow
def test_no_key_is_ever_written_down(data_dir: Path) -> None:
    key = run(data_dir, "token", "add", "bot").stdout.strip()
    with serving(data_dir, ANONYMOUS_RATE="15/h") as server:
        for path in (LIST, "/2.3.0/api-throttle/?format=api", "/2.3.0/spacecraft/?format=api", "/nowhere/"):
            _, headers, body = server.get(path, Authorization=f"Token {key}")
            assert key not in str(headers)
            assert key not in body.decode()
        assert server.get(LIST, Authorization=f"Token {key[:-1]}")[0] == 401
        server.kill()
        assert server.process.stdout
        assert key[:-1] not in server.process.stdout.read()
    for file in data_dir.rglob("*"):
        assert file.is_dir() or key.encode() not in file.read_bytes()


@pytest.mark.slow
def test_tokens_are_made_shown_and_removed_on_the_command_line(data_dir: Path) -> None:
    made = run(data_dir, "token", "add", "bot", "--rate", "300/hour")
    assert made.returncode == 0
    assert made.stderr == "bot: 300/h. The key is shown this once.\n"
    assert len(made.stdout) == 41, "the key alone, so that scripts can take it"
    assert run(data_dir, "token", "add", "[b]Ünï ✓").returncode == 0
    again = run(data_dir, "token", "add", "bot")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "There is a token called 'bot' already: choose another name, or remove it first.\n"
    listed = run(data_dir, "token", "list", NOW="2026-05-01").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["name", "[b]Ünï", "bot"]
    assert made.stdout.strip() not in str(listed)
    theirs = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"
    taken = run(data_dir, "token", "add", "old", "--key", "-", text=f"{theirs}\n")
    assert (taken.returncode, taken.stdout) == (0, "")
    assert taken.stderr == "old: no limit. Its key is the one that was given.\n"
    for arguments, text in ((["--key", theirs], ""), (["--key", "-"], "")):
        refused = run(data_dir, "token", "add", "older", *arguments, text=text)
        assert refused.returncode == 2
        assert "standard input" in refused.stderr
        assert theirs not in refused.stderr
    assert run(data_dir, "token", "remove", "old").returncode == 0
    removed = run(data_dir, "token", "remove", "bot")
    assert (removed.returncode, removed.stdout) == (0, "bot: removed.\n")
    unknown = run(data_dir, "token", "remove", "bot")
    assert (unknown.returncode, unknown.stderr) == (
        1,
        "There is no token called 'bot'; there are: [b]Ünï ✓.\n",
    )


@pytest.mark.parametrize("name", ["", " ", " bot", "a\nb", "\x1b[31m", "x" * 101])
def test_a_name_that_is_none_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(TokenError, match=r"^'.*' can't be the name of a token: write 1 to 100 "):
        make_token(name, None)
    assert not Token.objects.exists()


@pytest.mark.parametrize("rate", ["0/h", "15/month"])
def test_a_senseless_rate_is_refused_in_a_sentence(tmp_path: Path, rate: str) -> None:
    refused = run(tmp_path / "data", "token", "add", "bot", "--rate", rate)
    assert refused.returncode == 2
    assert f"'{rate}'" in refused.stderr
    assert not (tmp_path / "data").exists()
