"""What was asked within the last second is given again only while it would be the same, and is counted."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from pytest_django import Settings

from cosmodrome.changes.snapshots import ROUTE, VALIDITY, Validity
from cosmodrome.http_cache import again
from cosmodrome.http_cache.again import ASKED, DECIDING, OVERHEAD, Again, Given
from cosmodrome.http_cache.cache import TIMED, ResponseCache
from cosmodrome.http_cache.passage import Passage
from cosmodrome.http_cache.shelf import Shelf
from cosmodrome.time import clock
from wsgi import ask

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LIST = "/2.3.0/launches/"
WAYS: list[tuple[str, str, dict[str, str]]] = [
    ("HEAD", LIST, {}),
    ("GET", f"{LIST}?a", {}),
    ("GET", "/2.3.0/agencies/", {}),
    ("GET", LIST, {"host": "other.example"}),
    ("GET", LIST, {"accept": "text/html"}),
    ("GET", LIST, {"accept_encoding": "gzip"}),
    ("GET", LIST, {"if_none_match": "*"}),
]


class Stand:
    """A server with one answer of each kind, of a version, until a moment, in the place of Django."""

    def __init__(self) -> None:
        self.version = 1
        self.until = clock.LAST
        self.passage = Passage.FREE
        self.asked = 0
        self.told: list[tuple[int, float | None]] = []
        self.cache = ResponseCache(
            self.answer,
            "/2.3.0/",
            4_000_000,
            lambda: self.version,
            lambda _: self.let_through(),
            lambda *_: lambda times, seconds: self.told.append((times, seconds)),
        )

    def let_through(self) -> Passage:
        """Sees each call that does not get the same as one before."""
        self.asked += 1
        return self.passage

    def answer(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Repeats what it was asked, as far as Django looks at it."""
        environ[VALIDITY] = Validity(self.version, LONG_AGO, self.until)
        environ[ROUTE] = LIST
        start_response("200 OK", [("Content-Type", "text/plain"), ("Vary", "Accept")])
        return [f"{self.version} {[environ.get(name) for name in DECIDING[ASKED]]}".encode() * 9]

    def ask(self, method: str = "GET", target: str = LIST, **headers: str) -> tuple[Any, ...]:
        """Status, headers and body."""
        answer = ask(self.cache, target, method, **headers)
        return answer.status, answer.headers, answer.body

    def is_asked(self, **how: str) -> bool:
        """Asks; whether the call is looked at."""
        before = self.asked
        self.ask(**how)
        return self.asked > before


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """One who was asked the same three times, and has given it again the third time."""
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    stand = Stand()
    answers = [stand.ask() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert stand.asked == 1
    return stand


@pytest.mark.parametrize(("method", "target", "headers"), WAYS)
def test_other_words_get_another_answer(
    stand: Stand, method: str, target: str, headers: dict[str, str]
) -> None:
    other = Stand()
    for _ in range(3):
        assert stand.ask(method, target, **headers) == other.ask(method, target, **headers) != stand.ask()


def test_a_change_is_seen_at_once(stand: Stand) -> None:
    stand.version = 2
    assert stand.ask()[2].startswith(b"2 ")


def test_an_answer_is_not_given_when_its_age_is_another(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 1000.99)
    assert not stand.is_asked()
    monkeypatch.setattr("time.monotonic", lambda: 1001.0)
    assert stand.is_asked()
    assert stand.ask()[1]["age"] == "1"


@pytest.mark.parametrize("speed", [1, 100])
def test_an_answer_is_not_given_longer_than_it_is_right(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, speed: float
) -> None:
    settings.CLOCK_STOPPED_AT = None
    settings.SIMULATED_CLOCK = clock.SimulatedClock(NOON, NOON, speed)
    monkeypatch.setattr(clock, "real_now", lambda: NOON)
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    stand = Stand()
    stand.until = NOON + timedelta(seconds=0.5 * speed)
    for _ in range(2):
        stand.ask()
    assert not stand.is_asked()
    monkeypatch.setattr("time.monotonic", lambda: 1000.49)
    assert not stand.is_asked()
    monkeypatch.setattr("time.monotonic", lambda: 1000.5)
    assert stand.is_asked()


def test_a_clock_that_is_set_anew_is_looked_at(stand: Stand, settings: Settings) -> None:
    settings.CLOCK_STOPPED_AT = NOON
    assert stand.is_asked()
    assert not stand.is_asked()


@pytest.mark.parametrize("passage", [Passage.ASKED, Passage.REFUSED])
def test_who_is_counted_is_asked_each_time(stand: Stand, passage: Passage) -> None:
    counted = {"authorization": "Token abc"}
    stand.passage = passage
    for _ in range(4):
        assert stand.is_asked(**counted)
    stand.passage = Passage.FREE
    assert not stand.is_asked()


def test_each_answer_is_told_once(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(40):
        stand.ask()
    monkeypatch.setattr("time.monotonic", lambda: 1001.0)
    stand.ask()
    stand.cache._again.tell()
    assert sum(times for times, _ in stand.told) == 1 + 1 + 40 + 1  # one of the first three was not kept yet
    assert sum(seconds is not None for _, seconds in stand.told) == 1 + 43 // TIMED


def test_what_nobody_asks_for_again_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[tuple[float, Callable[[], None]]] = []

    class Soon(Thread):
        def __init__(self, seconds: float, function: Callable[[], None]) -> None:
            super().__init__(target=function)
            timers.append((seconds, function))

        def start(self) -> None:
            assert self.daemon  # else a worker could not end

    monkeypatch.setattr(again, "Timer", Soon)
    stand = Stand()
    for _ in range(5):
        stand.ask()
    [(seconds, tell)] = timers
    assert seconds > 1
    assert [times for times, _ in stand.told] == [1]
    tell()
    tell()
    assert [times for times, _ in stand.told] == [1, 3]


def test_a_worker_that_can_have_no_thread_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Never(Thread):
        def __init__(self, *_: Any) -> None:
            super().__init__()

        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(again, "Timer", Never)
    stand = Stand()
    assert {stand.ask()[0] for _ in range(5)} == {200}


def given(size: int) -> Given:
    headers = [(f"X-Header-{number} "[:-1], f"some value {number}") for number in range(14)]
    return Given(1, 1002.0, clock.setting(), "200 OK", headers, [bytes(size)], lambda *_: None)


@pytest.mark.parametrize("size", [0, 100, 20_000])
def test_no_more_memory_is_taken_than_is_reckoned_with(size: int) -> None:
    limit = 4_000_000
    room = Again(limit)
    room.put(("",), given(0), 1000.0)
    tracemalloc.start()
    for number in range(2 * limit // (size + OVERHEAD)):
        room.put(
            ("GET", LIST, f"number{number}=x", "host.example", "http", "", "*/*", "zstd", None, None),
            given(size),
            1000.5,
        )
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert limit / 4 < taken < limit


def test_when_there_is_no_room_for_one_there_is_for_none_until_the_next_second() -> None:
    room = Again(100_000)
    room.put(("large",), given(30_000), 1000.0)
    assert room.get(("large",)) is None
    for number in range(10):
        assert room.has_room(1000.5) == (number < 6)
        room.put((f"{number}",), given(15_000), 1000.5)
    assert room.get(("4",))
    assert not room.get(("5",))
    room.put(("small",), given(1), 1001.5)
    assert room.has_room(1001.5)
    assert room.get(("small",))
    assert not room.get(("4",))


def test_its_room_is_the_caches() -> None:
    cache = Stand().cache
    assert cache.present.limit + cache.past.limit + cache._again.limit == 4_000_000
    assert isinstance(cache.present, Shelf)
