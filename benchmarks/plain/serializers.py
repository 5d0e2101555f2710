"""Serializers, each called like what it shows and how fully."""
# ruff: noqa: D101 - a serializer is explained by its fields

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from rest_framework import serializers

from cosmodrome.catalogue import (
    agencies,
    config,
    crews,
    events,
    flights,
    images,
    launches,
    links,
    missions,
    places,
    programs,
    spacecraft,
    stations,
    vehicles,
)
from cosmodrome.time.durations import write_duration


class Mode(serializers.Field):
    """The constant that says how full a record is."""

    def __init__(self, mode: str) -> None:
        super().__init__(read_only=True)
        self.mode = mode

    def get_attribute(self, instance: Any) -> str:
        del instance
        return self.mode

    def to_representation(self, value: str) -> str:
        return value


class Duration(serializers.Field):
    """ISO 8601, as `P11DT19H14M36S`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "read_only": True})

    def to_representation(self, value: timedelta) -> str:
        return write_duration(value)


class KnownDuration(Duration):
    """Zero where there is none: the contract has no null for it."""

    def get_attribute(self, instance: Any) -> timedelta:
        return super().get_attribute(instance) or timedelta(0)


class GrowingDuration(Duration):
    """A closed part, and the time since `<name>_since`, `<name>_pace` seconds in each second."""

    source: str  # DRF sets it when the field becomes part of a serializer

    def get_attribute(self, instance: Any) -> timedelta | None:
        closed: timedelta | None = getattr(instance, self.source)
        since, pace = getattr(instance, f"{self.source}_since"), getattr(instance, f"{self.source}_pace")
        if closed is None or since is None:
            return closed
        growth: timedelta = max(timezone.now() - since, timedelta()) * (1 if pace is None else pace)
        return closed + growth


class Record(serializers.ModelSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DurationField: Duration,
    }


class Named(serializers.Serializer):
    """A look-up: most of them are an id and a name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class ImageLicense(Record):
    class Meta:
        model = images.ImageLicense
        fields = ["id", "name", "priority", "link"]


class ImageVariant(Record):
    type = Named()

    class Meta:
        model = images.ImageVariant
        fields = ["id", "type", "image_url"]


class Image(Record):
    license = ImageLicense()
    variants = ImageVariant(many=True)

    class Meta:
        model = images.Image
        fields = [
            "id",
            "name",
            "image_url",
            "thumbnail_url",
            "credit",
            "license",
            "single_use",
            "variants",
        ]


class Country(Record):
    class Meta:
        model = config.Country
        fields = [
            "id",
            "name",
            "alpha_2_code",
            "alpha_3_code",
            "nationality_name",
            "nationality_name_composed",
        ]


class SocialMedia(Record):
    logo = Image()

    class Meta:
        model = agencies.SocialMedia
        fields = ["id", "name", "url", "logo"]


class SocialMediaLink(Record):
    social_media = SocialMedia()

    class Meta:
        model = agencies.SocialMediaLink
        fields = ["id", "social_media", "url"]


class AgencyMini(Record):
    response_mode = Mode("list")
    type = Named()

    class Meta:
        model = agencies.Agency
        fields = ["response_mode", "id", "url", "name", "abbrev", "type"]


class AgencyNormal(AgencyMini):
    response_mode = Mode("normal")
    country = Country(many=True)
    parent = serializers.SerializerMethodField()  # type: ignore[assignment] # DRF has a `parent` too
    image = Image()
    logo = Image()
    social_logo = Image()

    class Meta(AgencyMini.Meta):
        fields = [
            *AgencyMini.Meta.fields,
            "featured",
            "country",
            "description",
            "administrator",
            "founding_year",
            "launchers",
            "spacecraft",
            "parent",
            "image",
            "logo",
            "social_logo",
        ]

    def get_parent(self, agency: agencies.Agency) -> str | None:
        """The parent's name."""
        return agency.parent.name if agency.parent else agency.parent_name


class AgencyDetailed(AgencyNormal):
    social_media_links = SocialMediaLink(many=True)

    class Meta(AgencyNormal.Meta):
        fields = [
            *AgencyNormal.Meta.fields,
            "total_launch_count",
            "consecutive_successful_launches",
            "successful_launches",
            "failed_launches",
            "pending_launches",
            "consecutive_successful_landings",
            "successful_landings",
            "failed_landings",
            "attempted_landings",
            "successful_landings_spacecraft",
            "failed_landings_spacecraft",
            "attempted_landings_spacecraft",
            "successful_landings_payload",
            "failed_landings_payload",
            "attempted_landings_payload",
            "info_url",
            "wiki_url",
            "social_media_links",
        ]


