"""Every derived value, one declaration each, in a module for each family of tables."""

from cosmodrome.derived.definitions import (
    agencies,
    attempts,
    craft,
    craft_kinds,
    people,
    places,
    stations,
    vehicles,
)
from cosmodrome.derived.registry import DERIVED, Derived, Instant

__all__ = [
    "DERIVED",
    "Derived",
    "Instant",
    "agencies",
    "attempts",
    "craft",
    "craft_kinds",
    "people",
    "places",
    "stations",
    "vehicles",
]
