"""Every endpoint that is declared, by its path."""

from __future__ import annotations

from collections.abc import Iterable
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
    """The resource at whose path a row of `model` has its url; None if the table has none."""
    return next((resource for resource in RESOURCES.values() if resource.model() is model), None)


def paths(resources: Iterable[type[Resource]]) -> str:
    """The paths of `resources`, for messages."""
    return ", ".join(sorted(resource.path for resource in resources))
