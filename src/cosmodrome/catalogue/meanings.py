"""What columns mean, for those that fill them in: where neither the contract nor a derivation says it.

A key is a column's name, in whatever table, or `Table.column` where tables mean something else by a name.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from cosmodrome.shapes.meanings import MEANINGS

WORDS: dict[str, str] = {
    # launches
    "net": "No earlier than: the planned instant of lift-off, or the actual one once it has flown.",
    "net_precision": "How exactly the instant is known: to the minute, the day, the month.",
    "Launch.window_start": "When the launch window opens; equal to its end if there is but one instant.",
    "Launch.window_end": "When the launch window closes.",
    "launch_designator": "The international (COSPAR) designator, as 2024-101.",
    "launch_service_provider": "The agency that carries the launch out.",
    "probability": "The probability of weather that allows a launch, in percent.",
    "weather_concerns": "What in the weather may stand in the way.",
    "failreason": "Why the launch failed; empty of all others.",
    "hashtag": "Its hashtag in social media.",
    "infographic": "The address of a picture that explains it.",
    "webcast_live": "Whether a webcast is on air now.",
    "flightclub_url": "The address of a page with the simulated flight at Flight Club.",
    "mission_patches": "The emblems of the mission, in the order of the list.",
    "relative_time": "From lift-off; negative before it.",
    "Rocket.configuration": "The kind of vehicle that is launched.",
    "number": "By which the wire tells rockets apart, beside their launches.",
    # boosters
    "serial_number": "As the manufacturer counts them, such as B1049.",
    "flight_proven": "Whether it has flown before.",
    "is_placeholder": "Whether it stands for one that is not chosen yet: it is in lists, and no real one.",
    "reused": "Whether it had flown before that launch.",
    "full_name": "The name with the variant, as Falcon 9 Block 5. By it people choose one.",
    "variant": "What tells it from others of that name, as Block 5.",
    "alias": "What else it is called.",
    "min_stage": "The fewest stages that it flies with.",
    "max_stage": "The most stages that it flies with.",
    "reusable": "Whether any part of it flies again.",
    "families": "The families that it belongs to, in the order of the list.",
    "LauncherConfigFamily.parent": "The wider family that it belongs to.",
    # craft, flights and landings
    "in_use": "Whether craft of this kind still fly.",
    "human_rated": "Whether people may fly in it.",
    "crew_capacity": "How many people it has places for.",
    "capability": "What it can do, in a line.",
    "flight_life": "For how long it can fly, in words.",
    "family": "The families that it belongs to, in the order of the list.",
    "SpacecraftConfigFamily.parent": "The wider family that it belongs to.",
    "spacecraft_config": "The kind of craft.",
    "destination": "Where it flies to, in words.",
    "mission_end": "When the flight was over: landed, lost, or given up.",
    "launch_crew": "Who is on board at the launch, each in a role.",
    "SpacecraftFlight.onboard_crew": "Who is on board meanwhile, each in a role.",
    "landing_crew": "Who is on board at the landing, each in a role.",
    "amount": "How many of the payload fly.",
    "attempt": "Whether a landing was, or will be, tried.",
    "success": "Whether it landed safely; empty until that is known.",
    "operator": "The agency that uses it.",
    # stations and dockings
    "founded": "The day on which it began: as a rule, of the launch of its first part.",
    "deorbited": "The day on which it came down.",
    "owners": "The agencies that it belongs to.",
    "docking": "The instant at which they are joined.",
    "departure": "The instant at which they part again; empty until then.",
    "docking_location": "The port.",
    "flight_vehicle_chaser": "What came and docked, if it is a spacecraft.",
    "space_station_chaser": "What came and docked, if it is a station.",
    "payload_flight_chaser": "What came and docked, if it is a payload.",
    "flight_vehicle_target": "What was docked to, if it is a spacecraft.",
    "space_station_target": "What was docked to, if it is a station.",
    "payload_flight_target": "What was docked to, if it is a payload.",
    "DockingLocation.spacestation": "Whose port it is, if it is a station's.",
    "DockingLocation.spacecraft": "Whose port it is, if craft of this kind have it.",
    "DockingLocation.payload": "Whose port it is, if it is a payload's.",
    # people
    "bio": "A short biography.",
    "nationality": "Countries, in the order of the list.",
    "Astronaut.agency": "The agency that the person flies for.",
    "wiki": "The address of a page in Wikipedia.",
    "Spacewalk.crew": "Who went outside, each in a role.",
    "Expedition.crew": "Who belongs to it, each in a role.",
    # agencies and places
    "featured": "Whether clients should show it among the first.",
    "administrator": "Who leads it, in words, as Administrator: Bill Nelson.",
    "launchers": "Its vehicles, in words, as Falcon | Starship.",
    "Agency.spacecraft": "Its spacecraft, in words, as Dragon.",
    "Agency.parent": "The agency that it is a part of.",
    "founding_year": "The year in which it was founded.",
    "social_logo": "The square logo, for small places.",
    "active": "Whether it is in use.",
    "timezone_name": "As in the tz database: America/New_York.",
    "latitude": "Degrees, south negative.",
    "longitude": "Degrees, west negative.",
    "map_image": "The address of a picture of the map.",
    "map_url": "The address of a page with the map.",
    "Pad.agencies": "The agencies that launch from it.",
    "LandingLocation.location": "The place that it is at.",
    "length_of_day": "Days, and hours, minutes and seconds with colons between them.",
    "atmosphere": "Whether it has one.",
    "Orbit.celestial_body": "The body that it goes around.",
    # events, programmes and what is told of them
    "date_precision": "How exactly the date is known.",
    "Event.location": "Where it happens, in words.",
    "Event.duration": "How long it takes.",
    "Spacewalk.location": "Where it took place, in words.",
    "Spacewalk.duration": "From hatch open to hatch closed.",
    "comment": "The news itself.",
    "created_by": "Who wrote it.",
    "profile_image": "The address of a picture of who wrote it.",
    "priority": "By which clients may rank them; the server does not order by it.",
    "source": "The site that it is from, as youtube.com.",
    "publisher": "Who publishes it, as SpaceX.",
    "live": "Whether it is on air now.",
    "feature_image": "The address of a picture to show beside the link.",
    "start_time": "When it begins to be on air.",
    "end_time": "When it is off air again.",
    "start_date": "When the programme began.",
    "end_date": "When the programme ended; empty while it goes on.",
    # pictures
    "image_url": "The address of a picture.",
    "thumbnail_url": "The address of a picture of small size.",
    "credit": "Whom the picture is owed to.",
    "single_use": "Whether the picture is meant for one record alone.",
    "ImageLicense.link": "The address of a page with its text.",
    "abbrev": "The short form of the name.",
    "TimelineEventType.abbrev": "What the event is called, as MECO.",
    "info_url": "The address of a page about it.",
    "info_link": "The address of a page about it.",
    "wiki_url": "The address of a page in Wikipedia.",
    "wiki_link": "The address of a page in Wikipedia.",
}


def register_meanings(tables: Iterable[type[models.Model]]) -> None:
    """Declares the meanings of the columns and lists of the tables."""
    for model in tables:
        for column in (*model._meta.concrete_fields, *model._meta.many_to_many):
            words = WORDS.get(f"{model.__name__}.{column.name}") or WORDS.get(column.name)
            if words:
                MEANINGS.setdefault((model.__name__, column.name), words)
