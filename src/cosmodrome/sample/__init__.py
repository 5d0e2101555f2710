"""The bundled catalogue: twenty real craft, three of their flights, and all they refer to.  See README.md."""

from datetime import UTC, datetime
from pathlib import Path

READ_AT = datetime(2026, 4, 8, tzinfo=UTC)
"""The moment that the published totals are stated for."""

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
"""In an order in which each refers only to those before it."""
