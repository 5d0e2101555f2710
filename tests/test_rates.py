"""Rates and the sliding window: what is a rate, and who is let through, held against the plain definition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmodrome.access.rates import MOST_CALLS, Rate, read_rate
from cosmodrome.access.window import MOST_MARKS, Window

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("15/h", Rate(15, 3600)),
        ("15/hour", Rate(15, 3600)),
        (" 300 / Hours ", Rate(300, 3600)),
        ("5/s", Rate(5, 1)),
        ("60/min", Rate(60, 60)),
        ("1/day", Rate(1, 86400)),
        (f"{MOST_CALLS}/d", Rate(MOST_CALLS, 86400)),
    ],
)
def test_a_rate_is_calls_in_a_period(text: str, rate: Rate) -> None:
    assert read_rate(text) == rate
    assert read_rate(str(rate)) == rate


@pytest.mark.parametrize(
    "text",
    ["", "15", "/h", "15/", "15/month", "15/ms", "15/hs", "1.5/h", "-1/h", "0/h", "\u0661\u0665/h", "15/h/h",
     "15 per hour", f"{MOST_CALLS + 1}/h", "9" * 5000 + "/h", "15/h\x00"],
)  # fmt: skip
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a rate: write|can't be held to: write") as refused:
        read_rate(text)
    assert len(str(refused.value)) < 250


def call(rate: Rate, now: datetime, marks: list[list[int]]) -> tuple[int, list[list[int]]]:
    """One call: the seconds to wait, and what is kept, as it comes back from the database."""
    window = Window.at(now, rate, marks)
    if window.wait:
        return window.wait, marks
    return 0, [list(mark) for mark in window.with_one_more().marks]


steps = st.lists(st.integers(0, 40_000_000).map(lambda us: timedelta(microseconds=us)), max_size=60)


@given(calls=st.integers(1, 5), steps=steps)
def test_the_window_lets_through_whom_drf_lets_through(calls: int, steps: list[timedelta]) -> None:
    """DRF keeps the instants of the calls that it lets through, and drops those a period old."""
    rate, now, marks = Rate(calls, 60), NOON, list[list[int]]()
    history: list[datetime] = []
    for step in steps:
        now += step
        history = [at for at in history if at > now - timedelta(seconds=60)]
        assert Window.at(now, rate, marks).used == len(history)
        wait, marks = call(rate, now, marks)
        assert (wait == 0) == (len(history) < calls)
        if not wait:
            history.append(now)


@given(calls=st.integers(1, 5), steps=steps)
def test_one_who_waits_as_told_is_let_through_and_a_second_earlier_is_not(
    calls: int, steps: list[timedelta]
) -> None:
    rate, now, marks = Rate(calls, 60), NOON, list[list[int]]()
    for step in steps:
        now += step
        wait, marks = call(rate, now, marks)
        if wait:
            assert call(rate, now + timedelta(seconds=wait), marks)[0] == 0
            assert call(rate, now + timedelta(seconds=wait - 1), marks)[0] > 0


@given(steps=st.lists(st.integers(0, 400).map(lambda us: timedelta(microseconds=us)), max_size=200))
def test_of_high_rates_little_is_kept_and_never_more_let_through(steps: list[timedelta]) -> None:
    rate = Rate(MOST_MARKS + 1, 1)
    full = Window.at(NOON, rate, [])
    full = Window(rate, full.now, ((full.now, rate.calls - 20),))
    now, marks, let_through = NOON, [list(mark) for mark in full.marks], 0
    for step in steps:
        now += step
        wait, marks = call(rate, now, marks)
        let_through += not wait
    assert let_through == min(20, len(steps))
    assert len(marks) <= 1 + 200 * 400 // 1000 + 1


def test_a_lowered_rate_waits_until_enough_calls_are_old() -> None:
    marks = [[int((NOON - timedelta(seconds=ago)).timestamp()) * 1_000_000, 1] for ago in (50, 40, 30, 20)]
    assert Window.at(NOON, Rate(5, 60), marks).wait == 0
    assert Window.at(NOON, Rate(4, 60), marks).wait == 10
    assert Window.at(NOON, Rate(2, 60), marks).wait == 30


def test_a_clock_that_was_set_back_does_not_lock_anyone_out() -> None:
    later = NOON + timedelta(days=700)
    _, marks = call(Rate(1, 60), later, [])
    assert Window.at(NOON, Rate(1, 60), marks).wait == 0
    assert Window.at(later - timedelta(seconds=1), Rate(1, 60), marks).wait == 61
