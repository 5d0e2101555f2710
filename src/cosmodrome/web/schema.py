"""The OpenAPI document: made once, kept compressed, and given with an ETag.

Making it takes two seconds of a processor, so that a server makes it in a process of its own while it starts
(`prepare`).  Its workers, which are forks, read it from memory that they share.  A worker that is asked for
it earlier, or has no such memory, makes its own.
"""

from __future__ import annotations

import gzip
import mmap
import multiprocessing
import os
import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any

from django.utils.cache import patch_vary_headers
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from cosmodrome.http_cache.entries import CODINGS, IDENTITY, best_coding, matches_etag

RENDERERS = {"yaml": OpenApiYamlRenderer, "json": OpenApiJsonRenderer}
"""By format: what writes the document."""

PATIENCE = 15
"""Seconds after the start within which the document is waited for instead of made once more."""
ROOM = 1 << 20
"""Bytes of memory that processes share: the document takes an eighth of it in both formats and codings."""
SIZE = 8
"""Bytes at its beginning that say how many follow; zero until all are there."""


@dataclass(frozen=True)
class Written:
    """The document in one format, in each coding but the plain text."""

    digest: str
    codings: Mapping[str, bytes]

    def body(self, coding: str) -> bytes:
        """Returns the bytes in a coding."""
        return self.codings[coding] if coding != IDENTITY else plain_text(self.codings)

    def etag(self, coding: str) -> str:
        """Returns the strong ETag of the bytes in a coding."""
        return f'"{self.digest}"' if coding == IDENTITY else f'"{self.digest}-{coding}"'


def plain_text(codings: Mapping[str, bytes]) -> bytes:
    """Returns the text that has been compressed: hardly anybody asks for it as it is."""
    return gzip.decompress(codings["gzip"])


def write_document() -> dict[str, Written]:
    """Makes the document; returns it in each format."""
    document = SpectacularAPIView.generator_class().get_schema(public=True)  # type: ignore[no-untyped-call]
    written = {}
    for name, renderer in RENDERERS.items():
        text: Any = renderer().render(document, renderer_context={})
        codings = {coding: compress(text) for coding, compress in CODINGS.items()}
        written[name] = Written(sha256(text).hexdigest()[:40], codings)
    return written


class Documents:
    """The document of one process and of its forks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._written: dict[str, Written] = {}
        self._shared: mmap.mmap | None = None
        self._due = 0.0
        """When the process that makes it should have finished, by `time.monotonic()`."""

    def get(self, name: str) -> Written:
        """Returns the document in a format; makes it where nobody has."""
        if not self._written:
            with self._lock:
                self._written = self._written or self._awaited() or write_document()
        return self._written[name]

    def clear(self) -> None:
        """Forgets the document."""
        self._written, self._shared = {}, None

    def prepare(self) -> None:
        """Starts a process that makes the document for this one's forks to come."""
        if multiprocessing.get_start_method() == "fork":
            self._shared = mmap.mmap(-1, ROOM)
            self._due = time.monotonic() + PATIENCE
            multiprocessing.Process(target=self._make, name="schema", daemon=True).start()

    def _make(self) -> None:
        os.nice(5)  # those who serve come first
        self.share(write_document())

    def share(self, written: dict[str, Written]) -> None:
        """Puts the document where the other processes that share this memory find it."""
        content = pickle.dumps(written)
        if self._shared and SIZE + len(content) <= ROOM:
            self._shared[SIZE : SIZE + len(content)] = content
            self._shared[:SIZE] = len(content).to_bytes(SIZE, "big")  # the last of all

    def _awaited(self) -> dict[str, Written]:
        """Returns what that process makes, once it has; nothing if it is late.  Waiting costs nothing."""
        while not (made := self._prepared()) and time.monotonic() < self._due:
            time.sleep(0.02)
        return made

    def _prepared(self) -> dict[str, Written]:
        """Returns what that process has made; nothing if it has not finished."""
        size = int.from_bytes(self._shared[:SIZE], "big") if self._shared else 0
        if not (self._shared and size):
            return {}
        made: dict[str, Written] = pickle.loads(self._shared[SIZE : SIZE + size])  # noqa: S301 - our own bytes
        return made


DOCUMENTS = Documents()


class WrittenDocument(Response):
    """A response whose content is there already."""

    @property
    def rendered_content(self) -> Any:
        """The bytes."""
        media_type, charset = self.accepted_media_type, self.accepted_renderer.charset
        self.headers["Content-Type"] = f"{media_type}; charset={charset}" if charset else media_type
        return self.data


class OpenApiDocument(SpectacularAPIView):
    """The OpenAPI document, as YAML or JSON; a call counts against a rate as any other."""

    is_counted = True
    authentication_classes = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    name, description = "Spectacular Api", SpectacularAPIView.__doc__  # what OPTIONS has always shown

    def _get_schema_response(self, request: Request) -> Response:
        written = DOCUMENTS.get(request.accepted_renderer.format)
        coding = best_coding(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        etag = written.etag(coding)
        is_known = matches_etag(etag, request.META.get("HTTP_IF_NONE_MATCH", ""))
        response = Response(status=304) if is_known else WrittenDocument(written.body(coding))
        if not is_known:
            file_name = f"{spectacular_settings.TITLE}.{request.accepted_renderer.format}"
            response.headers["Content-Disposition"] = f'inline; filename="{file_name}"'
        if not is_known and coding != IDENTITY:
            response.headers["Content-Encoding"] = coding
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "no-cache"
        patch_vary_headers(response, ["Accept", "Accept-Encoding"])
        return response
