"""What is kept stays within its bytes, and what was asked for again outlives a flood of other questions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cosmodrome.rendering.fragments import Fragment, FragmentStore, Refer, Template
from cosmodrome.rendering.lru import REMEMBERED, TwoQueueCache

NOW = datetime(2026, 5, 1, tzinfo=UTC)


class Numbers:
    """Fragments of these show their key, and refer to that of the next lower one tenth."""

    height, model, below = 1, "numbers", frozenset(["tenths"])


class Tenths:
    """Fragments of these show their key."""

    height, model, below = 0, "tenths", frozenset[str]()


ABOVE: Template = Numbers()
BELOW: Template = Tenths()


class Counting:
    """Renders the fragments of both."""

    def render(self, missing: dict[Any, list[Fragment]], refer: Refer) -> set[Any]:
        for fragment in missing.get(ABOVE, ()):
            fragment.parts = (b"%d " % fragment.key, refer(BELOW, fragment.key // 10))
        for fragment in missing.get(BELOW, ()):
            fragment.parts = (b"of %d" % fragment.key,)
            fragment.is_shared = True
        return set()


@given(st.integers(0, 5000), st.lists(st.lists(st.integers(0, 60), max_size=8), max_size=30), st.data())
def test_documents_are_right_in_any_room(limit: int, pages: list[list[int]], data: Any) -> None:
    fragments = FragmentStore(limit)
    for keys in pages:
        if data.draw(st.integers(0, 3)) == 0:
            fragments.drop(BELOW, data.draw(st.none() | st.just(keys)))
        pieces, _ = fragments.joined(fragments.page(ABOVE, keys, Counting), NOW)
        assert b"".join(pieces) == b",".join(b"%d of %d" % (key, key // 10) for key in keys)
        assert fragments.size <= limit


def test_what_is_let_go_takes_no_room() -> None:
    fragments = FragmentStore(100_000)
    for key in range(10_000):
        fragments.page(ABOVE, [key], Counting)
    assert sum(len(known) for known in fragments.known.values()) < 500


def test_a_flood_pushes_out_its_like() -> None:
    kept: TwoQueueCache[str, int] = TwoQueueCache(1000)
    kept.put("asked again", 1, 100)
    assert kept.get("asked again") == 1
    for number in range(1000):
        kept.put(str(number), number, 100)
        assert kept.size <= 350  # a quarter of the room is for what is new
    assert kept.get("asked again") == 1
    assert kept.get("0") is None


def test_what_is_asked_for_in_turn_is_kept_in_the_end() -> None:
    kept: TwoQueueCache[int, int] = TwoQueueCache(1000)
    for _ in range(3):
        found = [kept.get(key) for key in range(7)]
        for key in range(7):
            kept.put(key, key, 100)
    assert found == [*range(7)]


def test_of_what_had_to_go_little_is_remembered() -> None:
    kept: TwoQueueCache[int, int] = TwoQueueCache(1000)
    for key in range(REMEMBERED + 1000):
        kept.put(key, key, 100)
    assert len(kept._evicted) == REMEMBERED


def test_what_is_too_large_is_not_kept() -> None:
    kept: TwoQueueCache[str, int] = TwoQueueCache(1000)
    kept.put("large", 1, 5000)
    assert kept.get("large") is None
    assert kept.size == 0


def test_what_has_no_room_while_it_is_new_is_kept_when_it_comes_again() -> None:
    kept: TwoQueueCache[str, int] = TwoQueueCache(1000, 1 / 16)
    for _ in range(2):
        assert kept.get("large") is None
        kept.resize("large", 50)
        assert kept.size == 0
        kept.put("large", 1, 100)
    kept.resize("large", 150)
    assert (kept.get("large"), kept.size) == (1, 150)


def test_all_of_the_room_is_used() -> None:
    kept: TwoQueueCache[int, int] = TwoQueueCache(1600, 1 / 16)
    for _ in range(2):
        for key in range(100):
            kept.put(key, key, 100)
    assert [key for key in range(100) if kept.get(key) is not None] == [*range(84, 100)]


def test_what_is_put_together_of_a_document_counts() -> None:
    fragments = FragmentStore(1_000_000)
    fragments.page(ABOVE, [1], Counting)
    before = fragments.size
    fragments.joined(fragments.page(ABOVE, [1], Counting), NOW)
    grown = fragments.size
    fragments.joined(fragments.page(ABOVE, [1], Counting), NOW)
    assert before < grown == fragments.size
    fragments.drop(BELOW)
    fragments.joined(fragments.page(ABOVE, [1], Counting), NOW)
    assert fragments.size == grown
