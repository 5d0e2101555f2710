"""Rows with all that a serializer nests, each function called like the serializer that it is for.

Relations to one row are joined where that row has no lists of its own; all others are prefetched.  A page
takes as many statements as its serializer nests relations, however many rows it has.

To the rows of a list itself nothing is joined: SQLite would look up and sort all of it for the rows that an
offset passes over, which takes two to five times as long at 60,000 craft.
"""
# ruff: noqa: D103 - a function is explained by the serializer that it is called like

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet

from cosmodrome.catalogue.agencies import Agency, SocialMediaLink
from cosmodrome.catalogue.config import Country
from cosmodrome.catalogue.crews import Astronaut, AstronautFlight
from cosmodrome.catalogue.events import TimelineEvent, Update
from cosmodrome.catalogue.flights import Payload, PayloadFlight, SpacecraftFlight
from cosmodrome.catalogue.images import Image, ImageVariant
from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.links import InfoURL, VidURL
from cosmodrome.catalogue.missions import Mission
from cosmodrome.catalogue.places import Landing, LandingLocation, Location, Pad
from cosmodrome.catalogue.programs import MissionPatch, Program
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.stations import DockingEvent, DockingLocation, SpaceStation
from cosmodrome.catalogue.vehicles import FirstStage, Launcher, LauncherConfig, LauncherConfigFamily

Rows = QuerySet[Any]


def listed(relation: str, through: str, rows: Rows) -> Prefetch:
    """A many-to-many relation, in the order in which its links were made.

    Each link is a row of the table `through`, to which Django gives the hidden name with a plus sign.
    """
    return Prefetch(relation, rows.order_by(f"{through}+__id"))


def pointing(relation: str, rows: Rows) -> Prefetch:
    """The rows that point here, in their own order."""
    return Prefetch(relation, rows.order_by("id"))


def image() -> Rows:
    return Image.objects.select_related("license").prefetch_related(variants("variants"))


def with_images(rows: Rows, *paths: str) -> Rows:
    """`rows`, joined with the images at the ends of these paths."""
    return rows.select_related(*(f"{path}__license" for path in paths)).prefetch_related(
        *(variants(f"{path}__variants") for path in paths)
    )


def variants(path: str) -> Prefetch:
    """The variants of an image."""
    return pointing(path, ImageVariant.objects.select_related("type"))


def social_media_links() -> Prefetch:
    """The links of an agency or an astronaut."""
    return pointing(
        "social_media_links",
        with_images(SocialMediaLink.objects.select_related("social_media"), "social_media__logo"),
    )


def urls() -> list[Prefetch]:
    """The links and videos of a launch or a mission."""
    return [
        pointing("info_urls", InfoURL.objects.select_related("type", "language")),
        pointing("vid_urls", VidURL.objects.select_related("type", "language")),
    ]


def agency_mini() -> Rows:
    return Agency.objects.select_related("type")


def agency_normal() -> Rows:
    rows = Agency.objects.select_related("type", "parent")
    return with_images(rows, "image", "logo", "social_logo").prefetch_related(
        listed("country", "Agency_country", Country.objects.all())
    )


def agency_detailed() -> Rows:
    return agency_normal().prefetch_related(social_media_links())


def mission_patch() -> Rows:
    return MissionPatch.objects.select_related("agency__type")


def program_mini() -> Rows:
    return with_images(Program.objects.all(), "image")


def program_normal() -> Rows:
    return (
        program_mini()
        .select_related("type")
        .prefetch_related(
            listed("agencies", "Program_agencies", agency_mini()),
            listed("mission_patches", "Program_mission_patches", mission_patch()),
        )
    )


def location() -> Rows:
    rows = Location.objects.select_related("country", "celestial_body__type")
    return with_images(rows, "image", "celestial_body__image")


def pad() -> Rows:
    rows = Pad.objects.select_related("country")
    return with_images(rows, "image").prefetch_related(
        listed("agencies", "Pad_agencies", agency_normal()),
        Prefetch("location", location()),
    )


def landing() -> Rows:
    places = LandingLocation.objects.select_related("location__country", "celestial_body__type")
    return Landing.objects.select_related("type").prefetch_related(
        Prefetch("landing_location", with_images(places, "image", "location__image", "celestial_body__image"))
    )


def mission() -> Rows:
    rows = Mission.objects.select_related("type", "orbit__celestial_body")
    return with_images(rows, "image").prefetch_related(
        listed("agencies", "Mission_agencies", agency_detailed()), *urls()
    )


def launch_list() -> Rows:
    return Launch.objects.prefetch_related("status", "net_precision", Prefetch("image", image()))


def launch_normal() -> Rows:
    return launch_list().prefetch_related(
        Prefetch("launch_service_provider", agency_mini()),
        Prefetch("rocket", rocket_normal()),
        Prefetch("mission", mission()),
        Prefetch("pad", pad()),
        listed("program", "Launch_program", program_normal()),
    )


def launch_detailed() -> Rows:
    return launch_list().prefetch_related(
        Prefetch("launch_service_provider", agency_detailed()),
        Prefetch("rocket", rocket_detailed()),
        Prefetch("mission", mission()),
        Prefetch("pad", pad()),
        listed("program", "Launch_program", program_normal()),
        pointing("updates", Update.objects.all()),
        *urls(),
        pointing("timeline", TimelineEvent.objects.select_related("type")),
        listed("mission_patches", "Launch_mission_patches", mission_patch()),
    )


