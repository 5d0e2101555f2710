"""The surroundings of a `Front` that stands in for the service, as the settings describe them."""

from __future__ import annotations

from typing import TypeAlias

from django.conf import settings

from cosmodrome.monitoring.folder import shared_file
from cosmodrome.server.front import Front
from cosmodrome.server.standin.calls import CallLog, Logged, follow
from cosmodrome.server.standin.fates import Fates, Ordinals
from cosmodrome.server.standin.misbehaviour import Misbehaving
from cosmodrome.time import clock

Surrounded: TypeAlias = Front | Misbehaving | Logged
"""Anything that Granian can serve."""


def surround(front: Front) -> Surrounded:
    """Returns `front` with what misbehaves and what logs around it, each if it is set."""
    prefix = f"/{settings.VERSION}/"
    served: Front | Misbehaving = front
    if settings.FAULTS:
        ordinals = Ordinals(shared_file("asked.sqlite3"))
        fates = Fates(settings.FAULTS, settings.FAULT_SEED, ordinals, prefix)
        served = Misbehaving(front, fates, settings.FAULT_SECONDS / clock.speed(), settings.PUBLIC_URL)
    if not settings.CALL_LOG:
        return served
    front.add_change(follow)
    return Logged(served, CallLog(settings.CALL_LOG), prefix)
