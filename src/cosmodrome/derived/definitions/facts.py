"""The columns that have always held what they hold: names, dimensions, what belongs to what.

For `?at=`, each column of the catalogue is one of these: a fact, which is declared here; a derived value or a
published total; declared in `histories`; or it follows from others by a rule of `coverage`.  A column that is
none fails at start, so that what describes the present alone is not forgotten in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import models

from cosmodrome.derived.definitions.histories import DECLARED_HISTORIES
from cosmodrome.derived.registry import derived_of
from cosmodrome.shapes.history import NOTHING
from cosmodrome.shapes.tables import PublishedTotals

Table = type[models.Model]

FACTS = {
    "Agency": (
        "name abbrev type featured country description founding_year launchers spacecraft parent image logo "
        "social_logo info_url wiki_url"
    ),
    "Astronaut": "name agency image type date_of_birth nationality bio wiki spacewalks",
    "AstronautFlight": "role astronaut",
    "CelestialBody": ("name type diameter mass gravity length_of_day atmosphere image description wiki_url"),
    "DockingEvent": (
        "docking docking_location space_station_target flight_vehicle_target payload_flight_target "
        "flight_vehicle_chaser space_station_chaser payload_flight_chaser"
    ),
    "DockingLocation": "name spacestation spacecraft payload",
    "Event": (
        "name image date slug type description location date_precision agencies launches expeditions "
        "spacestations program astronauts"
    ),
    "Expedition": "name start spacestation mission_patches crew",
    "FirstStage": "rocket type reused launcher landing",
    "Image": "name image_url thumbnail_url credit license single_use",
    "ImageVariant": "image type image_url",
    "InfoURL": "launch event mission priority source title description feature_image url type language",
    "Landing": "attempt success description downrange_distance landing_location type",
    "LandingLocation": "name abbrev description location longitude latitude image celestial_body",
    "Launch": (
        "name slug net net_precision window_end window_start image infographic hashtag "
        "launch_service_provider mission pad program flightclub_url mission_patches"
    ),
    "Launcher": "serial_number is_placeholder image details launcher_config",
    "LauncherConfig": (
        "name families full_name variant is_placeholder manufacturer program reusable image info_url "
        "wiki_url description alias min_stage max_stage length diameter launch_cost launch_mass "
        "leo_capacity gto_capacity geo_capacity sso_capacity to_thrust apogee"
    ),
    "LauncherConfigFamily": "name manufacturer parent description",
    "Location": ("name country description image map_image longitude latitude timezone_name celestial_body"),
    "Mission": "name type description image orbit agencies",
    "MissionPatch": "name priority image_url agency",
    "Notice": "type date url",
    "Orbit": "name abbrev celestial_body",
    "Pad": (
        "agencies name image description info_url wiki_url map_url latitude longitude country map_image "
        "location"
    ),
    "Payload": "name type manufacturer operator image wiki_link info_link program cost mass description",
    "PayloadFlight": "rocket destination amount payload landing",
    "Program": "name image info_url wiki_url description agencies start_date mission_patches type",
    "RoadClosure": "title window_start window_end",
    "Rocket": "number configuration",
    "SocialMedia": "name url logo",
    "SocialMediaLink": "agency astronaut social_media url",
    "SpaceStation": "name image founded description orbit type owners height width mass volume",
    "Spacecraft": "name serial_number is_placeholder image description spacecraft_config",
    "SpacecraftConfig": (
        "name type agency family image capability history details height diameter human_rated crew_capacity "
        "payload_capacity payload_return_capacity flight_life wiki_link info_link"
    ),
    "SpacecraftConfigFamily": "name description manufacturer parent",
    "SpacecraftFlight": "rocket spacecraft destination landing launch_crew onboard_crew",
    "Spacewalk": "name start location crew spacestation expedition spacecraft_flight event program",
    "TimelineEvent": "launch type relative_time",
    "Update": "launch event program profile_image comment info_url created_by created_on",
    "VidURL": (
        "launch event mission priority source publisher title description feature_image url type language "
        "start_time"
    ),
}
"""By table: the columns and lists.  Tables of words need no mention: see `is_vocabulary`."""


def columns_of(table: Table) -> Iterator[Any]:
    """The columns and the many-to-many lists that a table declares."""
    yield from table._meta.concrete_fields
    yield from table._meta.many_to_many


def is_vocabulary(table: Table) -> bool:
    """Whether a table has nothing but texts, and numbers to sort them by: its columns are facts."""
    return all(isinstance(each, models.CharField | models.TextField | models.IntegerField | models.AutoField)
               for each in columns_of(table))  # fmt: skip


def coverage(table: Table) -> dict[str, list[str]]:
    """By column: all that says what it held at another instant; one word, if it is declared once."""
    history = DECLARED_HISTORIES.get(table, NOTHING)
    says = {
        "total": total_names(table),
        "history": {*history.columns, *history.lists},
        "fact": set(FACTS.get(table.__name__, "").split()),
    }
    found: dict[str, list[str]] = {}
    for column in columns_of(table):
        words = [word for word, names in says.items() if column.name in names]
        if not words and (column.primary_key or not column.editable):
            words = ["companion"]  # the key, or what only goes with others, as since when one grows
        if not words and is_vocabulary(table):
            words = ["vocabulary"]
        found[column.name] = words
    return found


def total_names(table: Table) -> set[str]:
    """The columns of derived values and published totals."""
    published = table.published_totals if issubclass(table, PublishedTotals) else ()
    return {*published, *(declared.column for declared in derived_of(table))}


def check_facts(**_: Any) -> list[checks.CheckMessage]:
    """Returns an error for each column that is forgotten or declared twice, and each name of no column."""
    return [
        checks.Error(problem, obj=table, id="derived.E001")
        for table in apps.get_app_config("catalogue").get_models()
        for problem in problems(table)
    ]


def problems(table: Table) -> Iterable[str]:
    """Sentences about the columns of one table."""
    covered = coverage(table)
    for name, words in covered.items():
        if not words:
            yield (
                f"'{name}': what did it hold at an earlier instant?  Name it in FACTS of {__name__} if the "
                "same, in DECLARED_HISTORIES of histories.py beside it if something else or not known."
            )
        elif len(words) > 1:
            yield f"'{name}' is declared as {' and as '.join(words)}: only one can be."
    for name in FACTS.get(table.__name__, "").split():
        if name not in covered:
            yield f"FACTS names '{name}', which {table.__name__} does not have."
