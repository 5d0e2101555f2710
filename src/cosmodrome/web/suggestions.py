"""What was meant by a path that is not there: one of another version, or one that is nearly one of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.responder import root_of

LIKENESS = 0.7
"""The least ratio of `difflib` for a name that is nearly another: `agency` and `agencies` have 0.71."""
LONGEST = 200
"""Characters of a path that is compared."""
VERSION = re.compile(r"v?\d+(\.\d+)*")


def suggestion(request: HttpRequest | Request) -> str:
    """Returns sentences on what was meant by the path of a request; empty if nobody knows."""
    parts = [part for part in request.path_info[:LONGEST].lower().split("/") if part]
    version = next((part for part in parts[:2] if VERSION.fullmatch(part)), None)
    below = parts[parts.index(version) + 1 :] if version else parts
    meant = nearest_path(below)
    root = f"{root_of(request)}{settings.VERSION}/"
    if version not in (None, settings.VERSION):
        return f"This server speaks {settings.VERSION}: try {root}{meant or ''}"
    if not meant or request.path_info.strip("/") == f"{settings.VERSION}/{meant}".strip("/"):
        return ""  # the path is right, and something else is not there
    return f"Did you mean {meant.rstrip('/')}? It is at {root}{meant}"


def nearest_path(parts: list[str]) -> str:
    """Returns the path below the version that is most like these parts; empty if none is like them.

    ["launch", "upcoming"]   launches/upcoming/
    ["agency", "121"]        agencies/121/
    """
    return next((f"{name}/{key}" for name, key in likely(parts)), "")


def likely(parts: list[str]) -> Iterator[tuple[str, str]]:
    """Yields the name of a list that parts are like, and the id of a record behind it, with a slash."""
    *above, last = parts or [""]
    is_id = any(character.isdigit() for character in last)
    name, key = ("/".join(above), f"{last}/") if is_id else ("/".join(parts), "")
    for found in get_close_matches(name.replace("-", "_"), [*RESOURCES, *ENDPOINTS], n=1, cutoff=LIKENESS):
        yield found, key if found in RESOURCES else ""
