"""Timelines as iCalendar (RFC 5545), rendered from their JSON, so that both always have the same events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework.renderers import BaseRenderer, JSONRenderer

from cosmodrome.time.clock import read_instant

if TYPE_CHECKING:
    import icalendar

TIMED_PRECISIONS = (None, "Second", "Minute", "Hour")
"""Precisions of events that get a time of day; less precise events are all-day events."""


class CalendarRenderer(BaseRenderer):
    """Renders iCalendar, for `?format=ics` and for `Accept: text/calendar`."""

    media_type = "text/calendar"
    format = "ics"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Renders a timeline as a calendar, and anything else, such as a 404, as JSON."""
        del accepted_media_type
        response = (renderer_context or {})["response"]
        if "events" not in data:
            response.headers["Content-Type"] = JSONRenderer.media_type
            return JSONRenderer().render(data)
        kind = without_query(data["url"]).split("/")[-3]
        name = f"{kind}-{data['id']}-timeline.ics"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        text: bytes = calendar_of(data).to_ical()
        return text


def calendar_of(timeline: Mapping[str, Any]) -> icalendar.Calendar:
    """The calendar of a timeline."""
    from icalendar import Calendar  # the import takes 0.2 s, which a start need not wait for

    calendar = Calendar()
    calendar.add("prodid", "-//Cosmodrome//Fleet timeline//EN")
    calendar.add("version", "2.0")
    calendar.add("name", one_line(timeline["name"]))
    calendar.add("x-wr-calname", one_line(timeline["name"]))  # what most programs still read instead of NAME
    calendar.add("url", without_query(timeline["url"]))
    for event in timeline["events"]:
        calendar.add_component(calendar_event(event, timeline["url"]))
    return calendar


def calendar_event(event: Mapping[str, Any], owner: str) -> icalendar.Event:
    """The calendar's event for one event of a timeline: without a duration, and transparent.

    It links to the record that the event is about, or to `owner`.  Its UID identifies the event and its
    DTSTAMP is its instant, so that a calendar that is fetched again, or from another host, moves its events
    and never duplicates them, and equal timelines are equal bytes.
    """
    from icalendar import Event

    instant = read_instant(event["instant"])
    entry = Event()
    entry.add("uid", f"{event['id']}@cosmodrome")
    entry.add("dtstamp", instant)
    entry.add("dtstart", instant if event["precision"] in TIMED_PRECISIONS else instant.date())
    entry.add("summary", one_line(event["title"]))
    entry.add("description", description_of(event))
    entry.add("categories", [event["kind"]])
    entry.add("status", "TENTATIVE" if event["planned"] else "CONFIRMED")
    entry.add("transp", "TRANSPARENT")
    record = event["docking"] or event["expedition"] or event["flight"]
    entry.add("url", without_query(record["url"] if record else owner))
    return entry


def description_of(event: Mapping[str, Any]) -> str:
    """The facts that are not in the title, a line each."""
    facts = {
        "Duration": event["duration"],
        "Launch": event["launch"] and event["launch"]["name"],
        "Known to": event["precision"],
    }
    return "\n".join(f"{name}: {one_line(fact)}" for name, fact in facts.items() if fact)


def one_line(text: str) -> str:
    """Collapses white space in `text`: with line breaks icalendar fails, or programs misread the result."""
    return " ".join(text.split())


def without_query(url: str) -> str:
    """Removes the query from a url: records have no calendars, to which `?format=ics` would lead."""
    return url.partition("?")[0]
