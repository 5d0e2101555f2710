"""What is asked: one page, a mix of two hundred queries, and queries that were never asked before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice, permutations, product
from random import Random
from urllib.parse import urlencode

LIMIT = 10
"""Records on a page, as when nothing is asked: 22 KB."""
MIX = 200
DISTINCT = 50_000
"""Queries in a round that were never asked: more than anyone answers in it who has not kept the answers."""

ORDERINGS = [
    sign + name
    for name in ("flights_count", "id", "mission_ends_count", "time_docked", "time_in_space")
    for sign in ("", "-")
]
FILTERS = [{}, {"in_space": "false"}, {"is_placeholder": "false"}, {"status": "1"}, {"status": "2"}]
SEARCHES = ["", "invented", "al", "or"]
MODES = ["", "normal", "detailed"]
PLACES = (0.0, 0.05, 0.2, 0.5, 0.8)
"""Where in the list a page begins."""


@dataclass(frozen=True)
class Query:
    """One page of a list, in no server's language."""

    ordering: str = ""
    offset: int = 0
    search: str = ""
    mode: str = ""
    filters: tuple[tuple[str, str], ...] = ()

    @property
    def parameters(self) -> str:
        """As Launch Library is asked."""
        named = {"ordering": self.ordering, "search": self.search, "mode": self.mode, **dict(self.filters)}
        asked = {name: value for name, value in named.items() if value}
        return urlencode({"limit": LIMIT, **({"offset": self.offset} if self.offset else {}), **asked})


def page() -> list[Query]:
    """The same page, over and over."""
    return [Query()]


def mix(craft: int) -> list[Query]:
    """Two hundred queries, the same for everyone: of orderings, offsets, filters, searches, modes."""
    every = [
        Query(ordering, int(place * craft), search, mode, tuple(filters.items()))
        for ordering, place, filters, search, mode in product(ORDERINGS, PLACES, FILTERS, SEARCHES, MODES)
    ]
    return Random(1).sample(every, MIX)  # noqa: S311 - chosen, not secret


def distinct(craft: int, number: int) -> list[Query]:
    """Queries of the round of this number, none of which any other round has."""
    return list(islice(all_distinct(craft), number * DISTINCT, (number + 1) * DISTINCT))


def all_distinct(craft: int) -> Iterator[Query]:
    """Ever other queries: each order of the orderings, and for each all offsets."""
    for length in count(1):
        for terms in permutations(ORDERINGS, length):
            for offset in range(craft):
                yield Query(",".join(terms), offset)
        if length == len(ORDERINGS):
            return
