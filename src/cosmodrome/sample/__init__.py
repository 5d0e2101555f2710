"""The bundled catalogue: twenty real craft, three of their flights, and all records that they refer to.

`README.md` in this package says where the data comes from.  `FILES` are loaded like any other file.
"""

from datetime import UTC, datetime
from pathlib import Path

READ_AT = datetime(2026, 4, 8, tzinfo=UTC)
"""The moment at which the published totals were read."""

FILES = tuple(
    Path(__file__).parent / f"{name}.json"
    for name in (
        "agencies",
        "spacecraft_configuration_families",
        "spacecraft_configurations",
        "spacecraft",
        "launches",
        "spacecraft_flights",
    )
)
"""The files in the order of loading: each refers only to records of those before it."""
