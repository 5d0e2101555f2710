"""The lists of the API by family, with the number of their records: what the page of the root shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db import DatabaseError
from django.urls import reverse
from django.utils.safestring import SafeString

from cosmodrome.changes.allowance import SpentError
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.resources import Resource, capitalised
from cosmodrome.web.counts import COUNTS
from cosmodrome.web.layout import code_as_html

CATALOGUE = "cosmodrome.catalogue."
"""The package of the families, each a module or a package in it."""
LOOK_UPS = "config/"
"""The beginning of the paths of look-ups."""


@dataclass(frozen=True)
class EndpointLink:
    """A link to a list, or to an endpoint that lists nothing."""

    path: str
    href: str
    name: str
    count: int | None = None

    @property
    def shown_path(self) -> SafeString:
        """The path, which may take two lines."""
        return code_as_html(self.path)

    @property
    def records(self) -> str:
        """The number of records, as people read it."""
        return "" if self.count is None else f"{self.count:,}"


@dataclass
class Family:
    """The endpoints of a family."""

    name: str
    lists: list[EndpointLink] = field(default_factory=list)
    look_ups: list[EndpointLink] = field(default_factory=list)

    @property
    def links(self) -> list[EndpointLink]:
        """All endpoints of the family."""
        return self.lists + self.look_ups


def families(counts: Mapping[str, int]) -> list[Family]:
    """Returns all families; those that are look-ups alone come last."""
    found: dict[str, Family] = {}
    with_lists = {family_of(each) for path, each in RESOURCES.items() if not path.startswith(LOOK_UPS)}
    for path, view in {**RESOURCES, **ENDPOINTS}.items():
        is_look_up = path.startswith(LOOK_UPS)
        name = referring_family(RESOURCES[path], with_lists) if is_look_up else family_of(view)
        family = found.setdefault(name, Family(name))
        links = family.look_ups if is_look_up else family.lists
        links.append(endpoint_link(path, counts.get(path)))
    return sorted(found.values(), key=lambda each: not each.lists)


def referring_family(look_up: type[Resource], with_lists: set[str]) -> str:
    """Returns the family with lists that alone refers to a look-up; else the one that declares it."""
    users = {family_of(each.related_model) for each in look_up.model()._meta.related_objects}
    return users.pop() if len(users) == 1 and users <= with_lists else family_of(look_up)


def family_of(declared: type) -> str:
    """Returns the family that an endpoint or a table is declared in, as a heading."""
    return capitalised(declared.__module__.removeprefix(CATALOGUE).partition(".")[0])


def endpoint_link(path: str, count: int | None = None) -> EndpointLink:
    """Returns the link to the endpoint at `path`."""
    return EndpointLink(path, f"{reverse('api-root')}{path}/", list_name(path), count)


def list_name(path: str) -> str:
    """Returns the heading of a list, or of an endpoint that lists nothing."""
    if path in ENDPOINTS:
        return ENDPOINTS[path].name
    resource = RESOURCES[path]
    return capitalised(resource.titles[1] if resource.titles else resource.model()._meta.verbose_name_plural)


def counts_if_any(paths: Collection[str]) -> dict[str, int]:
    """Returns the counts of lists; none where the database is away, or has too much to count."""
    try:
        return COUNTS.get(paths)
    except (DatabaseError, SpentError):
        return {}
