"""Agencies: the launches that they provide, and landings of what they launch, build or operate."""

from __future__ import annotations

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.flights import Payload
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig
from cosmodrome.derived.definitions.counters import (
    carried,
    counts_all_launches,
    counts_landings,
    counts_stages,
    landing_columns,
    landings_of,
)
from cosmodrome.derived.registry import made_of

PROVIDER = "launch_service_provider"
STAGES, CRAFT, PAYLOADS = (
    f"rocket__launch__{PROVIDER}",
    "spacecraft__spacecraft_config__agency",
    "payload__operator",
)
"""To the agency, from a first stage that it launches, a flight of a spacecraft that it builds, and a flight
of a payload that it operates."""

made_of(
    Agency,
    (Launch, PROVIDER),
    *carried("firststage", STAGES),
    *carried("spacecraftflight", CRAFT),
    *carried("payloadflight", PAYLOADS),
    (Spacecraft, "spacecraft_config__agency"),
    (SpacecraftConfig, "agency"),
    (Payload, "operator"),
)

counts_all_launches(Agency, PROVIDER)
counts_stages(Agency, STAGES)
counts_landings(Agency, landings_of("spacecraftflight", CRAFT), landing_columns("_spacecraft"))
counts_landings(Agency, landings_of("payloadflight", PAYLOADS), landing_columns("_payload"))
