"""Addresses: the endpoint that a url is of, on whatever server, and what its query asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import QueryDict
from rich.table import Table
from rich.text import Text

from cosmodrome.resources.ordering import Ordering, Search
from cosmodrome.resources.parameters import EXTENSION_NAMES
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.resources.schema.ignored import MODE, ignored_names, ignored_sentence
from cosmodrome.shapes.shapes import Shape

VERSIONED = re.compile(r"(?:^|.*?/)([0-9]+\.[0-9]+\.[0-9]+)/(.*)", re.DOTALL)
LONGEST_SHOWN = 200


@dataclass(frozen=True)
class Address:
    """A path below the version, and a query: `launches/upcoming`, `mode=list`."""

    path: str
    query: QueryDict

    @property
    def resource(self) -> type[Resource] | None:
        """The resource of the list, or of the record; None if there is none at the path."""
        return RESOURCES.get(self.path) or RESOURCES.get(self.path.rpartition("/")[0])

    @property
    def is_record(self) -> bool:
        """Whether the path goes on, with an id, after that of a list."""
        return self.path not in RESOURCES

    def shapes(self, resource: type[Resource]) -> Mapping[str, type[Shape]]:
        """Returns the shapes that it may be answered in, each behind its name: one, or that of each mode."""
        if self.is_record:
            return {"a record": resource.record_shape()}
        if MODE not in self.query:
            return shapes_by_mode(resource)
        asked = resource.list_shape(str(self.query[MODE]))
        return {name: shape for name, shape in shapes_by_mode(resource).items() if shape is asked}


def shapes_by_mode(resource: type[Resource]) -> dict[str, type[Shape]]:
    """Returns the shape of each mode of a resource, behind its parameter."""
    return {f"{MODE}={mode}": shape for mode, shape in resource.modes.items()}


def read_address(text: str) -> Address:
    """Parses a path, or a url of any server.  Raises ValueError, with a sentence, for another version.

    launches                                                    launches
    /2.3.0/launches/45/                                         launches/45
    https://ll.thespacedevs.com/2.3.0/launches/?mode=list       launches, and mode=list
    """
    written = repr(text[:LONGEST_SHOWN])
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f"{written} is no url: {error}.") from None
    versioned = VERSIONED.fullmatch(parts.path)
    if versioned and versioned[1] != settings.VERSION:
        raise ValueError(f"{written} is of version {versioned[1]}; this server speaks {settings.VERSION}.")
    if parts.scheme and not versioned:
        raise ValueError(f"{written} is of no endpoint: their paths begin with /{settings.VERSION}/.")
    return Address((versioned[2] if versioned else parts.path).strip("/"), QueryDict(parts.query))


def asked(resource: type[Resource], address: Address) -> Table:
    """Returns a table of the parameters of an address: what each is, or why it is ignored."""
    table = Table.grid("", "", "", padding=(0, 2))
    ignored = ignored_names(resource, address.query, address.is_record)
    for name, values in address.query.lists():
        is_ignored = name in ignored
        what = ignored_sentence(resource, name, address.is_record) if is_ignored else kind(resource, name)
        told = f"ignored. {what}" if is_ignored else what
        table.add_row(*map(Text, (f"  {shown(name)}", ", ".join(map(shown, values)), told)))
    return table


def shown(text: str) -> str:
    """Returns a part of a query, whose invisible characters stay encoded: they may command a terminal."""
    return "".join(each if each.isprintable() else quote(each) for each in text)


def kind(resource: type[Resource], name: str) -> str:
    """Returns what a parameter that a resource takes is for."""
    if name in resource.filter_names():
        return "a filter"
    if name in EXTENSION_NAMES:
        return "beyond the contract"
    return {
        MODE: "the shape of the records",
        Search.search_param: f"searches in {', '.join(resource.search_fields)}",
        Ordering.ordering_param: "the order",
    }.get(name, "the page, or its format")
