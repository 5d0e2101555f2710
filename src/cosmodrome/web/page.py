"""What the page for an answer shows: how to ask, what was asked, and what came."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from cosmodrome.resources.resources import Resource
from cosmodrome.resources.schema.help import HELP_LINK_TEXT, HELP_SENTENCE, Section, help_sections
from cosmodrome.resources.subresources import Subresource
from cosmodrome.web.forms import Form, form_of
from cosmodrome.web.markup import json_as_html


@dataclass(frozen=True)
class Crumb:
    """A step of the way from the home page."""

    text: str
    href: str


@dataclass(frozen=True)
class Help:
    """A section of the help text, for the template."""

    section: Section
    sentence: SafeString
    href: str


@dataclass(frozen=True)
class Pager:
    """Where in the list this page is."""

    place: str
    previous: str
    next: str


@dataclass(frozen=True)
class Other:
    """A further form of the same answer: `ics`."""

    format: str
    href: str


@dataclass(frozen=True)
class Page:
    """All that the page shows; what makes no sense for an answer is left empty."""

    heading: str
    method: str
    path: str
    status: str
    headers: list[tuple[str, str]]
    json: SafeString
    subject: str = ""
    """The record's name."""
    crumbs: list[Crumb] = field(default_factory=list)
    help: list[Help] = field(default_factory=list)
    help_sentence: str = HELP_SENTENCE
    help_link_text: str = HELP_LINK_TEXT
    form: Form | None = None
    action: str = ""
    """Where the form asks."""
    pager: Pager | None = None
    json_address: str = ""
    curl: str = ""
    others: list[Other] = field(default_factory=list)


def page_of(data: Any, view: APIView, request: Request, response: Response) -> Page:
    """What the page for one answer shows."""
    resource = view if isinstance(view, Resource) else None
    owner = owner_of(view)
    body = data if isinstance(data, dict) else {}
    is_list = resource is not None and not resource.detail
    address = ""
    if request.method in ("GET", "HEAD"):
        address = replace_query_param(request.build_absolute_uri(), "format", "json")
    return Page(
        heading=view.get_view_name(),
        subject=str(body.get("name") or "") if owner and not is_list else "",
        crumbs=crumbs(request.path, owner),
        help=help_of(resource, request.path) if resource else [],
        form=form_of(resource, request, body if response.status_code == 400 else {})
        if resource and is_list
        else None,
        action=request.path,
        pager=pager_of(resource, body, request) if resource and "results" in body else None,
        method=str(request.method),
        path=request.get_full_path(),
        status=f"{response.status_code} {response.status_text}",
        headers=headers_shown(response.headers),
        json=json_as_html(data),
        json_address=address,
        curl=f"curl {shlex.quote(address)}" if address else "",
        others=others_of(view, address) if response.status_code == 200 else [],
    )


def owner_of(view: APIView) -> type[Resource] | None:
    """The resource to which the answer of `view` belongs; None if it belongs to none."""
    if isinstance(view, Subresource):
        return view.of
    return type(view) if isinstance(view, Resource) else None


def others_of(view: APIView, address: str) -> list[Other]:
    """The forms of the answer beside JSON and this page."""
    formats = [renderer.format for renderer in view.get_renderers()] if address else []
    return [
        Other(each, replace_query_param(address, "format", each))
        for each in formats
        if each not in ("json", "api")
    ]


def headers_shown(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers of the answer that a program gets, as the original's page shows them."""
    return sorted({**headers, "Content-Type": "application/json"}.items())


def crumbs(path: str, owner: type[Resource] | None) -> list[Crumb]:
    """The way to `path`, a resource's own path being one step: `2.3.0`, `spacecraft`, `133`, `timeline`."""
    root = reverse("api-root")
    steps = [Crumb(root.rstrip("/").rpartition("/")[2], root)]
    rest = path.removeprefix(root).strip("/")
    if owner is None:
        return [*steps, Crumb(rest, escape_uri_path(path))] if rest else steps
    address = list_path(owner)
    steps.append(Crumb(owner.path, address))
    for part in rest.removeprefix(owner.path).split("/"):
        if part:
            address += f"{part}/"
            steps.append(Crumb(part, escape_uri_path(address)))
    return steps


def list_path(resource: Resource | type[Resource]) -> str:
    """Where the resource's list is."""
    return f"{reverse('api-root')}{resource.path}/"


def help_of(resource: Resource, path: str) -> list[Help]:
    """The help of the resource; its examples lead to the list, from wherever one reads them."""
    start = "./" if path == list_path(resource) else list_path(resource)
    return [
        Help(section, with_code(section.sentence), f"{start}?{section.example}")
        for section in help_sections(type(resource))
    ]


def with_code(sentence: str) -> SafeString:
    """`sentence` with what stands between backticks set in code."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence))
    return mark_safe(html)  # noqa: S308 - escaped above


def pager_of(resource: Resource, body: Mapping[str, Any], request: Request) -> Pager:
    """Which records these are, and the pages before and after."""
    count, shown = body.get("count") or 0, len(body.get("results") or ())
    offset = resource.pagination_class().get_offset(request)
    place = f"records {offset + 1:,} to {offset + shown:,} of {count:,}"
    if not shown:
        place = f"none here, {count:,} in all" if count else "no records"
    return Pager(place, body.get("previous") or "", body.get("next") or "")
