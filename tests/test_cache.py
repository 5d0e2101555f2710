"""Stored answers are Django's answers, byte for byte, at every version and instant."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from conftest import NOW, so_many
from cosmodrome.access.models import Use
from cosmodrome.access.rates import Rate
from cosmodrome.access.tokens import make_token, remove_token
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.changes.snapshots import LAYER
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.changes.versions import data_version
from cosmodrome.http_cache import bypass, freshness
from cosmodrome.http_cache.cache import ResponseCache
from cosmodrome.http_cache.entries import best_coding, zstd
from cosmodrome.http_cache.freshness import Committed
from cosmodrome.resources import responder as answering
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.store import Store
from cosmodrome.server.wsgi import seen_from
from wsgi import Answer, ask, new_cache

pytestmark = pytest.mark.usefixtures("one_connection")

LISTS = [
    *(f"{path}/?mode={mode}" for path, resource in RESOURCES.items() for mode in resource.modes),
    *(f"{path}/?mode={mode}" for path, endpoint in ENDPOINTS.items() for mode in endpoint.modes),
]
needs_sqlite = pytest.mark.skipif(
    django_settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3",
    reason="what looks for broken connections takes a test's own for one; test_access has real servers",
)
LIST = "/2.3.0/agencies/?limit=3"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
OURS = {"age", "cache-control", "etag", "vary"}
"""Headers in which a kept answer differs."""
Cached = Callable[..., Answer]


@pytest.fixture(scope="module")
def django() -> WSGIHandler:
    """The reference: what `COSMODROME_CACHE=off` answers."""
    return WSGIHandler()


@pytest.fixture
def cache(django: WSGIHandler) -> Iterator[ResponseCache]:
    yield new_cache(django)


def is_hit(answer: Answer) -> bool:
    return bool(answer.environ[LAYER] == "cache")


def shown(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """What has to be the same, kept or not."""
    return (
        answer.status,
        {name: value for name, value in answer.headers.items() if name not in OURS},
        answer.body,
    )


def rename(name: str) -> None:
    with atomic_change() as change:
        change.before_write(Agency, [121])
        Agency.objects.filter(pk=121).update(name=name)
        change.after_write(Agency, [121])


@pytest.mark.every
@pytest.mark.parametrize("asked", LISTS)
def test_each_list_is_the_same_kept_or_not_in_every_coding(
    cache: ResponseCache, django: WSGIHandler, asked: str
) -> None:
    target = f"/2.3.0/{asked}"
    reference = ask(django, target)
    first, second = ask(cache, target), ask(cache, target)
    assert (is_hit(first), is_hit(second)) == (False, True)
    assert shown(first) == shown(second) == shown(reference)
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["vary"] == "Accept, Accept-Encoding"
    small, smaller = ask(cache, target, accept_encoding="gzip"), ask(cache, target, accept_encoding="zstd")
    if len(reference.body) > 200:
        assert gzip.decompress(small.body) == zstd.decompress(smaller.body) == reference.body
        tags = {answer.headers["etag"] for answer in (first, small, smaller)}
        assert len(tags) == 3
        assert not any(tag.startswith("W/") for tag in tags)


VALUES = st.sampled_from(
    ["1", "121", "-1", "true", "ture", "", "é", "name", "-id", "list", "api", "json", "ics", "100", "0"]
)
NAMES = st.sampled_from(
    ["limit", "offset", "mode", "format", "search", "ordering", "id", "name", "abbrev", "featured", "at", "_", "x"]
)  # fmt: skip
QUERIES = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(urlencode) | st.text(
    st.sampled_from("limt=&?;%2e+ 0a9é/\x00"), max_size=12
).map(lambda text: quote(text, safe="=&?;%+/"))
ACCEPTED = st.sampled_from(
    ["", "*/*", "application/json", "application/json; indent=4", BROWSER, "text/calendar"]
)
PATHS = st.sampled_from(["agencies/", "agencies/121/", "agencies/nowhere/", "spacecraft/", "spacecraft/9301/timeline/", "launches/upcoming/", "", "schema", "api-throttle/"])  # fmt: skip


@hypothesis_settings(
    deadline=None,
    max_examples=so_many(15, of=40),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(asked=st.lists(st.tuples(PATHS, QUERIES, ACCEPTED), min_size=1, max_size=3))
def test_any_query_is_answered_alike_whatever_was_asked_before(
    cache: ResponseCache, django: WSGIHandler, asked: list[tuple[str, str, str]]
) -> None:
    for path, query, accept in [*asked, *asked]:
        target = f"/2.3.0/{path}?{query}"
        assert shown(ask(cache, target, accept=accept)) == shown(ask(django, target, accept=accept))


def test_the_host_and_the_scheme_are_in_the_links_and_so_in_the_key(cache: ResponseCache) -> None:
    assert b"http://127.0.0.1:8000/" in ask(cache, LIST).body
    assert b"http://localhost/" in ask(cache, LIST, host="localhost").body
    refused = ask(cache, LIST, host="elsewhere.example")
    assert refused.status == 400


def test_an_empty_accept_header_is_not_like_a_missing_one(cache: ResponseCache) -> None:
    assert [ask(cache, LIST).status for _ in range(2)] == [200, 200]
    assert ask(cache, LIST, accept="").status == 406


def test_a_client_that_has_it_is_told_so_without_a_statement(
    cache: ResponseCache, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = ask(cache, LIST, accept_encoding="gzip")
    tag = first.headers["etag"]
    with django_assert_num_queries(0):
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            answer = ask(cache, LIST, accept_encoding="gzip", if_none_match=known)
            assert (answer.status, answer.body) == (304, b"")
            unchanged = {"etag", "vary", "cache-control", "x-data-version", "access-control-allow-origin"}
            assert {name: answer.headers[name] for name in unchanged} == {
                name: first.headers[name] for name in unchanged
            }
            assert "content-length" not in answer.headers
        for other in (tag.replace("-gzip", ""), '"other"', "nonsense", ""):
            assert ask(cache, LIST, accept_encoding="gzip", if_none_match=other).status == 200


def test_a_change_that_leaves_an_answer_as_it_was_leaves_its_etag(cache: ResponseCache) -> None:
    target = "/2.3.0/config/countries/"
    before = ask(cache, target)
    rename("Someone")
    after = ask(cache, target, if_none_match=before.headers["etag"])
    assert after.status == 304
    assert not is_hit(after)
    assert after.headers["x-data-version"] > before.headers["x-data-version"]


def test_head_is_get_without_the_body(cache: ResponseCache) -> None:
    for target in (LIST, "/2.3.0/agencies/999999/", "/2.3.0/agencies/?format=api"):
        heads = [ask(cache, target, "HEAD") for _ in range(2)]
        get = ask(cache, target)
        for head in heads:
            assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")
        assert int(get.headers["content-length"]) == len(get.body)


def test_answers_are_to_be_asked_about_again_and_say_of_which_version_they_are(
    cache: ResponseCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(cache, LIST)
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["x-data-version"] == str(data_version())
    assert first.headers["age"] == "0"
    later = time.monotonic() + 7.5
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert ask(cache, LIST).headers["age"] == "7"


def test_the_plain_path_says_its_version_and_nothing_else(django: WSGIHandler) -> None:
    plain = ask(django, LIST, accept_encoding="gzip")
    assert plain.headers["x-data-version"] == str(data_version())
    assert plain.headers["vary"] == "Accept"
    assert not {"age", "etag", "cache-control", "content-encoding"} & set(plain.headers)


def test_the_next_answer_after_a_change_shows_it(cache: ResponseCache) -> None:
    for number in range(5):
        rename(f"Renamed {number}")
        for _ in range(2):
            assert f"Renamed {number}".encode() in ask(cache, "/2.3.0/agencies/121/").body


class TestTime:
    """What moves is kept for its second of the clock; what does not, until something happens."""

    MOVING = "/2.3.0/spacecraft/9301/"
    STILL = "/2.3.0/agencies/?limit=3"

    def at(self, settings: Settings, **passed: float) -> None:
        settings.CLOCK_STOPPED_AT = NOW + timedelta(**passed)

    def test_a_moving_value_is_as_exact_as_without(
        self, cache: ResponseCache, django: WSGIHandler, settings: Settings
    ) -> None:
        for seconds, hit in ((0, False), (0.999, True), (1, False), (1.2, True), (61, False), (0, False)):
            self.at(settings, seconds=seconds)
            kept = ask(cache, self.MOVING)
            assert is_hit(kept) == hit
            assert shown(kept)[2] == shown(ask(django, self.MOVING))[2]

    @pytest.mark.usefixtures("kept")
    def test_an_answer_that_took_longer_than_its_second_is_not_kept_for_the_next(
        self, cache: ResponseCache, django: WSGIHandler, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content_of = answering.content_of

        def slowly(*asked: Any) -> Any:
            found = content_of(*asked)
            self.at(settings, seconds=1.05)
            return found

        self.at(settings, seconds=0.95)
        with monkeypatch.context() as patch:
            patch.setattr(answering, "content_of", slowly)
            ask(cache, self.MOVING)
        assert ask(cache, self.MOVING).body == ask(django, self.MOVING).body

    def test_what_does_not_move_is_kept(self, cache: ResponseCache, settings: Settings) -> None:
        ask(cache, self.STILL)
        self.at(settings, seconds=30)
        assert is_hit(ask(cache, self.STILL))

    @pytest.mark.parametrize("target", ["/2.3.0/spacecraft/?mode=detailed&limit=100", "/2.3.0/launches/upcoming/?hide_recent_previous=true", "/2.3.0/launches/previous/", "/2.3.0/spacecraft_flights/", "/2.3.0/astronauts/", "/2.3.0/pads/", "/2.3.0/dashboard/starship/", "/2.3.0/spacecraft/9301/timeline/"])  # fmt: skip
    def test_as_time_goes_on_answers_are_those_of_their_instant(
        self, cache: ResponseCache, django: WSGIHandler, settings: Settings, target: str
    ) -> None:
        hours_later = (0, 0, 0.5, 12, 13, 24 * 29, 24 * 30, 24 * 30 + 1, 24 * 400)
        for hours in hours_later[:: so_many(2, of=1)]:
            self.at(settings, hours=hours)
            assert ask(cache, target).body == ask(django, target).body, hours


class TestRefusals:
    """Counted as without, and never kept."""

    @needs_sqlite
    def test_a_hit_is_counted_and_a_refusal_is_not_kept(
        self, cache: ResponseCache, settings: Settings
    ) -> None:
        settings.ANONYMOUS_RATE = Rate(3, 3600)
        answers = [ask(cache, LIST) for _ in range(5)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
        assert [is_hit(answer) for answer in answers] == [False, True, True, False, False]
        assert answers[-1].headers["retry-after"] == "3600"
        assert "cache-control" not in answers[-1].headers
        assert Use.objects.get().marks[0][1] == 3
        settings.CLOCK_STOPPED_AT = NOW + timedelta(seconds=3600)
        tag = answers[0].headers["etag"]
        assert [ask(cache, LIST, if_none_match=tag).status for _ in range(4)] == [304] * 3 + [429]

    @needs_sqlite
    def test_a_refusal_below_a_path_of_a_proxy(self, cache: ResponseCache, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["space.example.org"]
        settings.ANONYMOUS_RATE = Rate(2, 3600)
        below = seen_from("https://space.example.org/äther", cache)
        assert [ask(below, LIST).status for _ in range(4)] == [200, 200, 429, 429]

    @needs_sqlite
    def test_a_kept_answer_is_not_for_those_with_a_wrong_token(self, cache: ResponseCache) -> None:
        key = make_token("bot", Rate(2, 3600))
        assert is_hit(ask(cache, LIST)) is False
        statuses = [ask(cache, LIST, authorization=f"Token {key}").status for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert ask(cache, LIST, authorization="Token nonsense").status == 401
        assert ask(cache, LIST, authorization="Basic YTpi").status == 200
        make_token("another", None)
        remove_token("bot")
        assert ask(cache, LIST, authorization=f"Token {key}").status == 401
        assert is_hit(ask(cache, LIST))
        remove_token("another")
        assert is_hit(ask(cache, LIST, authorization=f"Token {key}")), "no key is any better than none"

    @pytest.mark.parametrize("target", ["/2.3.0/agencies/999999/", "/2.3.0/agencies/?id=x", "/2.3.0/nowhere/", "/2.3.0/api-throttle/", "/2.3.0/agencies", "/2.3.0/"])  # fmt: skip
    def test_what_is_no_page_of_the_catalogue_is_never_kept(self, cache: ResponseCache, target: str) -> None:
        assert not any(is_hit(ask(cache, target)) for _ in range(2))
        assert len(cache.entries) == 0

    @pytest.mark.parametrize("method", ["POST", "OPTIONS", "DELETE"])
    def test_only_reading_is_answered(self, cache: ResponseCache, django: WSGIHandler, method: str) -> None:
        ask(cache, LIST)
        assert shown(ask(cache, LIST, method)) == shown(ask(django, LIST, method))


def plain(django: Callable[..., Any], settings: Any, target: str, **asked: str) -> Answer:
    """What DRF answers by itself."""
    kept, settings.CACHE_BYTES = settings.CACHE_BYTES, 0
    try:
        return ask(django, target, **asked)
    finally:
        settings.CACHE_BYTES = kept


@pytest.fixture
def calls(django: WSGIHandler) -> list[str]:
    """What Django was asked by `warm`."""
    return []


@pytest.fixture
def warm(django: WSGIHandler, kept: Store, calls: list[str]) -> ResponseCache:
    """A cache that knows what Django puts around its answers."""
    del kept

    def watched(environ: dict[str, Any], start_response: Any) -> Any:
        calls.append(environ["QUERY_STRING"])
        return django(environ, start_response)

    cache = new_cache(watched)
    ask(cache, f"{LIST}&mark=a")
    calls.clear()
    return cache


class TestPastDjango:
    """What is made of kept records alone does not go through Django, and is the same as if it had."""

    @pytest.mark.every
    @pytest.mark.parametrize("asked", LISTS)
    def test_each_list(
        self, warm: ResponseCache, django: WSGIHandler, settings: Settings, calls: list[str], asked: str
    ) -> None:
        ask(warm, f"/2.3.0/{asked}&limit=3&mark=a")
        calls.clear()
        target = f"/2.3.0/{asked}&limit=3&mark=%C3%A9"
        assert shown(ask(warm, target)) == shown(plain(django, settings, target))
        is_resource = asked.partition("/?")[0] in RESOURCES
        assert calls == ([] if is_resource else [target.partition("?")[2]])

    @pytest.mark.parametrize(
        "asked",
        [
            {"target": f"{LIST}&format=json"},
            {"target": "/2.3.0/agencies/121/"},
            {"target": f"{LIST}&a=b", "accept": "text/html"},
            {"target": f"{LIST}&a=b", "accept": "application/json"},
            {"target": f"{LIST}&a=b", "host": "localhost"},
            {"target": f"{LIST}&a=b", "host": "elsewhere.example"},
            {"target": f"{LIST}&a=b", "origin": "https://elsewhere.example"},
            {"target": f"{LIST}&a=b", "authorization": "Token unknown"},
            {"target": "/2.3.0/agencies/999999/"},
            {"target": "/2.3.0/agencies/?limit=3&" + "a=b&" * 1500},
            {"target": "/2.3.0/agencies/?limit=%00&offset=x&mode=no"},
            {"target": "/2.3.0/agencies/?id=x"},
            {"target": "/2.3.0//agencies/"},
            {"target": "/2.3.0/\xff/"},
        ],
        ids=str,
    )
    def test_anything_odd(
        self, warm: ResponseCache, django: WSGIHandler, settings: Settings, asked: dict[str, str]
    ) -> None:
        reference = plain(django, settings, **asked)
        for _ in range(2):
            answer = ask(warm, **asked)
            assert shown(answer) == shown(reference)

    @hypothesis_settings(
        max_examples=so_many(15, of=40), suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(asked=st.lists(st.tuples(PATHS, QUERIES, ACCEPTED), min_size=1, max_size=3))
    def test_any_query(
        self,
        warm: ResponseCache,
        django: WSGIHandler,
        settings: Settings,
        asked: list[tuple[str, str, str]],
    ) -> None:
        for path, query, accept in asked:
            target = f"/2.3.0/{path}?{query}"
            reference = shown(plain(django, settings, target, accept=accept))
            for mark in ("", "&mark=1", "&mark=2"):
                ask(warm, f"{target}{mark}", accept=accept)
            assert shown(ask(warm, target, accept=accept)) == reference

    def test_the_head_alone(self, warm: ResponseCache) -> None:
        get = ask(warm, f"{LIST}&mark=c")
        head = ask(warm, f"{LIST}&mark=d", "HEAD")
        assert (head.status, head.body, head.environ[LAYER]) == (200, b"", "fragments")
        assert head.headers.keys() == get.headers.keys()

    def test_below_a_path_of_a_proxy(
        self, warm: ResponseCache, django: WSGIHandler, settings: Settings, calls: list[str]
    ) -> None:
        settings.ALLOWED_HOSTS = ["space.example.org"]
        address = "https://space.example.org/äther"
        below, reference = seen_from(address, warm), seen_from(address, django)
        for mark in ("a", "b"):
            target = f"/2.3.0/agencies/?limit=1&mark={mark}"
            answer = ask(below, target)
            assert shown(answer) == shown(plain(reference, settings, target))
            assert b"https://space.example.org/%C3%A4ther/2.3.0/agencies/" in answer.body
        assert calls == ["limit=1&mark=a"]

    def test_the_headers_of_one_view_are_not_given_with_another(
        self, warm: ResponseCache, calls: list[str]
    ) -> None:
        ask(warm, "/2.3.0/agencies/?limit=1", host="localhost")
        ask(warm, "/2.3.0/pads/?limit=1")
        calls.clear()
        for mark in ("a", "b"):
            answer = ask(warm, f"/2.3.0/pads/?limit=1&{mark}", host="localhost")
            assert answer.environ[LAYER] == "fragments"
        assert calls == ["limit=1&a"]

    def test_a_change_is_seen_at_once(self, warm: ResponseCache) -> None:
        for number in range(3):
            rename(f"Renamed {number}")
            for mark in ("a", "b"):
                answer = ask(warm, f"/2.3.0/agencies/121/?mark={mark}{number}")
                assert f"Renamed {number}".encode() in answer.body
                assert answer.headers["x-data-version"] == str(data_version())

    @needs_sqlite
    def test_who_is_counted_goes_through_django(
        self, warm: ResponseCache, settings: Settings, calls: list[str]
    ) -> None:
        settings.ANONYMOUS_RATE = Rate(2, 3600)
        assert [ask(warm, f"{LIST}&mark=c{n}").status for n in range(3)] == [200, 200, 429]
        assert len(calls) == 3

    def test_what_the_database_has_against_it_is_for_django_to_say(
        self, warm: ResponseCache, calls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> Any:
            raise DatabaseError("gone")

        monkeypatch.setattr(bypass, "direct_response", broken)
        assert ask(warm, f"{LIST}&mark=c").status == 200
        assert len(calls) == 1

    def test_made_up_hosts_leave_memory_in_bounds(self, warm: ResponseCache, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        for number in range(bypass.MOST_HEADERS + 5):
            ask(warm, LIST, host=f"host{number}.example")
        assert len(warm.bypass.headers) < bypass.MOST_HEADERS


@needs_sqlite
def test_without_its_database_django_is_left_to_say_so(
    django: WSGIHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise DatabaseError("gone")

    cache = new_cache(django, Committed().version)
    for _ in range(3):
        ask(cache, LIST)
    monkeypatch.setattr(freshness, "wal_index", lambda _: None)
    monkeypatch.setattr(freshness, "data_version", broken)
    answer = ask(cache, LIST)
    assert (answer.status, is_hit(answer)) == (200, False)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", "identity"),
        ("identity", "identity"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip;q=0, zstd;q=0, *", "identity"),
        ("gzip;q=0, br", "identity"),
        ("*", "zstd"),
        ("*;q=0", "identity"),
        ("gzip;q=high", "identity"),
        (" gzip ; q=0.1 ,,", "gzip"),
    ],
)
def test_the_coding_that_is_liked_best_is_answered(accepted: str, coding: str) -> None:
    assert best_coding(accepted) == coding
