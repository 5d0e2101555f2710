"""The declarations of all derived values, in a module for each family of tables.

Start reading with `craft`, which declares the values of spacecraft and their flights.  `counters` has the
counters of launches and landings that several tables share.  For `?at=`, `histories` says what each table's
rows were at an earlier instant, and `facts` which columns have always held what they hold.
"""

from cosmodrome.derived.definitions import (
    agencies,
    attempts,
    craft,
    craft_configurations,
    people,
    places,
    stations,
    turnarounds,
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
    "craft_configurations",
    "people",
    "places",
    "stations",
    "turnarounds",
    "vehicles",
]
