"""Invents agencies with their links in social media, and programs with their mission patches."""

from __future__ import annotations

from datetime import timedelta

from cosmodrome.catalogue.agencies import Agency, SocialMedia, SocialMediaLink
from cosmodrome.catalogue.config import AgencyType
from cosmodrome.catalogue.dashboard import PROGRAMME
from cosmodrome.catalogue.programs import MissionPatch, Program, ProgramType
from cosmodrome.synth.tallies import landing_totals, launch_totals
from cosmodrome.synth.words import HOST
from cosmodrome.synth.world import World

MEDIA = 8
DASHBOARD_PROGRAM = 1
"""The id of the program that has a dashboard."""

AGENCY_NAME_PATTERNS = (
    "{} Space Agency",
    "{} Launch Services",
    "{} Aerospace",
    "Institut {}",
    "{} Orbital",
    "Roskosmos-{}",
)


def make_agencies(world: World) -> None:
    """Makes agencies, every fourth of which provides launches, and the social media that they link to."""
    cycles, words = world.cycles, world.words
    for _ in range(world.number_of(4, 24, 2000)):
        number = world.writer.next_id(Agency)
        parent = cycles.nullable(
            "agency.parent", world.pick(world.agencies) if world.agencies else None, 3, 0.9
        )
        world.agencies.append(
            Agency(
                id=number,
                name=words.name(AGENCY_NAME_PATTERNS[number % len(AGENCY_NAME_PATTERNS)]),
                abbrev="" if number % 9 == 0 else words.letters(2 + number % 3),
                type_id=world.word_for(AgencyType),
                featured=number % 5 == 0,
                description=cycles.nullable("agency.description", words.prose(2048), share=0.03),
                administrator=cycles.nullable("agency.administrator", words.name("Director {}"), share=0.15),
                founding_year=cycles.nullable("agency.founding_year", 1930 + number % 60, share=0.05),
                launchers="" if number % 3 else " | ".join(words.name() for _ in range(3)),
                spacecraft="" if number % 4 else " | ".join(words.name() for _ in range(2)),
                parent=parent,
                parent_name=parent.name if parent else None,
                image_id=world.image("agency.image", share=0.2),
                logo_id=world.image("agency.logo", 4, share=0.15),
                social_logo_id=world.image("agency.social_logo", share=0.15),
                info_url=cycles.nullable("agency.info_url", words.page("agencies"), share=0.1),
                wiki_url=cycles.nullable("agency.wiki_url", words.page("wiki"), 5, share=0.15),
            )
        )
        if number % 4 == 1:
            world.providers.append(world.agencies[-1])
    for _ in range(MEDIA):
        world.writer.add(
            SocialMedia,
            name=words.name("{} Social"),
            url=cycles.nullable("media.url", words.page("media"), 3),
            logo_id=world.image("media.logo", 4),
        )


def share_pads(world: World) -> None:
    """Assigns each provider two pads to launch from, some of which several providers share."""
    pads = world.in_use(world.pads)
    for number, provider in enumerate(world.providers):
        world.pads_of[provider] = [pads[number * 2 % len(pads)], pads[(number * 2 + 3) % len(pads)]]
    users: dict[int, list[int]] = {}
    for provider, own in world.pads_of.items():
        for pad in own:
            users.setdefault(pad.pk, []).append(provider.pk)
    for pad in world.pads:
        world.writer.add_links(type(pad), "agencies", pad.pk, dict.fromkeys(users.get(pad.pk, ())))


def add_social_media_links(world: World, **owner: int) -> None:
    """Gives an agency or an astronaut none, one or several links."""
    (what,) = owner
    for media in world.cycles.some(f"{what}, media", range(1, MEDIA + 1)):
        url = world.cycles.nullable(f"{what}, media url", world.words.page("media"))
        world.writer.add(SocialMediaLink, social_media_id=media, url=url, **owner)


def write_agencies(world: World) -> None:
    """Writes the agencies with their totals."""
    for agency in world.agencies:
        counted = world.tally(agency)
        known = world.known("agency launches", counted.launches.attempted or counted.pending)
        world.set_totals(agency, known, **launch_totals(counted.launches, counted.pending))
        known_landings = world.known("agency landings", counted.landings.attempted)
        landings = landing_totals(counted.landings)
        world.set_totals(
            agency,
            known_landings,
            consecutive_successful_landings=counted.landings.in_a_row,
            **landings,
        )
        parts = {"_spacecraft": counted.craft_landings, "_payload": counted.payload_landings}
        for part, outcomes in parts.items():
            known_totals = world.known(f"agency landings{part}", outcomes.attempted)
            world.set_totals(agency, known_totals, **landing_totals(outcomes, part))
        world.writer.add_rows(agency)
        countries = [world.country() for _ in range(world.cycles.length("agency.country", 3, least=1))]
        world.writer.add_links(Agency, "country", agency.pk, dict.fromkeys(countries))
        add_social_media_links(world, agency_id=agency.pk)


def make_programs(world: World) -> None:
    """Makes programs, the first of them the one with a dashboard, and writes the patches."""
    cycles, words, writer = world.cycles, world.words, world.writer
    numbers = writer.ids(Agency)
    world.patches = range(1, world.number_of(12, 20, 4000) + 1)
    for number in world.patches:
        writer.add(
            MissionPatch,
            name=words.name("Patch of {}"),
            priority=number % 11,
            image_url=f"{HOST}/patches/{number}.png",
            agency_id=cycles.nullable("patch.agency", world.pick(numbers), share=0.1),
        )
    for number in range(1, world.number_of(30, 18, 1500) + 1):
        start = world.instant(world.beginning, world.now)
        program = Program(
            id=writer.next_id(Program),
            name=words.name("{} Program") if number != DASHBOARD_PROGRAM else PROGRAMME,
            image_id=world.image("program.image"),
            info_url=cycles.nullable("program.info_url", words.page("programs"), 3, share=0.25),
            wiki_url=cycles.nullable("program.wiki_url", words.page("wiki"), 4, share=0.1),
            description=cycles.nullable(
                "program.description", words.prose(40000 if number % 9 == 0 else 2000)
            ),
            start_date=cycles.nullable("program.start_date", start, 5),
            end_date=cycles.nullable("program.end_date", start + timedelta(days=number * 100), 3, share=0.7),
            type_id=world.word_for(ProgramType),
        )
        world.programs.append(program)
        writer.add_rows(program)
        writer.add_links(Program, "agencies", program.pk, cycles.some("program.agencies", numbers, least=1))
        writer.add_links(
            Program, "mission_patches", program.pk, cycles.some("program.patches", world.patches)
        )
