"""Lists of what is to come and of what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models

from cosmodrome.engine.filtering import BooleanFilter
from cosmodrome.engine.resources import Resource
from cosmodrome.engine.travel import told_at

RECENT = timedelta(hours=24)
"""How long a list of what is to come holds on to what has just happened."""


class Upcoming(Resource):
    """What is to come, soonest first, and what happened in the last 24 hours unless that is hidden."""

    instant: ClassVar[str] = ""
    """The column that tells when."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(**{f"{self.instant}__gte": told_at() - RECENT})


class HideRecent(BooleanFilter):
    """Whether a list of what is to come leaves out what has happened: `HideRecent("net")`."""

    def filter(self, qs: models.QuerySet[Any], value: bool | None) -> models.QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__gte": told_at()}) if value else qs


class Previous(Resource):
    """What is over, the latest first."""

    instant: ClassVar[str] = ""
    """The column that tells when."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(**{f"{self.instant}__lt": told_at()})
