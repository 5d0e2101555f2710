"""The timeline subresources of spacecraft and space stations."""

from __future__ import annotations

from typing import Any

from cosmodrome.catalogue.spacecraft import SpacecraftResource
from cosmodrome.catalogue.stations import SpaceStationResource
from cosmodrome.resources.subresources import Subresource
from cosmodrome.timeline.calendar import TimelineCalendar
from cosmodrome.timeline.shapes import FleetTimeline
from cosmodrome.timeline.timelines import Timeline, limit_to_as_of, spacecraft_timeline, station_timeline

FORMATS = (
    "As JSON, or with `format=ics` as iCalendar for any calendar program: events keep their UIDs, so that a "
    "calendar that is fetched again doubles none. Events of which the instant is not known are left out; "
    "`planned` ones are still to come. With `at`, nothing is told that lies after that instant."
)


class TimelineSubresource(Subresource):
    """A timeline below a record."""

    path = "timeline"
    shape = FleetTimeline
    renderer_classes = [*Subresource.renderer_classes, TimelineCalendar]

    @classmethod
    def takes_as_of(cls) -> bool:
        return True


class SpacecraftTimeline(TimelineSubresource):
    """The timeline of a craft."""

    of = SpacecraftResource
    name = "Spacecraft Timeline"
    description = f"The craft's launches, dockings, undockings and mission ends, in order. {FORMATS}"

    def assemble(self, row: Any) -> Timeline:
        return limit_to_as_of(spacecraft_timeline(row))


class StationTimeline(TimelineSubresource):
    """The timeline of a station."""

    of = SpaceStationResource
    name = "Space Station Timeline"
    description = (
        "The station's founding and deorbit, dockings and undockings, and the beginnings and ends of its "
        f"expeditions, in order. {FORMATS}"
    )

    def assemble(self, row: Any) -> Timeline:
        return limit_to_as_of(station_timeline(row))
