"""The client of a mirror's upstream: polite, patient, and without trust."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import stamina
from pytest_django import Settings

from cosmodrome.access.rates import Rate
from cosmodrome.cli.sync import new_client
from cosmodrome.mirror import pages, upstream
from cosmodrome.mirror.budget import Budget, BudgetSpent, Purpose
from cosmodrome.mirror.models import UpstreamCall
from cosmodrome.mirror.pages import Page, page_path, read_page, swept_resources
from cosmodrome.mirror.upstream import (
    ATTEMPTS,
    BadAnswer,
    KeyRefused,
    NotThere,
    Throttle,
    Unreachable,
    Upstream,
    UpstreamError,
)
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.time import clock
from pages import Record
from upstreams import Reply, Scripted, SkippingClock, scripted

pytestmark = pytest.mark.django_db(databases="__all__")
AGENCIES = RESOURCES["agencies"]
PATH = page_path(AGENCIES, 0)
MOMENT = "<!DOCTYPE html><title>Just a moment...</title>"


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        yield


@pytest.fixture
def skipping(settings: Settings) -> SkippingClock:
    settings.CLOCK_STOPPED_AT = None
    return SkippingClock(settings)


@pytest.fixture
def served() -> Iterator[Scripted]:
    with scripted(lambda _: Reply(envelope([]))) as server:
        yield server


@pytest.fixture
def client(served: Scripted, skipping: SkippingClock) -> Iterator[Upstream]:
    made = Upstream(served.url, "a-key", Budget(None), skipping.sleep)
    yield made
    made.close()


def envelope(records: list[Any], count: Any = None, **more: Any) -> Record:
    return {"count": len(records) if count is None else count, "next": None, "previous": None, "results": records, **more}  # fmt: skip


def agencies(number: int, first: int = 1) -> list[Record]:
    return [{"id": first + place, "name": f"Agency {first + place}"} for place in range(number)]


def in_turn(*replies: Reply) -> Callable[[str], Reply]:
    """The replies one after the other; the last one for ever."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def page(client: Upstream, offset: int = 0) -> Page:
    found: Page = client.get(
        page_path(AGENCIES, offset),
        Purpose.PLAN,
        check=lambda answer: read_page(answer, AGENCIES, offset, client.host),
    )
    return found


def test_a_page_is_asked_for_once_and_names_the_product(client: Upstream, served: Scripted) -> None:
    served.answer = lambda _: Reply(envelope(agencies(3)))
    found = page(client)
    assert (found.count, found.keys, found.has_next) == (3, [1, 2, 3], False)
    ((path, headers),) = served.asked
    assert path == "/2.3.0/agencies/?mode=detailed&limit=100&offset=0&ordering=id"
    assert headers["user-agent"].startswith("Cosmodrome/")
    assert headers["authorization"] == "Token a-key"
    call = UpstreamCall.objects.get()
    assert (call.path, call.status, call.purpose) == (path, 200, "plan")
    assert call.ended and call.began <= call.ended


def test_every_resource_has_a_page_in_a_stable_order() -> None:
    without = [path for path, resource in swept_resources().items() if not pages.order_of(resource)]
    assert without == ["locations"], "it can be ordered by counts alone"
    assert not [path for path in swept_resources() if path.endswith(("upcoming", "previous"))]


@pytest.mark.parametrize(
    "fault",
    [
        Reply(status=500),
        Reply(MOMENT, 503),
        Reply(MOMENT, 403),
        Reply(MOMENT, 429),
        Reply({"detail": "Request was throttled. Expected available in 20 seconds."}, 429),
        Reply("", 429, {"Retry-After": "20"}),
        Reply("", 503, {"Retry-After": "Fri, 01 May 2026 12:00:00 GMT"}),
        Reply(reset=True),
        Reply(envelope(agencies(3)), cut_after=20),
        Reply(json.dumps(envelope(agencies(3)))[:40]),
        Reply(MOMENT, 200),
        Reply(b"no gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda reply: f"{reply.status}",
)
def test_what_may_succeed_later_is_tried_again(fault: Reply, client: Upstream, served: Scripted) -> None:
    served.answer = in_turn(fault, fault, Reply(envelope(agencies(3))))
    assert page(client).count == 3
    assert len(served.asked) == UpstreamCall.objects.count() == 3


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(reset=True), Reply(MOMENT, 403)])
def test_it_is_not_tried_for_ever(reply: Reply, client: Upstream, served: Scripted) -> None:
    served.answer = lambda _: reply
    with pytest.raises(Unreachable):
        page(client)
    assert len(served.asked) == ATTEMPTS


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Reply(status=429, headers={"Retry-After": "20"}), 20),
        (Reply({"detail": "Request was throttled. Expected available in 2000 seconds."}, 429), 2000),
        (Reply(MOMENT, 429), upstream.THROTTLED_PAUSE),
        (Reply(MOMENT, 403), upstream.THROTTLED_PAUSE),
        (Reply(status=429, headers={"Retry-After": "9" * 30}), 24 * 3600),
    ],
)
def test_who_is_throttled_waits_as_long_as_the_upstream_says(
    fault: Reply, seconds: float, client: Upstream, served: Scripted, skipping: SkippingClock
) -> None:
    served.answer = in_turn(fault, Reply(envelope([])))
    page(client)
    first, second = UpstreamCall.objects.order_by("began")
    assert first.ended and second.began - first.ended >= timedelta(seconds=seconds - 0.1)
    assert skipping.skipped < seconds + 10


