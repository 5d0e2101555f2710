"""Answers that are made of what is kept, and do not go through Django: a fifth of their time would.

What Django puts around such an answer, its headers, hangs on the server's address alone: they are those
that it has put around another one.
"""

from __future__ import annotations

from time import perf_counter
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIRequest

from cosmodrome.changes.snapshots import FRAGMENTS, LAYER
from cosmodrome.http_cache.again import Telling
from cosmodrome.http_cache.entries import Entry, Headers, lasting
from cosmodrome.resources.responder import direct_response
from cosmodrome.resources.views import DATA_VERSION

Address = tuple[str, ...]
"""The server's, as it was asked: host, scheme, the path that it is below."""
ADDRESSES = 100
"""Addresses of which the headers are known: where any host is allowed, anyone can make one up."""


class Shortcut:
    """The way past Django."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._headers: dict[Address, Headers] = {}

    def learn(self, address: Address, environ: WSGIEnvironment, headers: Headers) -> None:
        """Takes note of what Django has put around an answer, if that was made of what is kept."""
        if environ[LAYER] != FRAGMENTS:
            return
        if len(self._headers) == ADDRESSES:
            self._headers.clear()
        self._headers[address] = lasting([header for header in headers if header[0] != DATA_VERSION])

    def entry(self, address: Address, environ: WSGIEnvironment, version: int) -> Entry | None:
        """The answer; None if it is for Django, as is all that is wrong with a request."""
        headers = self._headers.get(address)
        if headers is None:
            return None
        start = perf_counter()
        try:
            request = WSGIRequest(dict(environ))  # which decodes the path, and can only once
            whole = direct_response(request, version)
        except Exception:  # noqa: BLE001 - whatever it is, Django meets it too and says it
            return None
        if whole is None:
            return None
        environ[LAYER] = FRAGMENTS
        self._telling(FRAGMENTS, whole.route, environ["REQUEST_METHOD"], 200)(1, perf_counter() - start)
        return Entry([*headers, (DATA_VERSION, str(version))], whole.content, whole.validity, whole.route)
