"""Derived values: SQL equals a slow and obvious reference, on any history, at any instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from django.db import models
from hypothesis import assume, given
from hypothesis import strategies as st

from conftest import NOW
from cosmodrome.derived.definitions import DERIVED, Derived, Instant
from cosmodrome.derived.materialised.materialise import DerivationInstant, compute_bulk
from cosmodrome.derived.registry import AT_READING, DEPENDENCIES, EVERY_ROW, AtLeastPublished
from cosmodrome.rendering.statements import PRESENT, Statement, compiled
from cosmodrome.time.as_of import AsOf, set_as_of
from histories import (
    REFERENCE,
    Flight,
    History,
    histories_and_instant,
    id_offset,
    instant,
    known,
    span,
    stored,
)
from histories.model import GO, STATUSES, SUCCESS
from histories.strategies import COLUMNS, rows_with_totals
from pages import examples

pytestmark = pytest.mark.usefixtures("empty")


def computed(declared: Derived, at: Instant, in_bulk: bool = True) -> dict[Any, tuple[Any, bool]]:
    """What SQL makes of all rows of the table."""
    moment = at.moment if isinstance(at.moment, datetime) else NOW
    with set_as_of(AsOf(moment, is_requested=False, present=moment)):
        rows = statement_of(declared.name, at is AT_READING, in_bulk).execute()
    return {key: (in_its_history(value), bool(is_known)) for key, value, is_known in rows}


@cache
def statement_of(name: str, at_reading: bool, in_bulk: bool) -> Statement:
    """The statement that computes a value, compiled once: Django takes far longer to make it than it takes."""
    at = AT_READING if at_reading else Instant(DerivationInstant(None, output_field=models.DateTimeField()))
    rows = DERIVED[name].rows(at, in_bulk).values_list("pk", "derived", "known")
    return compiled(lambda: rows, PRESENT[:1])


def in_its_history(value: Any) -> Any:
    """A launch's id as the history has it that it is of."""
    return UUID(int=value.int % id_offset(1)) if isinstance(value, UUID) else value


def told(declared: Derived, histories: list[History], hour: int | None) -> dict[Any, tuple[Any, bool]]:
    """What the reference makes of all rows of the table; without an hour, at each row's own moment."""
    expected = {}
    for row in declared.table._default_manager.values_list("pk", flat=True):
        number, key = divmod(row.int if isinstance(row, UUID) else row, id_offset(1))
        history = histories[number]
        when = history.published[declared.table.__name__, key]["read"] if hour is None else hour
        is_known = known(history, declared.name, key, when)
        expected[row] = (REFERENCE[declared.name](history, key, when), is_known)
    return expected


OVER_ALL = tuple(name for name in DERIVED if "launch_attempt_count" in name and name.startswith("Launch."))
"""Values that depend on all launches there are, so that a history is looked at alone."""


def holds(histories: list[History], hour: int) -> None:
    """SQL and the reference agree at the hour, and at the moments at which totals were read."""
    with stored(*histories):
        agree(set(DERIVED) - set(OVER_ALL), histories, hour)
    with stored(histories[0]):
        agree(set(OVER_ALL), histories[:1], hour)


def agree(names: set[str], histories: list[History], hour: int) -> None:
    for name in sorted(names):
        declared = DERIVED[name]
        expected = told(declared, histories, hour)
        for in_bulk in (True, False) if declared.window else (True,):
            assert computed(declared, Instant(instant(hour)), in_bulk) == expected, name
        if declared.is_total:
            assert computed(declared, AT_READING) == told(declared, histories, None), name
        if declared.bulk:
            found_alike(declared, histories, hour)
        if declared.rate:
            assert grown(declared, hour) == expected_to_grow(declared, hour), name


