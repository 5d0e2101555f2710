"""The names of records, told from their JSON alone: so a page names records of every resource alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

OWN = ("name", "title", "role", "serial_number", "abbrev", "comment")
"""The keys that may hold a record's own name; the first that does."""
LONGEST = 120
"""Characters of a name."""
PARTS = 2
"""Records that a record without a name is called after; those with an address of their own come first."""
DEPTH = 3
"""The levels of nesting at which such a record is looked for."""


def record_name(body: Mapping[str, Any]) -> str:
    """Returns the name of a record; empty if nothing in it has one.

    {"id": 1, "name": "Mir"}                                             Mir
    {"id": 7, "spacecraft": {"name": "Soyuz TM"}, "launch": {"name": …}}   Soyuz TM · Soyuz U2 | Soyuz TM
    """
    if name := own_name(body):
        return name
    parts = [*part_names(body, DEPTH), *(own_name(part) for part in body.values() if is_object(part))]
    return " · ".join(list(dict.fromkeys(filter(None, parts)))[:PARTS])


def own_name(body: Mapping[str, Any]) -> str:
    """Returns the text by which a record itself is known, in one line."""
    found = next((body[key] for key in OWN if isinstance(body.get(key), str) and body[key].strip()), "")
    return shortened(" ".join(found.split()))


def part_names(body: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Yields the names of the records with an address of their own that a record nests."""
    for part in body.values():
        if is_object(part) and "url" in part and depth:
            if name := own_name(part):
                yield name
            else:
                yield from part_names(part, depth - 1)


def shortened(name: str) -> str:
    """Returns a name, or the beginning of a long one."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def is_object(value: Any) -> bool:
    """Whether a value of JSON is an object."""
    return isinstance(value, Mapping)