class Language(Record):
    class Meta:
        model = links.Language
        fields = ["id", "name", "code"]


class InfoURL(Record):
    type = Named()
    language = Language()

    class Meta:
        model = links.InfoURL
        fields = ["priority", "source", "title", "description", "feature_image", "url", "type", "language"]


class VidURL(Record):
    type = Named()
    language = Language()

    class Meta:
        model = links.VidURL
        fields = [
            "priority",
            "source",
            "publisher",
            "title",
            "description",
            "feature_image",
            "url",
            "type",
            "language",
            "start_time",
            "end_time",
            "live",
        ]


class MissionPatch(Record):
    agency = AgencyMini()
    response_mode = Mode("normal")

    class Meta:
        model = programs.MissionPatch
        fields = ["id", "name", "priority", "image_url", "agency", "response_mode"]


class ProgramMini(Record):
    response_mode = Mode("list")
    image = Image()

    class Meta:
        model = programs.Program
        fields = ["response_mode", "id", "url", "name", "image", "info_url", "wiki_url"]


class ProgramNormal(ProgramMini):
    response_mode = Mode("normal")
    agencies = AgencyMini(many=True)
    mission_patches = MissionPatch(many=True)
    type = Named()

    class Meta(ProgramMini.Meta):
        fields = [
            *ProgramMini.Meta.fields,
            "description",
            "agencies",
            "start_date",
            "end_date",
            "mission_patches",
            "type",
        ]


class CelestialBodyMini(Record):
    response_mode = Mode("list")

    class Meta:
        model = places.CelestialBody
        fields = ["response_mode", "id", "name"]


class CelestialBodyNormal(CelestialBodyMini):
    response_mode = Mode("normal")
    type = Named()
    image = Image()

    class Meta(CelestialBodyMini.Meta):
        fields = [
            *CelestialBodyMini.Meta.fields,
            "type",
            "diameter",
            "mass",
            "gravity",
            "length_of_day",
            "atmosphere",
            "image",
            "description",
            "wiki_url",
        ]


class CelestialBodyDetailed(CelestialBodyNormal):
    class Meta(CelestialBodyNormal.Meta):
        fields = [
            *CelestialBodyNormal.Meta.fields,
            "total_attempted_launches",
            "successful_launches",
            "failed_launches",
            "total_attempted_landings",
            "successful_landings",
            "failed_landings",
        ]


class LocationWithoutBody(Record):
    response_mode = Mode("normal")
    country = Country()
    image = Image()

    class Meta:
        model = places.Location
        fields = [
            "response_mode",
            "id",
            "url",
            "name",
            "active",
            "country",
            "description",
            "image",
            "map_image",
            "longitude",
            "latitude",
            "timezone_name",
            "total_launch_count",
            "total_landing_count",
        ]


class Location(LocationWithoutBody):
    celestial_body = CelestialBodyDetailed()

    class Meta(LocationWithoutBody.Meta):
        fields = [
            *LocationWithoutBody.Meta.fields[:4],
            "celestial_body",
            *LocationWithoutBody.Meta.fields[4:],
        ]


class Pad(Record):
    agencies = AgencyNormal(many=True)
    image = Image()
    country = Country()
    location = Location()

    class Meta:
        model = places.Pad
        fields = [
            "id",
            "url",
            "active",
            "agencies",
            "name",
            "image",
            "description",
            "info_url",
            "wiki_url",
            "map_url",
            "latitude",
            "longitude",
            "country",
            "map_image",
            "total_launch_count",
            "orbital_launch_attempt_count",
            "fastest_turnaround",
            "location",
        ]


class LandingLocation(Record):
    location = LocationWithoutBody()
    image = Image()
    celestial_body = CelestialBodyNormal()

    class Meta:
        model = places.LandingLocation
        fields = [
            "id",
            "name",
            "active",
            "abbrev",
            "description",
            "location",
            "longitude",
            "latitude",
            "image",
            "successful_landings",
            "attempted_landings",
            "failed_landings",
            "celestial_body",
        ]


class LandingType(Record):
    class Meta:
        model = places.LandingType
        fields = ["id", "name", "abbrev", "description"]


