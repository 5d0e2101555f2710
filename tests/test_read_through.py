"""Read-through: what the catalogue can't answer in full yet, the upstream does, once, through real servers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
from pytest_django import Settings

from benchmarks.clients import home
from conftest import NOW
from cosmodrome.access.callers import Caller
from cosmodrome.access.rates import Rate
from cosmodrome.access.usage import window_of
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.http_cache.entries import CODINGS
from cosmodrome.mirror.budget import CALLER_SHARE, READS_SHARE, Budget, BudgetSpent, Purpose
from cosmodrome.mirror.freshness import FRESHNESS
from cosmodrome.mirror.models import PassedAnswer, RecordDigest, SetAside, UpstreamCall
from cosmodrome.mirror.read_through import passed as passed_answers
from cosmodrome.mirror.read_through import reader
from cosmodrome.mirror.read_through.asked import LONGEST_QUERY, Asked, asked_of, place_of
from cosmodrome.mirror.read_through.passed import (
    Passed,
    claim,
    forget_complete,
    is_claimed,
    keep_within,
    release,
    remember,
    remembered,
)
from cosmodrome.mirror.upstream import Answer, BadAnswer
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.server.pass_through import PassThrough
from cosmodrome.time import clock
from servers import PATIENCE, Server, run, serving
from upstreams import Reply, Scripted, scripted
from wsgi import new_cache

pytestmark = pytest.mark.django_db(databases="__all__")
UPSTREAM = "https://ll.example.org"
INSTANT = "2026-05-01T12:00:00Z"


@pytest.fixture
def mirror(settings: Settings) -> Iterator[None]:
    """The catalogue is the copy of another service, of which nothing has been read."""
    settings.UPSTREAM, settings.UPSTREAM_RATE = UPSTREAM, Rate(15, 3600)
    FRESHNESS.look()
    yield
    settings.UPSTREAM = ""
    FRESHNESS.learn({})


def asked(target: str, accept: str = "*/*") -> Asked | None:
    """What a request below the version asks for, as it may be passed on."""
    request = RequestFactory().get(f"/2.3.0/{target}", headers={"accept": accept})
    place = place_of(request.path_info)
    return asked_of(place, request) if place else None


def certainly(target: str) -> Asked:
    found = asked(target)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("target", "passed"),
    [
        ("launches/", "launches/?limit=10"),
        ("launches/?limit=1000&offset=20&mode=list", "launches/?mode=list&limit=100&offset=20"),
        ("launches/?mode=normal&x=1&format=json&search=&limit=x", "launches/?limit=10"),
        ("launches/upcoming/?search=a+b&lsp__id=2", "launches/upcoming/?lsp__id=2&search=a+b&limit=10"),
        ("agencies/121/?mode=list", "agencies/121/"),
        ("agencies/0121/", "agencies/121/"),
        ("dashboard/starship/?x=1", "dashboard/starship/"),
        ("launches/?location__ids=1&location__ids=2", "launches/?location__ids=1&location__ids=2&limit=10"),
    ],
)
def test_requests_that_ask_for_the_same_are_passed_on_as_one(target: str, passed: str) -> None:
    assert certainly(target).target == f"/2.3.0/{passed}"


@pytest.mark.parametrize(
    "target",
    [
        "launches/?at=2020-01-01",
        "launches/?fields=id",
        "launches/?strict=1",
        "launches/?format=ics",
        "launches/?format=api",
        "launches/?net__gte=now-PT1H",
        "launches/?net__gte=soon",
        "launches/1/",
        "agencies/x/",
        "spacecraft/1/timeline/",
        "api-throttle/",
        "nope/",
        "launches",
        f"launches/?search={'x' * LONGEST_QUERY}",
    ],
)
def test_what_the_contract_does_not_have_is_not_passed_on(target: str) -> None:
    assert asked(target) is None


def test_pages_for_people_are_not_passed_on() -> None:
    assert asked("launches/", "text/html,*/*;q=0.8") is None


NO_LAUNCH = "00000000-0000-0000-0000-000000000000"
VALUES = "true", "1", "2020-01-01T00:00:00Z", "2020-01-01", "PT1H", NO_LAUNCH
"""One of which every parameter takes."""


@pytest.mark.parametrize("path", [*RESOURCES, *ENDPOINTS])
def test_every_list_and_every_record_is_passed_on(path: str) -> None:
    assert certainly(f"{path}/?mode=detailed").path == path
    if path in RESOURCES:
        key = NO_LAUNCH if path.startswith("launches") else "1"
        assert certainly(f"{path}/{key}/").target == f"/2.3.0/{path}/{key}/"
        for name in RESOURCES[path].filter_names():
            assert any(asked(f"{path}/?{name}={value}") for value in VALUES), name


def test_an_id_that_the_catalogue_does_not_have_yet_is_no_mistake() -> None:
    assert certainly("launches/?status=999").query == "status=999&limit=10"


def test_an_answer_without_end_is_refused(mirror: None, settings: Settings) -> None:
    with scripted(lambda _: Reply(b"[" + b" " * reader.MOST_BYTES)) as upstream:
        settings.UPSTREAM, settings.UPSTREAM_RATE = upstream.url, None
        request = certainly("agencies/")
        assert claim(request)
        through = reader.ReadThrough()
        assert through._call(request, "a-caller") is None
        through.upstream.close()
        assert UpstreamCall.objects.get().caller == "a-caller"


def page_of(target: str, records: list[Any], count: int | None = None, **more: Any) -> Answer:
    envelope = {"count": len(records) if count is None else count, "next": None, "previous": None}
    return Answer(f"/2.3.0/{target}", {**envelope, "results": records, **more}, NOW)


def read(target: str, value: Any) -> Passed:
    answer = value if isinstance(value, Answer) else Answer(f"/2.3.0/{target}", value, NOW)
    return reader.read(certainly(target), answer)


def test_urls_are_on_the_host_and_in_the_format_that_a_client_asks_for(mirror: None) -> None:
    record = {
        "id": 1,
        "url": f"{UPSTREAM}/2.3.0/agencies/1/",
        "logo": f"{UPSTREAM}/media/1.png",
        "other": "https://elsewhere.org/2.3.0/agencies/1/",
        "text": f"See {UPSTREAM}/2.3.0/agencies/1/, “there”.",
        "number": 12742000.0,
        "big": 5.972168e24,
        "nested": [{"url": "http://ll.example.org/2.3.0/pads/2/"}],
    }
    found = read("agencies/?limit=1", page_of("agencies/?limit=1", [record], 3))
    request = RequestFactory().get(
        "/2.3.0/agencies/?limit=1&format=json&offset=1&x=2", headers={"host": "localhost"}
    )
    text = found.content(request).decode()
    page = json.loads(text)
    assert page["count"] == 3
    assert page["next"] == "http://localhost/2.3.0/agencies/?format=json&limit=1&offset=2&x=2"
    assert page["previous"] == "http://localhost/2.3.0/agencies/?format=json&limit=1&x=2"
    (given,) = page["results"]
    assert given == {
        **record,
        "url": "http://localhost/2.3.0/agencies/1/?format=json",
        "nested": [{"url": "http://localhost/2.3.0/pads/2/?format=json"}],
    }
    assert '"number":12742000.0,"big":5.972168e+24' in text and "“there”" in text
    assert found.response(request).headers["X-Ignored-Parameters"] == "x"


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("agencies/", []),
        ("agencies/", {"detail": "no"}),
        ("agencies/", {"count": "3", "results": []}),
        ("agencies/", {"count": True, "results": []}),
        ("agencies/", {"count": -1, "results": []}),
        ("agencies/", {"count": 10**9, "results": []}),
        ("agencies/", {"count": 1, "results": {}}),
        ("agencies/", {"count": 1, "results": [1]}),
        ("agencies/", {"count": 1, "results": [{}, {}]}),
        ("agencies/", {"count": 200, "results": [{}] * 101}),
        ("agencies/", {"count": 1, "results": [{"x": float("inf")}]}),
        ("agencies/", {"count": 1, "results": [{"x": "\ud800"}]}),
        ("agencies/", {"count": 1, "results": [{"name": "it is the-key"}]}),
        ("agencies/1/", {"id": 2}),
        ("agencies/1/", {}),
        ("dashboard/starship/", []),
    ],
)
def test_an_answer_that_can_not_be_right_is_refused(
    mirror: None, settings: Settings, target: str, value: Any
) -> None:
    settings.UPSTREAM_TOKEN = "the-key"  # noqa: S105 - no real one
    with pytest.raises(BadAnswer):
        read(target, value)


def test_a_client_can_not_be_told_another_address_by_marks(mirror: None) -> None:
    found = read("agencies/1/", {"id": 1, "url": "\ue0002.3.0/agencies/1/\ue001"})
    assert json.loads(found.with_urls_at("https://x/"))["url"] == "2.3.0/agencies/1/"


def test_one_process_passes_a_request_on_until_it_gives_it_up() -> None:
    request = certainly("agencies/?limit=3")
    assert claim(request) and not claim(request) and is_claimed(request)
    release(request)
    assert not PassedAnswer.objects.exists()
    assert claim(request)
    PassedAnswer.objects.update(claimed=clock.real_now() - passed_answers.CLAIM * 2)
    assert not is_claimed(request) and claim(request)


def known(target: str, body: bytes = b"[]", age: timedelta = timedelta(0)) -> Passed:
    """An answer that is remembered."""
    answer = Passed(certainly(target), 200, body, 0, NOW - age)
    assert claim(answer.asked)
    remember(answer)
    return answer


def test_an_answer_is_remembered_for_all_processes(mirror: None) -> None:
    answer = known("agencies/", b'[{"id":1}]')
    assert remembered(certainly("agencies/?x=3")) == answer
    assert remembered(certainly("agencies/?limit=3")) is None
    assert claim(answer.asked)  # to be asked again
    release(answer.asked)
    assert remembered(answer.asked) == answer, "a call that fails takes nothing away"


@pytest.mark.parametrize(("minutes", "is_fresh"), [(0, True), (59, True), (60, False)])
def test_an_answer_is_given_for_an_hour_without_asking_again(minutes: int, is_fresh: bool) -> None:
    assert Passed(Asked("agencies"), 200, b"", 0, NOW - timedelta(minutes=minutes)).is_fresh is is_fresh


def test_what_is_remembered_has_its_room() -> None:
    for number in range(5):
        known(f"agencies/?limit={number + 1}", bytes(range(256)), timedelta(minutes=5 - number))
    size = PassedAnswer.objects.first().size  # type: ignore[union-attr]
    keep_within(2 * size)
    assert sorted(PassedAnswer.objects.values_list("target", flat=True)) == [
        "/2.3.0/agencies/?limit=4",
        "/2.3.0/agencies/?limit=5",
    ]


def test_answers_are_forgotten_when_the_resource_is_complete() -> None:
    known("agencies/")
    known("launches/upcoming/")
    forget_complete(frozenset(["launches", "launches/upcoming"]))
    assert [row.path for row in PassedAnswer.objects.all()] == ["launches/upcoming"]


def test_a_record_that_was_taken_in_as_a_whole_is_the_catalogues(mirror: None) -> None:
    RecordDigest.objects.create(resource="launches", key="x", digest="", read=NOW)
    assert reader.is_whole(Asked("launches/upcoming", "x")) and not reader.is_whole(Asked("launches", "y"))
    assert not reader.is_whole(Asked("launches"))


def failed(*statuses: int | None, ago: float = 1.0) -> None:
    for place, status in enumerate(reversed(statuses)):
        at = NOW - timedelta(seconds=ago + place)
        UpstreamCall.objects.create(began=at, ended=at, path="/", purpose="plan", status=status)


@pytest.mark.parametrize(
    ("statuses", "ago", "is_away"),
    [
        ((), 1, False),
        ((None,), 1, False),
        ((None, 503), 1, True),
        ((200, None), 1, False),
        ((429, 403), 1, True),
        ((None, 503), 60, False),
        ((500, 200), 1, False),
    ],
)
def test_an_upstream_that_fails_again_and_again_is_left_alone_for_a_while(
    statuses: tuple[int | None, ...], ago: float, is_away: bool
) -> None:
    failed(*statuses, ago=ago)
    assert reader.is_away() is is_away


def test_one_address_takes_its_share_all_together_theirs_and_the_plan_the_rest() -> None:
    budget = Budget(Rate(15, 3600))

    def passes(caller: str) -> bool:
        try:
            budget.reserve("/", Purpose.READ_THROUGH, 0, caller)
        except BudgetSpent:
            return False
        return True

    assert [passes("flood") for _ in range(12)] == [True] * 10 + [False] * 2
    assert [passes("other") for _ in range(5)] == [True] * 3 + [False] * 2
    for _ in range(2):
        budget.reserve("/", Purpose.PLAN)
    with pytest.raises(BudgetSpent):
        budget.reserve("/", Purpose.PLAN)
    assert (int(15 * CALLER_SHARE), int(15 * READS_SHARE)) == (10, 13)


def test_calls_tell_nobodys_address() -> None:
    keys = {reader.caller_key(address) for address in ("192.0.2.1", "192.0.2.2")}
    assert len(keys) == 2 and not any("192" in key and "." in key for key in keys)


def test_an_answer_is_taken_in_but_for_what_is_wrong_in_it(
    mirror: None, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {"id": 902, "name": ["not", "a", "name"]}
    target = "config/agency_types/"
    reader.take_in(read(target, page_of(target, [{"id": 901, "name": "Invented"}, wrong])))
    model = RESOURCES["config/agency_types"].model()
    assert list(model._default_manager.filter(pk__gt=900).values_list("name", flat=True)) == ["Invented"]
    assert "name" in caplog.text
    assert SetAside.objects.get().key == "902"
    assert reader.is_whole(Asked("config/agency_types", "901"))


def test_records_that_are_not_told_in_full_are_taken_in_and_not_whole(mirror: None) -> None:
    record = {
        "id": 901,
        "name": "Invented",
        "abbrev": "INV",
        "response_mode": "list",
        "type": {"id": 1, "name": "Commercial"},
    }
    target = "agencies/?mode=list"
    reader.take_in(read(target, page_of(target, [record])))
    assert Agency.objects.get(pk=901).abbrev == "INV"
    assert not reader.is_whole(Asked("agencies", "901"))


def test_a_request_that_is_passed_on_counts_once(
    mirror: None, settings: Settings, one_connection: None
) -> None:
    settings.ANONYMOUS_RATE = Rate(2, 3600)
    cache = new_cache(get_wsgi_application())
    passing = PassThrough({}, cache.plain)
    for used in (1, 2):
        environ = RequestFactory().get("/2.3.0/agencies/?limit=1", headers={"host": "localhost"}).environ
        assert passing._known(certainly("agencies/?limit=1"), environ) is not None
        assert cache.kept(environ) is None or used == 2
        assert cache.made(environ)[0] == "200 OK"
        assert window_of(Caller("address", "127.0.0.1", None), settings.ANONYMOUS_RATE).used == used
    environ = RequestFactory().get("/2.3.0/agencies/?limit=1", headers={"host": "localhost"}).environ
    assert passing._known(certainly("agencies/?limit=1"), environ) is None
    assert cache.made(environ)[0] == "429 Too Many Requests"


# Real servers


def same(answer: tuple[int, dict[str, str], bytes], other: Server, own: Server) -> bytes:
    """The body as the other server would give it."""
    return answer[2].replace(other.url.encode(), own.url.encode())


def is_incomplete(answer: tuple[int, dict[str, str], bytes]) -> bool:
    return answer[1].get("x-cosmodrome-complete") == "false"


SEQUENCES = {
    "pylaunches": [
        "launches/upcoming/?limit=1&hide_recent_previous=True",
        "events/upcoming/?limit=1&hide_recent_previous=True",
        "events/previous/",
        "dashboard/starship/",
    ],
    "launch-library-mcp": [
        "launches/?limit=1&offset=3",
        "launches/?search=a",
        "launches/?is_crewed=False&include_suborbital=False",
        "launches/?status=3&ordering=-net",
        "launches/?net__gte=1960-01-01T00%3A00%3A00Z&net__lt=2050-01-01&limit=100",
        "launches/?status__ids=%5B1%2C%202%5D",
    ],
    "LiveLaunch": ["launches/upcoming/?mode=detailed&limit=32", "events/upcoming/?limit=32"],
    "MMM-TheSpaceDevs": [
        "launches/upcoming/?format=json&limit=5",
        "launches/?format=json&limit=8&net__gte=2026-05-01T12%3A00%3A00.123Z&ordering=net",
        "launches/?format=json&limit=8&location__ids=1&location__ids=2",
    ],
    "a home screen": [],
    "habits": [
        "launches/?limit=2&?format=json",
        "agencies/?limit=1000&mode=list",
        "agencies?limit=1",
        "spacecraft/?ordering=-time_in_space&limit=5",
        "launches/00000000-0000-0000-0000-000000000000/",
    ],
}


def followed(server: Server, path: str) -> tuple[int, dict[str, str], bytes]:
    """The answer to a path, as clients get it that follow redirects."""
    answer = server.get(path, Accept="application/json")
    return server.get(answer[1]["location"], Accept="application/json") if answer[0] == 301 else answer


@pytest.mark.slow
def test_five_clients_get_the_answers_of_the_upstream_from_an_empty_catalogue(
    tmp_path: Path, database_url: str
) -> None:
    """Then they get them without it, from what is remembered, after a restart too; never a 5xx."""
    from random import Random

    own: dict[str, Any] = {"DATABASE_URL": database_url} if database_url else {}
    run(tmp_path / "upstream", "synth", "--spacecraft", "20")
    paths = [f"/2.3.0/{path}" for each in SEQUENCES.values() for path in each]
    paths += [f"/2.3.0/{path}" for path in home(Random(1))]  # noqa: S311 - chosen, not secret
    log = tmp_path / "calls"
    mirror = {"UPSTREAM_RATE": "none", "NOW": INSTANT, "WORKERS": "2", **own}
    with ExitStack() as stack:
        upstream = stack.enter_context(
            serving(tmp_path / "upstream", "--now", INSTANT, "--call-log", str(log))
        )
        with serving(tmp_path / "mirror", "--empty", UPSTREAM=upstream.url, **mirror) as copy:
            first = [followed(copy, path) for path in paths]
            again = [followed(copy, path) for path in paths]
            calls = [json.loads(line)["path"] for line in log.read_text().splitlines()]
            for path, answer, other in zip(paths, first, again, strict=True):
                expected = followed(upstream, path)
                assert (answer[0], answer[2]) == (expected[0], same(expected, upstream, copy)), path
                assert (other[0], other[2]) == (answer[0], answer[2]), path
                assert answer[0] != 200 or not is_incomplete(answer), path
            assert len(calls) == len(set(calls)), "each is passed on once"
            one = json.loads(first[0][2])["results"][0]["id"]
            record = followed(copy, f"/2.3.0/launches/{one}/")
            assert record[2] == same(followed(upstream, f"/2.3.0/launches/{one}/"), upstream, copy)
            url = upstream.url
    with serving(tmp_path / "mirror", UPSTREAM=url, **mirror) as copy:
        for path, before in zip(paths, first, strict=True):
            answer = followed(copy, path)
            assert answer[0] == before[0]
            if answer[0] == 200:
                assert json.loads(answer[2])["count"] == json.loads(before[2])["count"] if "count" in json.loads(before[2]) else True  # fmt: skip
        other = followed(copy, "/2.3.0/launches/?limit=7")
        assert other[0] == 200 and is_incomplete(other) and json.loads(other[2])["results"]
        assert other[1]["x-data-as-of"] == "never"


@pytest.mark.slow
def test_a_flood_spends_no_more_than_the_budget_and_starves_nobody(tmp_path: Path) -> None:
    run(tmp_path / "upstream", "synth", "--spacecraft", "5")
    log = tmp_path / "calls"
    with serving(tmp_path / "upstream", "--now", INSTANT, "--call-log", str(log)) as upstream:
        settings = {
            "UPSTREAM": upstream.url,
            "NOW": INSTANT,
            "WORKERS": "2",
        }  # without a process that calls too
        with serving(tmp_path / "mirror", "--empty", PROXY_HEADER="ClientAddress", **settings) as copy:

            def ask(address: str, number: int) -> tuple[int, dict[str, str], bytes]:
                path = f"/2.3.0/launches/?limit={number}&offset=1"
                return copy.get(path, ClientAddress=address)

            with ThreadPoolExecutor(8) as pool:
                flood = list(pool.map(lambda number: ask("192.0.2.1", number), range(1, 61)))
            other = [ask("192.0.2.2", number) for number in range(61, 66)]
            status = json.loads(copy.get("/status/")[2])
            kept = ask("192.0.2.3", 1)
    assert {answer[0] for answer in [*flood, *other, kept]} == {200}
    assert sum(not is_incomplete(answer) for answer in flood) == 10
    assert sum(not is_incomplete(answer) for answer in other) == 3
    assert status["budget"]["used"] == 13
    assert len(log.read_text().splitlines()) == 13
    assert sum(not is_incomplete(answer) for answer in flood if answer[2] == kept[2]) <= 1


@dataclass
class Stage:
    """A mirror whose upstream answers as a test says."""

    upstream: Scripted
    copy: Server
    replies: dict[str, Callable[[], Reply]] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.copy.get(f"/2.3.0/{path}", **headers)

    def asked(self, path: str) -> int:
        return sum(each.startswith(f"/2.3.0/{path}") for each in self.upstream.paths)


KEY = "the-key-of-the-mirror"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An hour of the mirror's clock takes a second, so an answer is soon too old."""
    with ExitStack() as stack:
        upstream = stack.enter_context(scripted(lambda _: Reply(status=404)))
        folder = tmp_path_factory.mktemp("stage") / "mirror"
        settings = {"UPSTREAM_RATE": "none", "UPSTREAM_TOKEN": KEY, "CLOCK_SPEED": "3600", "WORKERS": "2"}
        copy = stack.enter_context(serving(folder, "--empty", UPSTREAM=upstream.url, **settings))
        made = Stage(upstream, copy)

        def answer(path: str) -> Reply:
            found = made.replies.get(urlsplit(path).path.removeprefix("/2.3.0/"))
            return found() if found else Reply(status=404)

        upstream.answer = answer
        yield made


