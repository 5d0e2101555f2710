"""The common parts of all pages: template rendering, static files, and the Content-Security-Policy."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from other hosts, and nothing inline, so that text in a record never runs as a script."""


def asset_url(name: str) -> str:
    """The url of a static file, below the path of the public url if that has one."""
    address, prefix = static(f"cosmodrome/{name}"), get_script_prefix()
    return address if address.startswith(prefix) else prefix.rstrip("/") + address


def render_page(template: str, context: dict[str, Any]) -> str:
    """The HTML of `cosmodrome/<template>.html`."""
    assets = {
        "stylesheet": asset_url("cosmodrome.css"),
        "script": asset_url("cosmodrome.js"),
        "mark": asset_url("mark.svg"),
        "sky": asset_url("sky.svg"),
    }
    return render_to_string(f"cosmodrome/{template}.html", {**assets, **context})


def breakable(name: str) -> SafeString:
    """A path or an identifier as HTML that breaks after its slashes and underscores, if it has to."""
    return mark_safe(re.sub(r"(?<=\w)([/_.]+)(?=\w)", r"\1<wbr>", escape(name)))  # noqa: S308 - escaped


def page_response(template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Renders a page as a response."""
    response = HttpResponse(render_page(template, context), status=status)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


def problem_json(detail: str, status: int) -> JsonResponse:
    """An error with DRF's body, in the API's form of JSON."""
    style = {"ensure_ascii": False, "separators": (",", ":")}
    return JsonResponse({"detail": detail}, status=status, json_dumps_params=style)


def prefers_html(request: HttpRequest) -> bool:
    """Whether a person asks: the Accept header prefers HTML, and the query does not have `format=json`.

    The raw query is read: Django refuses to parse one of more than a thousand parameters, and this function
    is called for requests that have been refused already.
    """
    if "format=json" in request.META.get("QUERY_STRING", "").split("&"):
        return False
    try:
        return request.get_preferred_type(["application/json", "text/html"]) == "text/html"
    except (LookupError, ValueError):  # an Accept header that can't be read
        return False
