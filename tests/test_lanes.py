"""Requests wait in lanes: addresses take turns, nothing waits without bounds, and kept answers wait for nobody."""

from __future__ import annotations

import asyncio
import gc
import re
import tracemalloc
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError
from django.test import Client

from conftest import Api
from cosmodrome.changes.editions import Edition
from cosmodrome.http_cache import freshness
from cosmodrome.resources import records
from cosmodrome.resources import store as stores
from cosmodrome.resources.records import Records
from cosmodrome.resources.store import STORE, Store
from cosmodrome.server import front as fronts
from cosmodrome.server.bodies import LOG_IN_BYTES
from cosmodrome.server.front import Front, environ_of
from cosmodrome.server.lanes import FORGETTING, MOST_KINDS, Busy, Costs, Lane, kind_of
from cosmodrome.shapes.shapes import Shape
from cosmodrome.time import clock
from wsgi import ask, new_cache

PATIENCE = 20.0


class Gated:
    """A lane, and work for it that waits for a sign."""

    def __init__(self, places: int = 100, patience: float = PATIENCE) -> None:
        self.lane = Lane("test", places, patience)
        self.begun, self.sign = Event(), Event()
        self.done: list[str] = []

    def hold(self) -> None:
        self.begun.set()
        assert self.sign.wait(PATIENCE)

    def ask(self, address: str, name: str) -> asyncio.Task[None]:
        return asyncio.ensure_future(self.lane.run(address, lambda: self.done.append(name)))

    async def taken(self) -> asyncio.Task[None]:
        """Takes the lane until the sign."""
        task = asyncio.ensure_future(self.lane.run("holder", self.hold))
        await asyncio.to_thread(self.begun.wait, PATIENCE)
        return task


