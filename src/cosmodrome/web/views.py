"""The home page and the documentation."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cosmodrome.environment import PREFIX, SETTINGS
from cosmodrome.resources.pagination import Pages
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import capitalised
from cosmodrome.web.pages import page

COUNTED = ("spacecraft", "spacecraft_configurations", "agencies")
"""The resources whose size the home page tells, by path."""


@dataclass(frozen=True)
class Endpoint:
    """A list, and where it is."""

    path: str
    href: str
    name: str
    count: int | None = None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, how much is in it, and where to go."""
    counted = [endpoint(path, RESOURCES[path].model()._default_manager.count()) for path in COUNTED]
    return page("home", {"version": settings.VERSION, "counted": counted, "base": base(request)})


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """The page that the Help line leads to."""
    context = {
        "version": settings.VERSION,
        "base": base(request),
        "pages": Pages(),
        "endpoints": [endpoint(path) for path in RESOURCES],
        "settings": [(PREFIX + name, setting.meaning) for name, setting in SETTINGS.items()],
    }
    return page("documentation", context)


def endpoint(path: str, count: int | None = None) -> Endpoint:
    """The endpoint at `path`, which is declared."""
    name = capitalised(RESOURCES[path].model()._meta.verbose_name_plural)
    return Endpoint(path, f"{reverse('api-root')}{path}/", name, count)


def base(request: HttpRequest) -> str:
    """The address that clients put in front of every path, on the host that was asked."""
    return request.build_absolute_uri(reverse("api-root"))
