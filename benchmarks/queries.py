"""What is asked: one page, a mix of two hundred queries, and queries that were never asked before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, product
from random import Random
from urllib.parse import urlencode

LIMIT = 10
"""Records on a page, as when nothing is asked: 22 KB."""
MIX = 200
DISTINCT = 50_000
"""Queries in a round that were never asked: more than anyone answers in it who has not kept the answers."""
ANYWHERE, ROUNDS = 20_000, 6
"""Queries in a round that begin anywhere, and the rounds for which there are others even of 600 craft."""
NEXT = 40
"""Pages that begin next to each other, in each order."""

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
    mark: int = 0
    """The value of a parameter that nobody knows; 0: it is not sent."""

    @property
    def parameters(self) -> str:
        """As Launch Library is asked."""
        named = {"ordering": self.ordering, "search": self.search, "mode": self.mode, **dict(self.filters)}
        asked = {name: value for name, value in {**named, "mark": self.mark}.items() if value}
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
    """The mix again and again, each time marked with a number that nobody has seen: in no round one twice."""
    marks = range(number * DISTINCT, (number + 1) * DISTINCT)
    return [replace(query, mark=mark) for query, mark in zip(cycle(mix(craft)), marks, strict=False)]


def anywhere(craft: int, number: int) -> list[Query]:
    """Queries of the mix at any offset: in no round one twice."""
    every = mix(craft)
    places = Random(1).sample(range(MIX * craft), ROUNDS * ANYWHERE)  # noqa: S311 - chosen, not secret
    own = places[number % ROUNDS * ANYWHERE :][:ANYWHERE]
    return [replace(every[place % MIX], offset=place // MIX) for place in own]


def from_place(craft: int, place: float, number: int) -> list[Query]:
    """Pages next to each other from a place in the list on, each time marked as none has ever been."""
    first = int(place * craft)
    pages = [Query(ordering, first + each) for each in range(NEXT) for ordering in ("", *ORDERINGS)]
    marks = range(number * DISTINCT, (number + 1) * DISTINCT)
    return [replace(query, mark=mark) for query, mark in zip(cycle(pages), marks, strict=False)]
