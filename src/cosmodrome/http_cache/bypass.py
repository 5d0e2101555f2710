"""Responses made from fragments, past Django, which would take five times as long.

The headers that Django and the view put around such a response depend on the server's address and on the view
alone.  The first response goes through Django, and the bypass learns the headers from it.
"""

from __future__ import annotations

from time import perf_counter
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIRequest

from cosmodrome.changes.snapshots import FRAGMENTS, LAYER, ROUTE
from cosmodrome.http_cache.entries import Entry, Headers, stored_headers
from cosmodrome.http_cache.recorder import Measure
from cosmodrome.resources.responder import direct_response
from cosmodrome.resources.schema.ignored import IGNORED
from cosmodrome.resources.views import AS_OF, DATA_VERSION

Address = tuple[str | None, ...]
"""Host, scheme and path prefix of the server, as a client writes them."""
MOST_HEADERS = 500
"""The addresses and routes with known headers: where any host is allowed, clients can make up addresses."""

LONGEST_HOST = 300
"""Characters of a host whose headers are remembered: a name has 253 at most, and there is a port."""
DIRECT = "cosmodrome.direct"
"""Key of the WSGI environ: there if a response was made without Django."""
VARYING = frozenset((DATA_VERSION, AS_OF, IGNORED))
"""Headers that differ between the responses of one address and route."""


class Bypass:
    """Makes the responses that Django would, at addresses and routes where Django has made one before."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self.headers: dict[tuple[Address, str], Headers] = {}

    def learn(self, address: Address, environ: WSGIEnvironment, headers: Headers) -> None:
        """Learns the headers of Django's response, if the view made it from fragments."""
        if environ[LAYER] == FRAGMENTS and len(address[0] or "") <= LONGEST_HOST:
            if len(self.headers) == MOST_HEADERS:
                self.headers.clear()
            constant = [header for header in headers if header[0] not in VARYING]
            self.headers[address, environ[ROUTE]] = stored_headers(constant)

    def entry(self, address: Address, environ: WSGIEnvironment, version: int) -> Entry | None:
        """Returns the response; None if Django has to make it, as for every mistake in a request."""
        start = perf_counter()
        try:
            request = WSGIRequest(dict(environ))  # a copy: it decodes the path in place, which works once
            made = direct_response(request, version)
        except Exception:  # noqa: BLE001 - whatever it is, Django meets it too and reports it
            return None
        if made is None or (address, made.route) not in self.headers:
            return None
        environ[LAYER], environ[DIRECT] = FRAGMENTS, True
        self._measure(FRAGMENTS, made.route, environ["REQUEST_METHOD"], 200)(1, perf_counter() - start)
        own = [(IGNORED, made.ignored)] if made.ignored else []
        headers = [*self.headers[address, made.route], *own, (DATA_VERSION, str(version))]
        return Entry(headers, made.content, made.validity, made.route)
