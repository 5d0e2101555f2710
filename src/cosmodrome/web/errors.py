"""Answers where no view could give one: JSON for programs, a page for people.

None of them asks the database or parses the query; they must come out whatever has happened.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from cosmodrome.web.markup import json_as_html
from cosmodrome.web.page import Page, headers_shown
from cosmodrome.web.pages import page, prefers_html, problem_json


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: Django would not even read the request."""
    del exception  # its words are for developers
    return problem(request, HTTPStatus.BAD_REQUEST, "This request can't be read.")


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """403: not with this account, or a form that was not ours; Django has one way of telling for each."""
    del exception, reason
    sentence = "This is not allowed. If you have sent a form, load its page again and send it once more."
    return problem(request, HTTPStatus.FORBIDDEN, sentence)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such path."""
    del exception
    return problem(request, HTTPStatus.NOT_FOUND, "Not found.")


def our_mistake(request: HttpRequest) -> HttpResponse:
    """500: the log has the reason."""
    sentence = "Something went wrong on this server. Its log says what; trying again may help."
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence)


def problem(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse:
    """`{"detail": "..."}`, or the same on a page."""
    answer: HttpResponse
    if prefers_html(request):
        shown = Page(
            heading=status.phrase,
            method=str(request.method),
            path=request.get_full_path(),
            status=f"{status.value} {status.phrase}",
            headers=headers_shown({"Vary": "Accept"}),
            json=json_as_html({"detail": detail}),
        )
        answer = page("answer", {"page": shown}, status)
    else:
        answer = problem_json(detail, status)
    patch_vary_headers(answer, ["Accept"])
    return answer
