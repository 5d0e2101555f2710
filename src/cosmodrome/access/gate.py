"""The checks that Django makes before it answers a caller, for answers that are given without Django."""

from __future__ import annotations

from collections.abc import Callable
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from cosmodrome.access.usage import ADMITTED
from cosmodrome.database.connections import discard_unusable


class Gate(APIView):
    """A view that has DRF's checks and nothing behind them."""

    is_counted = True


def gate() -> Callable[[WSGIEnvironment], bool]:
    """Returns `admits` as cheap as the settings allow: without a rate only tokens need a look."""
    if settings.ANONYMOUS_RATE is not None:
        return admits
    return lambda environ: "HTTP_AUTHORIZATION" not in environ or admits(environ)


def admits(environ: WSGIEnvironment) -> bool:
    """Whether Django would answer this caller.

    Counts the call if there is a rate.  A call that it does not admit is not counted: Django, asked then,
    checks it again and says why.
    """
    if settings.ANONYMOUS_RATE is None and "HTTP_AUTHORIZATION" not in environ:
        return True
    if ADMITTED in environ:
        return True
    discard_unusable()
    gate = Gate()
    request = gate.initialize_request(WSGIRequest(dict(environ)))  # a copy: it decodes the path in place
    try:
        gate.perform_authentication(request)
        gate.check_throttles(request)
    except (APIException, DatabaseError):
        return False
    return True
