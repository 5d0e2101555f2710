"""The bundled catalogue: twenty real craft, all records that they refer to, look-ups, and some history.

`README.md` in this package says where the data comes from.  `FILES` are loaded like any other file.
"""

from datetime import UTC, datetime
from pathlib import Path

READ_AT = datetime(2026, 4, 8, tzinfo=UTC)
"""The moment at which the published totals were read."""

FOLDER = Path(__file__).parent


def files(folder: str, *names: str) -> tuple[Path, ...]:
    """Returns the files of these names, each named after the endpoint of its records."""
    return tuple(FOLDER / folder / f"{name}.json" for name in names)


CRAFT = files(
    "",
    "agencies",
    "spacecraft_configuration_families",
    "spacecraft_configurations",
    "spacecraft",
    "launches",
    "spacecraft_flights",
)
"""Twenty craft, as they were published, and what they refer to."""

LOOKUPS = tuple(
    sorted((FOLDER / "config").glob("*.json"), key=lambda file: (file.stem == "orbits", file.stem))
)
"""The look-ups, as far as those of the original are known; orbits last, since they refer to bodies."""

HISTORY = files(
    "history",
    "agencies",
    "locations",
    "pads",
    "landing_locations",
    "launcher_configuration_families",
    "launcher_configurations",
    "launchers",
    "programs",
    "launches",
    "astronauts",
    "spacecraft_flights",
    "space_stations",
    "docking_locations",
    "docking_events",
    "expeditions",
    "events",
    "spacewalks",
    "payloads",
    "payload_flights",
    "astronauts.landings",
)
"""Launches, crews, stations and events of the craft."""

BODIES = files("history", "celestial_bodies")

FILES = (*LOOKUPS[:-1], *BODIES, *LOOKUPS[-1:], *CRAFT, *HISTORY)
"""The files in the order of loading: each refers only to records of those before it."""