def types_page(name: str = "Invented") -> Any:
    return {"count": 1, "next": None, "previous": None, "results": [{"id": 1, "name": name}]}


@contextmanager
def within(seconds: float = PATIENCE) -> Iterator[Callable[[], bool]]:
    deadline = time.monotonic() + seconds
    yield lambda: time.monotonic() < deadline


def until(asks: Callable[[], Any], is_right: Callable[[Any], bool]) -> Any:
    """The first right answer; fails if none comes."""
    with within() as there_is_time:
        while not is_right(answer := asks()):
            assert there_is_time(), answer
        return answer


BAD = [
    Reply("<!DOCTYPE html><title>Just a moment...</title>", 403),
    Reply("<!DOCTYPE html><title>Just a moment...</title>"),
    Reply(json.dumps(types_page()), cut_after=20),
    Reply(json.dumps(types_page())[:30]),
    Reply([]),
    Reply({"count": "1", "results": []}),
    Reply(types_page(KEY)),
    Reply(status=500),
    Reply(status=401),
    Reply(status=429, headers={"Retry-After": "1"}),
    Reply(status=302, headers={"Location": "https://elsewhere.example.org/"}),
    Reply(reset=True),
    Reply({"count": 1, "next": "https://elsewhere.example.org/", "previous": None, "results": ["x"]}),
]


