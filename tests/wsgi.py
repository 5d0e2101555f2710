"""Asks a WSGI callable in this process, as a server does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from cosmodrome.access.gate import admits
from cosmodrome.changes.versions import data_version
from cosmodrome.http_cache.cache import ResponseCache

HOST = "127.0.0.1:8000"


@dataclass(frozen=True)
class Answer:
    """What was answered, and what was told about the request meanwhile."""

    status: int
    headers: dict[str, str]
    body: bytes
    environ: dict[str, Any] = field(compare=False)


def new_cache(
    django: Callable[..., Any], version: Callable[[], int | None] = data_version, **told: Any
) -> ResponseCache:
    """What stands in front of Django in a worker, with nothing kept."""
    return ResponseCache(django, "/2.3.0/", 8_000_000, version, admits, **told)


def ask(
    application: Callable[..., Any], target: str, method: str = "GET", host: str = HOST, **headers: str
) -> Answer:
    """The answer to `/path/?query`, with headers as in `accept_encoding="gzip"`."""
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": host,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        told[:] = [status, headers]

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    status, found = told
    return Answer(int(status.split()[0]), {name.lower(): value for name, value in found}, body, environ)
