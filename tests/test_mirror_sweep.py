"""Sweeps of a mirror: complete in the end, whatever the upstream does meanwhile, and wherever one was killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import stamina
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from cosmodrome.catalogue.config import Country
from cosmodrome.catalogue.events import Update
from cosmodrome.changes.versions import data_version
from cosmodrome.mirror.budget import Budget
from cosmodrome.mirror.models import RecordDigest, ResourceSync, SetAside, SweptPage, UpstreamCall
from cosmodrome.mirror.plan import chosen, pages_from, plan_of
from cosmodrome.mirror.sweep import ClockSetBack
from cosmodrome.mirror.sync import Step, Sync
from cosmodrome.mirror.upstream import KeyRefused, Unreachable, Upstream
from cosmodrome.time import clock
from cosmodrome.time.clock import EPOCH, write_instant
from pages import country, emptied, examples
from upstreams import Lists, Reply, SkippingClock, listing, record_calls_within

pytestmark = pytest.mark.django_db(databases="__all__")
PATH = "config/countries"


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture(autouse=True)
def moving(settings: Settings) -> SkippingClock:
    settings.CLOCK_STOPPED_AT = None
    return SkippingClock(settings)


@pytest.fixture
def nothing() -> Iterator[None]:
    """A catalogue without a record, and a mirror that knows nothing."""
    with emptied():
        record_calls_within()
        yield


@pytest.fixture
def upstream(nothing: None) -> Iterator[Lists]:
    with listing(config__countries={key: country(key) for key in range(1, 451)}) as lists:
        yield lists


def client(lists: Lists) -> Upstream:
    return Upstream(lists.url, "", Budget(None), lambda _: None)


def run(lists: Lists, *paths: str, after: Callable[[Step], None] = lambda _: None) -> Sync:
    """Runs a sync to its end."""
    made = client(lists)
    try:
        sync = Sync(made, paths or [PATH])
        sync.begin()
        while step := sync.step():
            after(step)
    finally:
        made.close()
    return sync


def names() -> dict[int, str]:
    return dict(Country.objects.values_list("pk", "name"))


def told(lists: Lists) -> dict[int, str]:
    return {key: record["name"] for key, record in lists.records[PATH].items()}


def row() -> ResourceSync:
    return ResourceSync.objects.get(pk=PATH)


def test_a_list_is_read_page_by_page_and_complete_in_the_end(upstream: Lists) -> None:
    sync = run(upstream)
    assert names() == told(upstream)
    assert sync.totals.calls == upstream.calls == pages_from(0, 450) == 5
    assert row().complete_as_of and row().sweep_began is None
    assert not SweptPage.objects.exists()
    assert not ResourceSync.objects.filter(wanted_since__isnull=False).exists()


def test_nothing_new_changes_nothing(upstream: Lists) -> None:
    run(upstream)
    before, version = list(RecordDigest.objects.order_by("pk").values()), data_version()
    sync = run(upstream)
    assert (sync.totals.records, sync.totals.unchanged) == (0, 454), "pages share a record"
    assert data_version() == version
    assert list(RecordDigest.objects.order_by("pk").values()) == before


def test_what_changed_is_taken_in_and_what_is_gone_is_deleted(upstream: Lists) -> None:
    run(upstream)
    upstream.records[PATH][200]["name"] = "Renamed"
    del upstream.records[PATH][300]
    upstream.records[PATH][900] = country(900)
    sync = run(upstream)
    assert names() == told(upstream)
    assert (sync.totals.records, sync.totals.deleted) == (2, 1)
    assert not RecordDigest.objects.filter(key="300").exists()


def test_nothing_is_deleted_before_a_sweep_is_consistent(upstream: Lists) -> None:
    run(upstream)
    del upstream.records[PATH][1]
    seen = []
    run(upstream, after=lambda step: seen.append((step.is_complete, 1 in names())))
    assert seen[-1] == (True, False)
    assert all(there for complete, there in seen if not complete)


def changed_before(call: int, *changes: Callable[[dict[int, Any]], object]) -> Callable[[Lists], None]:
    def prepare(lists: Lists) -> None:
        def before(number: int) -> None:
            for change in changes if number == call else ():
                change(lists.records[PATH])

        lists.before = before

    return prepare


def removed(key: int) -> Callable[[dict[int, Any]], object]:
    return lambda records: records.pop(key)


def added(key: int) -> Callable[[dict[int, Any]], object]:
    return lambda records: records.update({key: country(key)})


@pytest.mark.parametrize(
    ("prepare", "calls"),
    [
        (changed_before(3, added(900)), 5),
        (changed_before(3, removed(440)), 5),
        (changed_before(3, removed(20)), 12),
        (changed_before(3, removed(100)), 12),
        (changed_before(4, removed(250), removed(251), removed(10)), 30),
        (changed_before(4, added(-3)), 12),
        (changed_before(3, removed(20), added(-3)), 5),
        (changed_before(3, removed(20), added(900)), 12),
        (changed_before(5, removed(400)), 12),
        (changed_before(5, lambda records: [records.pop(key) for key in range(1, 200)]), 60),
        (changed_before(5, lambda records: [records.update({-key: country(-key)}) for key in range(1, 200)]), 60),
        (changed_before(4, lambda records: records.clear()), 12),
    ],
)  # fmt: skip
def test_a_list_that_changes_while_it_is_read(
    prepare: Callable[[Lists], None], calls: int, upstream: Lists
) -> None:
    stays = dict(told(upstream))
    prepare(upstream)
    run(upstream)
    assert row().complete_as_of
    assert upstream.calls <= calls
    assert names().keys() >= stays.keys() & told(upstream).keys(), "what was there all the time is not missed"
    upstream.before = lambda _: None
    run(upstream)
    assert names() == told(upstream)


def test_a_count_that_moves_has_the_page_read_again(upstream: Lists) -> None:
    """One was removed from a page that was read, which only the sum shows: it is found by halving."""
    changed_before(4, removed(20))(upstream)
    run(upstream)
    assert names() == told(upstream), "in the same run"


@pytest.mark.parametrize("times", [pytest.param(3), pytest.param(25, marks=pytest.mark.slow)])
def test_any_changes_at_any_time(times: int, moving: SkippingClock) -> None:
    @examples(times)
    @given(st.integers(0, 10**9))
    def holds(seed: int) -> None:
        random = Random(seed)  # noqa: S311
        first = {key: country(key) for key in random.sample(range(1, 2000), random.randint(0, 420))}
        with emptied(), listing(config__countries=first) as lists:
            record_calls_within()
            ResourceSync.objects.all().delete()
            left = [random.randint(0, 6)]

            def change(number: int) -> None:
                if left[0] and random.random() < 0.5:
                    left[0] -= 1
                    records = lists.records[PATH]
                    for _ in range(random.choice([1, 1, 2, 120])):
                        if random.random() < 0.5 and records:
                            del records[random.choice(list(records))]
                        else:
                            key = random.randint(1, 2000)
                            records[key] = country(key)

            lists.before = change
            run(lists)
            left[0] = 0
            run(lists)
            assert names() == told(lists)
            for table in (SweptPage, RecordDigest, ResourceSync, SetAside):
                table.objects.all().delete()

    holds()


@pytest.mark.parametrize("changes", [False, True])
def test_killed_after_every_step_it_ends_the_same(changes: bool, upstream: Lists) -> None:
    """The calls, too, are those of a run that nobody kills; also where the upstream changes meanwhile."""
    if changes:
        changed_before(3, removed(20))(upstream)

    def die(step: Step) -> None:
        if not step.is_complete:
            raise Killed

    for _ in range(100):
        with suppress(Killed):
            run(upstream, after=die)
            break
    assert names() == told(upstream)
    assert upstream.calls == 5 or changes


def test_a_run_that_was_killed_is_finished_before_another_begins(upstream: Lists) -> None:
    upstream.records["updates"] = {1: an_update(1)}
    with pytest.raises(Killed):
        run(upstream, "updates", PATH, after=lambda step: kill_at(step, "config/countries", upstream))
    calls = upstream.calls
    run(upstream, "updates", PATH)
    assert upstream.calls - calls == 5, "four of the list, and the one that it had not come to"


def test_what_a_run_was_not_asked_for_is_not_left_out_after_it(
    upstream: Lists, moving: SkippingClock
) -> None:
    upstream.records["updates"] = {1: an_update(1)}
    run(upstream, "updates")
    moving.sleep(86400)
    with pytest.raises(Killed):
        run(upstream, PATH, after=lambda step: kill_at(step, PATH, upstream, 2))
    calls = upstream.calls
    run(upstream, "updates", PATH)
    assert upstream.calls - calls == 5, "four of the list, and all of the other one"


def test_a_run_that_could_not_mark_all_that_it_is_to_do_is_none(upstream: Lists, monkeypatch: Any) -> None:
    upstream.records["updates"] = {1: an_update(1)}
    made = client(upstream)
    create = ResourceSync.objects.get_or_create
    marked: list[str] = []

    def fail_at_last(pk: str, **given: Any) -> Any:
        marked.append(pk)
        if len(marked) == 2:
            raise OperationalError("database or disk is full")
        return create(pk=pk, **given)

    monkeypatch.setattr(ResourceSync.objects, "get_or_create", fail_at_last)
    with pytest.raises(OperationalError):
        Sync(made, ["updates", PATH]).begin()
    made.close()
    assert not ResourceSync.objects.exists()
    monkeypatch.undo()
    run(upstream, "updates", PATH)
    assert set(ResourceSync.objects.exclude(complete_as_of=None).values_list("pk", flat=True)) == set(marked)


def kill_at(step: Step, path: str, lists: Lists, calls: int = 1) -> None:
    if step.path == path and lists.calls == calls:
        raise Killed


def an_update(key: int, minutes: int = 0) -> dict[str, Any]:
    at = write_instant(EPOCH + timedelta(minutes=minutes or key))
    return {"id": key, "profile_image": None, "comment": f"Update {key}", "info_url": None, "created_by": None, "created_on": at}  # fmt: skip


def changing(call: int, change: Callable[[], object]) -> Callable[[int], None]:
    def before(number: int) -> None:
        if number == call:
            change()

    return before


def test_a_list_without_an_order_by_id(nothing: None) -> None:
    records = {key: an_update(key, 1000 - key) for key in range(1, 321)}
    with listing(updates=records) as lists:
        lists.before = changing(3, lambda: records.pop(320))
        run(lists, "updates")
        assert set(Update.objects.values_list("pk", flat=True)) == set(records)
        lists.before = changing(8, lambda: records.update({999: an_update(999, 1)}))
        run(lists, "updates")
        assert set(Update.objects.values_list("pk", flat=True)) == set(records)


def unspoilt(_: str, value: Any) -> Any:
    return value


class TestDistrust:
    def test_what_one_record_has_wrong_does_not_lose_the_others(self, upstream: Lists) -> None:
        upstream.records[PATH][33]["name"] = 7
        upstream.records[PATH][150]["alpha_2_code"] = "ABC"
        sync = run(upstream)
        assert names() == {key: name for key, name in told(upstream).items() if key not in (33, 150)}
        assert [(aside.key, aside.sentence) for aside in SetAside.objects.order_by("pk")] == [
            ("33", "config/countries 33: name: a text is expected, not the number 7."),
            (
                "150",
                "config/countries 150: alpha_2_code: at most 2 characters are expected, and there are 3, not the text 'ABC'.",
            ),
        ]
        assert SetAside.objects.get(key="33").page == f"/2.3.0/{PATH}/?limit=100&offset=0&ordering=id"
        assert len(sync.totals.aside) == 2
        assert row().complete_as_of, "all of it was read"

        since = SetAside.objects.get(key="150").since
        upstream.records[PATH][33] = country(33)
        assert len(run(upstream).totals.aside) == 1
        assert 33 in names(), "it is tried again"
        assert SetAside.objects.get().since == since
        del upstream.records[PATH][150]
        run(upstream)
        assert not SetAside.objects.exists()

    @pytest.mark.parametrize("key", [None, "three", 2**40, 907, {}, "missing"])
    def test_a_record_whose_id_is_told_wrong_for_once_is_not_deleted(self, key: Any, upstream: Lists) -> None:
        run(upstream)
        record = {**country(3), "id": key, "name": None}
        if key == "missing":
            del record["id"]

        def spoil(asked: str, value: Any) -> Any:
            value["results"] = [record if each["id"] == 3 else each for each in value["results"]]
            return value

        upstream.spoil = spoil
        assert len(run(upstream).totals.aside) == 1
        assert names() == told(upstream)
        upstream.spoil = unspoilt
        del upstream.records[PATH][4]
        run(upstream)
        assert names() == told(upstream), "the next sweep deletes what is gone"

    def test_a_record_that_is_set_aside_again_and_again_holds_no_deletion_up(
        self, upstream: Lists, moving: SkippingClock
    ) -> None:
        upstream.records[PATH][450]["name"] = None
        run(upstream)
        moving.sleep(3600)
        del upstream.records[PATH][4]
        assert run(upstream).totals.deleted == 1
        assert 4 not in names()

    @pytest.mark.parametrize(
        ("record", "sentence"),
        [
            ("text", "config/countries no. 3: an object is expected, not the text 'text'."),
            (None, "config/countries no. 3: an object is expected, not null."),
            ({"name": "x"}, "config/countries no. 3: id: a number or a text is expected, not null."),
            ({"id": True}, "config/countries no. 3: id: a number or a text is expected, not true."),
            ({"id": "a\x00b"}, "config/countries no. 3: id: a number or a text is expected, not the text 'a\\x00b'."),
            ({**country(3), "id": "three"}, "config/countries three: id: a whole number is expected, not the text 'three'."),
            ({**country(3), "id": 2**40}, f"config/countries {2**40}: id: a number from -2147483648 to 2147483647 is expected, not the number {2**40}."),
            ({**country(3), "name": "\x00"}, "config/countries 3: name: a text without NUL and halves of characters is expected, not the text '\\x00'."),
            ({**country(3), "name": None}, "config/countries 3: name: a text is expected, not null."),
        ],
    )  # fmt: skip
    def test_no_record_at_all(self, record: Any, sentence: str, upstream: Lists) -> None:
        def spoil(asked: str, value: Any) -> Any:
            value["results"] = [record if each["id"] == 3 else each for each in value["results"]]
            return value

        upstream.spoil = spoil
        run(upstream)
        assert SetAside.objects.get().sentence == sentence
        assert names().keys() == told(upstream).keys() - {3}
        upstream.spoil = unspoilt
        run(upstream)
        assert names() == told(upstream)
        assert not SetAside.objects.exists()

    @pytest.mark.parametrize(
        "spoilt",
        [
            lambda _: Reply("<html>"),
            lambda value: {**value, "count": "many"},
            lambda value: {**value, "results": value["results"][:-1]},
            lambda value: {**value, "next": "http://elsewhere.example/"},
            lambda value: Reply(value, cut_after=30),
            lambda _: Reply(status=500),
            lambda value: {**value, "results": [value["results"][0]] * 2},
        ],
    )
    @pytest.mark.parametrize("offset", [0, 198])
    def test_what_one_page_has_wrong_does_not_lose_the_others(
        self, offset: int, spoilt: Callable[[Any], Any], upstream: Lists
    ) -> None:
        upstream.records["updates"] = {1: an_update(1)}
        broken = f"offset={offset}&"
        upstream.spoil = lambda asked, value: (
            spoilt(value) if broken in asked and PATH in asked and value["count"] > 1 else value
        )
        sync = run(upstream, PATH, "updates")
        (refusal,) = sync.totals.refused
        assert refusal.startswith(f"/2.3.0/{PATH}/?limit=100&offset={offset}&ordering=id: ")
        assert row().complete_as_of is None
        assert Update.objects.count() == 1, "the rest goes on"
        if offset:
            assert {1, 199, 299, 450} <= names().keys(), "the pages behind it, too"
            assert 210 not in names()
        upstream.spoil = unspoilt
        calls = upstream.calls
        run(upstream, PATH)
        assert names() == told(upstream)
        assert upstream.calls - calls == (3 if offset else 5), "it goes on from that page"

    def test_a_resource_that_is_not_there(self, upstream: Lists) -> None:
        sync = run(upstream, "pads", PATH)
        assert sync.totals.refused == [
            "/2.3.0/pads/?limit=100&offset=0&ordering=id: the upstream has no such path (HTTP 404)."
        ]
        assert names() == told(upstream)

    def test_who_is_not_let_in_ends_at_once(self, upstream: Lists) -> None:
        upstream.spoil = lambda *_: Reply({"detail": "Invalid token."}, 401)
        with pytest.raises(KeyRefused):
            run(upstream)
        assert upstream.calls == 1

    def test_an_upstream_that_is_away_ends_the_run(self, upstream: Lists) -> None:
        upstream.spoil = lambda *_: Reply(reset=True)
        upstream.records["updates"] = {}
        with pytest.raises(Unreachable):
            run(upstream, PATH, "updates")
        assert upstream.calls == 4, "two pages, twice each"

    def test_a_clock_that_was_set_back(self, upstream: Lists, moving: SkippingClock) -> None:
        moving.sleep(50 * 365 * 24 * 3600)  # a Date header is nearer to the real time from now on
        run(upstream)
        before = names()
        moving.sleep(-3600)
        with pytest.raises(ClockSetBack, match="was a clock set back"):
            run(upstream)
        assert names() == before


def test_another_upstream_is_read_from_the_beginning(upstream: Lists) -> None:
    run(upstream)
    with listing(config__countries={key: country(key) for key in range(5, 20)}) as other:
        run(other)
        assert names() == told(other)
        assert row().upstream == other.url


def test_the_plan_has_the_most_valuable_first() -> None:
    order = chosen(())
    assert order[0].startswith("config/")
    assert order.index("spacecraft") < order.index("launches/upcoming") < order.index("agencies")
    assert order[-2:] == ["launches", "dashboard/starship"]
    with pytest.raises(ValueError, match=r"'spacecrafts' is no resource .*: did you mean spacecraft\?"):  # fmt: skip
        chosen(["spacecrafts"])


def test_the_plan_tells_the_calls_and_the_time(upstream: Lists, moving: SkippingClock) -> None:
    from cosmodrome.access.rates import Rate

    budget = Budget(Rate(2, 3600))
    first = list(plan_of([PATH]).lines(budget))
    assert first[0].startswith("at least 1 call, complete about ")
    steps: list[list[str]] = []
    run(upstream, after=lambda _: steps.append(list(plan_of([PATH]).lines(budget))))
    UpstreamCall.objects.all().delete()
    assert [lines[0].split(",")[0] for lines in steps[:4]] == ["4 calls", "3 calls", "2 calls", "1 call"]
    run(upstream)
    hours = (clock.now() + timedelta(hours=2)).strftime("%H:%M")
    UpstreamCall.objects.all().delete()
    assert next(plan_of([PATH]).lines(budget)).endswith(f"{hours} UTC")
