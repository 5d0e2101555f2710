"""The help text of an endpoint, written from its declaration alone.

The sections are Markdown in the OpenAPI document, and headings on the browsable page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosmodrome.resources.filters import InstantFilter
from cosmodrome.resources.pagination import Pagination
from cosmodrome.resources.selections.filtersets import filterset_of

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource

DOCUMENTATION = "/docs/"
"""The path of Cosmodrome's documentation, to which the help line leads; the original's leads to its own."""

HELP_SENTENCE = "Find all the FAQs and support links on the documentation homepage"
HELP_LINK_TEXT = f"cosmodrome{DOCUMENTATION.rstrip('/')}"


@dataclass(frozen=True)
class Section:
    """A heading with a sentence, names as code after it, and an example."""

    title: str
    sentence: str
    names: tuple[str, ...] = ()
    example: str = ""
    """A query string, to which the link of the section leads."""
    path: str = ""
    inline: bool = False
    """Whether the example follows its sentence on the same line."""

    @property
    def link_text(self) -> str:
        """The text of the link: the path as a person would type it."""
        return f"/{self.path}/?{self.example}"

    @property
    def markdown(self) -> str:
        """The section as Markdown, for the OpenAPI document."""
        names = ", ".join(f"`{name}`" for name in self.names)
        link = f"[{self.link_text}](./?{self.example})"
        if self.inline:
            return f"#### {self.title}\n{self.sentence} - {link}"
        lead = f"{self.sentence} - {names}" if names else self.sentence
        return f"#### {self.title}\n{lead}\n\nExample - {link}"


def help_sections(resource: type[Resource]) -> list[Section]:
    """Returns the sections of the help, in the order of the original's pages, without the last one, Help."""
    path, examples = resource.path, resource.examples

    def section(title: str, sentence: str, names: Iterable[str], example: str) -> Section:
        return Section(title, sentence, tuple(names), example, path)

    sections = []
    if len(resource.modes) > 1:
        example = f"mode={'list' if 'list' in resource.modes else 'detailed'}"
        sections.append(section("Modes", "Levels of detail in the response", resource.modes, example))
    if filters := resource.filter_names():
        sections.append(section("Filters", "Parameters", filters, examples["filter"]))
    if resource.search_fields:
        fields = sorted(resource.search_fields)
        sections.append(section("Search", "Fields searched", fields, f"search={examples['search']}"))
    if resource.ordering_fields:
        fields = sorted(resource.ordering_fields)
        sections.append(section("Ordering", "Fields", fields, f"ordering={examples['ordering']}"))
    limit = f"Use `limit` to control the number of objects in the response (max {Pagination.max_limit})"
    sections.append(section("Number of results", limit, (), "limit=2"))
    sections.append(Section("Format", "Switch to JSON output", (), "format=json", path, inline=True))
    return sections


def help_text(resource: type[Resource]) -> str:
    """Returns the whole help as Markdown: the `description` of the endpoint in the OpenAPI document."""
    closing = f"#### Help\n{HELP_SENTENCE} - [{HELP_LINK_TEXT}]({DOCUMENTATION})"
    sections = [section.markdown for section in help_sections(resource)]
    if instants := instant_names(resource):
        closing = f"{closing}\n\n{BEYOND} - {', '.join(f'`{name}`' for name in instants)}"
    return "\n\n".join([*sections, closing])


BEYOND = "Beyond Launch Library, `now`, `now-PT1H` and `now+P7D`, counted from the present, are instants of"


def instant_names(resource: type[Resource]) -> list[str]:
    """Returns the filters that compare instants."""
    filters = filterset_of(resource).base_filters if resource.filter_names() else {}
    return sorted(name for name, each in filters.items() if isinstance(each, InstantFilter))
