"""Links from a record to what else there is about it."""

from __future__ import annotations

from dataclasses import dataclass

from cosmodrome.resources.resources import Resource
from cosmodrome.resources.subresources import SUBRESOURCES, Subresource


@dataclass(frozen=True)
class Further:
    """A link to what else there is about a record."""

    text: str
    href: str


def further_links(owner: type[Resource] | None, path: str) -> list[Further]:
    """Returns links to the subresources of the record at `path`, and to their other formats."""
    links = []
    for each in SUBRESOURCES.get(owner, []) if owner else []:
        href = f"{path}{each.path}/"
        links.append(Further(each.path, href))
        links += [
            Further(f"{each.path} as {renderer.format}", f"{href}?format={renderer.format}")
            for renderer in each.renderer_classes
            if renderer not in Subresource.renderer_classes
        ]
    return links
