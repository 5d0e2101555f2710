"""The content of the page for a response: help and form, the request, and the response itself."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.safestring import SafeString
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.resources.routers import Root
from cosmodrome.resources.schema.help import HELP_LINK_TEXT, HELP_SENTENCE, Section, help_sections
from cosmodrome.resources.schema.links import Further, further_links
from cosmodrome.resources.subresources import Subresource
from cosmodrome.web.documents.markdown import sentence_html
from cosmodrome.web.forms import ListForm, build_form, reason_sentences
from cosmodrome.web.layout import code_as_html
from cosmodrome.web.markup import shown_json
from cosmodrome.web.names import record_name
from cosmodrome.web.overview import Family, counts_if_any, families, list_name
from cosmodrome.web.ways import Link, ways_on


@dataclass(frozen=True)
class HelpEntry:
    """A section of the help text, for the template."""

    section: Section
    sentence: SafeString
    href: str


@dataclass(frozen=True)
class Pager:
    """The position of this page in the list, and links to the pages beside it."""

    place: str
    previous: str
    next: str


@dataclass(frozen=True)
class AlternativeFormat:
    """A link to the same response in another format, such as `ics`."""

    format: str
    href: str


@dataclass(frozen=True)
class PageContent:
    """The context of the page's template; fields that do not apply to a response are empty."""

    heading: str
    method: str
    path: str
    status: str
    headers: list[tuple[str, str]]
    json: SafeString
    kind: str = ""
    """The kind of the record whose name is the heading."""
    crumbs: list[Link] = field(default_factory=list)
    help: list[HelpEntry] = field(default_factory=list)
    help_sentence: str = HELP_SENTENCE
    help_link_text: str = HELP_LINK_TEXT
    form: ListForm | None = None
    action: str = ""
    """The url that the form sends its request to."""
    pager: Pager | None = None
    json_address: str = ""
    curl: str | SafeString = ""
    formats: list[AlternativeFormat] = field(default_factory=list)
    sentence: str = ""
    """A sentence for people about what is wrong, where there are ways on."""
    ways: list[Link] = field(default_factory=list)
    """Links to go on with from an address where there is nothing."""
    further: list[Further] = field(default_factory=list)
    """Links to the subresources of the record."""
    cut: str = ""
    """A sentence about what the page leaves out of the response."""
    families: list[Family] = field(default_factory=list)
    """The lists of the API, on the page of its root."""


def build_page(data: Any, view: APIView, request: Request, response: Response) -> PageContent:
    """Builds the content of the page for one response."""
    resource = view if isinstance(view, Resource) else None
    owner = owner_of(view)
    body = data if isinstance(data, dict) else {}
    is_list = resource is not None and not resource.detail
    left_out: int = getattr(view, "left_out", 0)
    shown = shown_json(data)
    is_read = request.method in ("GET", "HEAD")
    name = heading_of(body, response) if owner and not is_list and is_read else ""
    is_trouble = response.status_code >= 400 and not (is_list and response.status_code == 400)
    address = ""
    if is_read:
        address = replace_query_param(request.build_absolute_uri(), "format", "json")
    return PageContent(
        heading=name or view.get_view_name(),
        kind=view.get_view_name() if name else "",
        crumbs=crumbs_to(request.path, owner),
        help=help_entries(resource, request.path) if resource and is_list else [],
        form=build_form(resource, request, body if response.status_code == 400 else {})
        if resource and is_list
        else None,
        action=request.path,
        pager=build_pager(resource, body, request, left_out) if resource and "results" in body else None,
        method="GET" if is_read else str(request.method),
        path=request.get_full_path(),
        status=f"{response.status_code} {response.status_text}",
        headers=shown_headers(response.headers),
        json=shown.html,
        cut=cut_sentence(len(body.get("results") or ()), left_out, shown.is_cut),
        json_address=address,
        curl=code_as_html(f"curl {shlex.quote(address)}" if address else ""),
        formats=alternative_formats(view, address) if response.status_code == 200 else [],
        further=further_links(owner, request.path)
        if resource and resource.detail and response.status_code == 200
        else [],
        families=families(counts_if_any(RESOURCES)) if isinstance(view, Root) and is_read else [],
        sentence=error_sentence(body) if is_trouble else "",
        ways=ways_from(request, None if is_list else owner) if is_trouble else [],
    )


