"""Lists of what is to come and of what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models

from cosmodrome.engine import clock
from cosmodrome.engine.filtering import YesOrNo
from cosmodrome.engine.resources import Resource

RECENT = timedelta(hours=24)
"""How long a list of what is to come holds on to what has just happened."""


class Upcoming(Resource):
    """What is to come, soonest first, and what happened in the last 24 hours unless that is hidden."""

    instant: ClassVar[str] = ""
    """The column that tells when."""

    def get_queryset(self) -> models.QuerySet[Any]:
        hidden = YesOrNo(required=False).clean(self.request.query_params.get("hide_recent_previous"))
        since = clock.now() - (timedelta(0) if hidden else RECENT)
        return super().get_queryset().filter(**{f"{self.instant}__gte": since})


class Previous(Resource):
    """What is over, the latest first."""

    instant: ClassVar[str] = ""
    """The column that tells when."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(**{f"{self.instant}__lt": clock.now()})
