"""Pagination of lists: limit and offset, links and envelope as DRF makes them, with the original's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from rest_framework.pagination import LimitOffsetPagination

from cosmodrome.rendering.fragments import NULL


class Pagination(LimitOffsetPagination):
    """Ten records by default, a hundred at most; a larger limit counts as a hundred and is no error."""

    default_limit = 10
    max_limit = 100

    def page(self, count: int, parameters: QueryDict) -> Page:
        """Returns the page that the parameters of a request ask for, of `count` records."""
        request: Any = SimpleNamespace(query_params=parameters)  # DRF's pagination reads nothing else
        return Page(
            parameters, self.get_limit(request) or self.default_limit, self.get_offset(request), count
        )


@dataclass(frozen=True)
class Page:
    """A page of records that are JSON already."""

    parameters: QueryDict
    limit: int
    offset: int
    count: int

    def slice(self, ids: Sequence[Any]) -> Sequence[Any]:
        """Returns the ids of its records, of all ids."""
        return ids[self.offset : self.offset + self.limit]

    def envelope(self, address: str) -> tuple[bytes, bytes]:
        """Returns the JSON before and after its records, as DRF's renderer writes it.

        `address` is that of the list.
        """
        return b'{"count":%d,"next":%b,"previous":%b,"results":[' % (self.count, *self.links(address)), b"]}"

    def links(self, address: str) -> tuple[bytes, bytes]:
        """Returns the links to the next and the previous page, as JSON.

        DRF makes them like this: parameters sorted, the limit always among them.
        """
        limit_name, offset_name = Pagination.limit_query_param, Pagination.offset_query_param
        parts = {name: urlencode({name: values}, doseq=True) for name, values in self.parameters.lists()}
        parts[limit_name] = f"{limit_name}={self.limit}"

        def link(offset: int) -> bytes:
            parts[offset_name] = f"{offset_name}={offset}"
            query = "&".join([parts[name] for name in sorted(parts) if offset > 0 or name != offset_name])
            return f'"{address}?{query}"'.encode()

        after, before = self.offset + self.limit, self.offset - self.limit
        return link(after) if after < self.count else NULL, link(before) if self.offset > 0 else NULL
