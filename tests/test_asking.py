"""Filters, search and ordering mean what they mean to django-filter and DRF, on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from conftest import NOW, Api
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.shapes.collation import compare, sort_key
from cosmodrome.time.accrual import accrued
from cosmodrome.time.durations import read_duration, write_duration


def ids(api: Api, path: str, **parameters: Any) -> list[Any]:
    return [record["id"] for record in api.json(path, **{"limit": 100, **parameters})["results"]]


def names(api: Api, path: str, **parameters: Any) -> list[str]:
    return [record["name"] for record in api.json(path, **{"limit": 100, **parameters})["results"]]


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "1"])
def test_booleans_come_in_any_case(api: Api, word: str) -> None:
    assert ids(api, "spacecraft", in_space=word) == [9301]


@pytest.mark.parametrize("word", ["false", "False", "0"])
def test_false_is_the_rest(api: Api, word: str) -> None:
    assert len(ids(api, "spacecraft", in_space=word)) == 22


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"name": "Dragon C102"}, [211]),
        ({"name": "dragon c102"}, []),
        ({"spacecraft_config": 3}, [211]),
        ({"status": 9301}, [9302]),
        ({"is_placeholder": "True"}, [9302]),
        ({"in_space": "true", "is_placeholder": "True"}, []),
        ({"in_space": "", "name": ""}, None),
        ({"unheard_of": "anything", "serial_number": "Z-1"}, None),
    ],
)
def test_filters_narrow_together_and_unknown_ones_are_ignored(
    api: Api, parameters: dict[str, Any], expected: list[int] | None
) -> None:
    found = ids(api, "spacecraft", **parameters)
    assert found == (expected if expected is not None else ids(api, "spacecraft"))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"abbrev": "ZOW"}, [9001]),
        ({"abbrev": "zow"}, []),
        ({"abbrev__contains": "O"}, [1000, 9001]),
        ({"abbrev__contains": "o"}, []),
        ({"name__contains": "Zénith"}, [9001]),
        ({"name__contains": "zénith"}, []),
        ({"founding_year": 1999}, [9001]),
        ({"founding_year__gt": 1999}, [121]),
        ({"founding_year__gte": 1999}, [121, 9001]),
        ({"founding_year__lt": 1940}, [999]),
        ({"total_launch_count__gte": 4, "total_launch_count__lte": 7}, [9001]),
        ({"featured": "true", "type__id": 3, "founding_year": 1999}, [9001]),
        ({"id": "121,63,9001,"}, [63, 121, 9001]),
        ({"id": "121"}, [121]),
        ({"country_code": "EMK"}, [9001]),
        ({"country_code": "EM,NRL"}, [9001]),
        ({"country_code": "XXX"}, []),
        ({"spacecraft": "true"}, [63, 121, 999, 9001, 9002]),
        ({"spacecraft": "false"}, [66, 1000]),
        ({"parent__id": 9001}, []),
    ],
)
def test_the_filters_of_agencies(api: Api, parameters: dict[str, Any], expected: list[int]) -> None:
    assert sorted(ids(api, "agencies", **parameters)) == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("dragon", [211]),
        ("DRAGON", [211]),
        ("zénith", [9301, 9302]),
        ("ZÉNITH", [9301, 9302]),
        ("ÜMLÄUT", [9301]),
        ("zénith mark", [9301]),
        ("soyuz 40", [144]),
        ('"tm-12"', [118]),
        ("mark,aurore", [9301]),
        ("zenith", []),
        ("100%", []),
        ("_", []),
    ],
)
def test_each_word_must_be_found_in_one_of_the_fields(api: Api, search: str, expected: list[int]) -> None:
    assert ids(api, "spacecraft", search=search) == expected


def test_an_empty_search_finds_everything(api: Api) -> None:
    assert ids(api, "spacecraft", search="") == ids(api, "spacecraft")


def test_what_is_not_ordered_is_by_id_and_ties_end_with_the_id(api: Api) -> None:
    assert ids(api, "spacecraft") == sorted(ids(api, "spacecraft"))
    records = api.json("spacecraft", ordering="flights_count", limit=100)["results"]
    ones = [record["id"] for record in records if record["flights_count"] == 1]
    assert ones == sorted(ones)
    down = api.json("spacecraft", ordering="-flights_count", limit=100)["results"]
    assert [record["id"] for record in down if record["flights_count"] == 1] == ones


def test_nulls_come_last_and_first_when_descending(api: Api) -> None:
    assert ids(api, "spacecraft", ordering="time_docked")[-1] == 9302
    assert ids(api, "spacecraft", ordering="-time_docked")[0] == 9302


def test_unknown_fields_are_dropped_silently(api: Api) -> None:
    assert ids(api, "spacecraft", ordering="unheard_of,-id,--id,description") == ids(
        api, "spacecraft", ordering="-id"
    )


def test_the_first_of_repeated_fields_decides(api: Api) -> None:
    assert ids(api, "spacecraft", ordering="-id,id,-id") == ids(api, "spacecraft", ordering="-id")


def test_names_are_ordered_as_people_expect(api: Api) -> None:
    assert names(api, "agencies", ordering="name") == [
        "Energia",
        "norland Aeronautics, small (invented)",
        "North American Aviation",
        "Russian Federal Space Agency (ROSCOSMOS)",
        "Soviet Space Program",
        "SpaceX",
        "Zénith Orbital Works (invented)",
    ]


def test_punctuation_counts_only_between_equals() -> None:
    ordered = [
        "Chinese Reusable Space Vehicle",
        "Crew Dragon 2",
        "CST-100 Starliner",
        "Progress 7K-TG",
        "Progress-M",
        "Progress-M1",
        "Progress-M (modified)",
        "Progress-MS",
        "Progress M-UM",
    ]
    assert sorted(ordered, key=sort_key) == ordered


@given(st.text(), st.text(), st.text())
def test_the_order_of_names_is_an_order(a: str, b: str, c: str) -> None:
    assert compare(a, b) == -compare(b, a)
    assert (compare(a, b) == 0) == (a == b)
    if compare(a, b) <= 0 and compare(b, c) <= 0:
        assert compare(a, c) <= 0


@pytest.mark.every
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.slow) if path == "agencies" else path  # two dozen orders
        for path, resource in RESOURCES.items()
        if resource.ordering_fields
    ],
)
def test_descending_is_ascending_backwards_but_for_ties(api: Api, path: str) -> None:
    modes = RESOURCES[path].modes
    for name in RESOURCES[path].ordering_fields or []:
        brief = next((mode for mode, shape in modes.items() if name in shape().fields), "detailed")
        records = api.json(path, ordering=name, mode=brief, limit=100)["results"]
        down = api.json(path, ordering=f"-{name}", mode=brief, limit=100)["results"]
        assert [record.get(name) for record in records] == [record.get(name) for record in down][::-1]


def test_a_look_up_is_ordered_by_any_of_its_keys(api: Api) -> None:
    by_name = names(api, "config/agency_types", ordering="name")
    assert by_name == sorted(by_name)


class TestMovingValues:
    """A craft in space goes on from the moment its total was read: 30 April 2026, 11:59:30."""

    def test_time_in_space_is_exact_at_the_moment_of_the_answer(self, api: Api) -> None:
        assert api.json("spacecraft/9301")["time_in_space"] == "P11DT30S"

    def test_it_moves_by_the_seconds_that_pass(self, api: Api, settings: Settings) -> None:
        settings.CLOCK_STOPPED_AT = NOW + timedelta(days=1, seconds=61)
        assert api.json("spacecraft/9301")["time_in_space"] == "P12DT1M31S"

    def test_what_is_known_of_docking_stands_still(self, api: Api) -> None:
        assert api.json("spacecraft/9301")["time_docked"] == "P1DT1S"

    def test_ordering_compares_what_is_shown(self, api: Api, settings: Settings) -> None:
        """At P10D it comes before craft 27 with P10DT1H; a month later, after it."""
        settings.CLOCK_STOPPED_AT = datetime(2026, 4, 30, 12, tzinfo=UTC)
        before = ids(api, "spacecraft", ordering="time_in_space")
        assert before.index(9301) < before.index(27) < before.index(524)
        settings.CLOCK_STOPPED_AT = datetime(2026, 5, 30, tzinfo=UTC)
        after = ids(api, "spacecraft", ordering="time_in_space")
        assert after.index(9301) > after.index(524)
        shown = [
            r["time_in_space"] for r in api.json("spacecraft", ordering="time_in_space", limit=100)["results"]
        ]
        lengths = [read_duration(text) for text in shown if text is not None]
        assert lengths == sorted(lengths)

    @given(
        closed=st.none() | st.timedeltas(timedelta(0), timedelta(10_000)),
        since=st.none() | st.datetimes(timezones=st.just(UTC)),
        now=st.datetimes(timezones=st.just(UTC)),
    )
    def test_it_never_moves_back(
        self, closed: timedelta | None, since: datetime | None, now: datetime
    ) -> None:
        value = accrued(closed, since, now)
        assert (value is None) == (closed is None)
        assert value is None or closed is None or value >= closed


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "P0D"),
        (timedelta(days=10), "P10D"),
        (timedelta(days=400), "P400D"),
        (timedelta(minutes=8, seconds=33), "PT8M33S"),
        (timedelta(days=74, minutes=59, seconds=3), "P74DT59M3S"),
        (timedelta(days=11, hours=19, minutes=14, seconds=36), "P11DT19H14M36S"),
        (timedelta(seconds=1, microseconds=999_999), "PT1S"),
    ],
)
def test_durations_leave_zero_parts_out(duration: timedelta, text: str) -> None:
    assert write_duration(duration) == text


@given(st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_is_read_back_as_it_was_written(duration: timedelta) -> None:
    assert read_duration(write_duration(duration)) == duration


@pytest.mark.parametrize("text", ["P1Y", "P2M", "11 days", "", "PT", "P-1D2", "1:00:00"])
def test_what_is_no_fixed_length_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_duration(text)
