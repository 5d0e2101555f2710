"""Launch vehicles: families, configurations, single boosters, and each flight of one."""

# In the order in which `/2.3.0/` lists what they declare.
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
