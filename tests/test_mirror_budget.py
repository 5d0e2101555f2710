"""The budget of a mirror: no period ever has more calls than the rate, over processes, restarts and clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmodrome.access.rates import Rate
from cosmodrome.mirror.budget import LONGEST_RETRY, Budget, BudgetSpent, Purpose
from cosmodrome.mirror.models import UpstreamCall
from cosmodrome.time import clock
from pages import examples

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
RATE = Rate(3, 3600)

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def at(settings: Any) -> Callable[[float], None]:
    """Sets the clock to so many seconds after noon."""

    def set_to(seconds: float) -> None:
        settings.CLOCK_STOPPED_AT = NOON + timedelta(seconds=seconds)

    set_to(0)
    return set_to


def call(budget: Budget, purpose: Purpose = Purpose.PLAN) -> None:
    budget.reserve("/2.3.0/agencies/", purpose).end(200)


def free_at(budget: Budget, **how: Any) -> float:
    with pytest.raises(BudgetSpent) as spent:
        budget.reserve("/", Purpose.PLAN, **how)
    return (spent.value.free_at - NOON).total_seconds()


def test_a_call_counts_for_one_period(at: Callable[[float], None]) -> None:
    budget = Budget(RATE)
    for seconds in (0, 10, 20):
        at(seconds)
        call(budget)
    assert (budget.used(), budget.left()) == (3, 0)
    assert free_at(budget) == 3600
    at(3600)
    call(budget)
    assert free_at(budget) == 3610


def test_a_call_counts_from_its_end_on(at: Callable[[float], None]) -> None:
    """The upstream may have dated it just before it answered."""
    budget = Budget(Rate(1, 60))
    slow = budget.reserve("/", Purpose.PLAN)
    at(50)
    assert free_at(budget) == 110, "it may end now"
    at(55)
    slow.end(200)
    at(114)
    assert free_at(budget) == 115
    at(115)
    call(budget)


def test_a_call_whose_process_died_has_ended_after_a_while(at: Callable[[float], None]) -> None:
    budget = Budget(Rate(1, 60))
    budget.reserve("/", Purpose.PLAN)
    at(1000)
    call(budget)


def test_another_process_and_the_next_start_count_the_same_calls(at: Callable[[float], None]) -> None:
    for _ in range(3):
        call(Budget(RATE))
    assert free_at(Budget(RATE)) == 3600


def test_without_a_rate_calls_are_recorded(at: Callable[[float], None]) -> None:
    for _ in range(100):
        call(Budget(None))
    assert UpstreamCall.objects.count() == 100


def test_a_question_about_the_rate_is_free(at: Callable[[float], None]) -> None:
    for _ in range(100):
        call(Budget(RATE), Purpose.THROTTLE)
    assert Budget(RATE).left() == 3


def test_a_reader_reserves_ahead_of_the_plan(at: Callable[[float], None]) -> None:
    budget = Budget(Rate(1, 60))
    call(budget)
    at(50)
    read = budget.reserve("/", Purpose.READ_THROUGH, patience=15)
    assert read.row.began == NOON + timedelta(seconds=60)
    at(61)
    assert free_at(budget) == 121, "the plan waits for it"


def test_the_upstream_may_ask_for_no_call_at_all(at: Callable[[float], None]) -> None:
    for budget in (Budget(RATE), Budget(None)):
        budget.reserve("/", Purpose.PLAN).end(429, NOON + timedelta(seconds=500))
        assert free_at(budget) == 500
        UpstreamCall.objects.all().delete()


def test_calls_made_elsewhere_count(at: Callable[[float], None]) -> None:
    budget = Budget(RATE)
    call(budget)
    assert budget.count_elsewhere(3) == 2
    assert budget.count_elsewhere(3) == 0
    assert free_at(budget) == 3600


def test_a_clock_that_is_set_back_neither_frees_nor_holds_for_long(
    at: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    budget = Budget(RATE)
    at(1_000_000)
    for _ in range(2):
        call(budget)
    budget.reserve("/", Purpose.PLAN).end(429, NOON + timedelta(days=300))
    at(0)
    with pytest.raises(BudgetSpent):
        budget.reserve("/", Purpose.PLAN)
    at(LONGEST_RETRY.total_seconds())
    call(budget)
    assert "The clock was set back: 3 calls made later count as made now." in caplog.text


@pytest.mark.parametrize("times", [pytest.param(5), pytest.param(25, marks=pytest.mark.slow)])
def test_no_window_ever_has_more_than_the_rate(times: int) -> None:
    """Whenever between its begin and its end the upstream dates a call."""

    @examples(times)
    @given(st.integers(0, 10**9))
    def holds(seed: int) -> None:
        random = Random(seed)  # noqa: S311
        UpstreamCall.objects.all().delete()
        budget = Budget(Rate(random.randint(1, 5), 60))
        dated = sorted(dated_calls(budget, random))
        for end in dated:
            within = [each for each in dated if end - budget.period < each <= end]
            assert budget.rate and len(within) <= budget.rate.calls

    holds()


def dated_calls(budget: Budget, random: Random) -> Iterator[datetime]:
    """Makes calls as fast as the budget lets, each dated at an instant between its begin and its end."""
    at = NOON
    for _ in range(30):
        with clock.held_at(at):
            try:
                made = budget.reserve("/", Purpose.PLAN, patience=random.choice([0, 0, 20]))
            except BudgetSpent as spent:
                at = max(spent.free_at, at + timedelta(microseconds=1))
                continue
        took = timedelta(seconds=random.choice([0, 0.1, 5, 59]))
        yield made.row.began + random.random() * took
        if random.random() < 0.9:
            at = max(at, made.row.began + took)
            with clock.held_at(at):
                made.end(200)
        at += timedelta(seconds=random.choice([0, 0, 1, 30]))
