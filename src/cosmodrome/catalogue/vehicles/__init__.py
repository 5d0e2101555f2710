"""Launch vehicles: families, configurations, single boosters, and each flight of one."""

# The order of the imports is that of the endpoints in `/2.3.0/`.
# isort: off
from cosmodrome.catalogue.vehicles.types import FirstStageType, LauncherStatus
from cosmodrome.catalogue.vehicles.configurations import LauncherConfig, LauncherConfigFamily
from cosmodrome.catalogue.vehicles.boosters import FirstStage, Launcher
# isort: on

__all__ = [
    "FirstStage",
    "FirstStageType",
    "Launcher",
    "LauncherConfig",
    "LauncherConfigFamily",
    "LauncherStatus",
]
