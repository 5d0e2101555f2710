"""Django behind the response cache, at the public address when there is one.

`front` is what Granian serves; `application` answers the same as a WSGI callable, for any other server, but
without the faults and the log of a stand-in, and without the access log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cosmodrome.server.settings")

if TYPE_CHECKING:
    from cosmodrome.http_cache.cache import ResponseCache
    from cosmodrome.server.access_log import Served
    from cosmodrome.server.front import Front

Change = Callable[[dict[str, Any]], None]
"""Changes the environment of a request, before anything looks at it."""
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def seen_from(public_url: str, application: Wsgi) -> Wsgi:
    """Returns a callable that answers as if clients had asked `public_url`, unless that is empty."""
    return with_changed(address_seen_from(public_url), application) if public_url else application


def with_encoded_query(application: Wsgi) -> Wsgi:
    """Returns a callable that gets the queries of clients that do not percent-encode them as if they did."""
    return with_changed(encode_query, application)


def with_changed(change: Change, application: Wsgi) -> Wsgi:
    """Returns a callable that gets the environment of each request with a change."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        change(environ)
        return application(environ, start_response)

    return answer


def address_seen_from(public_url: str) -> Change:
    """Returns what puts the public address, if there is one, in the place of the one that was asked.

    The address in a proxy's `X-Forwarded-*` headers is never used: anyone can send those.
    """
    parts = urlsplit(public_url)
    seen = {
        "HTTP_HOST": parts.netloc,
        "wsgi.url_scheme": parts.scheme,
        "SCRIPT_NAME": unquote(parts.path).encode().decode("latin-1"),  # as WSGI has it
    }
    return lambda environ: environ.update(seen if public_url else {})


def encode_query(environ: dict[str, Any]) -> None:
    """Percent-encodes what a client has left as it is.

    Django reads raw UTF-8 as it is meant, but repeats it byte by byte in redirects and links.
    """
    query = environ.get("QUERY_STRING", "")
    if not query.isascii():
        environ["QUERY_STRING"] = encoded_query(query)


def encoded_query(query: str) -> str:
    """Returns a query as WSGI has it, a character for a byte, with percent-codes of UTF-8 beyond ASCII.

    Bytes that are not UTF-8 are taken for Latin-1, as Django takes them.
    """
    try:
        text = query.encode("latin-1").decode()
    except UnicodeError:
        text = query
    return "".join(each if each.isascii() else quote(each) for each in text)


def build() -> Front:
    """Returns what answers requests, as the settings describe it."""
    django = get_wsgi_application()
    from django.conf import settings

    from cosmodrome.database.connections import make_no_files, use_options
    from cosmodrome.database.outages import OUTAGE
    from cosmodrome.monitoring.metrics import measure
    from cosmodrome.server.front import Front, Uncached

    use_options(settings.REQUEST_OPTIONS)
    make_no_files()
    OUTAGE.is_waited_for = True
    see = address_seen_from(settings.PUBLIC_URL)

    def prepare(environ: dict[str, Any]) -> None:
        see(environ)
        encode_query(environ)

    return Front(cached(django) if settings.CACHE_BYTES else Uncached(django), prepare, measure)


def cached(django: Wsgi) -> ResponseCache:
    """Returns Django behind a response cache."""
    from django.conf import settings

    from cosmodrome.access.gate import gate
    from cosmodrome.http_cache.cache import ResponseCache
    from cosmodrome.http_cache.freshness import Committed
    from cosmodrome.monitoring.metrics import measure, report_sizes

    prefix = f"/{settings.VERSION}/"
    committed = Committed().version
    return ResponseCache(django, prefix, settings.CACHE_BYTES, committed, gate(), measure, report_sizes)


def surrounded(front: Front) -> Served:
    """Returns what Granian serves: `front`, with the faults and the logs around it that the settings have."""
    from django.conf import settings

    served: Served = front
    if settings.FAULTS or settings.CALL_LOG:
        from cosmodrome.server.standin.surroundings import surround

        served = surround(front)
    if settings.ACCESS_LOG == "off":
        return served
    from cosmodrome.server.access_log import logged

    return logged(front, served, settings.ACCESS_LOG)


answering = build()
application = answering.wsgi
front = surrounded(answering)
