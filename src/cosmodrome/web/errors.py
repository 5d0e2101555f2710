"""Responses to errors outside of any view, and what is added to those of views.

They are JSON for programs and a page for people.  Those outside of any view use neither the database nor the
parsed query, since they must work whatever has happened.
"""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework.response import Response
from rest_framework.views import exception_handler

from cosmodrome.access.request_ids import HEADER, request_id
from cosmodrome.database.outages import RETRY_AFTER, outage_sentence
from cosmodrome.web.layout import page_response, prefers_html, problem_json
from cosmodrome.web.markup import json_as_html
from cosmodrome.web.page import PageContent, shown_headers
from cosmodrome.web.suggestions import suggestion
from cosmodrome.web.ways import ways_on


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: Django could not read the request."""
    sentence = "This request can't be read."  # Django's own text is for developers
    if isinstance(exception, TooManyFieldsSent):
        sentence = f"A request may have {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} parameters at most."
    return problem_response(request, HTTPStatus.BAD_REQUEST, sentence)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """403: for Django's handler of refused permissions, and for its view of CSRF failures."""
    del reason
    sentence = "This is not allowed. If you have sent a form, load its page again and send it once more."
    if exception is not None and exception.args:
        sentence = str(exception)
    return problem_response(request, HTTPStatus.FORBIDDEN, sentence)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such path; the sentences say which was meant, as far as one can tell."""
    del exception
    return problem_response(request, HTTPStatus.NOT_FOUND, f"Not found. {suggestion(request)}".strip())


def explained(error: Exception, context: Any) -> Response | None:
    """DRF's response to an error of a view; a 404 at a record that is nearly a list says which list."""
    response: Response | None = exception_handler(error, context)
    if response is not None and response.status_code == HTTPStatus.NOT_FOUND:
        request = context["request"]
        *_, last = request.path_info.strip("/").split("/")
        meant = "" if any(character.isdigit() for character in last) else suggestion(request)
        response.data["detail"] = f"{response.data['detail']} {meant}".strip()
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: an unexpected error, whose reason is in the log; or 503, if the database has failed."""
    if sentence := outage_sentence(sys.exception()):
        response = problem_response(request, HTTPStatus.SERVICE_UNAVAILABLE, sentence)
        response.headers["Retry-After"] = RETRY_AFTER
        response.headers["Cache-Control"] = "no-store"
        return response
    sentence = "Something went wrong on this server. Its log says what; trying again may help."
    response = problem_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence)
    response.headers[HEADER] = request_id(request.META)
    return response


def problem_response(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse:
    """`{"detail": "..."}`, as JSON or on a page."""
    response: HttpResponse
    if prefers_html(request):
        shown = PageContent(
            heading=status.phrase,
            method="GET" if request.method == "HEAD" else str(request.method),
            path=request.get_full_path(),
            status=f"{status.value} {status.phrase}",
            headers=shown_headers({"Vary": "Accept"}),
            json=json_as_html({"detail": detail}),
            sentence=detail,
            ways=ways_on(request),
        )
        response = page_response("answer", {"page": shown}, status)
    else:
        response = problem_json(detail, status)
    patch_vary_headers(response, ["Accept"])
    return response
