"""The response cache in front of any WSGI callable: keys, validity, memory, metrics, threads."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from conftest import NOW
from cosmodrome.changes.snapshots import LAYER, ROUTE, VALIDITY, Validity
from cosmodrome.http_cache import recorder
from cosmodrome.http_cache.cache import SAMPLING, ResponseCache, request_key
from cosmodrome.http_cache.entries import (
    CODINGS,
    LONGEST_READ,
    LONGEST_REMEMBERED,
    best_coding,
    is_storable,
    parsed,
)
from cosmodrome.time import clock
from wsgi import Answer, ask

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LIST = "/2.3.0/launches/"
LIMIT = 4_000_000
HEADERS = [("Content-Type", "application/json"), ("Vary", "Accept"), ("Allow", "GET")]


class Origin:
    """In the place of Django: repeats the parts of a request that it depends on."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.version = 1
        self.since, self.until = LONG_AGO, clock.LAST
        self.headers = HEADERS
        self.padding = 500
        self.calls = 0
        self.is_admitted = True
        self.admissions = 0
        self.recorded: list[tuple[int, float | None]] = []
        self.sizes: dict[str, int] = {}
        self.cache = ResponseCache(
            self.answer,
            "/2.3.0/",
            limit,
            lambda: self.version,
            self.admits,
            lambda *_: lambda number, seconds: self.recorded.append((number, seconds)),
            self.sizes.update,
        )

    def admits(self, environ: dict[str, Any]) -> bool:
        del environ
        self.admissions += 1
        return self.is_admitted

    def answer(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.calls += 1
        environ[VALIDITY] = Validity(self.version, self.since, self.until)
        environ[ROUTE] = LIST
        start_response("200 OK", [(f"{name} "[:-1], f"{value} "[:-1]) for name, value in self.headers])
        return [f"{self.version} {request_key(environ)}".encode() + bytes(self.padding)]

    def ask(self, method: str = "GET", target: str = LIST, **headers: str) -> Answer:
        return ask(self.cache, target, method, **headers)

    def is_hit(self, method: str = "GET", target: str = LIST, **headers: str) -> bool:
        return bool(self.ask(method, target, **headers).environ[LAYER] == "cache")

    def recorded_hits(self) -> int:
        self.cache.recorder.flush()
        return sum(number for number, _ in self.recorded)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets `time.monotonic()`, which stands at 1000."""

    def stand_at(seconds: float) -> None:
        monkeypatch.setattr("time.monotonic", lambda: seconds)

    stand_at(1000.0)
    return stand_at


@pytest.fixture
def origin(at: Callable[[float], None], monkeypatch: pytest.MonkeyPatch) -> Origin:
    """An origin that was asked for a list three times."""
    monkeypatch.setattr(recorder, "Timer", Timers)
    Timers.started.clear()
    origin = Origin()
    first, second, third = (origin.ask() for _ in range(3))
    assert first == second == third
    assert [answer.environ[LAYER] for answer in (first, second, third)] == ["django", "cache", "cache"]
    assert origin.calls == 1
    return origin


class Timers(Thread):
    """In the place of `Timer`: never goes off by itself."""

    started: list[Timers] = []

    def __init__(self, seconds: float, function: Callable[[], None]) -> None:
        super().__init__()
        self.seconds, self.function = seconds, function

    def start(self) -> None:
        assert self.daemon  # else a worker could not end
        self.started.append(self)


class TestKey:
    """A request gets the response to its like, and to no other."""

    @pytest.mark.parametrize(
        ("method", "target", "headers"),
        [
            ("HEAD", LIST, {}),
            ("GET", f"{LIST}?a", {}),
            ("GET", "/2.3.0/agencies/", {}),
            ("GET", LIST, {"host": "other.example"}),
            ("GET", LIST, {"accept": "text/html"}),
            ("GET", LIST, {"accept": ""}),
            ("GET", LIST, {"accept_encoding": "gzip"}),
            ("GET", LIST, {"accept_encoding": "zstd"}),
            ("GET", LIST, {"if_none_match": "*"}),
        ],
    )
    def test_another_request_gets_another_response(
        self, origin: Origin, method: str, target: str, headers: dict[str, str]
    ) -> None:
        other = Origin()
        for _ in range(3):
            assert origin.ask(method, target, **headers) == other.ask(method, target, **headers)
            assert origin.ask(method, target, **headers) != origin.ask()

    @pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "get", "BREW"])
    def test_what_does_not_read_goes_to_django_uncounted(self, origin: Origin, method: str) -> None:
        before = origin.admissions
        assert not any(origin.is_hit(method) for _ in range(2))
        assert origin.admissions == before

    @pytest.mark.parametrize("target", ["/healthz", "/2.3.0", "/", "/2.3.1/launches/"])
    def test_elsewhere_not_even_the_version_is_read(self, target: str) -> None:
        def broken() -> int:
            raise AssertionError

        origin = Origin()
        cache = ResponseCache(origin.answer, "/2.3.0/", LIMIT, broken, origin.admits)
        assert ask(cache, target).environ[LAYER] == "django"

    def test_a_response_does_not_change_with_what_a_server_does_to_its_headers(self, origin: Origin) -> None:
        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            del status
            headers.append(("X-Own", "1"))

        before = origin.ask()
        origin.cache(dict(before.environ), start_response)
        assert origin.ask() == before


class TestStorable:
    """A view can keep its responses out of the cache in the ways of HTTP."""

    @pytest.mark.parametrize(
        "header",
        [
            ("Cache-Control", "private"),
            ("cache-control", "no-store"),
            ("Set-Cookie", "a=b"),
            ("Vary", "Cookie"),
            ("vary", "accept, Accept-Language"),
            ("Vary", "*"),
        ],
    )
    def test_such_a_response_is_given_as_it_is(self, header: tuple[str, str]) -> None:
        origin = Origin()
        origin.headers = [*HEADERS, header]
        answers = [origin.ask() for _ in range(2)]
        assert [answer.environ[LAYER] for answer in answers] == ["django", "django"]
        assert all(answer.headers[header[0].lower()] == header[1] for answer in answers)
        assert len(origin.cache.entries) == 0

    @pytest.mark.parametrize("vary", ["Accept", "Accept, Host", "accept,accept-encoding", ""])
    def test_what_is_in_the_key_may_vary(self, vary: str) -> None:
        assert is_storable("200 OK", [("Vary", vary)])
        assert not is_storable("206 Partial Content", [("Vary", vary)])


class TestValidity:
    """A stored response is given while Django would give the same."""

    def test_a_change_is_seen_at_once(self, origin: Origin) -> None:
        origin.version = 2
        assert origin.ask().body.startswith(b"2 ")
        assert origin.is_hit()
        assert len(origin.cache.entries) == 1

    def test_a_response_of_another_version_is_not_stored(self, origin: Origin) -> None:
        def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            origin.version = 3  # a change that is committed meanwhile
            chunks = origin.answer(environ, start_response)
            origin.version = 2
            return chunks

        origin.version = 2
        cache = ResponseCache(answer, "/2.3.0/", LIMIT, lambda: origin.version, origin.admits)
        assert ask(cache, LIST).body.startswith(b"3 ")
        assert len(cache.entries) == 0

    def test_without_a_version_nothing_is_given_and_all_is_kept(self, origin: Origin) -> None:
        origin.version = None  # type: ignore[assignment] # the database does not answer
        assert not origin.is_hit()
        origin.version = 1
        assert origin.is_hit()

    def test_age_grows_by_whole_seconds(self, origin: Origin, at: Callable[[float], None]) -> None:
        for now, age in ((1000.99, "0"), (1001.0, "1"), (1001.5, "1"), (1009.25, "9"), (1009.75, "9")):
            at(now)
            for _ in range(3):
                answer = origin.ask()
                assert (answer.environ[LAYER], answer.headers["age"]) == ("cache", age)

    @pytest.mark.parametrize("speed", [1, 100])
    def test_a_response_is_not_given_longer_than_it_is_right(
        self,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
        at: Callable[[float], None],
        speed: float,
    ) -> None:
        settings.CLOCK_STOPPED_AT = None
        settings.SIMULATED_CLOCK = clock.SimulatedClock(NOW, NOW, speed)
        origin = Origin()
        origin.until = NOW + timedelta(seconds=0.5 * speed)
        for passed in (0, 0, 0, 0.49):
            at(1000 + passed)
            monkeypatch.setattr(clock, "real_now", lambda passed=passed: NOW + timedelta(seconds=passed))
            origin.ask()
        assert origin.calls == 1
        at(1000.5)
        monkeypatch.setattr(clock, "real_now", lambda: NOW + timedelta(seconds=0.5))
        assert not origin.is_hit()

    def test_a_system_clock_that_jumps_is_noticed_within_a_second(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, at: Callable[[float], None]
    ) -> None:
        settings.CLOCK_STOPPED_AT = None
        monkeypatch.setattr(clock, "real_now", lambda: NOW)
        origin = Origin()
        origin.since, origin.until = NOW, NOW + timedelta(days=1)
        assert [origin.is_hit() for _ in range(3)] == [False, True, True]
        for jump in (-1, 25):
            monkeypatch.setattr(clock, "real_now", lambda jump=jump: NOW + timedelta(hours=jump))
            at(1001.0)
            assert not origin.is_hit()

    def test_a_clock_that_is_set_anew_is_looked_at(self, settings: Settings) -> None:
        origin = Origin()
        origin.since, origin.until = NOW, NOW + timedelta(seconds=1)
        assert [origin.is_hit() for _ in range(3)] == [False, True, True]
        settings.CLOCK_STOPPED_AT = NOW + timedelta(seconds=1)
        assert not origin.is_hit()
        settings.CLOCK_STOPPED_AT = NOW
        assert origin.is_hit()


class TestAdmission:
    """Every hit passes the checks first."""

    def test_each_hit_is_checked_and_counted(self, origin: Origin) -> None:
        before = origin.admissions
        for _ in range(4):
            assert origin.is_hit()
            assert origin.is_hit(authorization="Token abc")
        assert origin.admissions == before + 8

    def test_who_is_not_admitted_is_left_to_django(self, origin: Origin) -> None:
        origin.is_admitted = False
        assert not any(origin.is_hit() for _ in range(2))
        assert origin.calls == 3
        origin.is_admitted = True
        assert origin.is_hit()

    def test_a_miss_is_counted_by_django_alone(self, origin: Origin) -> None:
        before = origin.admissions
        assert not origin.is_hit(target=f"{LIST}?a")
        assert origin.admissions == before


class TestMetrics:
    """Each hit is counted once, a second late at most, and one in some is timed."""

    def test_each_hit_is_recorded_once(self, origin: Origin) -> None:
        for _ in range(40):
            origin.ask()
        assert origin.recorded_hits() == origin.recorded_hits() == 42
        assert sum(seconds is not None for _, seconds in origin.recorded) == 1 + 42 // SAMPLING

    def test_hits_of_what_is_no_longer_stored_are_recorded_too(self, origin: Origin) -> None:
        origin.version = 2
        origin.ask()
        assert origin.recorded_hits() == 2

    def test_hits_are_recorded_though_nobody_asks_again(self, origin: Origin) -> None:
        (timer,) = Timers.started
        assert timer.seconds <= 1
        timer.function()
        assert sum(number for number, _ in origin.recorded) == 2
        origin.ask()
        assert len(Timers.started) == 2
        origin.ask()
        assert len(Timers.started) == 2
        Timers.started[1].function()
        assert sum(number for number, _ in origin.recorded) == 4

    def test_kinds_are_counted_apart(self) -> None:
        kinds = dict[tuple[str | int, ...], int]()

        def measure(*kind: str | int) -> Callable[[int, float | None], None]:
            return lambda number, _: kinds.update({kind: kinds.get(kind, 0) + number})

        origin = Origin()
        cache = ResponseCache(origin.answer, "/2.3.0/", LIMIT, lambda: 1, origin.admits, measure)
        for asked in ({}, {}, {"if_none_match": "*"}, {"method": "HEAD"}, {"accept_encoding": "gzip"}):
            ask(cache, LIST, **asked)
        cache.recorder.flush()
        assert kinds == {
            ("cache", LIST, "GET", 200): 2,
            ("cache", LIST, "GET", 304): 1,
            ("cache", LIST, "HEAD", 200): 1,
        }

    def test_a_worker_that_can_have_no_thread_answers_and_counts(
        self, origin: Origin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: Thread) -> None:
            raise RuntimeError("can't start new thread")

        origin.cache.recorder.flush()
        monkeypatch.setattr(Timers, "start", fail)
        assert {origin.ask().status for _ in range(5)} == {200}
        assert origin.recorded_hits() == 7

    def test_sizes_are_reported_with_what_is_stored(self) -> None:
        origin = Origin()
        for number in range(3):
            origin.ask(target=f"{LIST}?{number}")
            assert origin.sizes["answers"] == origin.cache.entries.size > 0


class TestMemory:
    """Whatever is asked, no more bytes are taken than allowed, and what is asked again and again stays."""

    @pytest.mark.slow
    @pytest.mark.parametrize("parameter", ["unknown{}=x", "at={}"])
    def test_a_flood_leaves_memory_in_bounds_and_the_rest_stored(self, parameter: str) -> None:
        origin = Origin()
        for _ in range(2):
            origin.ask()
        for number in range(10_000):
            origin.ask(target=f"{LIST}?{parameter.format(number)}")
            assert origin.cache.entries.size <= LIMIT / 8
        assert origin.is_hit()

    def test_a_flood_of_instants_that_are_all_asked_twice_leaves_the_present(self) -> None:
        origin = Origin()
        for number in range(5000):
            assert origin.is_hit(target=f"{LIST}?at={number}") is False
            assert origin.is_hit(target=f"{LIST}?at={number}")
            if not number % 100:
                assert origin.is_hit() == (number > 0)
                assert origin.is_hit()
        assert origin.cache.entries.size <= LIMIT

    @pytest.mark.parametrize("size", [0, 100, 20_000])
    def test_no_more_memory_is_taken_than_is_reckoned_with(self, size: int) -> None:
        origin = Origin()
        origin.headers = [*HEADERS, *((f"X-Header-{number}", f"some value {number}") for number in range(10))]
        origin.padding = size
        origin.ask()
        tracemalloc.start()
        number = 0
        while origin.cache.entries.size < LIMIT * 0.9:
            number += 1
            for coding in CODINGS:
                origin.ask(target=f"/2.3.0/launches/?unknown{number}=x", accept_encoding=coding)
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert LIMIT / 4 < taken < origin.cache.entries.size

    @given(
        st.lists(
            st.tuples(st.integers(0, 30), st.integers(0, 90_000), st.sampled_from(["gzip", ""]), st.integers(1, 2)),
            max_size=60,
        )
    )  # fmt: skip
    def test_it_is_never_over_its_limit_and_gives_what_was_made(
        self, steps: list[tuple[int, int, str, int]]
    ) -> None:
        origin = Origin(400_000)
        for number, size, coding, version in steps:
            origin.version, origin.padding = version, size
            answer = origin.ask(target=f"{LIST}?{number}", accept_encoding=coding)
            assert answer.status == 200
            if not coding and answer.body:
                assert answer.body.startswith(f"{version} ('{LIST}', '{number}'".encode())
            assert origin.cache.entries.size <= 400_000
        assert (len(origin.cache.entries) == 0) == (origin.cache.entries.size == 0)

    def test_a_response_that_would_evict_much_is_not_stored(self) -> None:
        origin = Origin()
        origin.padding = LIMIT // 4
        assert not any(origin.is_hit() for _ in range(3))
        assert origin.cache.entries.size == 0

    def test_a_large_response_is_stored_when_it_is_asked_for_again(self) -> None:
        origin = Origin()
        origin.padding = LIMIT // 8
        assert [origin.is_hit(accept_encoding="gzip") for _ in range(3)] == [False, False, True]

    def test_each_coding_counts_once(self) -> None:
        origin = Origin()
        origin.ask()
        before = origin.cache.entries.size
        zipped = [origin.ask(accept_encoding=header) for header in ("gzip", "gzip", "gzip, nothing")]
        assert origin.cache.entries.size == before + len(zipped[0].body)

    def test_clients_can_make_up_headers_of_any_length(self, origin: Origin) -> None:
        parsed.cache_clear()
        before = origin.cache.entries.size
        tracemalloc.start()
        for number in range(300):
            odd = f"br;q=0.{number}, " + "x" * 100_000
            assert origin.is_hit(accept_encoding=odd)
            assert origin.is_hit(if_none_match=f'"{odd}"')
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert origin.cache.entries.size == before
        assert parsed.cache_info().currsize == 0
        assert taken < 1_000_000

    def test_a_header_that_is_too_long_is_not_read(self) -> None:
        before = parsed.cache_info().currsize
        assert best_coding("gzip" + " " * LONGEST_READ) == "identity"
        assert best_coding("gzip" + " " * (LONGEST_READ - 4)) == "gzip"
        assert parsed.cache_info().currsize == before

    def test_the_coding_of_a_long_header_is_right(self) -> None:
        many = ", ".join(f"x{number}" for number in range(LONGEST_REMEMBERED))
        assert best_coding(f"{many}, gzip, zstd;q=0.5") == "gzip"
        assert best_coding(many) == "identity"


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_under_threads_answers_are_right_and_each_hit_is_counted(
    impatient_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "Timer", Timers)
    origin = Origin(100_000)

    def work(worker: int) -> int:
        hits = 0
        for number in range(400):
            query = f"{(number * worker) % 23}"
            if worker == 1 and not number % 50:
                origin.version += 1
            answer = origin.ask(target=f"{LIST}?{query}", accept_encoding=("gzip", "identity")[number % 2])
            body = gzip.decompress(answer.body) if number % 2 == 0 else answer.body
            assert f" ('{LIST}', '{query}', ".encode() in body
            hits += answer.environ[LAYER] == "cache"
        return hits

    with ThreadPoolExecutor(8) as clients:
        hits = sum(clients.map(work, range(1, 9)))
    assert origin.recorded_hits() == hits > 0
    entries = origin.cache.entries
    assert entries.size <= 100_000
    entries.clear()
    assert entries.size == 0
