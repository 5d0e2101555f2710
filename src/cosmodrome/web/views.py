"""The home page, and the files that browsers and crawlers ask for by themselves."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from cosmodrome.web.layout import code_as_html, page_response
from cosmodrome.web.overview import counts_if_any, endpoint_link

COUNTED_RESOURCES = ("launches", "spacecraft", "astronauts")
"""The paths of the resources whose number of records the home page shows."""

FAVICON = (Path(__file__).parent / "static" / "cosmodrome" / "favicon.ico").read_bytes()
"""`mark.svg` at 32 pixels, for browsers that ask for no other icon."""
DAY = 24 * 60 * 60
"""Seconds."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The home page: what this server is, how many records it has, and links."""
    counts = counts_if_any(COUNTED_RESOURCES)
    counted = [endpoint_link(path, counts[path]) for path in COUNTED_RESOURCES if counts]
    curl = code_as_html(f"curl '{base_url(request)}spacecraft/?limit=2&mode=detailed'")
    return page_response("home", {"version": settings.VERSION, "counted": counted, "curl": curl})


@require_safe
@cache_control(public=True, max_age=30 * DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon, at the address where browsers look for one unasked."""
    del request
    return HttpResponse(FAVICON, content_type="image/vnd.microsoft.icon")


@require_safe
@cache_control(public=True, max_age=DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """The rules for crawlers: no log-in, and of each list one page in place of every search and order."""
    del request
    root = reverse("home")
    lines = ["User-agent: *", f"Allow: {root}docs/", f"Disallow: {root}admin/", f"Disallow: {root}*?"]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


def base_url(request: HttpRequest) -> str:
    """The base url of the API for clients, on the host of the request."""
    return request.build_absolute_uri(reverse("api-root"))
