"""People: astronauts, the roles they fly in, their spacewalks and expeditions."""

# The order of the imports is that of the endpoints in `/2.3.0/`.
# isort: off
from cosmodrome.catalogue.crews.types import AstronautRole, AstronautStatus, AstronautType
from cosmodrome.catalogue.crews.astronauts import Astronaut, AstronautFlight
from cosmodrome.catalogue.crews.expeditions import Expedition, Spacewalk
# isort: on

__all__ = [
    "Astronaut",
    "AstronautFlight",
    "AstronautRole",
    "AstronautStatus",
    "AstronautType",
    "Expedition",
    "Spacewalk",
]
