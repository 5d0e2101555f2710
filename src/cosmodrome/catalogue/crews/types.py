"""The kinds and statuses of astronauts, and the roles in which they fly."""

from __future__ import annotations

from django.db import models

from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.shapes import LookupShape, Shape
from cosmodrome.shapes.tables import Lookup, Number


class AstronautRole(models.Model):
    role = models.CharField(max_length=255)
    priority = Number(default=0)

    class Meta:
        verbose_name = "Astronaut Role"

    def __str__(self) -> str:
        return self.role


class AstronautStatus(Lookup):
    class Meta:
        verbose_name = "Astronaut Status"
        verbose_name_plural = "Astronaut Statuses"


class AstronautType(Lookup):
    class Meta:
        verbose_name = "Astronaut Type"


class AstronautRoleShape(Shape):
    class Meta:
        model = AstronautRole
        fields = ["id", "role", "priority"]


class AstronautStatusShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = AstronautStatus


class AstronautTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = AstronautType


class AstronautRoleResource(Resource):
    path = "config/astronaut_roles"
    queryset = AstronautRole.objects.all()
    modes = {"normal": AstronautRoleShape}
    tags = ["Astronaut", "Configurations"]


class AstronautStatusResource(Resource):
    path = "config/astronaut_statuses"
    queryset = AstronautStatus.objects.all()
    modes = {"normal": AstronautStatusShape}
    tags = ["Astronaut", "Configurations"]


class AstronautTypeResource(Resource):
    path = "config/astronaut_types"
    queryset = AstronautType.objects.all()
    modes = {"normal": AstronautTypeShape}
    tags = ["Astronaut", "Types", "Configurations"]
