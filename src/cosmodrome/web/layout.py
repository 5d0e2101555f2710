"""The common parts of all pages: template rendering, static files, and the Content-Security-Policy."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from other hosts, and nothing inline, so that text in a record never runs as a script."""


def asset_url(name: str) -> str:
    """The url of a static file, below the path of the public url if that has one."""
    address, prefix = static(f"cosmodrome/{name}"), reverse("home")
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


LONGEST_WORD = 34
"""Characters of a word of code that is never broken: so many have room on a telephone."""
JOINTS = re.compile(r"(?<=[\w}][/=&?,])(?=[\w{])|(?<=::)(?=\w)")
"""Matches the places where an address or a command is broken first."""


def code_as_html(text: str) -> SafeString:
    """Code in a sentence as HTML, in which no name is broken that has room on a line."""
    return mark_safe(" ".join(map(code_word, text.split(" "))))  # noqa: S308 - escaped


def code_word(word: str) -> str:
    """A word of code as HTML: unbroken, or with the places where it may be broken."""
    parts = [word] if len(word) <= LONGEST_WORD else JOINTS.split(word)
    return "<wbr>".join(map(code_part, parts))


def code_part(part: str) -> str:
    """A name as HTML: only one that is too long for a line may be broken, after its underscores."""
    if len(part) <= LONGEST_WORD:
        return f"<span>{escape(part)}</span>"
    return re.sub(r"(?<=_)(?=\w)", "<wbr>", escape(part))


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
