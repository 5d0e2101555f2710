"""Requests as they are passed upstream: which may be, and one form for all that ask for the same."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import ModelChoiceField
from django.http import HttpRequest, QueryDict

from cosmodrome.mirror.freshness import sources
from cosmodrome.resources.pagination import Pagination
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.resources.responder import FORMAT_NAME, gets_json, is_plain, resource_at
from cosmodrome.resources.schema.ignored import MODE, ignored_names
from cosmodrome.resources.selections.filtersets import filterset_of
from cosmodrome.time.relative import PRESENT

LONGEST_QUERY = 2000
"""Characters of a query that is passed upstream."""
PAGE_NAMES = (Pagination.limit_query_param, Pagination.offset_query_param)


@dataclass(frozen=True)
class Asked:
    """A request for a list, a record or an endpoint below the version."""

    path: str
    """The path of the resource or endpoint, as in `launches/upcoming`."""
    pk: str | None = None
    """The id of the record; None for a list, or for an endpoint."""
    query: str = ""
    """The parameters that make a difference, sorted; none that are about the form of the answer."""

    @property
    def target(self) -> str:
        """The path with its query, as it is passed upstream."""
        record = f"{self.pk}/" if self.pk else ""
        return f"/{settings.VERSION}/{self.path}/{record}{'?' if self.query else ''}{self.query}"

    @property
    def key(self) -> str:
        """A short text that stands for the target."""
        return blake2b(self.target.encode(), digest_size=16).hexdigest()

    @property
    def route(self) -> str:
        """The route of the request, for the metrics."""
        return f"/{settings.VERSION}/{self.path}/{'<pk>/' if self.pk else ''}"

    @property
    def is_list(self) -> bool:
        """Whether the answer is a page of records."""
        return self.path in RESOURCES and self.pk is None

    @property
    def view(self) -> Any:
        """The class of views that answers."""
        return RESOURCES.get(self.path) or ENDPOINTS[self.path]

    @property
    def owner(self) -> str:
        """The path that lists all of its records: `launches` for upcoming ones; empty for an endpoint."""
        return sources()[self.path][0] if self.path in RESOURCES else ""


def place_of(path: str) -> Asked | None:
    """Returns what an address such as `/2.3.0/agencies/121/` names, without parameters; None for others."""
    resource, pk = resource_at(path)
    if resource is not None:
        return Asked(resource.path, pk)
    below = path.removeprefix(f"/{settings.VERSION}/").removesuffix("/")
    return Asked(below) if path == f"/{settings.VERSION}/{below}/" and below in ENDPOINTS else None


def asked_of(place: Asked, request: HttpRequest) -> Asked | None:
    """Returns what a request asks for, as it may be passed upstream; None if it may not.

    Only what the contract has is passed: no instants relative to the present, and no parameters of ours.
    """
    if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY or not gets_json(
        formats_of(place.view), request
    ):
        return None
    if not is_plain(request) or any(is_relative(name, request.GET) for name in request.GET):
        return None
    if place.path in RESOURCES and has_senseless(place.view, request.GET):
        return None
    pk = place.pk
    if pk is not None:
        try:
            pk = str(place.view.model()._meta.pk.to_python(pk))
        except ValidationError:
            return None  # no record has such an id
    return Asked(place.path, pk, canonical(place, request.GET))


def formats_of(view: Any) -> tuple[Any, ...]:
    """Returns the renderers of the answers of a class of views."""
    return view.formats() if hasattr(view, "formats") else tuple(view.renderer_classes)


def is_relative(name: str, query: QueryDict) -> bool:
    """Whether a parameter names an instant from the present on, which the contract does not have."""
    return name != "search" and any(value.startswith(PRESENT) for value in query.getlist(name))


def has_senseless(view: Any, query: QueryDict) -> bool:
    """Whether a parameter has a value that it can't have, which is a 400 here as there.

    Which records there are does not matter: the catalogue may not have them yet.
    """
    for name, parameter in filterset_of(view).base_filters.items():
        if query.get(name) and not issubclass(parameter.field_class, ModelChoiceField):
            try:
                parameter.field.clean(query[name])
            except ValidationError:
                return True
    return False


def canonical(place: Asked, query: QueryDict) -> str:
    """Returns the parameters that make a difference, in one order, with limit and offset as they count."""
    ignored = {FORMAT_NAME, *PAGE_NAMES, *ignored_names(place.view, query, place.pk is not None)}
    parts = [
        (name, value)
        for name in sorted(query)
        for value in query.getlist(name)
        if value and name not in ignored and not is_usual(place, name, value)
    ]
    if place.is_list:
        page = Pagination().page(0, query)
        parts += [("limit", str(page.limit)), *([("offset", str(page.offset))] if page.offset else [])]
    return urlencode(parts)


def is_usual(place: Asked, name: str, value: str) -> bool:
    """Whether a parameter asks for the mode that is answered anyway."""
    if name != MODE or not place.is_list:
        return False
    view = place.view
    return bool(view.list_shape(value) is view.list_shape(None))


def admits_host(request: HttpRequest) -> bool:
    """Whether the server answers for the host of a request."""
    with suppress(Exception):
        return bool(request.get_host())
    return False
