"""The calendars of lists: of launches, events and docking events, upcoming and previous ones too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import models
from rest_framework.renderers import BaseRenderer

from cosmodrome.catalogue.events import Event
from cosmodrome.catalogue.launches import FAILURE, ON_HOLD, PARTIAL_FAILURE, UPCOMING_STATUSES, Launch
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.time.clock import read_instant
from cosmodrome.time.durations import read_duration
from cosmodrome.timeline.calendar import CalendarEntry, ListCalendar, instant_or_none
from cosmodrome.timeline.timelines import UNNAMED, docking_titles

LONGEST_WINDOW = timedelta(days=1)
"""A window that is longer is no appointment; most of them stand for a month in which the launch is to be."""

NAMED_STATUSES = (FAILURE, PARTIAL_FAILURE, ON_HOLD)
"""The ids of statuses that a launch's title names, beside the launch."""


def at_end(record: Any, *path: str) -> Any:
    """Returns what is at the end of a path of keys in a record; None where one of them is null or missing."""
    for key in path:
        record = (record or {}).get(key)
    return record


class LaunchCalendar(ListCalendar):
    """Launches: from their `net` until the end of their window."""

    def record_entries(self, record: Any) -> Iterable[CalendarEntry]:
        net = instant_or_none(record["net"])
        if net is None:
            return
        status, pad, precision = record["status"], record["pad"], at_end(record, "net_precision", "name")
        number, named = at_end(status, "id"), at_end(status, "name")
        window = (instant_or_none(record["window_end"]) or net) - net
        yield CalendarEntry(
            id=f"launch-{record['id']}",
            instant=net,
            title=f"{record['name']} ({named})" if number in NAMED_STATUSES and named else record["name"],
            kind="launch",
            url=record["url"],
            precision=precision,
            duration=window if window <= LONGEST_WINDOW else timedelta(0),
            is_planned=number in UPCOMING_STATUSES,
            changed=instant_or_none(record["last_updated"]),
            about=at_end(record, "mission", "description") or "",
            facts=(
                ("Status", named),
                ("Provider", at_end(record, "launch_service_provider", "name")),
                ("Rocket", at_end(record, "rocket", "configuration", "full_name")),
                ("Orbit", at_end(record, "mission", "orbit", "name")),
                ("Known to", precision),
            ),
            place=", ".join(filter(None, (at_end(pad, "name"), at_end(pad, "location", "name")))),
            position=position_of(pad),
        )


def position_of(pad: Any) -> tuple[float, float] | None:
    """Returns the latitude and longitude of a pad; None if either is not known, or not on Earth."""
    latitude, longitude = at_end(pad, "latitude"), at_end(pad, "longitude")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude, longitude


class EventCalendar(ListCalendar):
    """Events: from their `date` on, for their `duration`."""

    def record_entries(self, record: Any) -> Iterable[CalendarEntry]:
        when = instant_or_none(record["date"])
        if when is None:
            return
        precision = at_end(record, "date_precision", "name")
        yield CalendarEntry(
            id=f"event-{record['id']}",
            instant=when,
            title=record["name"],
            kind=at_end(record, "type", "name") or "event",
            url=record["url"],
            precision=precision,
            duration=read_duration(record["duration"]) if record["duration"] else timedelta(0),
            changed=instant_or_none(record["last_updated"]),
            about=record["description"] or "",
            facts=(("Known to", precision),),
            place=record["location"] or "",
        )


class DockingCalendar(ListCalendar):
    """Dockings and undockings, as in the timelines of both sides."""

    mode = "detailed"

    def record_entries(self, record: Any) -> Iterable[CalendarEntry]:
        chaser, target = vehicle_name(record, "chaser"), vehicle_name(record, "target")
        titles = docking_titles(chaser, target, at_end(record, "docking_location", "name"))
        flight = record["flight_vehicle_chaser"] or record["payload_flight_chaser"]
        launch = at_end(flight, "launch")
        for kind, title in zip(("docking", "undocking"), titles, strict=True):
            instant = record["docking" if kind == "docking" else "departure"]
            if instant:
                yield CalendarEntry(
                    id=f"dockingevent-{record['id']}-{kind}",
                    instant=read_instant(instant),
                    title=title,
                    kind=kind,
                    url=record["url"],
                    is_planned=at_end(launch, "status", "id") in UPCOMING_STATUSES,
                    changed=instant_or_none(at_end(launch, "last_updated")),
                    facts=(("Launch", at_end(launch, "name")),),
                )


def vehicle_name(record: Any, side: str) -> str:
    """Returns the name of the vehicle on one side of a docking: `chaser` or `target`."""
    names = (
        at_end(record, f"flight_vehicle_{side}", "spacecraft", "name"),
        at_end(record, f"payload_flight_{side}", "payload", "name"),
        at_end(record, f"space_station_{side}", "name"),
    )
    return next(filter(None, names), UNNAMED)


CALENDARS: dict[type[models.Model], list[type[BaseRenderer]]] = {
    Launch: [LaunchCalendar],
    Event: [EventCalendar],
    DockingEvent: [DockingCalendar],
}
"""By table: the calendar of its lists, for `FORMATS`."""
