"""The documentation page, the page of each document, and that of what each list takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import get_script_prefix, reverse
from django.utils.cache import get_conditional_response, set_response_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from cosmodrome.environment import PREFIX, SETTINGS
from cosmodrome.resources.pagination import Pagination
from cosmodrome.web.documents import reference
from cosmodrome.web.documents.documents import (
    IMAGES,
    INDEX,
    README,
    Document,
    document_named,
    documents,
    images,
    reached_at,
)
from cosmodrome.web.layout import code_as_html, page_response
from cosmodrome.web.overview import families
from cosmodrome.web.views import DAY, base_url
from cosmodrome.web.ways import Link

View = Callable[..., HttpResponseBase]


def read_page(view: View) -> View:
    """Makes a view that of a page to read: compressed, and sent again only if it has changed."""
    return require_safe(gzip_page(cache_control(public=True, no_cache=True)(tagged(view))))


def tagged(view: View) -> View:
    """Shows the address of the server in a page, and gives it an ETag; Django would give HEAD none."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code != HTTPStatus.OK or not isinstance(response, HttpResponse):
            return response
        address = request.build_absolute_uri(get_script_prefix()).rstrip("/")
        response.content = reached_at(response.content.decode(), address).encode()
        set_response_etag(response)
        return get_conditional_response(request, etag=response["ETag"], response=response) or response

    return answer


@read_page
def documentation(request: HttpRequest) -> HttpResponse:
    """The documentation, which the help of every page links to."""
    index, readme = documents().get(INDEX), documents().get(README)
    base = base_url(request)
    context = {
        "version": settings.VERSION,
        "base": base,
        "curl": code_as_html(f"curl '{base}spacecraft/?limit=2'"),
        "readme": readme.html if readme else None,
        "index": index.html if index else None,
        "others": unnamed(index),
        "families": families({}),
        "pages": Pagination(),
        "modes": reference.modes(),
        "extensions": reference.extensions(),
        "below": reference.below_records(),
        "formats": reference.formats(),
        "settings": [(PREFIX + name, setting.meaning) for name, setting in SETTINGS.items()],
    }
    return page_response("documentation", context)


def unnamed(index: Document | None) -> list[Document]:
    """Returns the documents that the index does not lead to."""
    html = "".join([index.html.intro, *(each.html for each in index.html.sections)]) if index else ""
    return [each for each in documents().values() if each != index and f'href="{each.href}' not in html]


@read_page
def lists(request: HttpRequest) -> HttpResponse:
    """The page of what each list takes."""
    del request
    crumbs = crumbs_to("lists", reverse("documentation-lists"))
    return page_response("lists", {"crumbs": crumbs, "lists": reference.list_references()})


@read_page
def document(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a document, which is also found as its file is called."""
    found = document_named(name)
    if found is None:
        raise Http404
    if name != found.name or not request.path_info.endswith("/"):
        return redirect(found.href, permanent=True)
    return page_response("document", {"crumbs": crumbs_to(found.name, found.href), "html": found.html})


def crumbs_to(text: str, href: str) -> list[Link]:
    """Returns the breadcrumbs to a page below the documentation."""
    return [Link("docs", reverse("documentation")), Link(text, href)]


@require_safe
@cache_control(public=True, max_age=DAY)
def image(request: HttpRequest, name: str) -> FileResponse:
    """An image that a document shows."""
    del request
    file = images().get(f"docs/images/{name}")
    if file is None:
        raise Http404
    return FileResponse(file.open("rb"), content_type=IMAGES[file.suffix])
