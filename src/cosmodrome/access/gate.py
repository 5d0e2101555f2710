"""Who is let through to an answer that is given without Django: the same as Django would let through."""

from __future__ import annotations

from collections.abc import Callable
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, close_old_connections
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from cosmodrome.http_cache.passage import Passage


class Gate(APIView):
    """A view that has DRF's checks and nothing behind them."""

    is_counted = True


def gate() -> Callable[[WSGIEnvironment], Passage]:
    """What lets calls through, by the settings; without a rate it only asks those who say who they are."""
    if settings.ANONYMOUS_RATE is not None:
        return passage
    return lambda environ: passage(environ) if "HTTP_AUTHORIZATION" in environ else Passage.FREE


def passage(environ: WSGIEnvironment) -> Passage:
    """Lets a call through, or not, and counts it if there is a rate."""
    if settings.ANONYMOUS_RATE is None and "HTTP_AUTHORIZATION" not in environ:
        return Passage.FREE
    close_old_connections()  # only those that have broken
    gate = Gate()
    request = gate.initialize_request(WSGIRequest(dict(environ)))  # a copy: it decodes the path in place
    try:
        gate.perform_authentication(request)
        gate.check_throttles(request)
    except (APIException, DatabaseError):
        return Passage.REFUSED
    return Passage.ASKED