def found_alike(declared: Derived, histories: list[History], hour: int) -> None:
    """What is found for all rows at once is what the reference makes of each."""
    found = compute_bulk(declared.table, instant(hour))[declared.column]
    columns = [each.columns for each in (declared.parts_known,) if isinstance(each, AtLeastPublished)]
    for key, (value, is_known) in told(declared, histories, hour).items():
        assert in_its_history(found.now.get(key, found.default)) == value, declared.name
        if not columns and declared.bulk and declared.bulk.includes_known:
            assert (key in found.known) == is_known, declared.name
    if any(declared.column in each for each in columns):
        for key, (value, _) in told(declared, histories, None).items():
            assert found.at_reading.get(key, found.default) == value, declared.name


MINUTE = timedelta(minutes=1)
"""Within which nothing happens: histories know whole hours only."""


def grown(declared: Derived, hour: int) -> dict[Any, timedelta]:
    now, then = (computed(declared, Instant(when)) for when in (instant(hour), instant(hour) + MINUTE))
    return {key: then[key][0] - value for key, (value, _) in now.items()}


def expected_to_grow(declared: Derived, hour: int) -> dict[Any, timedelta]:
    assert declared.rate
    rows = declared.table._default_manager.annotate(pace=declared.rate(Instant(instant(hour))))
    return {key: pace * MINUTE for key, pace in rows.values_list("pk", "pace")}


@pytest.mark.slow
@examples(1)
@given(st.lists(histories_and_instant(), min_size=4, max_size=4))
def test_what_sql_derives_is_what_the_parts_add_up_to(several: list[tuple[list[History], int]]) -> None:
    """A few dozen histories at once: it is the statements that take time, however much they find."""
    together = [history for histories, _ in several for history in histories]
    assume(sum(len(history.flights) for history in together) > 20)  # hypothesis begins with the emptiest
    holds(together, several[0][1])


def test_a_turnaround_of_no_time_is_the_shortest() -> None:
    """Of a craft that is launched at the instant at which it has landed, and once more later."""
    flights = [Flight(1, 1, 0, 5, 3), Flight(2, 1, 5, 20, 3), Flight(3, 1, 40, 50, 3)]
    history = History(flights=flights)
    with stored(history):
        found_alike(DERIVED["Spacecraft.fastest_turnaround"], [history], 60)


@pytest.mark.slow
@examples(3)
@given(histories_and_instant())
def test_so_it_is_of_many_more(looked_at: tuple[list[History], int]) -> None:
    holds(*looked_at)


def of_each_status() -> Iterator[History]:
    """Two craft, of which one has flown before; then a launch of one status with everything on it, and more."""
    for status in STATUSES:
        flights = [
            everything(1, craft=1, net=10, end=20, status=SUCCESS),
            everything(2, craft=1, net=100, end=None, status=status),
            everything(3, craft=2, net=110, end=150, status=status),
            everything(4, craft=2, net=300, end=None, status=status),
            everything(5, craft=1, net=300, end=None, status=GO),
            everything(6, craft=2, net=90, end=None, status=GO),
        ]
        history = History(flights)
        for table, key in rows_with_totals(history):
            row = {column: REFERENCE[f"{table}.{column}"](history, key, 5) for column in COLUMNS[table]}
            history.published[table, key] = {"read": 5, **row}
        yield history


def everything(number: int, **columns: Any) -> Flight:
    """A flight of which everything is known, so that each table has a part in it."""
    one = dict.fromkeys(("pad", "booster", "provider", "config", "operator", "place"), 1)
    landed = dict.fromkeys(("landing", "craft_landing", "payload_landing"), True)
    return Flight(number, up=(1,), down=(1,), orbit="Low", **one, **landed, **columns)  # type: ignore[arg-type]


@pytest.mark.slow
def test_every_status_of_a_launch_counts_alike_in_every_value() -> None:
    """In Flight, Payload Deployed, none and one that nobody knows have flown; Go, TBD, TBC and Hold have not."""
    histories = list(of_each_status())
    with stored(*histories):
        agree(set(DERIVED) - set(OVER_ALL), histories, 200)
    for history in histories[::3]:
        with stored(history):
            agree(set(OVER_ALL), [history], 200)


