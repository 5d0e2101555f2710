"""The kinds of stages, and the statuses of boosters."""

from __future__ import annotations

from django.db import models

from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.shapes import LookupShape
from cosmodrome.shapes.tables import Lookup, Number


class FirstStageType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = "first stage type"


class LauncherStatus(Lookup):
    name = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = "Launcher Status"
        verbose_name_plural = "Launcher Statuses"


class FirstStageTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = FirstStageType


class LauncherStatusShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = LauncherStatus


class FirstStageTypeResource(Resource):
    path = "config/first_stage_types"
    queryset = FirstStageType.objects.all()
    modes = {"normal": FirstStageTypeShape}
    tags = ["Stages", "Types", "Configurations"]


class LauncherStatusResource(Resource):
    path = "config/launcher_statuses"
    queryset = LauncherStatus.objects.all()
    modes = {"normal": LauncherStatusShape}
    tags = ["Launcher", "Configurations"]