def answer_to(stage: Stage, path: str, target: str, reply: Reply) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request that was passed on, and was answered so."""
    stage.replies[path] = lambda: reply
    answer = stage.get(target)
    with within() as there_is_time:
        while not stage.asked(target):  # the upstream was left alone, after what it has answered before
            assert there_is_time()
            answer = stage.get(target)
    return answer


@pytest.mark.slow
def test_whatever_the_upstream_does_there_is_an_answer_without_it(stage: Stage) -> None:
    path = "config/agency_types/"
    for place, reply in enumerate(BAD, start=1):
        target = f"{path}?limit={place}"
        status, headers, body = answer_to(stage, path, target, reply)
        assert (status, headers["x-cosmodrome-complete"]) == (200, "false"), reply
        assert json.loads(body) == {"count": 0, "next": None, "previous": None, "results": []}
        assert KEY not in body.decode() and KEY not in str(headers)
    assert {headers["authorization"] for _, headers in stage.upstream.asked} == {f"Token {KEY}"}
    assert KEY.encode() not in stage.copy.get("/status/")[2]


@pytest.mark.slow
def test_the_last_known_answer_is_given_with_its_age_and_a_warning(stage: Stage) -> None:
    path = "config/orbits/"
    stage.replies[path] = lambda: Reply(types_page("First"))
    good = until(lambda: stage.get(path), lambda answer: b"First" in answer[2])
    assert "warning" not in good[1] and not is_incomplete(good)
    stage.replies[path] = lambda: Reply(status=503)
    stale = until(lambda: stage.get(path), lambda answer: "warning" in answer[1])
    assert (stale[0], stale[2]) == (200, good[2])
    assert stale[1]["warning"] == '110 - "Response is Stale"' and int(stale[1]["age"]) >= 3600
    assert not is_incomplete(stale) and stale[1]["x-data-as-of"] == good[1]["x-data-as-of"]
    stage.replies[path] = lambda: Reply(types_page("Second"))
    fresh = until(lambda: stage.get(path), lambda answer: b"Second" in answer[2])
    assert "warning" not in fresh[1]


@pytest.mark.slow
def test_an_answer_comes_in_each_coding_and_with_an_etag(stage: Stage) -> None:
    path = "config/launch_statuses/"
    stage.replies[path] = lambda: Reply(types_page("Go " * 200))
    plain = until(lambda: stage.get(path), lambda answer: b"Go" in answer[2])
    for coding in CODINGS:
        packed = stage.get(path, Accept_Encoding=coding)
        assert packed[1]["content-encoding"] == coding and len(packed[2]) < len(plain[2])
    unchanged = stage.get(path, If_None_Match=plain[1]["etag"])
    assert (unchanged[0], unchanged[2]) == (304, b"")
    head = stage.copy.get(f"/2.3.0/{path}", "HEAD")
    assert (head[0], head[2], head[1]["content-length"]) == (200, b"", plain[1]["content-length"])
    assert plain[1]["access-control-allow-origin"] == "*" and plain[1]["allow"] == "GET"


@pytest.mark.slow
def test_many_who_ask_at_once_are_one_call_over_all_workers(stage: Stage) -> None:
    path = "config/mission_types/"
    go = threading.Event()

    def reply() -> Reply:
        assert go.wait(PATIENCE)
        return Reply(types_page("Once"))

    stage.replies[path] = reply
    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(stage.get, path) for _ in range(12)]
        until(lambda: stage.asked(path), lambda number: number == 1)
        for _ in range(20):
            stage.copy.get("/healthz")
        assert stage.asked(path) == 1
        go.set()
        answers = [each.result() for each in waiting]
    assert {answer[0] for answer in answers} == {200}
    assert all(b"Once" in answer[2] for answer in answers)


@pytest.mark.slow
def test_a_slow_upstream_holds_up_nobody(stage: Stage) -> None:
    """Who has waited for some seconds gets what there is; the call goes on, and the next one has its answer."""
    path, go = "config/event_types/", threading.Event()

    def reply() -> Reply:
        assert go.wait(PATIENCE)
        return Reply(types_page("Late"))

    stage.replies[path] = reply
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(stage.get, path)
        until(lambda: stage.asked(path), bool)
        for other in ("/status/", "/2.3.0/api-throttle/", "/2.3.0/agencies/?format=api", "/readyz"):
            assert stage.copy.get(other)[0] == 200
        assert not slow.done(), "others were answered first"
        answer = slow.result()
    assert answer[0] == 200 and is_incomplete(answer)
    go.set()
    until(lambda: stage.get(path), lambda each: b"Late" in each[2])


@pytest.mark.slow
def test_images_are_told_and_never_fetched(stage: Stage) -> None:
    path = "config/image_licenses/"
    image = f"{stage.upstream.url}/media/1.png"
    page = {"count": 1, "next": None, "previous": None, "results": [{"id": 1, "name": "x", "link": image}]}
    stage.replies[path] = lambda: Reply(page)
    answer = until(lambda: stage.get(path), lambda each: b"media" in each[2])
    assert json.loads(answer[2])["results"][0]["link"] == image
    assert stage.asked("media") == 0 and not [each for each in stage.upstream.paths if "media" in each]
