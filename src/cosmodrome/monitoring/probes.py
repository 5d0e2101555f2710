"""The three addresses at the root.  They are no part of the API: no rate, no cookie, no CORS, no cache."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from cosmodrome.access.callers import read_address
from cosmodrome.access.routers import apps_in
from cosmodrome.environment import PREFIX
from cosmodrome.monitoring.metrics import exposition

logger = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"

FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")
"""Headers that proxies add.  What they say is not believed, only that someone stands in between."""


def health(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, least of all the database."""
    del request
    return HttpResponse("ok\n", TEXT)


def readiness(request: HttpRequest) -> HttpResponse:
    """The database answers as well, and has the tables of this version; else 503 and a sentence."""
    del request
    problem = what_is_not_ready()
    return HttpResponse(problem or "ready\n", TEXT, 503 if problem else 200)


def what_is_not_ready() -> str:
    """A sentence; empty if everything is."""
    for name in connections:
        try:
            applied = MigrationRecorder(connections[name]).applied_migrations()
        except DatabaseError:
            logger.warning("The database '%s' does not answer", name, exc_info=True)
            return "The database does not answer: the server's log says why.\n"
        if missing := sorted(known_migrations(*apps_in(name)) - set(applied)):
            app, migration = missing[0]
            return (
                f"The database lacks {len(missing)} of this version's migrations, the first is "
                f"{app}.{migration}: start `cosmodrome serve` again, which brings it up to date.\n"
            )
    return ""


@cache
def known_migrations(*apps: str) -> frozenset[tuple[str, str]]:
    """The migrations of this version, of some apps or of all; they are read from disk once."""
    known = MigrationLoader(None).disk_migrations or ()
    return frozenset(one for one in known if not apps or one[0] in apps)


def metrics(request: HttpRequest) -> HttpResponse:
    """What is measured, for those who may know; else 403, or 400 for a host that is not ours."""
    try:
        request.get_host()  # else any site could have its name lead here, and read it in a browser
    except DisallowedHost:
        return HttpResponse("This server does not answer for that host.\n", TEXT, 400)
    if settings.METRICS != "public" and not is_asked_from_here(request):
        sentence = (
            "The metrics are told to this machine alone, and not through a proxy. "
            f"{PREFIX}METRICS=public tells them to everyone.\n"
        )
        return HttpResponse(sentence, TEXT, 403)
    return HttpResponse(exposition(), CONTENT_TYPE_LATEST)


def is_asked_from_here(request: HttpRequest) -> bool:
    """Whether a program on this machine asks for itself.

    To a proxy on this machine every caller seems to be here.  One is told by the headers it adds, or by
    the public address that is set where there is one.
    """
    if settings.PUBLIC_URL or any(name in request.headers for name in FORWARDED):
        return False
    address = read_address(request.META.get("REMOTE_ADDR", ""))
    mapped = getattr(address, "ipv4_mapped", None)  # an IPv4 caller of a socket for both
    return bool(address and (mapped or address).is_loopback)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": health,
    "/readyz": readiness,
    "/metrics": metrics,
}


def probe(request: HttpRequest) -> HttpResponse | None:
    """The answer, if one of the three addresses is asked."""
    answer = PROBES.get(request.path_info)
    if answer is None:
        return None
    allowed = request.method in ("GET", "HEAD")
    response = answer(request) if allowed else HttpResponse("GET alone works here.\n", TEXT, 405)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Length"] = str(len(response.content))
    if not allowed:
        response.headers["Allow"] = "GET"
    return response
