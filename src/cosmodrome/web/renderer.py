"""Answers of the API as pages, for people.

DRF imports this module while it is itself half imported, so all that builds on DRF's views waits
until a page is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.encoding import escape_uri_path
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from cosmodrome.web.pages import CONTENT_SECURITY_POLICY, render_page


class BrowsablePage(BaseRenderer):
    """HTML, for those whose browser asks for it or who say `?format=api`."""

    media_type = "text/html"
    format = "api"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The page; or a redirect, when the form has sent inputs that were left empty."""
        from cosmodrome.web.page import page_of

        del accepted_media_type
        context = renderer_context or {}
        request, response, view = context["request"], context["response"], context["view"]
        if address := without_empty(request):
            response.status_code = 302
            response.headers["Location"] = address
            return b""
        html = render_page("answer", {"page": page_of(data, view, request, response)})
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return html.encode(self.charset, "replace")


def without_empty(request: Request) -> str:
    """The address without empty parameters, if the form sent any; it says `format=api`."""
    asked = request.query_params.copy()
    if request.method != "GET" or asked.get("format") != "api":
        return ""
    for name, values in request.query_params.lists():
        asked.setlist(name, [value for value in values if value])
    tidy = asked.urlencode()
    return f"{escape_uri_path(request.path)}?{tidy}" if tidy != request.query_params.urlencode() else ""
