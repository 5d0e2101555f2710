"""Who is let through to an answer that is given without Django: the same as Django would let through."""

from __future__ import annotations

from collections.abc import Callable
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, close_old_connections
from rest_framework.exceptions import APIException
from rest_framework.views import APIView


class Gate(APIView):
    """A view that has DRF's checks and nothing behind them."""

    is_counted = True


def gate() -> Callable[[WSGIEnvironment], bool]:
    """What counts a call, by the settings; without a rate it is only asked who those are that say so."""
    if settings.ANONYMOUS_RATE is not None:
        return lets_through
    return lambda environ: "HTTP_AUTHORIZATION" not in environ or lets_through(environ)


def lets_through(environ: WSGIEnvironment) -> bool:
    """Counts a call, if there is a rate; False if it has to be refused, which is then Django's to say.

    One that is refused is not counted, so that Django can ask the same again.
    """
    if settings.ANONYMOUS_RATE is None and "HTTP_AUTHORIZATION" not in environ:
        return True
    close_old_connections()  # only those that have broken
    gate = Gate()
    request = gate.initialize_request(WSGIRequest(environ))
    try:
        gate.perform_authentication(request)
        gate.check_throttles(request)
    except (APIException, DatabaseError):
        return False
    return True
