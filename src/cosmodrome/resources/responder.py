"""Answers from fragments: the same bytes as DRF's serializers would give.

A view calls `rendered` once DRF has checked the request and the snapshot is open; it renders what is missing.
`direct_response` answers without DRF, if everything is in the store already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, QueryDict
from django.utils.encoding import iri_to_uri
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from cosmodrome.changes.editions import EDITIONS, Edition
from cosmodrome.changes.snapshots import FRAGMENTS, LAYER, Validity
from cosmodrome.rendering.fragments import BASE, FORMAT, Missing
from cosmodrome.rendering.templates import as_json
from cosmodrome.resources.pagination import Pagination
from cosmodrome.resources.parameters import EXTENSION_NAMES
from cosmodrome.resources.records import Records
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.schema.ignored import as_header, ignored_names
from cosmodrome.resources.selections.queries import ListQuery, Selection, select, selected
from cosmodrome.resources.store import store
from cosmodrome.resources.views import FormatFirst
from cosmodrome.shapes.fieldsets import narrowed_by
from cosmodrome.shapes.shapes import Assembled, Shape
from cosmodrome.time import clock

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource

JSON = str(JSONRenderer.media_type)
FORMAT_NAME = str(api_settings.URL_FORMAT_OVERRIDE)
LONGEST_ACCEPT = 200
"""Characters of an `Accept` header, and of `format`, for which the outcome of DRF's negotiation is cached."""
BATCH_BYTES = 8_000
"""Bytes that are filled in at a time, about."""


class Rendered(Response):
    """An answer that is JSON already."""

    @property
    def rendered_content(self) -> Any:
        """The bytes."""
        self.headers["Content-Type"] = JSON
        return self.data


@dataclass(frozen=True)
class DirectResponse:
    """An answer for which nothing had to be rendered or selected."""

    content: bytes
    validity: Validity
    route: str
    """Which address was asked for, as `/2.3.0/spacecraft/<pk>/`."""
    ignored: str
    """The parameters that have changed nothing, as a header; empty if there are none."""


def rendered(view: Resource, request: Request) -> Response:
    """Returns a page or a record, from fragments.  Raises what DRF's own view raises."""
    now = clock.unrecorded_now()
    query = ListQuery(type(view), view.kwargs.get("pk"), request, view)
    validity = validity_of(view)
    content, is_momentary = content_of(query, validity, now)
    return response_of(request, content, now if is_momentary else None)


def validity_of(view: Any) -> Validity:
    """Returns what a view's answer is made of."""
    if view.validity is None:
        raise RuntimeError("a view answers after `initial` has opened its snapshot")
    found: Validity = view.validity
    return found


def response_of(request: Request, content: bytes, momentary_at: datetime | None) -> Response:
    """Returns JSON as the answer in the form that was negotiated; records the instant that it depends on."""
    if momentary_at:
        clock.record_read(momentary_at)
    if request.accepted_media_type != JSON or type(request.accepted_renderer) is not JSONRenderer:
        return Response(json.loads(content))
    request._request.META[LAYER] = FRAGMENTS  # noqa: SLF001 - DRF has no public name for Django's request
    return Rendered(content)


def direct_response(request: HttpRequest, version: int) -> DirectResponse | None:
    """Returns the answer to a GET if everything it needs is in the store, and DRF would answer in JSON."""
    if request.method != "GET" or "HTTP_AUTHORIZATION" in request.META or settings.ANONYMOUS_RATE:
        return None  # DRF finds out who asks, and counts the call
    resource, pk = resource_at(request.path_info)
    if resource is None or not (
        resource.is_cacheable() and is_plain(request) and gets_json(resource.formats(), request)
    ):
        return None
    standpoint = EDITIONS.standpoint(version, clock.unrecorded_now())
    if standpoint is None:
        return None
    now, validity = standpoint.instant, Validity.of(standpoint)
    try:
        with clock.held_at(now):
            content, is_momentary = content_of(ListQuery(resource, pk, request), validity, now)
    except (Missing, Http404):
        return None
    if is_momentary:
        validity.limit_to_second(now)
    ignored = as_header(ignored_names(resource, request.GET, is_record=pk is not None))
    return DirectResponse(content, validity, f"/{path_of(resource)}{'<pk>/' if pk else ''}", ignored)


def path_of(resource: type[Resource]) -> str:
    """Returns the address of a resource's list, below the server's."""
    return f"{settings.VERSION}/{resource.path}/"


def resource_at(path: str) -> tuple[type[Resource] | None, str | None]:
    """Returns the resource that an address names, and of a record its id as written."""
    _, version, below = path.split("/", 2) if path.count("/") > 1 else ("", "", "")
    if version != settings.VERSION or not below.endswith("/"):
        return None, None
    below = below[:-1]
    if below in RESOURCES:
        return RESOURCES[below], None
    above, _, pk = below.rpartition("/")
    return (RESOURCES.get(above), pk) if pk and "." not in pk else (None, None)


def is_plain(request: HttpRequest) -> bool:
    """Whether a request asks for JSON as the contract has it; only a view reads what goes beyond that."""
    asked = request.GET
    return asked.getlist(FORMAT_NAME) in ([], ["json"]) and EXTENSION_NAMES.isdisjoint(asked)


