"""Values that the catalogue can compute from their parts, for any instant: one declaration a value."""

from cosmodrome.derived import craft, launches, people, stations
from cosmodrome.derived.declaring import DERIVED, Derived, Instant

__all__ = ["DERIVED", "Derived", "Instant", "craft", "launches", "people", "stations"]