def test_what_the_statuses_come_to() -> None:
    """The reference itself, in plain numbers."""
    for history, status in zip(of_each_status(), STATUSES, strict=True):
        has_flown = status not in (1, 2, 5, 8)
        counted = [
            REFERENCE[f"Agency.{column}"](history, 1, 200)
            for column in ("total_launch_count", "successful_launches", "failed_launches", "pending_launches")
        ]
        successes, failures = status == 3, status in (4, 7)
        assert counted == ([3, 1 + 2 * successes, 2 * failures, 3] if has_flown else [1, 1, 0, 5]), status
        assert REFERENCE["Spacecraft.in_space"](history, 1, 200) == has_flown
        numbers = [REFERENCE["Launch.pad_launch_attempt_count"](history, key, 200) for key in range(1, 7)]
        assert numbers == ([1, 2, 3, 6, 6, 2] if has_flown else [1, 3, 4, 6, 6, 2]), status


def value(name: str, history: History, hour: int, key: int = 1) -> Any:
    with stored(history):
        return computed(DERIVED[name], Instant(instant(hour)))[key]


class TestACraftThatFliesTwice:
    history = History(
        [Flight(1, craft=1, net=100, end=150), Flight(2, craft=1, net=170, end=None)],
        published={("Spacecraft", 1): {"read": 200, "flights_count": 2, "mission_ends_count": 1}},
    )

    @pytest.mark.parametrize(
        ("hour", "flights", "ends", "in_space", "time", "fastest"),
        [
            (99, 0, 0, False, span(0), None),
            (100, 1, 0, True, span(0), None),
            (149, 1, 0, True, span(49), None),
            (150, 1, 1, False, span(50), None),
            (169, 1, 1, False, span(50), None),
            (170, 2, 1, True, span(50), span(20)),
            (180, 2, 1, True, span(60), span(20)),
        ],
    )
    def test_at_the_ends_of_its_flights(
        self, hour: int, flights: int, ends: int, in_space: bool, time: Any, fastest: Any
    ) -> None:
        expected = {
            "flights_count": flights,
            "mission_ends_count": ends,
            "in_space": in_space,
            "time_in_space": time,
            "fastest_turnaround": fastest,
        }
        found = {name: value(f"Spacecraft.{name}", self.history, hour) for name in expected}
        assert found == {name: (each, True) for name, each in expected.items()}

    def test_nothing_is_known_when_a_flight_is_missing(self) -> None:
        fewer = History(self.history.flights[1:], published=self.history.published)
        for name in ("flights_count", "mission_ends_count", "in_space", "time_in_space"):
            assert not value(f"Spacecraft.{name}", fewer, 200)[1]


@pytest.mark.parametrize("table", DEPENDENCIES, ids=lambda table: table.__name__)
def test_each_path_leads_from_a_part_to_the_row_it_is_of(table: type[models.Model]) -> None:
    for part, path in DEPENDENCIES[table]:
        if path not in ("", EVERY_ROW):
            reference: Any = part._default_manager.values_list(path).query.resolve_ref(path)
            end = reference.target
            assert table in (end.related_model, end.model), (part.__name__, path)


def test_every_table_with_derived_values_says_what_they_are_made_of() -> None:
    assert {declared.table for declared in DERIVED.values()} == set(DEPENDENCIES)


def test_every_value_says_what_it_counts_and_what_null_means() -> None:
    assert set(DERIVED) == set(REFERENCE)
    for declared in DERIVED.values():
        assert "null" in declared.meaning.lower(), declared.name


def test_the_samples_craft_of_known_flights_were_in_space_as_long_as_published() -> None:
    from cosmodrome.server.startup import load_sample

    load_sample()
    rows = DERIVED["Spacecraft.time_in_space"].rows(AT_READING).filter(known=True)
    times = {row.pk: (row.derived, row.published) for row in rows}
    assert set(times) == {25, 27, 32, 118, 133, 144, 209, 211, 459, 480}
    assert all(ours == theirs for ours, theirs in times.values())