@lru_cache(maxsize=256)
def negotiated(renderers: tuple[Any, ...], accept: str | None, asked: str | None) -> str | None:
    """Returns the media type that DRF would answer with; None if it would refuse."""
    request = HttpRequest()
    request.META = {} if accept is None else {"HTTP_ACCEPT": accept}
    request.GET = QueryDict(f"{FORMAT_NAME}={asked}" if asked else "")
    try:
        return str(FormatFirst().select_renderer(Request(request), [each() for each in renderers])[1])
    except (APIException, Http404):
        return None


def gets_json(formats: tuple[Any, ...], request: HttpRequest) -> bool:
    """Whether DRF would answer in plain JSON, where these renderers can."""
    accept = request.META.get("HTTP_ACCEPT")
    asked = request.GET.get(FORMAT_NAME)
    if any(len(text) > LONGEST_ACCEPT for text in (accept, asked) if text is not None):
        return False
    return negotiated(formats, accept, asked) == JSON


def content_of(query: ListQuery, validity: Validity, now: datetime) -> tuple[bytes, bool]:
    """Returns the body of the answer, and whether it is valid for the current second only.

    Limits the validity to when time alone makes the query select other records.

    Raises Missing if something is not in the store and the query has no view, Http404 if there is no record.
    """
    resource, request = query.resource, query.request
    is_list = query.pk is None
    selection = selection_of(query, validity.edition, now)
    if selection.until is not None:
        validity.until = min(validity.until, selection.until)
    if not (is_list or selection.ids):
        raise_not_found(query)
    parameters = adapted_parameters(query)
    page = Pagination().page(len(selection.ids), parameters)
    ids = page.slice(selection.ids) if is_list else selection.ids
    shape = resource.list_shape(parameters.get("mode")) if is_list else resource.record_shape()
    records = Records(validity.edition, now, can_render=query.view is not None)
    shape = narrowed_by(shape, parameters)
    enough = enough_bytes(query) if is_list else None
    if query.view is None or enough is None:
        texts = records.rendered(shape, ids)
    else:
        texts, query.view.left_out = records.first(shape, ids, enough)
    if is_list:
        head, tail = page.envelope(f"{root_of(request)}{path_of(resource)}")
        texts = [head, *texts, tail]
    return filled_in(texts, request), records.is_momentary or selection.second is not None


def selection_of(query: ListQuery, edition: Edition, now: datetime) -> Selection:
    """Returns what a query selects; what is not cached is found without locking the store."""
    if query.view is not None and not query.is_cacheable:
        return select(query.view, query.pk, now)
    with store().at(edition, now) as stored:
        return selected(stored.selections, query, now)


def adapted_parameters(query: ListQuery) -> QueryDict:
    """Returns the parameters of a request as its format takes them."""
    renderer: Any = query.view and query.view.request.accepted_renderer
    adapted = getattr(renderer, "adapted", None)
    return adapted(query.request.GET) if adapted else query.request.GET


def enough_bytes(query: ListQuery) -> int | None:
    """Returns after how many bytes a format shows no more records of a list; None if it shows all."""
    renderer: Any = query.view and query.view.request.accepted_renderer
    enough: int | None = getattr(renderer, "enough_bytes", None)
    return enough


def raise_not_found(query: ListQuery) -> NoReturn:
    """Raises what DRF raises for a record that the query does not select."""
    if query.view is not None:
        query.view.get_object()
    raise Http404


def assembled(
    shape: type[Assembled], content: Mapping[str, Any], request: Request, edition: Edition
) -> Response:
    """Returns an object that shows several shapes together.

    `content` has, for each key of `shape`, the ids of records, the content of a nested object, or a value.
    """
    now = clock.unrecorded_now()
    records = Records(edition, now)
    texts = list(object_texts(shape(), content, records))
    return response_of(request, filled_in(texts, request), now if records.is_momentary else None)


def object_texts(serializer: Assembled, content: Mapping[str, Any], records: Records) -> list[bytes]:
    """Returns the texts of an object and of all that it nests."""
    texts = [b"{"]
    for number, (name, field) in enumerate(serializer.fields.items()):
        texts += [b"," if number else b"", as_json(name), b":"]
        child: Any = getattr(field, "child", field)
        if isinstance(child, Shape):
            texts += [b"[", *records.rendered(type(child), content[name]), b"]"]
        elif isinstance(child, Assembled):
            texts += object_texts(child, content[name], records)
        else:
            texts.append(as_json(field.to_representation(field.get_attribute(content))))
    return [*texts, b"}"]


def filled_in(texts: list[bytes], request: HttpRequest | Request) -> bytes:
    """Returns the whole text, with the server's address and the asked format in all urls."""
    form = ""
    if FORMAT_NAME in request.GET:
        form = "?" + urlencode({FORMAT_NAME: request.GET[FORMAT_NAME]})
    base, asked = root_of(request).encode(), form.encode()
    whole = BytesIO()  # a few texts at a time: no second and third copy of a large answer
    for batch in batches(texts):
        whole.write(batch.replace(BASE, base).replace(FORMAT, asked))
    return whole.getvalue()


def batches(texts: list[bytes]) -> Iterator[bytes]:
    """Yields the texts joined to larger ones, each of about `BATCH_BYTES`."""
    batch, size = list[bytes](), 0
    for text in texts:
        if size + len(text) > BATCH_BYTES:
            yield b"".join(batch)
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    yield b"".join(batch)


def root_of(request: HttpRequest | Request) -> str:
    """Returns the server's address, as it was asked for."""
    prefix = request.path.removesuffix(request.path_info)
    return str(iri_to_uri(f"{request.scheme}://{request.get_host()}{prefix}/"))
