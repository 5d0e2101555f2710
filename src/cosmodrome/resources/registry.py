"""The declared endpoints, by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from cosmodrome.resources.endpoints import Endpoint
    from cosmodrome.resources.resources import Resource

RESOURCES: dict[str, type[Resource]] = {}
"""Endpoints that list the rows of a table, in the order of declaration."""

ENDPOINTS: dict[str, type[Endpoint]] = {}
"""Endpoints that list no table, in the order of declaration."""


def resource_of(model: type[models.Model]) -> type[Resource] | None:
    """Returns the resource whose path is in the urls of a table's rows; None if they have no urls."""
    return next((resource for resource in RESOURCES.values() if resource.model() is model), None)
