"""Requests as clients really send them, no two alike: other instants, ids and words each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from string import ascii_lowercase
from urllib.parse import quote

CRAFT = 3_000
"""Craft in the catalogue that is asked; 6,500 launches."""
PATHS = 40_000
"""Requests in a round: more than anyone answers in it."""
PRESENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
"""The present of an invented catalogue."""
A_DAY = 86_400_000_000
"""Microseconds: clients ask within a day of the present."""
AGENCIES = 300
HOT_HOME = "home, hot"

Path = str


def instant(random: Random, shift: timedelta = timedelta(0)) -> str:
    """One instant of that day, to the microsecond."""
    return (
        (PRESENT + shift + timedelta(microseconds=random.randrange(A_DAY))).isoformat().replace("+00:00", "Z")
    )


def launches(rest: str) -> Callable[[Random], Path]:
    """Launches to come, as the flagship app asks for them."""
    return lambda random: f"/2.3.0/launches/?net__gt={instant(random)}&ordering=net&{rest}"


def of_providers(random: Random) -> Path:
    """Launches of three agencies."""
    ids = ",".join(map(str, random.sample(range(1, AGENCIES), 3)))
    return f"/2.3.0/launches/?limit=10&lsp__id={ids}&mode=list"


def search(random: Random) -> Path:
    """Launches by two parts of words."""
    part, letter = "".join(random.choices(ascii_lowercase, k=3)), random.choice(ascii_lowercase)
    return f"/2.3.0/launches/?limit=10&mode=list&search={quote(f'{part} {letter}')}"


def as_of(random: Random) -> Path:
    """Craft at another instant each time."""
    return f"/2.3.0/spacecraft/?limit=10&at={instant(random, timedelta(days=-random.randrange(20_000)))}"


def home(random: Random) -> Iterator[Path]:
    """The eleven calls of a home screen, as of the moment at which it is opened."""
    now = instant(random)
    yield f"launches/?net__gt={now}&limit=4&ordering=net"
    yield f"launches/?net__gt={now}&limit=10&ordering=net&mode=list"
    yield f"launches/?net__lt={now}&limit=10&ordering=-net&mode=list"
    yield f"launches/?net__gt={now}&lsp__id=121&limit=2&ordering=net"
    yield f"launches/?net__gt={now}&location__ids=11,12,27&limit=2&ordering=net&mode=list"
    yield f"launches/?last_updated__gte={now}&limit=5&mode=list"
    yield f"events/?date__gt={now}&limit=8&ordering=date"
    yield f"docking_events/?docking__gt={now}&limit=5"
    yield "updates/?limit=10&ordering=-created_on"
    yield "astronauts/?in_space=true&limit=10"
    yield "spacecraft/?in_space=true&limit=10"


def homes(random: Random) -> Iterator[Path]:
    """Home screens that are opened one after the other."""
    while True:
        yield from (f"/2.3.0/{each}" for each in home(random))


def endless(one: Callable[[Random], Path]) -> Callable[[Random], Iterator[Path]]:
    """Requests of one kind, one after the other."""

    def paths(random: Random) -> Iterator[Path]:
        while True:
            yield one(random)

    return paths


KINDS: dict[str, Callable[[Random], Iterator[Path]]] = {
    "bounds": endless(launches("limit=4")),
    "bounds, list": endless(launches("limit=10&mode=list")),
    "bounds, detailed": endless(launches("limit=4&mode=detailed")),
    "providers": endless(of_providers),
    "searches": endless(search),
    "instants": endless(as_of),
    "fields": endless(launches("limit=10&fields=id,name,net")),
    "home": homes,
}
MADE_ANEW = ("instants", "fields")
"""Of which nothing is kept that would serve another request."""
OF_PLAIN = ("bounds", "bounds, list", "bounds, detailed", "providers", "searches")
"""The scenarios that plain Django REST Framework answers as well."""


def paths(scenario: str, number: int) -> list[Path]:
    """The requests of a round: no two rounds have one in common, but for the hot home screen."""
    random = Random(f"{scenario}, round {number}")  # noqa: S311 - chosen, not secret
    if scenario == HOT_HOME:
        return [f"/2.3.0/{each}" for each in home(Random(HOT_HOME))]  # noqa: S311 - likewise
    return list(islice(KINDS[scenario](random), PATHS))