def test_attempts_are_calls_of_the_budget(served: Scripted, skipping: SkippingClock) -> None:
    client = Upstream(served.url, "", Budget(Rate(2, 3600)), skipping.sleep)
    served.answer = in_turn(Reply(status=500), Reply(status=500), Reply(envelope([])))
    page(client)
    client.close()
    assert skipping.skipped > 3500
    assert "authorization" not in served.asked[0][1]


def test_a_reader_has_one_attempt_and_no_patience(served: Scripted, skipping: SkippingClock) -> None:
    client = Upstream(served.url, "", Budget(Rate(1, 3600)), skipping.sleep)
    served.answer = lambda _: Reply(status=500)
    with pytest.raises(Unreachable):
        client.get(PATH, Purpose.READ_THROUGH, patience=0)
    with pytest.raises(BudgetSpent):
        client.get(PATH, Purpose.READ_THROUGH, patience=0)
    client.close()
    assert len(served.asked) == 1


def test_a_clock_that_stands_still_frees_no_call(served: Scripted, settings: Settings) -> None:
    settings.CLOCK_STOPPED_AT = datetime(2026, 5, 1, tzinfo=UTC)
    client = Upstream(served.url, "", Budget(Rate(1, 3600)))
    page(client)
    with pytest.raises(UpstreamError, match="The clock stands still"):
        page(client)
    client.close()


@pytest.mark.parametrize(
    ("reply", "kind", "sentence"),
    [
        (Reply({"detail": "Invalid token."}, 401), KeyRefused, "does not let us in (HTTP 401): see COSMODROME_UPSTREAM_TOKEN."),
        (Reply({"detail": "No."}, 403), KeyRefused, "does not let us in (HTTP 403)"),
        (Reply({"detail": "Not found."}, 404), NotThere, "the upstream has no such path (HTTP 404)."),
    ],
)  # fmt: skip
def test_what_will_not_succeed_is_not_tried_again(
    reply: Reply, kind: type[UpstreamError], sentence: str, client: Upstream, served: Scripted
) -> None:
    served.answer = lambda _: reply
    with pytest.raises(kind) as refused:
        page(client)
    assert sentence in str(refused.value)
    assert "a-key" not in str(refused.value)
    assert len(served.asked) == 1


def foreign(count: int) -> Record:
    return envelope(agencies(100), count, next="http://evil.example/2.3.0/agencies/?limit=100&offset=100")


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply('{"count": 3, "results": [{"id"'), "the JSON is cut off at character"),
        (Reply('{"count": 3,, "results": []}'), "the JSON is broken (Expecting property name"),
        (Reply('{"count": NaN, "results": []}'), "the JSON is broken: NaN is no JSON value."),
        (Reply("[" * 200_000), "the JSON is nested too deeply."),
        (Reply(b'{"count": "\xff"}'), "the answer is not UTF-8 text, at byte 11."),
        (Reply("<html><title>Welcome</title>"), "the answer is an HTML page, not JSON."),
        (Reply([]), "an object is expected, not a list."),
        (Reply(envelope([], count="3")), "count: a number is expected, not the text '3'."),
        (Reply(envelope([], count=-3)), "count: a number is expected, not the number -3."),
        (Reply({"count": 1, "results": None}), "results: a list is expected, not null."),
        (Reply(envelope(agencies(3), count=7)), "results: there are 3 records, where a count of 7 leaves 7."),
        (Reply(envelope(agencies(101))), "results: there are 101 records, where a count of 101 leaves 100."),
        (Reply(envelope(agencies(100), 200)), "next: it is null, where a count of 200 does not."),
        (Reply(envelope([], next="{next}&offset=100")), "next: it leads on, where a count of 0 does not."),
        (Reply(envelope(agencies(100), 200, next="{next}&offset=0")), "not to the offset 100."),
        (Reply(envelope(agencies(100), 200, next=7)), "next: a url is expected, not the number 7."),
        (Reply(envelope(agencies(100), 200, next="http://[")), "next: 'http://[' is no url."),
        (Reply(foreign(200)), "next: it leads to http://evil.example/2.3.0/agencies/?limit=100&offset=100, which"),
        (Reply(envelope([*agencies(2), *agencies(1, 2)])), "agencies 2: id: two records of the page have it."),
        (Reply("", 302, {"Location": "http://evil.example/"}), "the upstream redirects to http://evil.example/, which is not"),
        (Reply("", 418), "the upstream answers with HTTP 418."),
    ],
)  # fmt: skip
def test_an_answer_that_can_not_be_trusted_is_refused(
    reply: Reply, sentence: str, client: Upstream, served: Scripted
) -> None:
    content = reply.content.replace(b"{next}", f"{served.url}/2.3.0/agencies/?limit=100".encode())
    served.answer = lambda _: Reply(content, reply.status, reply.headers)
    with pytest.raises(BadAnswer) as refused:
        page(client)
    assert str(refused.value).startswith(f"{PATH}: ")
    assert sentence in str(refused.value)
    assert set(served.paths) == {PATH}, "nothing leads anywhere else"


