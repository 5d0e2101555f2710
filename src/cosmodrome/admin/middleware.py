"""Sessions, for the admin alone: the API knows none, and no answer of it varies with a cookie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import Http404, HttpRequest, HttpResponseBase

from cosmodrome.admin.accounts import is_open

Answer = Callable[[HttpRequest], HttpResponseBase]

PREFIX = "/admin/"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Django's admin needs nothing inline and nothing from elsewhere; its searching inputs ask the server."""


def only_for_the_admin(answer: Answer) -> Answer:
    """Puts sessions, log-in and messages around the admin's paths, which do not exist without an account.

    Django's system checks would have them around every path, where each costs time and a `Vary`.
    What protects forms needs no place here: Django's admin protects its views itself.
    """
    inside: Any = SessionMiddleware(AuthenticationMiddleware(MessageMiddleware(answer)))

    def chosen(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return answer(request)
        if not is_open():
            raise Http404
        response: HttpResponseBase = inside(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    return chosen
