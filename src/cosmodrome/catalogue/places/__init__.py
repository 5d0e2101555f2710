"""Places: celestial bodies, launch sites and their pads, and landing locations."""

# The order of the imports is that of the endpoints in `/2.3.0/`.
# isort: off
from cosmodrome.catalogue.places.types import CelestialBodyType, LandingType
from cosmodrome.catalogue.places.bodies import CelestialBody, Orbit
from cosmodrome.catalogue.places.sites import Location, Pad
from cosmodrome.catalogue.places.landings import Landing, LandingLocation
# isort: on

__all__ = [
    "CelestialBody",
    "CelestialBodyType",
    "Landing",
    "LandingLocation",
    "LandingType",
    "Location",
    "Orbit",
    "Pad",
]
