"""The WSGI callable: Django behind the response cache, at the public address when there is one."""

import os
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

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


def build() -> Wsgi:
    """Returns the application that the settings describe."""
    django = get_wsgi_application()
    from django.conf import settings

    return seen_from(settings.PUBLIC_URL, cached(django) if settings.CACHE_BYTES else django)


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
