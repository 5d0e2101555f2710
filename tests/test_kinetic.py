"""Pages of records in the order of what grows: those of the sorted whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cosmodrome.kinetic.order import MergedRuns, Run, ShiftedRun

ids = st.lists(st.integers(1, 10_000), unique=True, max_size=60)


@given(
    ids,
    st.lists(st.tuples(st.integers(-3, 3), st.integers(-8, 8)), max_size=60),
    st.integers(-5, 5),
    st.booleans(),
)
def test_any_page_is_that_of_the_sorted_whole(
    keys: list[int], moving: list[tuple[int, int]], passed: int, unknown_first: bool
) -> None:
    """Ranks and ids are few, so that many are equal; each record moves as it is told, the others are unknown."""
    ranked: dict[int, list[tuple[int, int]]] = {}
    for key, (speed, rank) in zip(keys, moving, strict=False):
        ranked.setdefault(speed, []).append((rank, key))
    unknown = sorted(keys[len(moving) :])
    whole = sorted((rank + speed * passed, key) for speed, each in ranked.items() for rank, key in each)
    known = [key for _, key in whole]
    expected = [*unknown, *known] if unknown_first else [*known, *unknown]
    runs = [ShiftedRun(Run(speed, each), speed * passed) for speed, each in ranked.items()]
    found = MergedRuns(runs, unknown, unknown_first)
    assert len(found) == len(expected)
    for start in range(len(expected) + 2):
        for stop in (start, start + 1, start + 3, len(expected) + 5):
            assert found[start:stop] == expected[start:stop]
    assert [found[place] for place in range(len(expected))] == expected
