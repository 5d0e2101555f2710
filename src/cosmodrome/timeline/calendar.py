"""Calendars as iCalendar (RFC 5545): what all of them have in common, and those of timelines.

A calendar is rendered from the JSON of the same address, so that both always have the same events.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import QueryDict
from rest_framework.renderers import BaseRenderer, JSONRenderer

from cosmodrome.shapes.tables import LARGEST
from cosmodrome.time.clock import read_instant

if TYPE_CHECKING:
    import icalendar

TIMED_PRECISIONS = (None, "Second", "Minute", "Hour")
"""Precisions of events that get a time of day; less precise events are all-day events."""

REFRESH = timedelta(hours=1)
"""After so long a calendar program may ask again."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Changes are numbered by the minutes since then; all after the year 6083 have the largest number."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Control characters, which RFC 5545 does not allow in texts, and further line breaks."""


@dataclass(frozen=True)
class CalendarEntry:
    """One event of a calendar."""

    id: str
    """Identifies the event on every server, and in every calendar."""
    instant: datetime
    title: str
    kind: str
    url: str
    precision: str | None = None
    """The precision of the instant, in the contract's words (`Month`); None if it is not stated."""
    duration: timedelta = timedelta(0)
    is_planned: bool = False
    changed: datetime | None = None
    """The last change of the event; None: not known."""
    facts: tuple[tuple[str, str | None], ...] = ()
    """What is not in the title, each with its name."""
    about: str = ""
    """A description, before the facts."""
    place: str = ""
    position: tuple[float, float] | None = None
    """Latitude and longitude of the place."""

    @property
    def is_timed(self) -> bool:
        """Whether its instant is known to the hour; else it takes the whole day."""
        return self.precision in TIMED_PRECISIONS

    @property
    def start(self) -> datetime | date:
        """The instant, or its day in UTC."""
        return self.instant if self.is_timed else self.instant.date()

    @property
    def length(self) -> timedelta:
        """The duration, of all-day events in whole days; never below zero."""
        if self.is_timed:
            return max(self.duration, timedelta(0))
        return timedelta(days=max(-(-self.duration // timedelta(days=1)), 1))

    @property
    def description(self) -> str:
        """The description and the facts, a line each."""
        facts = (one_line(f"{name}: {fact}") for name, fact in self.facts if fact)
        return "\n".join(filter(None, (one_line(self.about), *facts)))


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
        """Renders an answer as a calendar, and all else, such as a 404 or the answer to OPTIONS, as JSON."""
        del accepted_media_type
        context = renderer_context or {}
        response = context["response"]
        if response.status_code != 200 or context["request"].method == "OPTIONS":
            response.headers["Content-Type"] = JSONRenderer.media_type
            return JSONRenderer().render(data)
        response.headers["Content-Disposition"] = f'attachment; filename="{self.file_name(data, context)}"'
        calendar = calendar_of(self.title(data, context), self.address(data, context), self.entries(data))
        text: bytes = calendar.to_ical()
        return text

    def file_name(self, data: Any, context: Mapping[str, Any]) -> str:
        """Returns the name under which a browser keeps the calendar."""
        raise NotImplementedError

    def title(self, data: Any, context: Mapping[str, Any]) -> str:
        """Returns the name of the calendar."""
        raise NotImplementedError

    def address(self, data: Any, context: Mapping[str, Any]) -> str:
        """Returns the address of what the calendar is about."""
        raise NotImplementedError

    def entries(self, data: Any) -> Iterable[CalendarEntry]:
        """Returns the calendar's events."""
        raise NotImplementedError


class TimelineCalendar(CalendarRenderer):
    """The calendar of a timeline."""

    def file_name(self, data: Any, context: Mapping[str, Any]) -> str:
        del context
        kind = without_query(data["url"]).split("/")[-3]
        return f"{kind}-{data['id']}-timeline.ics"

    def title(self, data: Any, context: Mapping[str, Any]) -> str:
        del context
        return str(data["name"])

    def address(self, data: Any, context: Mapping[str, Any]) -> str:
        del context
        return str(data["url"])

    def entries(self, data: Any) -> Iterable[CalendarEntry]:
        for event in data["events"]:
            record = event["docking"] or event["expedition"] or event["flight"] or data
            yield CalendarEntry(
                id=event["id"],
                instant=read_instant(event["instant"]),
                title=event["title"],
                kind=event["kind"],
                url=record["url"],
                precision=event["precision"],
                is_planned=event["planned"],
                changed=instant_or_none(event["last_updated"]),
                facts=(
                    ("Duration", event["duration"]),
                    ("Launch", event["launch"] and event["launch"]["name"]),
                    ("Known to", event["precision"]),
                ),
            )


class ListCalendar(CalendarRenderer):
    """The calendar of a list, or of one record of it, with the same filters, order and pages."""

    default_limit: ClassVar[int] = 100
    """The records in a calendar if a request names no limit: calendar programs follow no links to pages."""
    mode: ClassVar[str] = "normal"
    """The mode of the records that the calendar is made of, whatever mode a request names."""

    def adapted(self, parameters: QueryDict) -> QueryDict:
        """Returns the parameters of a request as a calendar takes them: whole records, and more of them."""
        adapted = parameters.copy()
        for name in ("fields", "omit"):
            adapted.pop(name, None)
        adapted["mode"] = self.mode
        adapted.setdefault("limit", str(self.default_limit))
        return adapted

    def file_name(self, data: Any, context: Mapping[str, Any]) -> str:
        path = context["view"].path.replace("/", "-")
        return f"{path}.ics" if "results" in data else f"{path}-{data['id']}.ics"

    def title(self, data: Any, context: Mapping[str, Any]) -> str:
        name = context["view"].get_view_name()
        return str(name if "results" in data else data.get("name") or name)

    def address(self, data: Any, context: Mapping[str, Any]) -> str:
        del data
        return str(context["request"].build_absolute_uri())

    def entries(self, data: Any) -> Iterable[CalendarEntry]:
        for record in data.get("results", [data]):
            yield from self.record_entries(record)

    def record_entries(self, record: Any) -> Iterable[CalendarEntry]:
        """Returns the events of one record; none if it has no instant."""
        raise NotImplementedError


def calendar_of(name: str, address: str, entries: Iterable[CalendarEntry]) -> icalendar.Calendar:
    """Returns a calendar with a name, the address of what it is about, and events."""
    from icalendar import Calendar  # the import takes 0.2 s, which a start need not wait for

    calendar = Calendar()
    calendar.add("prodid", "-//Cosmodrome//Launch Library//EN")
    calendar.add("version", "2.0")
    calendar.add("name", one_line(name))
    calendar.add("x-wr-calname", one_line(name))  # what most programs still read instead of NAME
    calendar.add("url", one_line(without_query(address)))
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", f"PT{REFRESH // timedelta(hours=1)}H")  # what they read instead of it
    for entry in entries:
        calendar.add_component(calendar_event(entry))
    return calendar


def calendar_event(entry: CalendarEntry) -> icalendar.Event:
    """Returns the calendar's event for an entry; it takes nobody's time.

    Its UID identifies the event, and DTSTAMP and SEQUENCE tell of its last change, so that a calendar that is
    fetched again, or from another host, moves its events and never duplicates them, and equal answers are
    equal bytes.  Where the last change is not known, DTSTAMP, which must be there, is the event's instant.
    """
    from icalendar import Event

    event = Event()
    event.add("uid", one_line(f"{entry.id}@cosmodrome"))
    event.add("dtstamp", entry.changed or entry.instant)
    event.add("dtstart", entry.start)
    event.add("duration", entry.length)
    event.add("sequence", sequence_of(entry.changed))
    if entry.changed:
        event.add("last-modified", entry.changed)
    event.add("summary", one_line(entry.title))
    event.add("description", entry.description)
    event.add("categories", [one_line(entry.kind)])
    event.add("status", "TENTATIVE" if entry.is_planned else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("url", one_line(without_query(entry.url)))
    if entry.place:
        event.add("location", one_line(entry.place))
    if entry.position:
        event.add("geo", entry.position)
    return event


def sequence_of(changed: datetime | None) -> int:
    """Returns a number that grows with each change, if it is at least a minute after the one before."""
    minutes = (changed - BEGINNING) // timedelta(minutes=1) if changed else 0
    return min(max(minutes, 0), LARGEST)


def instant_or_none(text: str | None) -> datetime | None:
    """Returns the instant that a text of the wire names; None for null."""
    return read_instant(text) if text else None


def one_line(text: str) -> str:
    """Returns a text without control characters and line breaks, which icalendar or programs fail on."""
    return " ".join(CONTROL.sub(" ", text).split())


def without_query(url: str) -> str:
    """Removes the query from a url: `?format=ics` would lead to a calendar instead of the record."""
    return url.partition("?")[0]
