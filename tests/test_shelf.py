"""Kept answers stay within their bytes whatever is asked, and only one of each is made at a time."""

from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event, Lock
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmodrome.changes.snapshots import VALIDITY, Validity
from cosmodrome.http_cache.cache import ResponseCache, asks_the_past
from cosmodrome.http_cache.entries import CODINGS, OVERHEAD, Entry
from cosmodrome.http_cache.passage import Passage
from cosmodrome.http_cache.shelf import Shelf
from cosmodrome.http_cache.turns import Turns
from cosmodrome.time.clock import LAST
from wsgi import ask

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
HEADERS = [("Content-Type", "application/json"), ("Vary", "Accept"), ("Allow", "GET")]
MORE_HEADERS = [(f"X-Header-{number}", f"some value {number}") for number in range(10)]
LIMIT = 4_000_000


def entry(body: bytes = b"{}", version: int = 1) -> Entry:
    own = [(f"{name} "[:-1], f"{value} "[:-1]) for name, value in [*HEADERS, *MORE_HEADERS]]
    return Entry(own, body, Validity(version, LONG_AGO, LAST))


class Stand:
    """In the place of Django."""

    def __init__(self) -> None:
        self.calls = 0
        self._lock = Lock()
        self.may_answer = Event()
        self.may_answer.set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with self._lock:
            self.calls += 1
        assert self.may_answer.wait(10)
        environ[VALIDITY] = Validity(1, LONG_AGO, LAST)
        start_response("200 OK", list(HEADERS))
        return [environ["QUERY_STRING"].encode() * 20]


def cache_of(stand: Stand) -> ResponseCache:
    return ResponseCache(stand, "/2.3.0/", LIMIT, lambda: 1, lambda _environ: Passage.FREE)


def test_a_hundred_thousand_unknown_parameters_leave_memory_in_bounds_and_the_rest_kept() -> None:
    stand = Stand()
    cache = cache_of(stand)
    for _ in range(2):
        ask(cache, "/2.3.0/launches/?hot")
    for number in range(100_000):
        ask(cache, f"/2.3.0/launches/?unknown{number}=x")
        assert cache.present.bytes <= cache.present.limit
    before = stand.calls
    ask(cache, "/2.3.0/launches/?hot")
    assert stand.calls == before


@pytest.mark.parametrize("size", [0, 100, 20_000])
def test_no_more_memory_is_taken_than_is_reckoned_with(size: int) -> None:
    shelf = Shelf(LIMIT)
    shelf.get(1, ("",))
    tracemalloc.start()
    for number in range(LIMIT // (size + OVERHEAD)):
        kept = entry(bytes(size))
        for coding in CODINGS:
            kept.variant(coding)
        key = (f"/2.3.0/launches/?unknown{number}=x", "", "application/json", "http")
        shelf.put(key, kept)
        shelf.get(1, key)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert LIMIT / 4 < taken < shelf.bytes <= LIMIT


def test_what_was_can_not_push_out_what_is() -> None:
    stand = Stand()
    cache = cache_of(stand)
    ask(cache, "/2.3.0/launches/")
    for number in range(2000):
        for _ in range(2):
            ask(cache, f"/2.3.0/launches/?at={number}")
    assert len(cache.present) == 1
    assert 0 < cache.past.bytes <= cache.past.limit == LIMIT // 8


@pytest.mark.parametrize(
    ("query", "is_past"),
    [("at=1", True), ("limit=1&at=1", True), ("%61T=1", True), ("format=json", False), ("x=at=1", False)],
)
def test_which_queries_ask_for_another_moment(query: str, is_past: bool) -> None:
    assert asks_the_past(query) == is_past


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 90_000), st.booleans(), st.integers(1, 2)), max_size=60
    )
)
def test_it_is_never_over_its_limit_and_gives_what_was_put(
    steps: list[tuple[int, int, bool, int]],
) -> None:
    shelf, put = Shelf(400_000), dict[tuple[int, int], Entry]()
    for number, size, is_put, version in steps:
        key = (str(number),)
        found = shelf.get(version, key)
        assert found is None or found is put[number, version]
        if is_put:
            put[number, version] = entry(bytes(size), version)
            shelf.put(key, put[number, version])
        assert shelf.bytes <= shelf.limit
    assert (len(shelf) == 0) == (shelf.bytes == 0)


def test_an_answer_of_another_version_is_not_taken() -> None:
    shelf = Shelf(LIMIT)
    assert shelf.get(2, ("a",)) is None
    shelf.put(("a",), entry(version=1))
    assert len(shelf) == 0


def test_an_answer_that_would_push_out_much_is_not_kept() -> None:
    shelf = Shelf(LIMIT)
    shelf.get(1, ("a",))
    shelf.put(("a",), entry(bytes(LIMIT // 4)))
    assert len(shelf) == 0


def test_an_answer_takes_more_in_each_coding_if_it_is_kept() -> None:
    cache = cache_of(Stand())
    asked, large = (f"/2.3.0/launches/?{'x' * times}" for times in (100, LIMIT // 8 // 20))
    plain = ask(cache, asked)
    before = cache.present.bytes
    zipped = ask(cache, asked, accept_encoding="gzip")
    assert len(zipped.body) < len(plain.body)
    assert cache.present.bytes == before + len(zipped.body)
    ask(cache, large, accept_encoding="gzip")
    assert cache.present.bytes == before + len(zipped.body)
    ask(cache, large, accept_encoding="gzip")
    assert cache.present.bytes > before + LIMIT // 8


def test_what_many_want_is_made_once() -> None:
    stand = Stand()
    cache = cache_of(stand)
    stand.may_answer.clear()
    with ThreadPoolExecutor(16) as clients:
        same = [clients.submit(ask, cache, "/2.3.0/launches/?a", accept_encoding="zstd") for _ in range(8)]
        other = clients.submit(ask, cache, "/2.3.0/launches/?b")
        while stand.calls < 2:
            pass
        stand.may_answer.set()
        assert len({answer.result().body for answer in same}) == 1
        assert other.result().body == b"b" * 20
    assert stand.calls == 2


def test_turns_that_nobody_wants_are_not_kept() -> None:
    turns = Turns()
    with turns.taking("a") as has_waited, turns.taking("b"):
        assert not has_waited
    with pytest.raises(KeyError), turns.taking("a"):
        raise KeyError
    assert not turns._taken
