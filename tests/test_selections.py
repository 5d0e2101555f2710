"""What columns in memory select is what one statement of the backends' selects, in the same order."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from conftest import NOW, Api
from cosmodrome.catalogue.launches import Launch
from cosmodrome.changes.versions import data_version
from cosmodrome.resources.filters import InstantFilter
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.selections import filtersets, listings, queries
from cosmodrome.resources.selections.columns import UNKNOWN, VALUE, Column, Comparison, Index, Path, Texts
from cosmodrome.resources.selections.conditions import reader_of
from cosmodrome.resources.selections.filtersets import filterset_of
from cosmodrome.resources.selections.listings import NotMade
from cosmodrome.resources.selections.lookups import found_by_words
from cosmodrome.resources.store import Store
from test_every_parameter import columns_of, value_for, values_of
from wsgi import ask, new_cache

LAUNCHES = "/2.3.0/launches/"
Asked = Mapping[str, str]


@pytest.fixture
def eager(kept: Store, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Columns are made when they are wanted for the first time; tells of each query whether they told."""

    def refuse_early(composer: Any, *_: Any) -> None:
        if composer.view is None:
            raise NotMade

    told: list[bool] = []
    composed = queries.composed

    def recorded(*asked: Any) -> Any:
        found = composed(*asked)
        told.append(found is not None)
        return found

    monkeypatch.setattr(listings.Composer, "_refuse_early", refuse_early)
    monkeypatch.setattr(queries, "composed", recorded)
    return told


def answer(api: Api, path: str, asked: Asked) -> Any:
    return api.client.get(f"/2.3.0/{path}/", {"limit": "100", "fields": "id", **asked}).content


def answer_by_statement(api: Api, path: str, asked: Asked) -> Any:
    with override_settings(CACHE_BYTES=0):  # nothing is kept, and so nothing is put together of columns
        return answer(api, path, asked)


def values_asked_for(api: Api, path: str) -> Iterator[tuple[str, list[str]]]:
    """Each filter of a list with a value that some record shows, if there is one, and some that none may."""
    resource = RESOURCES[path]
    mode = {"mode": "detailed"} if "detailed" in resource.modes else {}
    everything = api.json(path, limit=100, **mode)["results"]
    for name, one in filterset_of(resource)().filters.items():
        try:
            seen = [v for each in everything for column in columns_of(one) for v in values_of(each, column)]
        except (KeyError, TypeError):
            seen = []
        known = [value for value in seen if value not in (None, "")]
        first, last = value_for(one.field, known[:1]), value_for(one.field, known[-1:])
        yield name, list(dict.fromkeys([str(first), str(last), f"{first},{last}", "1", "senseless", ""]))


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_each_filter_selects_what_a_statement_does(api: Api, path: str, eager: list[bool]) -> None:
    for name, values in values_asked_for(api, path):
        for value in values:
            asked = {name: value}
            by_statement = answer_by_statement(api, path, asked)
            assert answer(api, path, asked) == by_statement, (path, asked)
        if reader_of(RESOURCES[path], name):
            assert any(eager), f"{path}: {name} is looked up"
        eager.clear()


MIXED = (
    "launches",
    "launches/upcoming",
    "launches/previous",
    "events",
    "docking_events",
    "agencies",
    "astronauts",
)
WORDS = ("a", "e", "E", "o", "so", "crew", "launch", "apollo", "1", "ü", "%", "_", "a'b", '"a b"', "e,o")


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_together_they_select_what_a_statement_does(api: Api, eager: list[bool], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(MIXED))
    resource = RESOURCES[path]
    pool = POOLS.setdefault(path, dict(values_asked_for(api, path)))
    names = data.draw(st.lists(st.sampled_from(sorted(pool)), max_size=3, unique=True))
    asked = {name: data.draw(st.sampled_from(pool[name][:4])) for name in names}
    orders = [*(resource.ordering_fields or ["id", "name"]), ""]
    asked["ordering"] = data.draw(st.sampled_from(["", "-"])) + data.draw(st.sampled_from(orders))
    if resource.search_fields and data.draw(st.sampled_from(["", "search"])):
        asked["search"] = " ".join(data.draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)))
    by_statement = answer_by_statement(api, path, asked)
    assert answer(api, path, asked) == by_statement, (path, asked)