def launcher_config_detailed() -> Rows:
    parents = LauncherConfigFamily.objects.select_related("parent").prefetch_related(
        listed("manufacturer", "LauncherConfigFamily_manufacturer", agency_normal())
    )
    families = LauncherConfigFamily.objects.prefetch_related(
        listed("manufacturer", "LauncherConfigFamily_manufacturer", agency_detailed()),
        Prefetch("parent", parents),
    )
    return with_images(LauncherConfig.objects.all(), "image").prefetch_related(
        listed("families", "LauncherConfig_families", families),
        Prefetch("manufacturer", agency_detailed()),
        listed("program", "LauncherConfig_program", program_normal()),
    )


def first_stage() -> Rows:
    launchers = with_images(Launcher.objects.select_related("status"), "image")
    return FirstStage.objects.select_related("type", "previous_flight").prefetch_related(
        Prefetch("launcher", launchers), Prefetch("landing", landing())
    )


def rocket_normal() -> Rows:
    families = LauncherConfigFamily.objects.all()
    return Rocket.objects.select_related("configuration").prefetch_related(
        listed("configuration__families", "LauncherConfig_families", families)
    )


def rocket_with_launch() -> Rows:
    """The rocket of a flight: with its configuration, as its launch takes it for the launch's own rocket."""
    return rocket_normal().prefetch_related(Prefetch("launch", launch_normal()))


def rocket_detailed() -> Rows:
    return Rocket.objects.prefetch_related(
        Prefetch("configuration", launcher_config_detailed()),
        pointing("firststage", first_stage()),
        pointing("spacecraftflight", spacecraft_stage()),
        pointing("payloadflight", payload_stage()),
    )


def spacecraft_config_normal() -> Rows:
    families = SpacecraftConfigFamily.objects.select_related("manufacturer__type", "parent")
    rows = SpacecraftConfig.objects.select_related("type", "agency__type")
    return with_images(rows, "image").prefetch_related(listed("family", "SpacecraftConfig_family", families))


def spacecraft_config_detailed() -> Rows:
    families = SpacecraftConfigFamily.objects.select_related(
        "parent__manufacturer__type", "parent__parent"
    ).prefetch_related(Prefetch("manufacturer", agency_normal()))
    return with_images(SpacecraftConfig.objects.select_related("type"), "image").prefetch_related(
        Prefetch("agency", agency_normal()), listed("family", "SpacecraftConfig_family", families)
    )


def spacecraft_normal() -> Rows:
    return Spacecraft.objects.prefetch_related(
        "status",
        Prefetch("image", image()),
        Prefetch("spacecraft_config", spacecraft_config_normal()),
    )


def spacecraft_with_config() -> Rows:
    return Spacecraft.objects.prefetch_related(
        "status",
        Prefetch("image", image()),
        Prefetch("spacecraft_config", spacecraft_config_detailed()),
    )


def spacecraft_detailed() -> Rows:
    return spacecraft_with_config().prefetch_related(pointing("flights", spacecraft_flight_normal()))


def spacecraft_flight_normal() -> Rows:
    return SpacecraftFlight.objects.prefetch_related(
        Prefetch("spacecraft", spacecraft_normal()),
        Prefetch("rocket", rocket_with_launch()),
        Prefetch("landing", landing()),
    )


def payload_flight_normal() -> Rows:
    return PayloadFlight.objects.prefetch_related(
        Prefetch("payload", payload_normal()),
        Prefetch("rocket", rocket_with_launch()),
        Prefetch("landing", landing()),
    )


def payload_mini() -> Rows:
    rows = Payload.objects.select_related("type", "manufacturer__type", "operator__type")
    return with_images(rows, "image")


def payload_normal() -> Rows:
    return with_images(Payload.objects.select_related("type"), "image").prefetch_related(
        Prefetch("manufacturer", agency_normal()),
        Prefetch("operator", agency_normal()),
        listed("program", "Payload_program", program_mini()),
    )


def payload_detailed() -> Rows:
    return with_images(Payload.objects.select_related("type"), "image").prefetch_related(
        Prefetch("manufacturer", agency_detailed()),
        Prefetch("operator", agency_detailed()),
        listed("program", "Payload_program", program_normal()),
    )


def docking_event() -> Rows:
    where = with_images(
        DockingLocation.objects.select_related("spacestation"), "spacestation__image"
    ).prefetch_related(
        Prefetch("spacecraft", spacecraft_config_normal()), Prefetch("payload", payload_mini())
    )
    stations = with_images(SpaceStation.objects.select_related("status", "orbit", "type"), "image")
    return DockingEvent.objects.prefetch_related(
        Prefetch("docking_location", where),
        Prefetch("space_station_target", stations),
        Prefetch("flight_vehicle_target", spacecraft_flight_normal()),
        Prefetch("payload_flight_target", payload_flight_normal()),
    )


def crew(role: str) -> Prefetch:
    """One of the crews of a flight of a spacecraft."""
    astronauts = with_images(
        Astronaut.objects.select_related("status", "type", "agency__type"), "image"
    ).prefetch_related(
        listed("nationality", "Astronaut_nationality", Country.objects.all()), social_media_links()
    )
    rows = AstronautFlight.objects.select_related("role").prefetch_related(Prefetch("astronaut", astronauts))
    return listed(role, f"SpacecraftFlight_{role}", rows)


def spacecraft_stage() -> Rows:
    return SpacecraftFlight.objects.select_related("rocket__launch").prefetch_related(
        Prefetch("spacecraft", spacecraft_with_config()),
        Prefetch("landing", landing()),
        crew("launch_crew"),
        crew("onboard_crew"),
        crew("landing_crew"),
        pointing("docking_events", docking_event()),
    )


def payload_stage() -> Rows:
    return PayloadFlight.objects.prefetch_related(
        Prefetch("payload", payload_detailed()),
        Prefetch("landing", landing()),
        pointing("docking_events", docking_event()),
    )
