"""The look-up tables.  Their names stand for nothing invented, so they carry no mark.

Filters look for some of them (`include_suborbital` for the orbit "Suborbital", `is_human` for the type
"Non-Human"), and clients know the ids of others, so ids are those of the original where they are known.
Ids are dense from 1, except those of precisions, which the original numbers from 0.
"""

from __future__ import annotations

from django.db import models

from cosmodrome.catalogue.config import AgencyType, Country, SpacecraftConfigType, SpacecraftStatus
from cosmodrome.catalogue.crews import AstronautRole, AstronautStatus, AstronautType
from cosmodrome.catalogue.events import EventType, NoticeType, RoadClosureStatus
from cosmodrome.catalogue.flights import PayloadType
from cosmodrome.catalogue.images import ImageLicense, ImageVariantType
from cosmodrome.catalogue.launches import LaunchStatus, NetPrecision, TimelineEventType
from cosmodrome.catalogue.links import InfoURLType, Language, VidURLType
from cosmodrome.catalogue.missions import MissionType
from cosmodrome.catalogue.places import CelestialBodyType, LandingType
from cosmodrome.catalogue.programs import ProgramType
from cosmodrome.catalogue.stations import SpaceStationStatus, SpaceStationType
from cosmodrome.catalogue.vehicles import FirstStageType, LauncherStatus
from cosmodrome.synth.words import HOST, Words
from cosmodrome.synth.writer import Writer

NAMES: dict[type[models.Model], str] = {
    AgencyType: "Government|Multinational|Commercial|Educational|Private|Unknown",
    SpacecraftStatus: "Active|Retired|Destroyed|Single Use|Lost|Unknown",
    SpacecraftConfigType: "Unknown|Capsule|Space Plane|Cargo Resupply|Mass Simulator|Reuseable Upper Stage|"
    "Lander|Space Tug",
    AstronautStatus: "Active|Retired|In-Training|Lost In Flight|Lost In Training|"
    "Died While In Active Service|Dismissed|Resigned during Training|Inactive|Unknown|Deceased",
    AstronautType: "Non-Human|Government|Private|Space Tourist",
    EventType: "Unknown|Docking|Spacecraft Event|Spacewalk|Landing|Press Event|Static Fire|Flyby|Undocking|"
    "Test Flight",
    NoticeType: "NOTAM|NOTMAR|Temporary Flight Restriction",
    RoadClosureStatus: "Closure Scheduled|Possible Closure|Closure Revoked|Closed",
    PayloadType: "Satellite|Space Station Module|Lander|Rover|Cargo|Space Probe|Technology",
    MissionType: "Communications|Earth Science|Planetary Science|Human Exploration|Resupply|Suborbital|"
    "Technology|Test Flight|Unknown",
    InfoURLType: "Official Page|Press Kit|Article|Live Blog",
    VidURLType: "Official Webcast|Unofficial Webcast|Recap|Press Conference",
    CelestialBodyType: "Planet|Natural Satellite|Asteroid|Star",
    ProgramType: "Human Spaceflight|Science|Commercial|Technology",
    SpaceStationStatus: "Active|De-Orbited|Planned",
    SpaceStationType: "Government|Commercial",
    FirstStageType: "Core|Strap-On Booster|Single Use",
    LauncherStatus: "Active|Inactive|Unknown|Expended|Lost|Retired",
    ImageVariantType: "Thumbnail|Portrait|Square|Banner",
}
"""Look-up tables that have only a name, with their names in the order of ids."""

COUNTRIES = (
    "France FR FRA French Franco|United States of America US USA American Americano|"
    "Russia RU RUS Russian Russo|China CN CHN Chinese Sino|India IN IND Indian Indo|"
    "Japan JP JPN Japanese Nippo|New Zealand NZ NZL New_Zealander |Brazil BR BRA Brazilian Brazilo|"
    "Germany DE DEU German Germano|Italy IT ITA Italian Italo|Côte d'Ivoire CI CIV Ivorian |"
    "Kazakhstan KZ KAZ Kazakhstani Kazakho|Canada CA CAN Canadian Canado|Kenya KE KEN Kenyan Kenyo|"
    "Åland Islands AX ALA Ålandish |Norway NO NOR Norwegian Norwego|Spain ES ESP Spanish Hispano|"
    "South Korea KR KOR South_Korean Koreano|Australia AU AUS Australian Australo|"
    "United Kingdom GB GBR British Anglo|Sweden SE SWE Swedish Suedo|Unknown    |"
    "Guyana GY GUY Guyanese Guyano|Israel IL ISR Israeli Israelo"
)
"""Name, alpha-2 and alpha-3 code, nationality, nationality in compounds; blank where there is none."""

