"""A timeline as a calendar (RFC 5545), made from its JSON: what one has, the other has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework.renderers import BaseRenderer, JSONRenderer

from cosmodrome.time.clock import read_instant

if TYPE_CHECKING:
    import icalendar

TO_THE_HOUR = (None, "Second", "Minute", "Hour")
"""What is known less precisely stands at the head of its day."""


class Calendar(BaseRenderer):
    """iCalendar, for `?format=ics` and those who accept `text/calendar`."""

    media_type = "text/calendar"
    format = "ics"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The calendar; what is no timeline, as a 404, is answered in JSON."""
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
    from icalendar import Calendar as ICalendar  # 0.2 s, which a start need not wait for

    calendar = ICalendar()
    calendar.add("prodid", "-//Cosmodrome//Fleet timeline//EN")
    calendar.add("version", "2.0")
    calendar.add("name", one_line(timeline["name"]))
    calendar.add("x-wr-calname", one_line(timeline["name"]))  # what most programs still read instead of NAME
    calendar.add("url", without_query(timeline["url"]))
    for event in timeline["events"]:
        calendar.add_component(entry_of(event, timeline["url"]))
    return calendar


def entry_of(event: Mapping[str, Any], owner: str) -> icalendar.Event:
    """One event: a moment without length that keeps nobody busy.

    It links to the record that tells of it, or to `owner`.  Its UID says which event it is and its DTSTAMP
    when, so that a calendar that is fetched again, or from another host, moves its events and never doubles
    them, and equal timelines are equal bytes.
    """
    from icalendar import Event

    instant = read_instant(event["instant"])
    entry = Event()
    entry.add("uid", f"{event['id']}@cosmodrome")
    entry.add("dtstamp", instant)
    entry.add("dtstart", instant if event["precision"] in TO_THE_HOUR else instant.date())
    entry.add("summary", one_line(event["title"]))
    entry.add("description", description_of(event))
    entry.add("categories", [event["kind"]])
    entry.add("status", "TENTATIVE" if event["planned"] else "CONFIRMED")
    entry.add("transp", "TRANSPARENT")
    told = event["docking"] or event["expedition"] or event["flight"]
    entry.add("url", without_query(told["url"] if told else owner))
    return entry


def description_of(event: Mapping[str, Any]) -> str:
    """What is told beside the title, a line each; the launch has its name in the title."""
    facts = {
        "Duration": event["duration"],
        "Launch": event["launch"] and event["launch"]["name"],
        "Known to": event["precision"],
    }
    return "\n".join(f"{name}: {one_line(fact)}" for name, fact in facts.items() if fact)


def one_line(text: str) -> str:
    """`text` with a blank for any white space: line breaks make icalendar fail, or programs misread."""
    return " ".join(text.split())


def without_query(url: str) -> str:
    """Records have no calendars of their own, to which a link that keeps `?format=ics` would lead."""
    return url.partition("?")[0]
