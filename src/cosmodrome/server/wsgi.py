"""The WSGI callable: Django behind the response cache, at the public address when there is one."""

import os
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cosmodrome.server.settings")

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def seen_from(public_url: str, application: Wsgi) -> Wsgi:
    """Returns a callable that answers as if clients had asked `public_url`; `application` if that is empty.

    The address in a proxy's `X-Forwarded-*` headers is never used: anyone can send those.
    """
    if not public_url:
        return application
    parts = urlsplit(public_url)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen = {
            "HTTP_HOST": parts.netloc,
            "wsgi.url_scheme": parts.scheme,
            "SCRIPT_NAME": unquote(parts.path).encode().decode("latin-1"),  # as WSGI has it
        }
        environ.update(seen)
        return application(environ, start_response)

    return answer


def with_encoded_query(application: Wsgi) -> Wsgi:
    """Returns a callable that gets the queries of clients that do not percent-encode them as if they did.

    Django reads raw UTF-8 as it is meant, but repeats it byte by byte in redirects and links.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            environ["QUERY_STRING"] = encoded_query(query)
        return application(environ, start_response)

    return answer


def encoded_query(query: str) -> str:
    """Returns a query as WSGI has it, a character for a byte, with percent-codes of UTF-8 beyond ASCII.

    Bytes that are not UTF-8 are taken for Latin-1, as Django takes them.
    """
    try:
        text = query.encode("latin-1").decode()
    except UnicodeError:
        text = query
    return "".join(each if each.isascii() else quote(each) for each in text)


def build() -> Wsgi:
    """Returns the application that the settings describe."""
    django = get_wsgi_application()
    from django.conf import settings

    answering = cached(django) if settings.CACHE_BYTES else django
    return seen_from(settings.PUBLIC_URL, with_encoded_query(answering))


def cached(django: Wsgi) -> Wsgi:
    """Returns Django behind a response cache."""
    from django.conf import settings

    from cosmodrome.access.gate import gate
    from cosmodrome.http_cache.cache import ResponseCache
    from cosmodrome.http_cache.freshness import Committed
    from cosmodrome.monitoring.metrics import measure, report_sizes

    prefix = f"/{settings.VERSION}/"
    committed = Committed().version
    return ResponseCache(django, prefix, settings.CACHE_BYTES, committed, gate(), measure, report_sizes)


application = build()
