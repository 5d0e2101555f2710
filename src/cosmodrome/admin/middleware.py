"""Sessions for the admin only: the API has none, and none of its responses varies with a cookie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from cosmodrome.admin.accounts import is_open

ADMIN_PREFIX = "/admin/"
ONLY_READ = "This server only reads its catalogue: nothing can be edited here."

ADMIN_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Django's admin needs nothing inline or from other hosts; its autocomplete inputs call the server."""


def admin_sessions(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Adds sessions, log-in and messages to the admin's paths, which are 404 without an account.

    Django's system checks expect them for every path, where each costs time and adds a `Vary`.  CSRF
    protection is not needed here: Django's admin protects its views itself.
    """
    inside: Any = SessionMiddleware(AuthenticationMiddleware(MessageMiddleware(get_response)))

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ADMIN_PREFIX):
            return get_response(request)
        if settings.READ_ONLY:
            raise PermissionDenied(ONLY_READ)
        if not is_open():
            raise Http404
        response: HttpResponseBase = inside(request)
        response.headers.setdefault("Content-Security-Policy", ADMIN_CONTENT_SECURITY_POLICY)
        return response

    return middleware