POOLS: dict[str, dict[str, list[str]]] = {}
"""The values of each list, found once."""


@pytest.mark.every
@pytest.mark.parametrize("path", RESOURCES)
def test_a_filter_set_of_what_is_asked_refuses_what_the_whole_one_does(
    api: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = list(filterset_of(RESOURCES[path]).base_filters)
    wrong = [dict.fromkeys(names, "senseless,-"), *({name: "senseless"} for name in names[:30])]
    some = [answer(api, path, asked) for asked in wrong]
    monkeypatch.setattr(filtersets, "narrowed_to", lambda every, _names: every)
    assert some == [answer(api, path, asked) for asked in wrong]


def test_no_two_alike_take_one_statement_each_until_columns_pay(
    kept: Store, one_connection: None, django_assert_num_queries: Any
) -> None:
    """The third bound and all that follow are answered past Django, without a statement."""
    version = data_version()
    cache = new_cache(WSGIHandler(), lambda: version)
    targets = [
        f"{LAUNCHES}?net__gt=2000-01-01T00:00:{number:02}.{number}Z&ordering=net" for number in range(9)
    ]
    layers = [ask(cache, target).environ["cosmodrome.layer"] for target in targets[:3]]
    with django_assert_num_queries(0):
        layers += [ask(cache, target).environ["cosmodrome.layer"] for target in targets[3:]]
    assert layers == ["fragments"] * 9
    assert len(kept.selections) < 9


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL searches by a statement")
def test_few_columns_are_made_for_one_request(kept: Store, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of launches takes seven; the first answers come by a statement, and all are the same."""
    made: list[Any] = []
    keep = listings.Composer._keep

    def keep_and_tell(composer: Any, key: Any, value: Any) -> Any:
        made.append(key)
        return keep(composer, key, value)

    monkeypatch.setattr(listings.Composer, "_keep", keep_and_tell)
    counts = []
    for word in ("moon", "Moon", "mOon", "moOn", "MOON"):
        before = len(made)
        answer(api, "launches", {"search": word})
        counts.append(len([key for key in made[before:] if key[0] is not listings.LookedUp]))
    assert max(counts) <= listings.MOST_MADE
    assert counts[-1] == 0 < sum(counts)


def test_ever_other_names_fill_no_memory() -> None:
    every: Any = filterset_of(RESOURCES["launches"])
    names = list(every.base_filters)
    for number in range(filtersets.MOST_FILTER_SETS + 9):
        one = filtersets.narrowed_to(
            every, frozenset([names[number % len(names)], names[number // len(names)]])
        )
        assert 1 <= len(one.base_filters) <= 2
    assert filtersets.narrowed_to.cache_info().currsize <= filtersets.MOST_FILTER_SETS


INSTANTS = [
    (path, name)
    for path, resource in RESOURCES.items()
    for name, one in filterset_of(resource).base_filters.items()
    if isinstance(one, InstantFilter)
]


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, name in INSTANTS if "/" not in path])
def test_every_instant_may_be_told_from_the_present(api: Api, path: str, name: str) -> None:
    for written, shift in (
        ("now", timedelta(0)),
        ("now-PT1H", -timedelta(hours=1)),
        ("now+P7D", timedelta(days=7)),
        ("now P1DT1M", timedelta(days=1, minutes=1)),
    ):
        found = answer(api, path, {name: (NOW + shift).isoformat()})
        assert json.loads(answer(api, path, {name: written}))["results"] == json.loads(found)["results"]
    for wrong in (
        "nows",
        "now-",
        "now-1h",
        "now+P1M",
        "now-P",
        "now*P1D",
        "now+P99999999D",
        "NOW",
        f"now+P{1:0100}D",
    ):
        refused = api.client.get(f"/2.3.0/{path}/", {name: wrong})
        assert refused.status_code == 400
        assert list(refused.json()) == [name]


def test_a_bound_that_moves_holds_until_a_record_passes_it(
    kept: Store, one_connection: None, settings: Settings, empty: None
) -> None:
    """One address for all: the answer is kept until a launch comes or goes, and no second longer."""
    for hours in (-30, -22, 3, 50):
        net = NOW + timedelta(hours=hours)
        Launch.objects.create(name=str(hours), net=net, window_start=net, window_end=net, last_updated=NOW)
    version = data_version()
    cache = new_cache(WSGIHandler(), lambda: version)
    for query, names, lasts in (
        ("launches/?net__gte=now", ["3", "50"], timedelta(hours=3)),
        ("launches/?net__gt=now", ["3", "50"], timedelta(hours=3) - timedelta(microseconds=1)),
        ("launches/?net__lt=now-PT23H", ["-30"], timedelta(hours=1)),
        ("launches/?net__lte=now-PT23H", ["-30"], timedelta(hours=1) - timedelta(microseconds=1)),
        ("launches/?net__gte=now&ordering=-last_updated", None, timedelta(hours=3)),
        ("launches/upcoming/?", ["-22", "3", "50"], timedelta(hours=2)),
        ("launches/upcoming/?hide_recent_previous=true", ["3", "50"], timedelta(hours=3)),
        ("launches/previous/?", ["-22", "-30"], timedelta(hours=3)),
    ):
        kept.clear()
        cache.entries.clear()
        settings.CLOCK_STOPPED_AT = NOW
        target = f"/2.3.0/{query}"
        first = ask(cache, target)
        assert names is None or [each["name"] for each in json.loads(first.body)["results"]] == names
        settings.CLOCK_STOPPED_AT = NOW + lasts - timedelta(seconds=1)
        assert ask(cache, target).environ["cosmodrome.layer"] == "cache", query
        settings.CLOCK_STOPPED_AT = NOW + lasts
        assert ask(cache, target).body == first.body, query
        settings.CLOCK_STOPPED_AT = NOW + lasts + timedelta(microseconds=1)
        later = ask(cache, target)
        assert json.loads(later.body)["count"] != json.loads(first.body)["count"], query


WORDS_OF_RECORDS = st.lists(
    st.tuples(st.text("ab", max_size=2), st.lists(st.text("ab", max_size=3))), max_size=5
)


@given(WORDS_OF_RECORDS, st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=3))
def test_words_that_a_record_has_nowhere_else_stand_in_one_of_its_rows(
    records: list[tuple[str, list[str]]], words: list[str]
) -> None:
    def index(values: list[list[str]]) -> Index:
        made = Index.__new__(Index)
        made.parts = 1
        made.fill([(place, value) for place, listed in enumerate(values) for value in listed])
        return made

    indexes: dict[Path, Index] = {
        "name": index([[name] for name, _ in records]),
        ("rows",): index([rows for _, rows in records]),
    }
    expected = {
        place
        for place, (name, rows) in enumerate(records)
        if any(all(word in name or word in row for word in words) for row in [*rows, ""])
    }
    assert found_by_words(words, ["name", ("rows",)], indexes) == expected


VALUES = st.lists(st.one_of(st.integers(-5, 5), st.just(UNKNOWN)), max_size=12)


@given(
    VALUES,
    st.sampled_from(["as it is", "rising", "falling"]),
    st.sampled_from(["gt", "gte", "lt", "lte"]),
    st.integers(-6, 6),
)
def test_a_span_is_what_one_comparison_after_the_other_selects(
    values: list[int], order: str, lookup: str, value: int
) -> None:
    if order != "as it is":
        known = sorted((each for each in values if each != UNKNOWN), reverse=order == "falling")
        unknown = [UNKNOWN] * (len(values) - len(known))
        values = [*unknown, *known] if order == "falling" else [*known, *unknown]
    column, comparison = Column(array(VALUE, values)), Comparison("", lookup, value)
    assert order == "as it is" or column.is_sorted
    matching = column.matching(comparison, range(len(values)))
    if column.is_sorted:
        assert list(range(*column.span(comparison))) == matching
    following = (Comparison("", lookup, value + more) for more in range(1, 14))
    changed = [each.value for each in following if column.matching(each, range(len(values))) != matching]
    assert column.next_value(comparison) == (changed[0] if changed else None)


@given(st.lists(st.text("aAbBäÄ. ", max_size=6)), st.text("aAbB. ", min_size=1, max_size=3))
def test_texts_are_searched_as_by_like(texts: list[str], word: str) -> None:
    def folded(text: str) -> str:
        return "".join(each.lower() if each.isascii() else each for each in text)

    found = list(Texts(texts).containing(word))
    assert found == [place for place, text in enumerate(texts) if folded(word) in folded(text)]