LAUNCH_STATUSES = (
    ("Go for Launch", "Go", "The time is confirmed by the agency that launches."),
    ("To Be Determined", "TBD", "The date is a placeholder or a rough estimate."),
    ("Launch Successful", "Success", "The payload was brought where it should go."),
    ("Launch Failure", "Failure", "The payload was not brought into any use."),
    ("On Hold", "Hold", ""),
    ("Launch in Flight", "In Flight", "On its way now."),
    ("Launch was a Partial Failure", "Partial Failure", "An orbit was reached, but not the one wanted."),
    ("To Be Confirmed", "TBC", "The date is likely, but awaits confirmation."),
    ("Payload Deployed", "Deployed", "Separated; the end of the launch is awaited."),
)
PRECISIONS = (
    "Second SEC|Minute MIN|Hour HR|Morning AM|Afternoon PM|Day DAY|Week WEEK|Month M|Quarter 1 Q1|"
    "Quarter 2 Q2|Quarter 3 Q3|Quarter 4 Q4|Half 1 H1|Half 2 H2|Year Y|Fiscal Year FY|Decade D"
)
LANDING_TYPES = (
    ("Autonomous Spaceport Drone Ship", "ASDS", "Upright, on a ship at sea."),
    ("Return to Launch Site", "RTLS", None),
    ("Ocean", "Ocean", "Softly, into the water beside a ship."),
    ("Parachute Landing", "PARA", ""),
    ("Runway", "HL", "On wheels."),
    ("Splashdown", "SPL", None),
    ("Destructive Reentry", "DR", "Burns up, as planned; no landing is attempted."),
    ("Landing on another body", "LUN", "On legs, without an atmosphere to brake in."),
)
PARACHUTE, RUNWAY, SPLASHDOWN, REENTRY, ON_LEGS = 4, 5, 6, 7, 8
"""Ids of some of the landing types."""

LICENSES = (("Unknown", None), ("CC0 1.0", "zero"), ("CC BY-NC 2.0", "by-nc"), ("Fair Use", None))
LANGUAGES = "English en|French fr|Spanish es|Russian ru|Chinese zh|Japanese ja|Čeština cs"
ROLES = "Commander|Pilot|Mission Specialist|Flight Engineer|Spaceflight Participant|Science Animal"
TIMELINE = "Liftoff|Max-Q|MECO|Stage Separation|SECO|Payload Deploy|Startup|Go for Launch"


def write_vocabulary(writer: Writer, words: Words) -> None:
    """Writes all look-ups."""
    for model, names in NAMES.items():
        for name in names.split("|"):
            writer.add(model, name=name)
    for name, abbrev, description in LAUNCH_STATUSES:
        writer.add(LaunchStatus, name=name, abbrev=abbrev, description=description)
    for name, abbrev, explanation in LANDING_TYPES:
        writer.add(LandingType, name=name, abbrev=abbrev, description=explanation)
    for priority, (name, link) in enumerate(LICENSES):
        address = f"{HOST}/licenses/{link}" if link else None
        writer.add(ImageLicense, name=name, priority=priority, link=address)
    for priority, role in enumerate(ROLES.split("|")):
        writer.add(AstronautRole, role=role, priority=priority)
    for abbrev in TIMELINE.split("|"):
        writer.add(TimelineEventType, abbrev=abbrev, description=words.prose(2048, lines=1))
    write_lines(writer)


def write_lines(writer: Writer) -> None:
    """Writes countries, precisions and languages, which are given as lines of text."""
    for line in COUNTRIES.split("|"):
        *parts, alpha_2, alpha_3, nationality, composed = line.split(" ")
        writer.add(
            Country,
            name=" ".join(parts),
            alpha_2_code=alpha_2,
            alpha_3_code=alpha_3,
            nationality_name=nationality.replace("_", " "),
            nationality_name_composed=composed,
        )
    for number, line in enumerate(PRECISIONS.split("|")):
        name, _, abbrev = line.rpartition(" ")
        explained = f"The time is precise to the {name.lower()}." if number % 4 else ""
        writer.add_rows(NetPrecision(id=number, name=name, abbrev=abbrev, description=explained))
    for line in LANGUAGES.split("|"):
        name, _, code = line.partition(" ")
        writer.add(Language, name=name, code=code)
