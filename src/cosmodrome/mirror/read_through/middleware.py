"""Middleware that answers with what the upstream has said, in place of a view."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from cosmodrome.changes.snapshots import ROUTE

PASSED = "cosmodrome.passed"
"""Key of the WSGI environ: the `Passed` answer, if the upstream has been asked."""


def give_passed(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answers a request that was passed on; it comes last, so that all else holds for the answer too."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        passed = request.META.get(PASSED)
        if passed is None:
            return get_response(request)
        request.META[ROUTE] = passed.asked.route
        response: HttpResponseBase = passed.response(request)
        return response

    return middleware
