"""Links to go on with from an address where there is nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request

from cosmodrome.web.suggestions import meant_path

STARTS = {
    "api-root": "The API, with all its lists",
    "documentation": "The documentation",
    "home": "The start",
}
"""Where one can begin again, by the name of the address."""


@dataclass(frozen=True)
class Link:
    """A link with its text."""

    text: str
    href: str


def ways_on(request: HttpRequest | Request) -> list[Link]:
    """Returns what was meant by a path, as far as one can tell, and where everything begins."""
    meant = meant_path(request)
    near = [Link(meant, escape_uri_path(f"{get_script_prefix()}{meant}"))] if meant else []
    return [*near, *(Link(text, reverse(name)) for name, text in STARTS.items())]
