"""Recognises records of other versions of Launch Library, which have other keys and other forms of values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cosmodrome.ingest.errors import BrokenFile

READ_HERE = "2.3."
PATH_OF_API = re.compile(r"://[^/?#]+/(?:[\w-]+/)*?([12]\.\d\.0)/[a-z_]+/")
"""A url of Launch Library, as against links to elsewhere, which may have numbers of versions, too."""
KEYS_OF_2_2 = frozenset(
    (
        *("agency_id", "country_code", "infoURLs", "landing_success", "launch_library_url", "logo_url"),
        *("lsp_name", "mission_designator", "mission_type", "nation_url", "profile_image_thumbnail"),
        *("r_spacex_api_id", "tracking_url", "vidURLs"),
    )
)
"""Keys of 2.2.0 that no shape of 2.3.0 has, at any depth."""
ENOUGH_KEYS = 2


class OtherVersion(BrokenFile):
    """A record is of another version of Launch Library."""


def refuse_other_version(record: dict[str, Any]) -> None:
    """Raises OtherVersion if the urls or else the keys in a record tell that it is of another version.

    The url of the record itself is not looked at: that it names 2.3.0 is enough to be believed.
    """
    keys = set[str]()
    for key, value in keys_within(record):
        keys.add(key)
        found = PATH_OF_API.search(value) if key == "url" and isinstance(value, str) else None
        if found and not found[1].startswith(READ_HERE):
            raise OtherVersion(
                f"a url in it, {value[:80]!r}, is of version {found[1]}; version 2.3.0 is read here."
            )
    told_by = sorted(keys & KEYS_OF_2_2)
    if len(told_by) >= ENOUGH_KEYS and "response_mode" not in record:
        named = " and ".join(repr(key) for key in told_by[:ENOUGH_KEYS])
        raise OtherVersion(f"it is of version 2.2.0, as its keys {named} tell; version 2.3.0 is read here.")


def keys_within(record: Any) -> Iterator[tuple[str, Any]]:
    """Yields all keys in a record with their values, at any depth."""
    ahead = [record]
    while ahead:
        value = ahead.pop()
        if isinstance(value, dict):
            yield from value.items()
        ahead += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
