"""Events, news, notices, road closures, and the pages and videos that tell of anything."""

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
    Update,
)
from cosmodrome.catalogue.launches import TimelineEvent
from cosmodrome.catalogue.links import InfoURL, InfoURLType, VidURL, VidURLType
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.stations import SpaceStation
from cosmodrome.synth.agencies import DASHBOARD_PROGRAM
from cosmodrome.synth.fleet import DAY, HOUR, ZERO, to_come
from cosmodrome.synth.vocabulary import LANGUAGES, TIMELINE
from cosmodrome.synth.words import HOST, MARK
from cosmodrome.synth.world import World


def cover_mission(world: World, mission: int) -> None:
    """Pages and videos of a mission: mostly none."""
    if world.turns.now_and_then("mission is covered", 4):
        write_links(world, "mission", mission_id=mission)


def cover_launch(world: World, launch: UUID, net: datetime) -> None:
    """Pages, videos, news and the timeline of a launch: every third has some."""
    if not world.turns.now_and_then("launch is covered", 3):
        return
    write_links(world, "launch", launch_id=launch)
    write_updates(world, "launch", min(net, world.now), launch_id=launch)
    turns = world.turns
    types = range(1, TIMELINE.count("|") + 2)
    for step, kind in enumerate(turns.some("launch.timeline", types, 4)):
        world.writer.add(
            TimelineEvent,
            launch_id=launch,
            type_id=turns.gap("timeline.type", kind, 9),
            relative_time=turns.gap("timeline.time", timedelta(seconds=(step - 1) * 73), 7),
        )


def write_links(world: World, what: str, **owner: Any) -> None:
    """None, one or several pages, and as many videos or others."""
    turns, words, writer = world.turns, world.words, world.writer
    languages = LANGUAGES.count("|") + 1

    def common(kind: str) -> dict[str, Any]:
        return {
            "priority": turns.next(f"{kind}.priority", 12) - 1,
            "source": turns.gap(f"{kind}.source", "invented.example"),
            "title": turns.gap(f"{kind}.title", words.name("{} explained")),
            "description": turns.gap(f"{kind}.description", words.prose(350)),
            "feature_image": turns.gap(f"{kind}.feature_image", words.page("features")),
            "url": words.page(kind, 2000),
            "language_id": turns.gap(f"{kind}.language", 1 + turns.next("language", languages)),
            **owner,
        }

    for _ in range(turns.next(f"{what}.info_urls", 4)):
        writer.add(InfoURL, type_id=turns.gap("info.type", world.word_for(InfoURLType)), **common("info"))
    for _ in range(turns.next(f"{what}.vid_urls", 3)):
        start = world.instant(world.beginning, world.now)
        writer.add(
            VidURL,
            publisher=turns.gap("video.publisher", words.name("{} TV")),
            type_id=turns.gap("video.type", world.word_for(VidURLType)),
            start_time=turns.gap("video.start", start),
            end_time=turns.gap("video.end", start + 2 * HOUR),
            live=turns.now_and_then("video.live", 6),
            **common("video"),
        )


def write_updates(world: World, what: str, when: datetime, **owner: Any) -> None:
    """None, one or several news before `when`."""
    turns, words = world.turns, world.words
    for step in range(turns.next(f"{what}.updates", 4)):
        comment = words.prose(900, lines=1)
        if turns.now_and_then("a long update", 97):
            comment = words.prose(40000, lines=1600)
        world.writer.add(
            Update,
            profile_image=turns.gap("update.image", f"{HOST}/people/{step}.png"),
            comment=turns.gap("update.comment", comment, 9),
            info_url=turns.gap("update.info_url", words.page("news")),
            created_by=turns.gap("update.author", f"{words.word()} {MARK}"),
            created_on=when - (step + 1) * 7 * HOUR,
            **owner,
        )


def write_happenings(world: World) -> None:
    """Events, past and to come, of which some have no date; news of programs; closures and notices."""
    writer, words = world.writer, world.words
    for number in world.events:
        write_event(world, number)
    for program in world.programs:
        write_updates(world, "program", world.now, program_id=program.pk)
    for number in range(world.number_of(20, 12, 400)):
        start = to_come(world) if number % 3 else world.instant(world.now - 900 * DAY, world.now)
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
    """One event with all that it concerns."""
    writer, words, turns = world.writer, world.words, world.turns
    date = to_come(world) if world.random.random() < 0.3 else world.instant(world.beginning, world.now)
    name = words.name("{} comes by")
    writer.keep(
        Event(
            id=number,
            name=name,
            image_id=world.image("event.image"),
            date=turns.gap("event.date", date, 9),
            slug=slugify(f"{name} {number}"),
            type_id=world.word_for(EventType),
            description=words.prose(2048),
            webcast_live=number % 8 == 0,
            location=turns.gap("event.location", f"{words.word()} {MARK}"),
            date_precision_id=world.precision("event.precision"),
            duration=turns.gap("event.duration", ZERO if number % 5 == 0 else world.seconds(HOUR, DAY)),
            last_updated=world.instant(world.now - 900 * DAY, world.now),
        )
    )
    programs = turns.some("event.program", writer.numbers(Program), 2)
    if number % 5 == 0:
        programs = list(dict.fromkeys([DASHBOARD_PROGRAM, *programs]))
    lists: dict[str, Sequence[Any]] = {
        "agencies": writer.numbers(Agency),
        "launches": world.some_launches,
        "expeditions": writer.numbers(Expedition),
        "spacestations": writer.numbers(SpaceStation),
        "astronauts": writer.numbers(Astronaut),
    }
    writer.link(Event, "program", number, programs)
    for relation, keys in lists.items():
        writer.link(Event, relation, number, turns.some(f"event.{relation}", keys, 2))
    write_links(world, "event", event_id=number)
    write_updates(world, "event", min(world.now, date), event_id=number)