class Landing(Record):
    landing_location = LandingLocation()
    type = LandingType()

    class Meta:
        model = places.Landing
        fields = [
            "id",
            "url",
            "attempt",
            "success",
            "description",
            "downrange_distance",
            "landing_location",
            "type",
        ]


class Orbit(Record):
    celestial_body = CelestialBodyMini()

    class Meta:
        model = places.Orbit
        fields = ["id", "name", "abbrev", "celestial_body"]


class Mission(Record):
    type = serializers.SerializerMethodField()
    image = Image()
    orbit = Orbit()
    agencies = AgencyDetailed(many=True)
    info_urls = InfoURL(many=True)
    vid_urls = VidURL(many=True)

    class Meta:
        model = missions.Mission
        fields = ["id", "name", "type", "description", "image", "orbit", "agencies", "info_urls", "vid_urls"]

    def get_type(self, mission: missions.Mission) -> str | None:
        """The name of the type."""
        return mission.type.name if mission.type else mission.type_name


class LauncherConfigFamilyMini(Record):
    response_mode = Mode("list")

    class Meta:
        model = vehicles.LauncherConfigFamily
        fields = ["response_mode", "id", "name"]


class LauncherConfigFamilyNormal(LauncherConfigFamilyMini):
    response_mode = Mode("normal")
    manufacturer = AgencyNormal(many=True)
    parent = LauncherConfigFamilyMini()

    class Meta(LauncherConfigFamilyMini.Meta):
        fields = [*LauncherConfigFamilyMini.Meta.fields, "manufacturer", "parent"]


class LauncherConfigFamilyDetailed(LauncherConfigFamilyNormal):
    response_mode = Mode("detailed")
    manufacturer = AgencyDetailed(many=True)
    parent = LauncherConfigFamilyNormal()

    class Meta(LauncherConfigFamilyNormal.Meta):
        fields = [
            *LauncherConfigFamilyNormal.Meta.fields,
            "description",
            "active",
            "maiden_flight",
            "total_launch_count",
            "consecutive_successful_launches",
            "successful_launches",
            "failed_launches",
            "pending_launches",
            "attempted_landings",
            "successful_landings",
            "failed_landings",
            "consecutive_successful_landings",
        ]


class LauncherConfigMini(Record):
    response_mode = Mode("list")
    families = LauncherConfigFamilyMini(many=True)

    class Meta:
        model = vehicles.LauncherConfig
        fields = ["response_mode", "id", "url", "name", "families", "full_name", "variant"]


class LauncherConfigDetailed(LauncherConfigMini):
    response_mode = Mode("detailed")
    families = LauncherConfigFamilyDetailed(many=True)
    manufacturer = AgencyDetailed()
    program = ProgramNormal(many=True)
    image = Image()

    class Meta(LauncherConfigMini.Meta):
        fields = [
            *LauncherConfigMini.Meta.fields,
            "active",
            "is_placeholder",
            "manufacturer",
            "program",
            "reusable",
            "image",
            "info_url",
            "wiki_url",
            "description",
            "alias",
            "min_stage",
            "max_stage",
            "length",
            "diameter",
            "maiden_flight",
            "launch_cost",
            "launch_mass",
            "leo_capacity",
            "gto_capacity",
            "geo_capacity",
            "sso_capacity",
            "to_thrust",
            "apogee",
            "total_launch_count",
            "consecutive_successful_launches",
            "successful_launches",
            "failed_launches",
            "pending_launches",
            "attempted_landings",
            "successful_landings",
            "failed_landings",
            "consecutive_successful_landings",
            "fastest_turnaround",
        ]


class LaunchMini(Record):
    class Meta:
        model = launches.Launch
        fields = ["id", "url", "name"]


class LaunchStatus(Record):
    class Meta:
        model = launches.LaunchStatus
        fields = ["id", "name", "abbrev", "description"]


class NetPrecision(Record):
    class Meta:
        model = launches.NetPrecision
        fields = ["id", "name", "abbrev", "description"]


class LaunchList(LaunchMini):
    response_mode = Mode("list")
    status = LaunchStatus()
    net_precision = NetPrecision()
    image = Image()

    class Meta(LaunchMini.Meta):
        fields = [
            *LaunchMini.Meta.fields,
            "response_mode",
            "slug",
            "launch_designator",
            "status",
            "last_updated",
            "net",
            "net_precision",
            "window_end",
            "window_start",
            "image",
            "infographic",
        ]


