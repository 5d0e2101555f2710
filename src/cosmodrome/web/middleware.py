"""Middleware for all responses: CORS headers, and a sentence for hosts that are not allowed."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port
from django.utils.cache import patch_vary_headers

from cosmodrome.environment import PREFIX
from cosmodrome.mirror.freshness import EXPOSED, FRESHNESS
from cosmodrome.web.errors import problem_response
from cosmodrome.web.layout import CONTENT_SECURITY_POLICY, page_response, prefers_html, problem_json

GetResponse = Callable[[HttpRequest], HttpResponseBase]

LONGEST_HOST = 100
"""The most characters of a refused host in the response."""

EXPOSED_HEADERS = "Age, ETag, Retry-After, X-As-Of, X-Data-Version, X-Ignored-Parameters"
"""The response headers that scripts of other sites may read; those of a mirror come after them."""

PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Accept, Accept-Language, Cache-Control, If-Modified-Since, "
        "If-None-Match, Pragma, Range, User-Agent, X-Requested-With"
    ),
    "Access-Control-Max-Age": "86400",
}


def allow_any_origin(get_response: GetResponse) -> GetResponse:
    """Adds CORS headers, so that scripts of any site may read every response, including errors and redirects.

    django-cors-headers is not used: it adds `Vary: origin` to every response.  The original's responses do
    not have that, and it splits every cache although the response is the same for all origins.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response: HttpResponseBase = HttpResponse(status=204, headers=PREFLIGHT_HEADERS)
            del response.headers["Content-Type"]
        else:
            response = get_response(request)
        if not hasattr(request, "session"):  # pages of someone who is logged in are not for other sites
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = exposed_headers()
        return response

    return middleware


def exposed_headers() -> str:
    """The names of the headers that scripts of other sites may read."""
    return ", ".join([EXPOSED_HEADERS, *(EXPOSED if FRESHNESS.is_mirror else ())])


METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
"""The methods that views are asked with, and refuse themselves where they do not take them."""
ADMIN_METHODS = ("GET", "HEAD", "POST")
"""The methods of the admin, whose views take any other for GET."""
LONGEST_METHOD = 20
"""The most characters of a refused method in the response."""


def check_method(get_response: GetResponse) -> GetResponse:
    """Refuses TRACE, and methods that nobody knows, at every path alike, also where there is nothing."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        in_admin = request.path_info.startswith("/admin/")
        if request.method in (ADMIN_METHODS if in_admin else METHODS):
            return get_response(request)
        detail = f'Method "{str(request.method)[:LONGEST_METHOD]}" not allowed.'  # as DRF says it
        response = problem_response(request, HTTPStatus.METHOD_NOT_ALLOWED, detail)
        response.headers["Allow"] = "GET, HEAD"
        if in_admin:
            response.headers["Allow"] = ", ".join(ADMIN_METHODS)
        elif request.path_info.startswith(f"/{settings.VERSION}/"):
            response.headers["Allow"] = "GET"
        return response

    return middleware


def restrict_pages(get_response: GetResponse) -> GetResponse:
    """Adds the Content-Security-Policy to every page that has none of its own."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    return middleware


def check_host(get_response: GetResponse) -> GetResponse:
    """Refuses hosts that are not allowed with a sentence; Django's own response would be an empty page."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            host = request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", ""))
            return refused(request, host_refusal(str(host)))
        return get_response(request)

    return middleware


def refused(request: HttpRequest, sentence: str) -> HttpResponse:
    """A 400, as JSON or as a page without links to the host that is refused; its style sheet would be one."""
    if not prefers_html(request):
        return problem_json(sentence, HTTPStatus.BAD_REQUEST)
    response = page_response("host", {"detail": sentence}, HTTPStatus.BAD_REQUEST)
    patch_vary_headers(response, ["Accept"])
    return response


def host_refusal(host: str) -> str:
    """The sentence that says why `host`, which may be any text, is refused, and what to do about it."""
    domain, _ = split_domain_port(host)
    if not domain:
        shown = "".join(c for c in host if c.isprintable())[:LONGEST_HOST]
        return f"The Host header is no host name: '{shown}'."
    name, variable = domain[:LONGEST_HOST], f"{PREFIX}ALLOWED_HOSTS"
    return (
        f"This server does not answer for the host {name}. To let it, set {variable}={name} "
        f"(several names with commas between) and start the server again."
    )
