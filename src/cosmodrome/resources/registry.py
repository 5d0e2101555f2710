"""The declared endpoints, by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from rest_framework.renderers import BaseRenderer

if TYPE_CHECKING:
    from cosmodrome.resources.endpoints import Endpoint
    from cosmodrome.resources.resources import Resource

RESOURCES: dict[str, type[Resource]] = {}
"""Endpoints that list the rows of a table, in the order of declaration."""

ENDPOINTS: dict[str, type[Endpoint]] = {}
"""Endpoints that list no table, in the order of declaration."""

FORMATS: dict[type[models.Model], list[type[BaseRenderer]]] = {}
"""By table: the formats of its resources beside those that all have; filled by `timeline`.

A renderer may have a method `adapted`, which returns the parameters of a request as its format takes them.
"""


def resource_of(model: type[models.Model]) -> type[Resource] | None:
    """Returns the resource whose path is in the urls of a table's rows; None if they have no urls."""
    return next((resource for resource in RESOURCES.values() if resource.model() is model), None)