class RocketNormal(Record):
    id = serializers.IntegerField(source="number")
    configuration = LauncherConfigMini()

    class Meta:
        model = launches.Rocket
        fields = ["id", "configuration"]


class LaunchNormal(LaunchList):
    response_mode = Mode("normal")
    launch_service_provider = AgencyMini()
    rocket = RocketNormal()
    mission = Mission()
    pad = Pad()
    program = ProgramNormal(many=True)

    class Meta(LaunchList.Meta):
        fields = [
            *LaunchList.Meta.fields,
            "probability",
            "weather_concerns",
            "failreason",
            "hashtag",
            "launch_service_provider",
            "rocket",
            "mission",
            "pad",
            "webcast_live",
            "program",
            "orbital_launch_attempt_count",
            "location_launch_attempt_count",
            "pad_launch_attempt_count",
            "agency_launch_attempt_count",
            "orbital_launch_attempt_count_year",
            "location_launch_attempt_count_year",
            "pad_launch_attempt_count_year",
            "agency_launch_attempt_count_year",
        ]


class SpacecraftConfigFamilyMini(Record):
    response_mode = Mode("list")

    class Meta:
        model = spacecraft.SpacecraftConfigFamily
        fields = ["response_mode", "id", "name"]


class SpacecraftConfigFamilyNormal(SpacecraftConfigFamilyMini):
    response_mode = Mode("normal")
    manufacturer = AgencyMini()
    parent = SpacecraftConfigFamilyMini()

    class Meta(SpacecraftConfigFamilyMini.Meta):
        fields = [
            *SpacecraftConfigFamilyMini.Meta.fields,
            "description",
            "manufacturer",
            "parent",
            "maiden_flight",
        ]


class SpacecraftConfigFamilyDetailed(SpacecraftConfigFamilyNormal):
    manufacturer = AgencyNormal()
    parent = SpacecraftConfigFamilyNormal()

    class Meta(SpacecraftConfigFamilyNormal.Meta):
        fields = [
            *SpacecraftConfigFamilyNormal.Meta.fields,
            "spacecraft_flown",
            "total_launch_count",
            "successful_launches",
            "failed_launches",
            "attempted_landings",
            "successful_landings",
            "failed_landings",
        ]


class SpacecraftConfigNormal(Record):
    response_mode = Mode("normal")
    type = Named()
    agency = AgencyMini()
    family = SpacecraftConfigFamilyNormal(many=True)
    image = Image()

    class Meta:
        model = spacecraft.SpacecraftConfig
        fields = ["response_mode", "id", "url", "name", "type", "agency", "family", "in_use", "image"]


class SpacecraftConfigDetailed(SpacecraftConfigNormal):
    response_mode = Mode("detailed")
    agency = AgencyNormal()
    family = SpacecraftConfigFamilyDetailed(many=True)

    class Meta(SpacecraftConfigNormal.Meta):
        fields = [
            *SpacecraftConfigNormal.Meta.fields,
            "capability",
            "history",
            "details",
            "maiden_flight",
            "height",
            "diameter",
            "human_rated",
            "crew_capacity",
            "payload_capacity",
            "payload_return_capacity",
            "flight_life",
            "wiki_link",
            "info_link",
            "spacecraft_flown",
            "total_launch_count",
            "successful_launches",
            "failed_launches",
            "attempted_landings",
            "successful_landings",
            "failed_landings",
            "fastest_turnaround",
        ]


class SpacecraftNormal(Record):
    response_mode = Mode("normal")
    image = Image()
    time_in_space = GrowingDuration()
    time_docked = GrowingDuration()
    status = Named()
    spacecraft_config = SpacecraftConfigNormal()

    class Meta:
        model = spacecraft.Spacecraft
        fields = [
            "response_mode",
            "id",
            "url",
            "name",
            "serial_number",
            "is_placeholder",
            "image",
            "in_space",
            "time_in_space",
            "time_docked",
            "flights_count",
            "mission_ends_count",
            "status",
            "description",
            "spacecraft_config",
            "fastest_turnaround",
        ]


class SpacecraftWithConfig(SpacecraftNormal):
    spacecraft_config = SpacecraftConfigDetailed()


