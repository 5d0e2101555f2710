"""Answers from what is kept: the same bytes as DRF gives, whose own way is gone wherever anything is unusual.

An answer for which nothing has to be made is given before DRF begins; else DRF checks the request and opens
its snapshot, and what is missing is made in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.utils.encoding import iri_to_uri
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from cosmodrome.changes.snapshots import DOCUMENTS, LAYER, Validity
from cosmodrome.changes.transactions import valid_until
from cosmodrome.rendering.fragments import BASE, FORMAT, Missing
from cosmodrome.rendering.templates import recipe_of
from cosmodrome.resources.pagination import Pages
from cosmodrome.resources.selections import Question, chosen
from cosmodrome.resources.store import KEPT
from cosmodrome.resources.views import FormatFirst
from cosmodrome.time import clock

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource

JSON = str(JSONRenderer.media_type)
UNUSUAL = frozenset(["at", "fields", "omit"])
"""Parameters by which an answer is made of something else than records as they are."""
FORMAT_NAME = str(api_settings.URL_FORMAT_OVERRIDE)
LONGEST_ACCEPT = 200
"""Characters of an `Accept` header for which it is remembered what DRF makes of it."""


class Finished(Response):
    """An answer that is bytes already."""

    @property
    def rendered_content(self) -> Any:
        """The bytes."""
        self.headers["Content-Type"] = JSON
        return self.data


class FromKept:
    """A resource that answers from what is kept; stands before DRF's classes."""

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page."""
        return made(self, request) or super().list(request, *args, **kwargs)  # type: ignore[misc] # of the view it stands before

    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A record."""
        return made(self, request) or super().retrieve(request, *args, **kwargs)  # type: ignore[misc] # likewise


@dataclass(frozen=True)
class Whole:
    """An answer for which nothing had to be made."""

    content: bytes
    reading: Validity
    route: str


def there(request: HttpRequest, committed_version: Callable[[], int]) -> Whole | None:
    """The answer, if nothing of it is to be made, and it is neither known nor counted who asks."""
    if request.method != "GET" or "HTTP_AUTHORIZATION" in request.META or settings.ANONYMOUS_RATE:
        return None
    resource, key = place_of(request.path_info)
    if resource is None or not is_usual(request) or not gets_json(resource, request):
        return None
    now = clock.unrecorded_now()
    version = committed_version()
    reading = Validity(version, now.replace(microsecond=0), valid_until(version, now))
    if reading.until <= now:
        return None
    try:
        content, is_momentary = written(Question(resource, key, request), version, now)
    except Missing:
        return None
    if is_momentary:
        reading.ends_with_its_second(now)
    return Whole(content, reading, f"/{path_of(resource)}{'<pk>/' if key else ''}")


def path_of(resource: type[Resource]) -> str:
    """The address of a resource's list, below the server's."""
    return f"{settings.VERSION}/{resource.path}/"


def place_of(path: str) -> tuple[type[Resource] | None, str | None]:
    """Which resource an address is of and, of a record, its id."""
    from cosmodrome.resources.registry import RESOURCES

    _, version, below = path.split("/", 2) if path.count("/") > 1 else ("", "", "")
    if version != settings.VERSION or not below.endswith("/"):
        return None, None
    below = below[:-1]
    if below in RESOURCES:
        return RESOURCES[below], None
    above, _, key = below.rpartition("/")
    return (RESOURCES.get(above), key) if key and "." not in key else (None, None)


def made(view: Resource, request: Request) -> Finished | None:
    """The answer, with what is missing made; None where only DRF can tell what it is."""
    if request.method != "GET" or not is_usual(request) or request.accepted_media_type != JSON:
        return None
    if view.reading is None:
        return None
    now = clock.unrecorded_now()
    question = Question(type(view), view.kwargs.get("pk"), request, view)
    try:
        content, is_momentary = written(question, view.reading.version, now)
    except (Missing, APIException, Http404, PermissionDenied):
        return None
    if is_momentary:
        clock.record_read(now)  # whoever watches the clock learns that the answer hangs on this instant
    request.META[LAYER] = DOCUMENTS  # http_cache learns the headers of such answers
    return Finished(content)


def is_usual(request: HttpRequest | Request) -> bool:
    """Whether the answer is made of nothing but records as they are."""
    query, asked = request.META.get("QUERY_STRING", ""), request.GET
    is_json = asked.getlist(FORMAT_NAME) in ([], ["json"])
    reads_alike = query.isascii() and "#" not in query  # DRF reads links by other rules than Django the query
    return bool(settings.CACHE_BYTES and is_json and reads_alike and UNUSUAL.isdisjoint(asked))


@lru_cache(maxsize=256)
def negotiated(renderers: tuple[Any, ...], accept: str | None, asked: str | None) -> str | None:
    """The kind of answer that DRF would give; null if it gives none."""
    request = HttpRequest()
    request.META = {} if accept is None else {"HTTP_ACCEPT": accept}
    request.GET = QueryDict(f"{FORMAT_NAME}={asked}" if asked else "")
    try:
        return str(FormatFirst().select_renderer(Request(request), [made() for made in renderers])[1])
    except (APIException, Http404):
        return None


def gets_json(resource: type[Resource], request: HttpRequest) -> bool:
    """Whether DRF would answer in plain JSON."""
    accept = request.META.get("HTTP_ACCEPT")
    if accept is not None and len(accept) > LONGEST_ACCEPT:
        return False
    return negotiated(tuple(resource.renderer_classes), accept, request.GET.get(FORMAT_NAME)) == JSON


def root_of(request: HttpRequest | Request) -> str:
    """The server's address, as it was asked."""
    prefix = request.path.removesuffix(request.path_info)
    return str(iri_to_uri(f"{request.scheme}://{request.get_host()}{prefix}/"))


def written(question: Question, version: int, now: datetime) -> tuple[bytes, bool]:
    """The body of the answer, and whether another moment has another.

    Raises Missing if something is yet to be made and nobody is there to make it, or if DRF knows what to say.
    """
    resource, request = question.resource, question.request
    is_list = question.key is None
    with KEPT.at(version, now) as kept:
        choice = chosen(kept.choices, question, now)
        page = Pages().cut(len(choice.ids), request.GET)
        ids = page.of(choice.ids) if is_list else choice.ids
        shape = resource.list_shape(request.GET.get("mode")) if is_list else resource.record_shape()
        documents = kept.documents.page(recipe_of(shape), ids, question.view is not None)
        if not is_list and len(documents) != 1:
            raise Missing
        pieces, is_momentary = kept.documents.written(documents, now)
    root = root_of(request)
    if is_list:
        head, tail = page.around(f"{root}{path_of(resource)}")
        pieces = [head, *pieces, tail]
    form = b"?format=json" if FORMAT_NAME in request.GET else b""
    text = b"".join(pieces).replace(BASE, root.encode()).replace(FORMAT, form)
    return text, is_momentary or choice.second is not None