def test_an_answer_has_an_end(client: Upstream, served: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "MOST_BYTES", 100_000)
    bomb = gzip.compress(b" " * 10_000_000)
    for reply in (Reply(b" " * 200_000), Reply(bomb, headers={"Content-Encoding": "gzip"})):
        served.answer = in_turn(reply)
        with pytest.raises(BadAnswer, match="the answer has more than 100000 bytes"):
            page(client)
    monkeypatch.setattr(upstream, "DEADLINE", -1)
    served.answer = lambda _: Reply(envelope([]))
    with pytest.raises(Unreachable, match="has not ended after"):
        page(client)


def test_nobody_listens(skipping: SkippingClock) -> None:
    with scripted(lambda _: Reply()) as server:
        url = server.url
    client = Upstream(url, "", Budget(None), skipping.sleep)
    with pytest.raises(Unreachable, match=r"can't be reached \(.*refused"):
        page(client)
    client.close()


@pytest.mark.parametrize(
    ("ours", "ago"),
    [
        pytest.param(None, timedelta(minutes=30), id="real"),
        pytest.param(
            timedelta(days=-200), timedelta(days=200, minutes=30), id="the upstream's is simulated too"
        ),
        pytest.param(timedelta(days=-200), None, id="the upstream's is real"),
    ],
)
def test_a_page_is_of_the_moment_of_its_answer(
    ours: timedelta | None, ago: timedelta | None, client: Upstream, served: Scripted, settings: Settings
) -> None:
    """The moment is the date that the upstream gives, unless that is of a clock with which ours has nothing to do."""
    real = clock.real_now().replace(microsecond=0)
    settings.SIMULATED_CLOCK = None
    settings.CLOCK_STOPPED_AT = ours and real + ours
    sent = real - (ago or timedelta(0))
    served.answer = lambda _: Reply(envelope([]), headers={"Date": format_datetime(sent, usegmt=True)})
    assert page(client).read_at == (settings.CLOCK_STOPPED_AT if ago is None else sent)


@pytest.mark.parametrize("wrapped", [lambda told: told, lambda told: [told]])
def test_the_rate_is_asked_for(wrapped: Callable[[Any], Any], client: Upstream, served: Scripted) -> None:
    told = {"your_request_limit": 15, "limit_frequency_secs": 3600, "current_use": 4, "ident": "x"}
    served.answer = lambda _: Reply(wrapped(told))
    assert client.throttle() == Throttle(15, 3600, 4)
    assert UpstreamCall.objects.get().purpose == "throttle"


@pytest.mark.parametrize("told", [[], 7, {}, {"your_request_limit": "15"}])
def test_a_rate_that_makes_no_sense_is_refused(told: Any, client: Upstream, served: Scripted) -> None:
    served.answer = lambda _: Reply(told)
    with pytest.raises(BadAnswer, match="is expected, not"):
        client.throttle()


def test_the_first_failure_of_a_call_is_told_at_once_and_no_other(served: Scripted, client: Upstream) -> None:
    told: list[str] = []
    client.tell = told.append
    served.answer = in_turn(Reply(status=503), Reply(status=503), Reply(envelope([])))
    client.get(PATH, Purpose.PLAN)
    (sentence,) = told
    assert sentence.startswith(f"{PATH}: the upstream answers with HTTP 503. Trying again in about ")
    assert sentence.endswith(" s, 4 times at most.")


def test_the_command_tells_it_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    new_client().tell("It does not answer.")
    assert capsys.readouterr() == ("", "It does not answer.\n")