async def settle() -> None:
    """Lets what is ready on the loop go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), PATIENCE))


def test_addresses_take_turns_and_each_goes_in_order() -> None:
    async def test() -> None:
        gated = Gated()
        holder = await gated.taken()
        tasks = [gated.ask("a", f"a{number}") for number in range(5)]
        await settle()
        tasks += [gated.ask("b", "b0"), gated.ask("b", "b1"), gated.ask("c", "c0")]
        await settle()
        gated.sign.set()
        await asyncio.gather(holder, *tasks)
        assert gated.done == ["a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4"]
        assert gated.lane.waiting == 0
        await gated.ask("a", "later")  # the lane is free again
        assert gated.done[-1] == "later"

    run(test)


def test_a_full_lane_refuses_the_address_that_has_the_most() -> None:
    async def test() -> None:
        gated = Gated(places=4)
        holder = await gated.taken()
        flood = [gated.ask("flood", str(number)) for number in range(6)]
        await settle()
        assert gated.lane.waiting == 4
        other = gated.ask("other", "other")
        await settle()
        gated.sign.set()
        found = await asyncio.gather(holder, *flood, other, return_exceptions=True)
        assert [isinstance(each, Busy) for each in found] == [False] * 4 + [True] * 3 + [False]
        assert gated.done == ["0", "other", "1", "2"]

    run(test)


def test_nobody_waits_for_longer_than_the_patience() -> None:
    async def test() -> None:
        gated = Gated(patience=0.01)
        holder = await gated.taken()
        with pytest.raises(Busy):
            await gated.ask("a", "too late")
        assert gated.lane.waiting == 0
        gated.sign.set()
        await holder
        assert gated.done == []
        await gated.ask("a", "in time")

    run(test)


def test_a_request_that_is_given_up_holds_up_nobody() -> None:
    async def test() -> None:
        gated = Gated()
        holder = await gated.taken()
        first, second = gated.ask("a", "first"), gated.ask("b", "second")
        await settle()
        first.cancel()
        await settle()
        gated.sign.set()
        await asyncio.gather(holder, second)
        assert gated.done == ["second"]

    run(test)


def test_work_that_fails_leaves_the_lane_to_the_next() -> None:
    def fail() -> None:
        raise MemoryError

    async def test() -> None:
        lane = Lane("test")
        with pytest.raises(MemoryError):
            await lane.run("a", fail)
        assert await lane.run("a", lambda: 1) == 1

    run(test)


def test_costs_are_the_most_of_late_and_of_a_bounded_number_of_kinds() -> None:
    costs = Costs()
    costs.note(("dear",), 1.0)
    assert costs.of(("dear",)) == 1.0
    assert costs.of(("unknown",)) > 1e9
    for _ in range(30):
        costs.note(("dear",), 0.001)
    assert costs.of(("dear",)) == pytest.approx(max(0.001, FORGETTING**30))
    for number in range(2 * MOST_KINDS):
        costs.note((number,), 1.0)
    assert len(costs._seconds) == MOST_KINDS


def environ(target: str, **more: str) -> dict[str, Any]:
    path, _, query = target.partition("?")
    return {"PATH_INFO": path, "QUERY_STRING": query, **more}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("/2.3.0/launches/?net__gt=2020-01-01&limit=4", "/2.3.0/launches/?limit=5&net__gt=2021-01-01", True),
        ("/2.3.0/launches/1/", "/2.3.0/launches/2/", True),
        ("/2.3.0/launches/?limit=4", "/2.3.0/launches/?limit=100", False),
        ("/2.3.0/launches/?mode=list", "/2.3.0/launches/?mode=detailed", False),
        ("/2.3.0/launches/", "/2.3.0/launches/?at=2020-01-01", False),
        ("/2.3.0/launches/", "/2.3.0/launches/?format=api", False),
        ("/2.3.0/launches/", "/2.3.0/launches/1/", False),
        ("/2.3.0/launches/", "/2.3.0/pads/", False),
    ],
)
def test_a_kind_is_what_costs_about_the_same(one: str, other: str, alike: bool) -> None:
    assert (kind_of(environ(one)) == kind_of(environ(other))) is alike


def test_no_kind_is_as_long_as_what_a_client_sends() -> None:
    long = "x" * 100_000
    asked = [
        environ(f"/{long}/{long}/"),
        environ(f"/2.3.0/launches/?mode={long}"),
        environ(f"/2.3.0/launches/?{long}=1"),
        environ("/2.3.0/launches/", HTTP_ACCEPT=long, HTTP_ACCEPT_ENCODING=long),
    ]
    assert max(len(repr(kind_of(each))) for each in asked) < 1000


@dataclass
class Headers:
    pairs: list[tuple[str, str]]

    def items(self) -> list[tuple[str, str]]:
        return self.pairs


@dataclass
class Request:
    """A request as Granian passes it."""

    path: str = "/2.3.0/launches/"
    query_string: str = ""
    method: str = "GET"
    headers: Headers = field(default_factory=lambda: Headers([("host", "localhost")]))
    client: str = "192.0.2.1:4711"
    server: str = "127.0.0.1:8000"
    proto: str = "http"
    scheme: str = "http"
    http_version: str = "1.1"


@dataclass
class Connection:
    """A connection as Granian passes it."""

    chunks: list[bytes] = field(default_factory=list)
    answered: list[Any] = field(default_factory=list)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answered.append((status, dict(headers), body))

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.answered.append((status, dict(headers), b""))


class Origin:
    """What stands behind the front, in the place of the response cache."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
        self.asked: list[str] = []
        self.has_kept = self.has_direct = False

    def is_cacheable(self, environ: dict[str, Any]) -> bool:
        return bool(environ["REQUEST_METHOD"] == "GET")

    def kept(self, _: dict[str, Any]) -> Any:
        self.asked.append("kept")
        return ("200 OK", [], [b"kept"]) if self.has_kept else None

    def direct(self, _: dict[str, Any]) -> Any:
        self.asked.append("direct")
        return ("200 OK", [], [b"direct"]) if self.has_direct else None

    def made(self, environ: dict[str, Any]) -> Any:
        self.asked.append("made")
        environ["cosmodrome.layer"] = "django"
        return self.make()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fronts, "needs_no_database", lambda _: True)


async def answered(front: Front, request: Request | None = None, chunks: list[bytes] | None = None) -> Any:
    connection = Connection(chunks or [])
    await front.__rsgi__(request or Request(), connection)
    (answer,) = connection.answered
    return answer


