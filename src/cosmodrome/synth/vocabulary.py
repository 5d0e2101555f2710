"""The look-up tables.  Their names stand for nothing invented, so they carry no mark.

Filters look for some of them (`include_suborbital` for the orbit "Suborbital", `is_human` for the type
"Non-Human"), and clients know the ids of others, so an id that the sample has too has the same name here.
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
    SpacecraftConfigType: "Unknown|Capsule|Spaceplane|Cargo Resupply|Mass Simulator|Reuseable Upper Stage|"
    "Lander|Space Tug",
    AstronautStatus: "Active|Retired|In-Training|Lost In Flight|Lost In Training|"
    "Died While In Active Service|Dismissed|Resigned during Training|Inactive|Unknown|Deceased",
    AstronautType: "Unknown|Government|Private|Non-Astronaut Passenger|Payload Specialist|Non-Human|"
    "Commercial",
    EventType: "Unknown|Docking|EVA|Berthing|Static Fire|Spacecraft Event|Moon Landing|Undocking|Landing|"
    "Abort Test|Celestial Event|Hatch Opening|Release|Test Flight",
    NoticeType: "NOTAM|NOTMAR|Temporary Flight Restriction",
    RoadClosureStatus: "Closure Scheduled|Possible Closure|Closure Revoked|Closed",
    PayloadType: "Satellite|Space Station Module|Lander|Rover|Cargo|Space Probe|Technology",
    MissionType: "Earth Science|Planetary Science|Astrophysics|Heliophysics|Human Exploration|"
    "Robotic Exploration|Government/Top Secret|Tourism|Unknown|Communications|Resupply|Suborbital|"
    "Test Flight",
    InfoURLType: "Official Page|Press Kit|Article|Live Blog",
    VidURLType: "Official Webcast|Unofficial Webcast|Recap|Press Conference",
    CelestialBodyType: "Planet|Natural Satellite|Asteroid|Star",
    ProgramType: "Science|Human Spaceflight|Commercial|Technology",
    SpaceStationStatus: "Active|De-Orbited|Abandoned",
    SpaceStationType: "Government|Commercial",
    FirstStageType: "Core|Strap-On Booster|Single Use",
    LauncherStatus: "Active|Inactive|Unknown|Expended|Lost|Retired",
    ImageVariantType: "Thumbnail|Portrait|Square|Banner",
}
"""Look-up tables that have only a name, with their names in the order of ids."""

COUNTRIES = (
    "France FR FRA French Franco|United States of America US USA American Americano|"
    "Italy IT ITA Italian Italo|Germany DE DEU German Germano|Russia RU RUS Russian Russo|"
    "China CN CHN Chinese Sino|Spain ES ESP Spanish Hispano|Switzerland CH CHE Swiss Swiss|"
    "India IN IND Indian Indo|United Kingdom GB GBR British Brito|Austria AT AUT Austrian Austro|"
    "Brazil BR BRA Brazilian Brazilo|Canada CA CAN Canadian Canado|South Korea KR KOR South_Korean Koreano|"
    "Sweden SE SWE Swedish Swedo|Australia AU AUS Australian Australo|New Zealand NZ NZL New_Zealander |"
    "Kenya KE KEN Kenyan Kenyo|Åland Islands AX ALA Ålandish |Belgium BE BEL Belgian Belgo|"
    "Israel IL ISR Israeli Israelo|Côte d'Ivoire CI CIV Ivorian |Portugal PT PRT Portuguese Luso|"
    "Guyana GY GUY Guyanese Guyano|Unknown    |Norway NO NOR Norwegian Norwegian|"
    "Netherlands NL NLD Dutch Dutch|Japan JP JPN Japanese Nippo|Kazakhstan KZ KAZ Kazakh Kazakhstani"
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

LICENSES = (
    ("Unknown", None),
    ("ESA Standard Licence", "esa"),
    ("Fair Use", None),
    ("NASA Image and Media Guidelines", "nasa"),
    ("CC BY-NC 2.0", "by-nc"),
)
LANGUAGES = "English en|French fr|Spanish es|Russian ru|Chinese zh|Japanese ja|Čeština cs"
ROLES = (
    "Commander|Pilot|Flight Engineer|Command Pilot|Command Module Pilot|Lunar Module Pilot|"
    "Mission Specialist|Payload Specialist|Science Pilot|Spaceflight Participant|Research Cosmonaut|"
    "Research Doctor|Test Engineer|Research Engineer|Science Animal"
)
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
