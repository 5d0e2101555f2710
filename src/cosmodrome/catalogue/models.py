"""The module in which Django looks for tables: it imports every family."""

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
