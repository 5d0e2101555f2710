"""Renders responses of the API as pages for people.

DRF imports this module while it is itself only partly imported, so modules that import DRF's views are
imported when a page is rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.encoding import escape_uri_path
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from cosmodrome.web.layout import CONTENT_SECURITY_POLICY, render_page


class BrowsablePage(BaseRenderer):
    """Renders HTML, for browsers and for `?format=api`."""

    media_type = "text/html"
    format = "api"
    charset = "utf-8"
    enough_bytes = 400_000
    """Bytes of JSON after which no more records of a list are rendered: more than a page shows of them."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Renders the page, or a redirect if the form has sent empty inputs."""
        from cosmodrome.web.page import build_page

        del accepted_media_type
        context = renderer_context or {}
        request, response, view = context["request"], context["response"], context["view"]
        if address := url_without_empty_parameters(request):
            response.status_code = 302
            response.headers["Location"] = address
            return b""
        html = render_page("answer", {"page": build_page(data, view, request, response)})
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return html.encode(self.charset, "replace")


def url_without_empty_parameters(request: Request) -> str:
    """The url without empty parameters, if the form (`format=api`) has sent any; else an empty text."""
    parameters = request.query_params.copy()
    if request.method != "GET" or parameters.get("format") != "api":
        return ""
    for name, values in request.query_params.lists():
        parameters.setlist(name, [value for value in values if value])
    tidy = parameters.urlencode()
    return f"{escape_uri_path(request.path)}?{tidy}" if tidy != request.query_params.urlencode() else ""