def heading_of(body: Mapping[str, Any], response: Response) -> str:
    """Returns what a record is called, or why it is not shown."""
    return record_name(body) if response.status_code == 200 else response.status_text


def error_sentence(body: Mapping[str, Any]) -> str:
    """Returns what is wrong, from the body of an error: its `detail`, or the sentences about parameters."""
    texts = {name: " ".join(reason_sentences(problem)) for name, problem in body.items()}
    return "; ".join(text if name == "detail" else f"{name}: {text}" for name, text in texts.items())


def ways_from(request: Request, owner: type[Resource] | None) -> list[Link]:
    """Returns links to go on with from an error: about a record, to its list as well."""
    asks = set(request.query_params) - {"format"}
    plain = [Link("The same without parameters", escape_uri_path(request.path))] if asks else []
    to_list = [Link(f"The list: {list_name(owner.path)}", list_path(owner))] if owner else []
    return [*plain, *to_list, *ways_on(request)]


def owner_of(view: APIView) -> type[Resource] | None:
    """The resource that the response of `view` belongs to; None if there is none."""
    if isinstance(view, Subresource):
        return view.of
    return type(view) if isinstance(view, Resource) else None


def alternative_formats(view: APIView, address: str) -> list[AlternativeFormat]:
    """Links to the response in formats other than JSON and this page."""
    formats = [renderer.format for renderer in view.get_renderers()] if address else []
    return [
        AlternativeFormat(each, replace_query_param(address, "format", each))
        for each in formats
        if each not in ("json", "api")
    ]


def shown_headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers of the JSON response, which the original's page shows too."""
    return sorted({**headers, "Content-Type": "application/json"}.items())


def crumbs_to(path: str, owner: type[Resource] | None) -> list[Link]:
    """The breadcrumbs to `path`, with one for a resource's path: `2.3.0`, `spacecraft`, `133`, `timeline`."""
    root = reverse("api-root")
    steps = [Link(root.rstrip("/").rpartition("/")[2], root)]
    rest = path.removeprefix(root).strip("/")
    if owner is None:
        return [*steps, Link(rest, escape_uri_path(path))] if rest else steps
    address = list_path(owner)
    steps.append(Link(owner.path, address))
    for part in rest.removeprefix(owner.path).split("/"):
        if part:
            address += f"{part}/"
            steps.append(Link(part, escape_uri_path(address)))
    return steps


def list_path(resource: Resource | type[Resource]) -> str:
    """The path of the resource's list."""
    return f"{reverse('api-root')}{resource.path}/"


def help_entries(resource: Resource, path: str) -> list[HelpEntry]:
    """The help of the resource, with examples that link to the list, from the page of a record too."""
    start = "./" if path == list_path(resource) else list_path(resource)
    return [
        HelpEntry(section, sentence_html(section.sentence), f"{start}?{section.example}")
        for section in help_sections(type(resource))
    ]


def cut_sentence(shown: int, left_out: int, is_cut: bool) -> str:
    """The sentence about records that a page leaves out, and about what it cuts off; empty if it has all."""
    if left_out:
        nested = ", and not for all that they nest" if is_cut else ""
        return f"This page has room for {shown} of these {shown + left_out} records{nested}."
    return "This page has no room for all that is nested here." if is_cut else ""


def build_pager(resource: Resource, body: Mapping[str, Any], request: Request, left_out: int) -> Pager:
    """Builds the pager from the body of a list response, of which the page may leave records out."""
    count, shown = body.get("count") or 0, len(body.get("results") or ()) + left_out
    offset = resource.pagination_class().get_offset(request)
    place = f"records {offset + 1:,} to {offset + shown:,} of {count:,}"
    if not shown:
        place = f"none here, {count:,} in all" if count else "no records"
    return Pager(place, body.get("previous") or "", body.get("next") or "")
