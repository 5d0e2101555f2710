"""The reference of the API in the documentation, made from the declarations alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from cosmodrome.resources.ordering import Ordering
from cosmodrome.resources.parameters import EXTENSIONS
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.resources.schema.help import help_sections
from cosmodrome.resources.subresources import SUBRESOURCES, Subresource
from cosmodrome.web.documents.markdown import sentence_html
from cosmodrome.web.forms import order_text
from cosmodrome.web.layout import code_as_html
from cosmodrome.web.overview import LOOK_UPS, EndpointLink, endpoint_link


@dataclass(frozen=True)
class Format:
    """A format of answers."""

    name: str
    media_type: str
    paths: tuple[str, ...]
    """The addresses that have the format; empty: all."""


@dataclass(frozen=True)
class Extension:
    """A parameter beyond the contract."""

    name: str
    values: str
    meaning: SafeString


@dataclass(frozen=True)
class Below:
    """Addresses below those of records, which tell the same of each."""

    paths: tuple[SafeString, ...]
    description: SafeString


@dataclass(frozen=True)
class Told:
    """Names that a list takes, and an example that shows one."""

    title: str
    names: tuple[SafeString, ...]
    example: str


@dataclass(frozen=True)
class ListReference:
    """The names that one list takes, its order and its formats."""

    link: EndpointLink
    sections: list[Told]
    order: str
    """The order unless asked, in words."""
    formats: tuple[str, ...]
    """Formats that not all lists have."""


def modes() -> dict[str, int]:
    """Returns the modes that there are, each with the number of lists that have it."""
    found: dict[str, int] = {}
    for resource in RESOURCES.values():
        for mode in resource.modes if len(resource.modes) > 1 else ():
            found[mode] = found.get(mode, 0) + 1
    return found


def formats() -> list[Format]:
    """Returns the formats of all answers."""
    found: dict[tuple[str, str], list[str]] = {}
    for path, renderers in renderers_by_path():
        for each in renderers:
            found.setdefault((each.format, str(each.media_type).partition(";")[0]), []).append(path)
    most = max(map(len, found.values()))
    return [
        Format(name, kind, () if len(paths) == most else tuple(paths))
        for (name, kind), paths in found.items()
    ]


def renderers_by_path() -> Iterator[tuple[str, Any]]:
    """Yields each address with its renderers."""
    for path, resource in RESOURCES.items():
        yield path, resource.formats()
    for path, endpoint in ENDPOINTS.items():
        yield path, endpoint.renderer_classes
    for each in subresources():
        yield below_path(each), each.renderer_classes


def subresources() -> list[type[Subresource]]:
    """Returns the subresources of all resources."""
    return [each for below in SUBRESOURCES.values() for each in below]


def below_path(each: type[Subresource]) -> str:
    """Returns the address of a subresource, as `spacecraft/{id}/timeline`."""
    return f"{each.of.path}/{{id}}/{each.path}"


def below_records() -> list[Below]:
    """Returns the addresses below those of records."""
    found: dict[str, list[str]] = {}
    for each in subresources():
        found.setdefault(each.description, []).append(below_path(each))
    return [
        Below(tuple(code_as_html(f"{path}/") for path in paths), sentence_html(description))
        for description, paths in found.items()
    ]


def extensions() -> list[Extension]:
    """Returns the parameters beyond the contract."""
    return [Extension(each.name, each.values, sentence_html(each.meaning)) for each in EXTENSIONS]


def list_references() -> list[ListReference]:
    """Returns what each list takes."""
    look_ups_last = sorted(RESOURCES, key=lambda path: (path.startswith(LOOK_UPS), path))
    return [list_reference(path, RESOURCES[path]) for path in look_ups_last]


def list_reference(path: str, resource: type[Resource]) -> ListReference:
    """Returns what one list takes."""
    own = tuple(each.format for each in resource.formats() if each not in Resource.renderer_classes)
    return ListReference(endpoint_link(path), told_sections(resource), usual_order(resource), own)


def told_sections(resource: type[Resource]) -> list[Told]:
    """Returns the sections of the list's help that are not the same for every list."""
    return [
        Told(each.title, tuple(map(code_as_html, each.names)), each.example)
        for each in help_sections(resource)
        if each.names
    ]


def usual_order(resource: type[Resource]) -> str:
    """Returns the order of a list unless asked, in words."""
    return order_text(Ordering().get_default_ordering(resource()) or ())