@pytest.mark.usefixtures("at_once")
def test_the_order_is_address_then_kept_then_direct_then_a_lane() -> None:
    async def test() -> None:
        origin = Origin(lambda: ("200 OK", [], [b"made"]))
        front = Front(origin, lambda _: origin.asked.append("address"))  # type: ignore[arg-type]
        assert (await answered(front))[2] == b"made"
        assert origin.asked == ["address", "kept", "made"]  # what a direct answer costs is not known yet
        kind = kind_of(environ("/2.3.0/launches/"))
        assert kind in front.costs._seconds
        front.costs.note(("direct", *kind), 0.0001)
        for has in ("made", "direct", "kept"):
            origin.asked.clear()
            origin.has_direct, origin.has_kept = has == "direct", has == "kept"
            assert (await answered(front))[2] == has.encode()
            assert (
                origin.asked == ["address", "kept", "direct", "made"][: {"kept": 2, "direct": 3}.get(has, 4)]
            )

    run(test)


@pytest.mark.usefixtures("at_once")
def test_where_the_file_was_replaced_a_lane_opens_the_new_one() -> None:
    class Replaced(Origin):
        def kept(self, environ: Any) -> Any:
            del environ
            raise SynchronousOnlyOperation  # as Django's connections do on an event loop

    async def test() -> None:
        front = Front(Replaced(lambda: ("200 OK", [], [b"made"])), lambda _: None)  # type: ignore[arg-type]
        assert (await answered(front))[2] == b"made"

    run(test)


@pytest.mark.usefixtures("at_once")
def test_an_error_of_the_database_that_nobody_has_caught_is_a_503() -> None:
    def fail() -> Any:
        raise DatabaseError("unable to open database file")

    async def test() -> None:
        front = Front(Origin(fail), lambda _: None)  # type: ignore[arg-type]
        status, headers, body = await answered(front)
        assert (status, dict(headers)["Retry-After"]) == (503, "2")
        assert b"The database file can't be opened." in body

    run(test)


def test_an_index_is_of_the_file_that_it_was_opened_for(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, made = freshness.Opened(), iter((freshness.Unchanging(), freshness.Unchanging(), None))
    monkeypatch.setattr(freshness, "open_index", lambda: next(made))
    assert not opened.has(1)
    first = opened.of(1)
    assert opened.has(1)
    assert opened.of(1) is first
    assert not opened.has(2)
    assert opened.of(2) is not first
    assert opened.of(3) is None
    assert not opened.has(3)


@pytest.mark.usefixtures("at_once")
def test_kept_answers_and_probes_wait_for_no_lane() -> None:
    begun, sign = Event(), Event()

    def hold() -> Any:
        begun.set()
        assert sign.wait(PATIENCE)
        return "200 OK", [], [b"dear"]

    async def test() -> None:
        origin = Origin(hold)
        front = Front(origin, lambda _: None)  # type: ignore[arg-type]
        dear = asyncio.ensure_future(answered(front))
        await asyncio.to_thread(begun.wait, PATIENCE)
        origin.has_kept, origin.make = True, lambda: ("200 OK", [], [b"ok"])
        assert (await answered(front))[2] == b"kept"
        origin.is_cacheable = lambda _: False  # type: ignore[method-assign, assignment]
        origin.has_kept = False
        assert (await answered(front, Request("/healthz")))[2] == b"ok"
        assert (await answered(front, Request("/admin/")))[2] == b"ok"
        sign.set()
        assert (await dear)[2] == b"dear"

    run(test)


@pytest.mark.usefixtures("at_once")
def test_one_request_of_a_new_kind_is_tried_and_others_of_it_are_dear() -> None:
    begun, sign = Event(), Event()

    def hold() -> Any:
        begun.set()
        assert sign.wait(PATIENCE)
        return "200 OK", [], [b"slow"]

    async def test() -> None:
        origin = Origin(hold)
        front = Front(origin, lambda _: None)  # type: ignore[arg-type]
        slow = [asyncio.ensure_future(answered(front))]
        await asyncio.to_thread(begun.wait, PATIENCE)
        slow += [asyncio.ensure_future(answered(front)) for _ in range(3)]
        await settle()
        assert (front.lanes["new"].waiting, front.lanes["dear"].waiting) == (0, 2)  # and one is being made
        sign.set()
        await asyncio.gather(*slow)
        assert front._tried == set()

    run(test)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Busy(), 503),
        (MemoryError(), 503),
        (RuntimeError("can't start new thread"), 503),
        (RuntimeError("anything else"), 500),
    ],
)
def test_every_failure_is_an_answer_and_the_next_request_is_served(error: Exception, status: int) -> None:
    def fail() -> Any:
        raise error

    async def test() -> None:
        origin, recorded = Origin(fail), list[Any]()

        def measure(*kind: Any) -> Any:
            return lambda number, seconds: recorded.append((*kind, number, seconds))

        front = Front(origin, lambda _: None, measure)  # type: ignore[arg-type] # stands for the cache
        found, headers, body = await answered(front)
        assert found == status
        assert recorded == [("front", "none", "GET", status, 1, None)]
        assert b'{"detail":"' in body
        assert ("Retry-After" in headers) == (status == 503)
        origin.make = lambda: ("200 OK", [], [b"made"])
        assert (await answered(front))[0] == 200
        assert len(recorded) == 1  # who has made an answer records it

    run(test)


