"""What all our pages have in common: their frame, their assets, and what they may load."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, and nothing inline: what a record says never runs."""


def asset(name: str) -> str:
    """Where one of our static files is, below the public address's path if it has one."""
    address, prefix = static(f"cosmodrome/{name}"), get_script_prefix()
    return address if address.startswith(prefix) else prefix.rstrip("/") + address


def render_page(template: str, context: dict[str, Any]) -> str:
    """The HTML of `cosmodrome/<template>.html`."""
    assets = {
        "stylesheet": asset("cosmodrome.css"),
        "script": asset("cosmodrome.js"),
        "mark": asset("mark.svg"),
        "sky": asset("sky.svg"),
    }
    return render_to_string(f"cosmodrome/{template}.html", {**assets, **context})


def page(template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A whole answer."""
    answer = HttpResponse(render_page(template, context), status=status)
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return answer


def problem_json(detail: str, status: int) -> JsonResponse:
    """DRF's body of a mistake, written as the API writes JSON."""
    style = {"ensure_ascii": False, "separators": (",", ":")}
    return JsonResponse({"detail": detail}, status=status, json_dumps_params=style)


def prefers_html(request: HttpRequest) -> bool:
    """Whether a person asks: the Accept header puts HTML first, and no other format is asked for.

    The query is read as it stands: Django refuses to parse one of more than a thousand parameters,
    and this is asked about requests that have already been refused.
    """
    if "format=json" in request.META.get("QUERY_STRING", "").split("&"):
        return False
    try:
        return request.get_preferred_type(["application/json", "text/html"]) == "text/html"
    except (LookupError, ValueError):  # an Accept header that can't be read
        return False
