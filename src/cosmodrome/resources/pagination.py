"""Pages: limit and offset, links and envelope as DRF makes them, in the original's measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from rest_framework.pagination import LimitOffsetPagination

NULL = b"null"


@dataclass(frozen=True)
class Asked:
    """Stands for a request, of which DRF's pages read nothing else."""

    query_params: QueryDict


class Pages(LimitOffsetPagination):
    """Ten records when nothing is asked, a hundred at most; larger limits are cut, not refused."""

    default_limit = 10
    max_limit = 100

    def cut(self, count: int, asked: QueryDict) -> Page:
        """The page that a query asks for, out of so many records."""
        request: Any = Asked(asked)
        return Page(asked, self.get_limit(request) or self.default_limit, self.get_offset(request), count)


@dataclass(frozen=True)
class Page:
    """A page of records that are JSON already."""

    asked: QueryDict
    limit: int
    offset: int
    count: int

    def of(self, ids: Sequence[Any]) -> Sequence[Any]:
        """Its own, out of all ids."""
        return ids[self.offset : self.offset + self.limit]

    def around(self, path: str) -> tuple[bytes, bytes]:
        """What stands before and after its records, as DRF's renderer writes it.

        `path` is the list's address.
        """
        return b'{"count":%d,"next":%b,"previous":%b,"results":[' % (self.count, *self.links(path)), b"]}"

    def links(self, path: str) -> tuple[bytes, bytes]:
        """The next and the previous page's, as DRF makes them: parameters sorted, limit always there."""
        place = Pages.offset_query_param
        said = {name: urlencode([(name, each) for each in values]) for name, values in self.asked.lists()}
        said[Pages.limit_query_param] = f"{Pages.limit_query_param}={self.limit}"

        def link(offset: int) -> bytes:
            said[place] = f"{place}={offset}"
            query = "&".join([said[name] for name in sorted(said) if offset > 0 or name != place])
            return f'"{path}?{query}"'.encode()

        after, before = self.offset + self.limit, self.offset - self.limit
        return link(after) if after < self.count else NULL, link(before) if self.offset > 0 else NULL