@pytest.mark.usefixtures("at_once")
def test_a_body_that_is_refused_never_reaches_django() -> None:
    async def test() -> None:
        origin = Origin(lambda: ("200 OK", [], [b"made"]))
        front = Front(origin, lambda _: None)  # type: ignore[arg-type]
        post = Request(method="POST", path="/admin/login/")
        assert (await answered(front, post, [b"12345"] * 2))[0] == 200
        origin.asked.clear()
        assert (await answered(front, post, [bytes(LOG_IN_BYTES), b"x"]))[0] == 413
        assert "made" not in origin.asked

    run(test)


def test_a_request_is_as_wsgi_has_it() -> None:
    pairs = [
        ("host", "space.example"),
        ("accept", "a"),
        ("accept", "b"),
        ("x_forwarded_for", "203.0.113.9"),
        ("content-type", "text/plain"),
        ("x-name", "é"),
    ]
    found = environ_of(Request("/2.3.0/é/", "q=é", headers=Headers(pairs), client="[2001:db8::7]:4711"))
    assert found["HTTP_ACCEPT"] == "a,b"
    assert found["CONTENT_TYPE"] == "text/plain"
    assert found["PATH_INFO"] == "/2.3.0/Ã©/"
    assert found["QUERY_STRING"] == "q=Ã©"
    assert found["HTTP_X_NAME"] == "Ã©"
    assert found["REMOTE_ADDR"] == "2001:db8::7"
    assert "HTTP_X_FORWARDED_FOR" not in found