class FlightDuration(Duration):
    """From launch to the end of the mission, or to this instant while it is under way; zero if not known."""

    def get_attribute(self, instance: flights.SpacecraftFlight) -> timedelta:
        net, now = instance.launched, timezone.now()
        if net is None or net > now:
            return instance.duration or timedelta(0)
        if instance.mission_end is None:
            return now - net
        return instance.mission_end - net if instance.duration is None else instance.duration


class SpacecraftFlightNormal(Record):
    spacecraft = SpacecraftNormal()
    launch = LaunchNormal(source="rocket.launch", allow_null=True)
    landing = Landing()
    duration = FlightDuration()
    turn_around_time = KnownDuration()
    response_mode = Mode("normal")

    class Meta:
        model = flights.SpacecraftFlight
        fields = [
            "id",
            "url",
            "destination",
            "mission_end",
            "spacecraft",
            "launch",
            "landing",
            "duration",
            "turn_around_time",
            "response_mode",
        ]


class SpacecraftDetailed(SpacecraftWithConfig):
    response_mode = Mode("detailed")
    flights = SpacecraftFlightNormal(many=True)

    class Meta(SpacecraftWithConfig.Meta):
        fields = [*SpacecraftWithConfig.Meta.fields, "flights"]


class PayloadMini(Record):
    response_mode = Mode("list")
    type = Named()
    manufacturer = AgencyMini()
    operator = AgencyMini()
    image = Image()

    class Meta:
        model = flights.Payload
        fields = ["response_mode", "id", "name", "type", "manufacturer", "operator", "image"]


class PayloadNormal(PayloadMini):
    response_mode = Mode("normal")
    manufacturer = AgencyNormal()
    operator = AgencyNormal()
    program = ProgramMini(many=True)

    class Meta(PayloadMini.Meta):
        fields = [
            *PayloadMini.Meta.fields,
            "wiki_link",
            "info_link",
            "program",
            "cost",
            "mass",
            "description",
        ]


class PayloadDetailed(PayloadNormal):
    response_mode = Mode("detailed")
    manufacturer = AgencyDetailed()
    operator = AgencyDetailed()
    program = ProgramNormal(many=True)


class PayloadFlightNormal(Record):
    response_mode = Mode("normal")
    payload = PayloadNormal()
    launch = LaunchNormal(source="rocket.launch", allow_null=True)
    landing = Landing()

    class Meta:
        model = flights.PayloadFlight
        fields = [
            "response_mode",
            "id",
            "url",
            "destination",
            "amount",
            "payload",
            "launch",
            "landing",
        ]


class SpaceStationMini(Record):
    image = Image()

    class Meta:
        model = stations.SpaceStation
        fields = ["id", "url", "name", "image"]


class SpaceStationNormal(SpaceStationMini):
    status = Named()
    orbit = serializers.SerializerMethodField()
    type = Named()

    class Meta(SpaceStationMini.Meta):
        fields = [
            *SpaceStationMini.Meta.fields,
            "status",
            "founded",
            "deorbited",
            "description",
            "orbit",
            "type",
        ]

    def get_orbit(self, station: stations.SpaceStation) -> str | None:
        """The name of the orbit."""
        return station.orbit.name if station.orbit else station.orbit_name


class DockingLocation(Record):
    spacestation = SpaceStationMini()
    spacecraft = SpacecraftConfigNormal()
    payload = PayloadMini()

    class Meta:
        model = stations.DockingLocation
        fields = ["id", "name", "spacestation", "spacecraft", "payload"]


class DockingEvent(Record):
    docking_location = DockingLocation()
    space_station_target = SpaceStationNormal()
    flight_vehicle_target = SpacecraftFlightNormal()
    payload_flight_target = PayloadFlightNormal()

    class Meta:
        model = stations.DockingEvent
        fields = [
            "id",
            "url",
            "docking",
            "departure",
            "docking_location",
            "space_station_target",
            "flight_vehicle_target",
            "payload_flight_target",
        ]


class AstronautRole(Record):
    class Meta:
        model = crews.AstronautRole
        fields = ["id", "role", "priority"]


