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
    path = meant_path(request)
    if not path:
        return ""
    address = f"{root_of(request)}{path}"
    if version_in(parts_of(request)) not in (None, settings.VERSION):
        return f"This server speaks {settings.VERSION}: try {address}"
    name = path.removeprefix(f"{settings.VERSION}/").rstrip("/")
    return f"Did you mean {name}? It is at {address}"


def meant_path(request: HttpRequest | Request) -> str:
    """Returns the path that was meant, as `2.3.0/launches/`; empty if nobody knows."""
    parts = parts_of(request)
    version = version_in(parts)
    meant = nearest_path(parts[parts.index(version) + 1 :] if version else parts)
    path = f"{settings.VERSION}/{meant}"
    if version not in (None, settings.VERSION):
        return path
    if not meant or request.path_info.strip("/") == path.strip("/"):
        return ""  # the path is right, and something else is not there
    return path


def parts_of(request: HttpRequest | Request) -> list[str]:
    """Returns the parts of a path that are compared."""
    return [part for part in request.path_info[:LONGEST].lower().split("/") if part]


def version_in(parts: list[str]) -> str | None:
    """Returns the version that one of the first two parts names."""
    return next((part for part in parts[:2] if VERSION.fullmatch(part)), None)


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