@pytest.mark.django_db(databases="__all__")
def test_django_without_memory_is_busy_and_not_broken(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Any:
        raise MemoryError

    monkeypatch.setattr("cosmodrome.resources.resources.rendered", fail)
    client.raise_request_exception = False
    answer = client.get("/2.3.0/launches/")
    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_an_answer_that_is_too_large_says_how_many_records_fit(api: Api, settings: Any) -> None:
    path = "/2.3.0/spacecraft/?mode=detailed&limit=100"
    whole = api.client.get(path)
    settings.ANSWER_BYTES = len(whole.content) // 2
    STORE.clear()
    refused = api.client.get(path)
    assert refused.status_code == 400
    (sentence,) = refused.json()["limit"]
    fitting = int(re.search(r"limit=(\d+)", sentence)[1])  # type: ignore[index]
    assert 1 <= fitting < len(whole.json()["results"])
    assert api.client.get(f"/2.3.0/spacecraft/?mode=detailed&limit={max(1, fitting // 2)}").status_code == 200
    settings.ANSWER_BYTES = 1  # a record by itself is always told
    assert api.client.get(f"/2.3.0/spacecraft/{whole.json()['results'][0]['id']}/").status_code == 200


def test_the_store_is_free_between_a_few_records(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/2.3.0/spacecraft/?mode=detailed&limit=7"
    at_once = api.client.get(path).content
    monkeypatch.setattr(records, "FIRST_STEP", 2)
    monkeypatch.setattr(records, "STEP_BYTES", 1)
    free = []
    locked_at = Store.at

    @contextmanager
    def at(self: Store, *key: Any) -> Iterator[Store]:
        free.append(not self.lock._is_owned())  # type: ignore[attr-defined]
        with locked_at(self, *key) as stored:
            yield stored

    monkeypatch.setattr(Store, "at", at)
    STORE.clear()
    assert api.client.get(path).content == at_once
    assert len(free) > 3
    assert all(free)


def test_where_nobody_waits_for_the_store_steps_are_larger(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes all statements of a page."""
    monkeypatch.setattr(records, "MEAN_SIZES", {})
    monkeypatch.setattr(records, "FIRST_STEP", 2)
    monkeypatch.setattr(records, "STEP_BYTES", 1)
    steps = []
    joined = Records._joined

    def counted(self: Records, *given: Any) -> list[bytes]:
        steps.append(given)
        return joined(self, *given)

    monkeypatch.setattr(Records, "_joined", counted)
    path = "/2.3.0/spacecraft/?mode=detailed&limit=7&at=2024-01-01T00:00:00Z"
    assert len(api.get(path).json()["results"]) > 4
    assert len(steps) == 2


class Uneven(Records):
    """Records of which the first few are small."""

    sizes = (10, 10, *[1000] * 98)

    def rendered(self, shape: Any, ids: Any) -> list[bytes]:
        del shape
        return [bytes(self.sizes[each]) for each in ids]


def test_behind_small_records_few_large_ones_are_rendered_at_once() -> None:
    texts, left_out = Uneven(Edition(1), clock.real_now()).first(Shape, range(100), 2000)
    assert len([text for text in texts if len(text) > 1]) == 100 - left_out
    assert 2000 <= sum(map(len, texts)) < 10_000


@pytest.mark.django_db(databases="__all__")
def test_an_answer_of_an_older_version_leaves_the_store_to_the_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    now, kept = clock.real_now(), Store(1_000_000)
    with kept.at(Edition(5), now) as stored:
        assert stored is kept
    with kept.at(Edition(4), now) as stored:
        assert stored is not kept
    assert kept.version == 5
    monkeypatch.setattr(stores, "RESTORED", 0)
    with kept.at(Edition(4), now) as stored:  # a backup was restored: nobody has asked for 5 in a while
        assert stored is kept
    assert kept.version == 4


LONG = 40_000
MADE_UP: dict[str, Callable[[str], tuple[str, dict[str, str]]]] = {
    "Accept": lambda text: ("", {"accept": f"application/json, a/{text}"}),
    "Accept-Encoding": lambda text: ("", {"accept_encoding": f"gzip, {text}"}),
    "If-None-Match": lambda text: ("", {"if_none_match": f'"{text}"'}),
    "User-Agent": lambda text: ("", {"user_agent": text}),
    "Host": lambda text: ("", {"host": f"{text}.example"}),
    "a name": lambda text: (f"?{text}=1", {}),
    "format": lambda text: (f"?format={text}", {}),
    "mode": lambda text: (f"?mode={text}", {}),
    "fields": lambda text: (f"?fields={text}", {}),
    "ordering": lambda text: (f"?ordering={text}", {}),
    "search": lambda text: (f"?search={text}", {}),
    "a filter": lambda text: (f"?name={text}", {}),
    "at": lambda text: (f"?at={text}", {}),
}
"""What a client can make up, and requests that say it."""


@pytest.mark.django_db(databases="__all__")
@pytest.mark.slow
@pytest.mark.parametrize("said", MADE_UP)
def test_nothing_is_remembered_by_long_texts_that_clients_make_up(said: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    cache = new_cache(get_wsgi_application())

    def rounds(numbers: range) -> None:
        for number in numbers:
            query, headers = MADE_UP[said](f"{number:06}" + "x" * LONG)
            ask(cache, f"/2.3.0/agencies/{query}", **headers)

    rounds(range(2))
    gc.collect()
    tracemalloc.start()
    try:
        rounds(range(2, 14))
        cache.entries.clear()  # which has a bound of its own
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 8 * LONG, f"{kept} bytes are left of {12 * LONG}"
