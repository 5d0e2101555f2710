"""Which form an answer takes: `?format=` before the `Accept` header."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class FormatFirst(DefaultContentNegotiation):
    """DRF's, but a format that is asked for in the url is given even where `Accept` leaves it out.

    A link with `format=api` opened by a program, or one with `format=json` by a browser, would else be
    a 406.
    """

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            asked = request.query_params.get(str(self.settings.URL_FORMAT_OVERRIDE))
            if not asked:
                raise
            renderer = next(iter(self.filter_renderers(renderers, asked)))
            return renderer, renderer.media_type
