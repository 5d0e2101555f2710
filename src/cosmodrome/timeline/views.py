"""Where timelines are asked for."""

from __future__ import annotations

from typing import Any

from cosmodrome.catalogue.spacecraft import SpacecraftResource
from cosmodrome.catalogue.stations import SpaceStationResource
from cosmodrome.resources.subresources import Subresource
from cosmodrome.timeline.calendar import Calendar
from cosmodrome.timeline.shapes import FleetTimeline
from cosmodrome.timeline.timelines import Timeline, spacecraft_timeline, station_timeline, timeline_as_of

FORMATS = (
    "As JSON, or with `format=ics` as iCalendar for any calendar program: events keep their UIDs, so that a "
    "calendar that is fetched again doubles none. Events of which the instant is not known are left out; "
    "`planned` ones are still to come. With `at`, nothing is told that lies after that instant."
)


class TimelineSubresource(Subresource):
    """What both have in common."""

    path = "timeline"
    shape = FleetTimeline
    forms = (Calendar,)
    supports_as_of = True


class SpacecraftTimeline(TimelineSubresource):
    """Of a craft."""

    of = SpacecraftResource
    name = "Spacecraft Timeline"
    description = f"The craft's launches, dockings, undockings and mission ends, in order. {FORMATS}"

    def assemble(self, row: Any) -> Timeline:
        return timeline_as_of(spacecraft_timeline(row))


class StationTimeline(TimelineSubresource):
    """Of a station."""

    of = SpaceStationResource
    name = "Space Station Timeline"
    description = (
        "The station's founding and deorbit, dockings and undockings, and the beginnings and ends of its "
        f"expeditions, in order. {FORMATS}"
    )

    def assemble(self, row: Any) -> Timeline:
        return timeline_as_of(station_timeline(row))