class AstronautDetailed(Record):
    status = Named()
    agency = AgencyMini()
    image = Image()
    response_mode = Mode("list")
    type = Named()
    time_in_space = GrowingDuration()
    eva_time = GrowingDuration()
    nationality = Country(many=True)
    social_media_links = SocialMediaLink(many=True)

    class Meta:
        model = crews.Astronaut
        fields = [
            "id",
            "url",
            "name",
            "status",
            "agency",
            "image",
            "response_mode",
            "type",
            "in_space",
            "time_in_space",
            "eva_time",
            "age",
            "date_of_birth",
            "date_of_death",
            "nationality",
            "bio",
            "wiki",
            "last_flight",
            "first_flight",
            "social_media_links",
        ]


class AstronautFlight(Record):
    role = AstronautRole()
    astronaut = AstronautDetailed()

    class Meta:
        model = crews.AstronautFlight
        fields = ["id", "role", "astronaut"]


class SpacecraftStage(Record):
    spacecraft = SpacecraftWithConfig()
    landing = Landing()
    duration = FlightDuration()
    turn_around_time = KnownDuration()
    response_mode = Mode("detailed")
    launch_crew = AstronautFlight(many=True)
    onboard_crew = AstronautFlight(many=True)
    landing_crew = AstronautFlight(many=True)
    docking_events = DockingEvent(many=True)

    class Meta:
        model = flights.SpacecraftFlight
        fields = [
            "id",
            "url",
            "destination",
            "mission_end",
            "spacecraft",
            "landing",
            "duration",
            "turn_around_time",
            "response_mode",
            "launch_crew",
            "onboard_crew",
            "landing_crew",
            "docking_events",
        ]


class PayloadStage(Record):
    response_mode = Mode("detailed")
    payload = PayloadDetailed()
    landing = Landing()
    docking_events = DockingEvent(many=True)

    class Meta:
        model = flights.PayloadFlight
        fields = [
            "response_mode",
            "id",
            "url",
            "destination",
            "amount",
            "payload",
            "landing",
            "docking_events",
        ]


class LauncherNormal(Record):
    response_mode = Mode("normal")
    status = Named()
    image = Image()

    class Meta:
        model = vehicles.Launcher
        fields = [
            "response_mode",
            "id",
            "url",
            "flight_proven",
            "serial_number",
            "is_placeholder",
            "status",
            "image",
            "details",
            "successful_landings",
            "attempted_landings",
            "flights",
            "last_launch_date",
            "first_launch_date",
            "fastest_turnaround",
        ]


class FirstStage(Record):
    type = serializers.SerializerMethodField()
    launcher = LauncherNormal()
    landing = Landing()
    previous_flight = LaunchMini()

    turn_around_time = KnownDuration()

    class Meta:
        model = vehicles.FirstStage
        fields = [
            "id",
            "type",
            "reused",
            "launcher_flight_number",
            "launcher",
            "previous_flight_date",
            "turn_around_time",
            "landing",
            "previous_flight",
        ]

    def get_type(self, stage: vehicles.FirstStage) -> str | None:
        """The name of the type."""
        return stage.type.name if stage.type else stage.type_name


class RocketDetailed(RocketNormal):
    configuration = LauncherConfigDetailed()
    launcher_stage = FirstStage(many=True, source="firststage")
    spacecraft_stage = SpacecraftStage(many=True, source="spacecraftflight")
    payloads = PayloadStage(many=True, source="payloadflight")

    class Meta(RocketNormal.Meta):
        fields = [*RocketNormal.Meta.fields, "launcher_stage", "spacecraft_stage", "payloads"]


class Update(Record):
    class Meta:
        model = events.Update
        fields = ["id", "profile_image", "comment", "info_url", "created_by", "created_on"]


class TimelineEventType(Record):
    class Meta:
        model = launches.TimelineEventType
        fields = ["id", "abbrev", "description"]


class TimelineEvent(Record):
    type = TimelineEventType()

    class Meta:
        model = events.TimelineEvent
        fields = ["type", "relative_time"]


class LaunchDetailed(LaunchNormal):
    response_mode = Mode("detailed")
    launch_service_provider = AgencyDetailed()
    rocket = RocketDetailed()
    updates = Update(many=True)
    info_urls = InfoURL(many=True)
    vid_urls = VidURL(many=True)
    timeline = TimelineEvent(many=True)
    mission_patches = MissionPatch(many=True)

    pad_turnaround = KnownDuration()

    class Meta(LaunchNormal.Meta):
        fields = [
            *LaunchNormal.Meta.fields,
            "flightclub_url",
            "updates",
            "info_urls",
            "vid_urls",
            "timeline",
            "pad_turnaround",
            "mission_patches",
        ]
