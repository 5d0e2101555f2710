"""Invents events, news, notices, road closures, and the pages and videos about anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.text import slugify

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Astronaut, Expedition
from cosmodrome.catalogue.events import (
    Event,
    EventType,
    Notice,
    NoticeType,
    RoadClosure,
    RoadClosureStatus,
    TimelineEvent,
    Update,
)
from cosmodrome.catalogue.links import InfoURL, InfoURLType, VidURL, VidURLType
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.stations import SpaceStation
from cosmodrome.synth.agencies import DASHBOARD_PROGRAM
from cosmodrome.synth.fleet import DAY, HOUR, ZERO, future_instant
from cosmodrome.synth.vocabulary import LANGUAGES, TIMELINE
from cosmodrome.synth.words import HOST, MARK
from cosmodrome.synth.world import World


def cover_mission(world: World, mission: int) -> None:
    """Writes pages and videos about a mission: for every fourth."""
    if world.cycles.once_in("mission is covered", 4):
        write_info_and_video_urls(world, "mission", mission_id=mission)


def cover_launch(world: World, launch: UUID, net: datetime) -> None:
    """Writes pages, videos, news and the timeline of a launch: for every third."""
    if not world.cycles.once_in("launch is covered", 3):
        return
    write_info_and_video_urls(world, "launch", launch_id=launch)
    write_updates(world, "launch", min(net, world.now), launch_id=launch)
    cycles = world.cycles
    types = range(1, TIMELINE.count("|") + 2)
    for kind in cycles.some("launch.timeline", types, 4):
        world.writer.add(
            TimelineEvent,
            launch_id=launch,
            type_id=cycles.nullable("timeline.type", kind, 9),
            relative_time=cycles.nullable("timeline.time", time_from_liftoff(kind), 7),
        )


def time_from_liftoff(kind: int) -> timedelta:
    """The time of an event of a timeline: the last two of the kinds come before the lift-off, the first."""
    last = TIMELINE.count("|") + 1
    return timedelta(seconds=73 * (kind - 1 if kind < last - 1 else kind - last - 1))


def write_info_and_video_urls(world: World, what: str, **owner: Any) -> None:
    """Writes none, one or several pages and videos about a record."""
    cycles, words, writer = world.cycles, world.words, world.writer
    languages = LANGUAGES.count("|") + 1

    def common(kind: str) -> dict[str, Any]:
        return {
            "priority": cycles.next(f"{kind}.priority", 12) - 1,
            "source": cycles.nullable(f"{kind}.source", "invented.example"),
            "title": cycles.nullable(f"{kind}.title", words.name("{} explained")),
            "description": cycles.nullable(f"{kind}.description", words.prose(350), share=0.1),
            "feature_image": cycles.nullable(f"{kind}.feature_image", words.page("features"), share=0.3),
            "url": words.page(kind, 2000),
            "language_id": cycles.nullable(f"{kind}.language", 1 + cycles.next("language", languages)),
            **owner,
        }

    for _ in range(cycles.next(f"{what}.info_urls", 4)):
        writer.add(
            InfoURL, type_id=cycles.nullable("info.type", world.word_for(InfoURLType)), **common("info")
        )
    for _ in range(cycles.next(f"{what}.vid_urls", 3)):
        start = world.instant(world.beginning, world.now)
        writer.add(
            VidURL,
            publisher=cycles.nullable("video.publisher", words.name("{} TV"), share=0.1),
            type_id=cycles.nullable("video.type", world.word_for(VidURLType)),
            start_time=cycles.nullable("video.start", start, share=0.5),
            end_time=cycles.nullable("video.end", start + 2 * HOUR, share=0.6),
            live=cycles.once_in("video.live", 6),
            **common("video"),
        )


def write_updates(world: World, what: str, when: datetime, **owner: Any) -> None:
    """Writes none, one or several news about a record, before `when`."""
    cycles, words = world.cycles, world.words
    for step in range(cycles.next(f"{what}.updates", 4)):
        comment = words.prose(900, lines=1)
        if world.hostile and cycles.once_in("a long update", 97):
            comment = words.prose(40000, lines=1600)
        world.writer.add(
            Update,
            profile_image=cycles.nullable("update.image", f"{HOST}/people/{step}.png"),
            comment=cycles.nullable("update.comment", comment, 9),
            info_url=cycles.nullable("update.info_url", words.page("news"), share=0.2),
            created_by=cycles.nullable("update.author", f"{words.word()} {MARK}"),
            created_on=when - (step + 1) * 7 * HOUR,
            **owner,
        )


def write_events_and_news(world: World) -> None:
    """Writes past and future events, some without a date, news of programs, road closures and notices."""
    writer, words = world.writer, world.words
    for number in world.events:
        write_event(world, number)
    for program in world.programs:
        write_updates(world, "program", world.now, program_id=program.pk)
    for number in range(world.number_of(20, 12, 400)):
        start = future_instant(world) if number % 3 else world.instant(world.now - 900 * DAY, world.now)
        writer.add(
            RoadClosure,
            title=words.name("Highway {}") if number % 10 else words.name("Highway {} " + "and on " * 140),
            status_id=world.word_for(RoadClosureStatus),
            window_start=start,
            window_end=start + world.seconds(HOUR, DAY),
        )
        issued = world.instant(world.now - 900 * DAY, world.now + 90 * DAY)
        writer.add(Notice, type_id=world.word_for(NoticeType), date=issued, url=words.page("notices"))


def write_event(world: World, number: int) -> None:
    """Writes an event with its relations."""
    writer, words, cycles = world.writer, world.words, world.cycles
    planned = number % 15 == 0 or (world.random.random() < 0.3 if world.hostile else number % 3 == 0)
    date = future_instant(world) if planned else world.instant(world.beginning, world.now)
    name = words.name("{} comes by")
    writer.add_rows(
        Event(
            id=number,
            name=name,
            image_id=world.image("event.image", share=0.05),
            date=cycles.nullable("event.date", date, 9),
            slug=slugify(f"{name} {number}"),
            type_id=world.word_for(EventType),
            description=words.prose(2048),
            webcast_live=number % 8 == 0,
            location=cycles.nullable("event.location", f"{words.word()} {MARK}", share=0.05),
            date_precision_id=world.precision("event.precision", date),
            duration=cycles.nullable(
                "event.duration", ZERO if number % 5 == 0 else world.seconds(HOUR, DAY), share=0.6
            ),
            last_updated=world.instant(world.now - 900 * DAY, world.now),
        )
    )
    programs = cycles.some("event.program", writer.ids(Program), 2)
    if number % 5 == 0:
        programs = list(dict.fromkeys([DASHBOARD_PROGRAM, *programs]))
    lists: dict[str, Sequence[Any]] = {
        "agencies": writer.ids(Agency),
        "launches": world.some_launches,
        "expeditions": writer.ids(Expedition),
        "spacestations": writer.ids(SpaceStation),
        "astronauts": writer.ids(Astronaut),
    }
    writer.add_links(Event, "program", number, programs)
    for relation, keys in lists.items():
        writer.add_links(Event, relation, number, cycles.some(f"event.{relation}", keys, 2))
    write_info_and_video_urls(world, "event", event_id=number)
    write_updates(world, "event", min(world.now, date), event_id=number)
