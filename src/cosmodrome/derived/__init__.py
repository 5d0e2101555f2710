"""Values that the catalogue can compute from their parts, for any instant: one declaration a value."""

from cosmodrome.derived import agencies, attempts, craft, craft_kinds, people, places, stations, vehicles
from cosmodrome.derived.declaring import DERIVED, Derived, Instant

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
