"""`/healthz`, `/readyz` and `/metrics`, which are not part of the API: no rate, cookie, CORS or cache."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from cosmodrome.access.network import parse_address, proxy_header
from cosmodrome.environment import PREFIX
from cosmodrome.monitoring.metrics import exposition
from cosmodrome.monitoring.readiness import readiness_problem

TEXT = "text/plain; charset=utf-8"

FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")
"""Headers that proxies add.  Their values are not trusted; their presence shows that there is a proxy."""


def health(request: HttpRequest) -> HttpResponse:
    """Reports that the process answers; nothing else is checked, least of all the database."""
    del request
    return HttpResponse("ok\n", TEXT)


def readiness(request: HttpRequest) -> HttpResponse:
    """Reports that the database answers, has the tables of this version and can be settled; else 503."""
    del request
    problem = readiness_problem()
    return HttpResponse(problem or "ready\n", TEXT, 503 if problem else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics, for callers who may read them; else 403, or 400 for a host that is not allowed."""
    try:
        request.get_host()  # else any site could point its name here and read the metrics in a browser
    except DisallowedHost:
        return HttpResponse("This server does not answer for that host.\n", TEXT, 400)
    if settings.METRICS != "public" and not is_local_request(request):
        sentence = (
            "The metrics are told to this machine alone, and not through a proxy. "
            f"{PREFIX}METRICS=public tells them to everyone.\n"
        )
        return HttpResponse(sentence, TEXT, 403)
    return HttpResponse(exposition(), CONTENT_TYPE_LATEST)


def is_local_request(request: HttpRequest) -> bool:
    """Whether a program on this machine makes the request for itself.

    Behind a proxy on this machine every caller seems to be local.  A proxy shows itself by the headers it
    adds, or by the settings that are made where there is one.
    """
    if proxy_header() or any(name in request.headers for name in FORWARDED):
        return False
    address = parse_address(request.META.get("REMOTE_ADDR", ""))
    return address is not None and address.is_loopback


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": health,
    "/readyz": readiness,
    "/metrics": metrics,
}


def probe(request: HttpRequest) -> HttpResponse | None:
    """The response, if the request is for one of the three addresses; else None."""
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
