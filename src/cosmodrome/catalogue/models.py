"""Where Django looks for tables: every family, once."""

from cosmodrome.catalogue import (
    agencies,
    config,
    crews,
    dashboard,
    events,
    flights,
    images,
    launches,
    links,
    missions,
    places,
    programs,
    spacecraft,
    stations,
    vehicles,
)

__all__ = [
    "agencies",
    "config",
    "crews",
    "dashboard",
    "events",
    "flights",
    "images",
    "launches",
    "links",
    "missions",
    "places",
    "programs",
    "spacecraft",
    "stations",
    "vehicles",
]
