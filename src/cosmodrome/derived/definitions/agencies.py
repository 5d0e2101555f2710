"""Counters of agencies: launches that they provide, and landings of what they launch, build or operate."""

from __future__ import annotations

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.flights import Payload
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig
from cosmodrome.derived.definitions.counters import (
    attempted_landings_of,
    declare_all_launch_counters,
    declare_landing_counters,
    declare_stage_counters,
    landing_columns,
    vehicle_dependencies,
)
from cosmodrome.derived.registry import depends_on

PROVIDER = "launch_service_provider"
STAGE_TO_AGENCY, CRAFT_TO_AGENCY, PAYLOAD_TO_AGENCY = (
    f"rocket__launch__{PROVIDER}",
    "spacecraft__spacecraft_config__agency",
    "payload__operator",
)
"""Paths to an agency: from a first stage that it launches, from a flight of a spacecraft that it builds, and
from a flight of a payload that it operates."""

depends_on(
    Agency,
    (Launch, PROVIDER),
    *vehicle_dependencies("firststage", STAGE_TO_AGENCY),
    *vehicle_dependencies("spacecraftflight", CRAFT_TO_AGENCY),
    *vehicle_dependencies("payloadflight", PAYLOAD_TO_AGENCY),
    (Spacecraft, "spacecraft_config__agency"),
    (SpacecraftConfig, "agency"),
    (Payload, "operator"),
)

declare_all_launch_counters(Agency, PROVIDER)
declare_stage_counters(Agency, STAGE_TO_AGENCY)
declare_landing_counters(
    Agency, attempted_landings_of("spacecraftflight", CRAFT_TO_AGENCY), landing_columns("_spacecraft")
)
declare_landing_counters(
    Agency, attempted_landings_of("payloadflight", PAYLOAD_TO_AGENCY), landing_columns("_payload")
)
