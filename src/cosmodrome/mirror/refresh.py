"""Refreshes: what has changed since a complete sweep, where the upstream can be asked for it.

Pages follow each other by `last_updated`: one that is full says from which instant on the next is asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cosmodrome.mirror.intake import Taken, take_in
from cosmodrome.mirror.models import ResourceSync
from cosmodrome.mirror.pages import LIMIT, Page, page_path
from cosmodrome.resources.resources import Resource
from cosmodrome.time.clock import read_instant, write_instant

COLUMN = "last_updated"
FILTER = f"{COLUMN}__gte"
MARGIN = timedelta(minutes=5)
"""So much further back changes are asked for: the clocks of an upstream may deviate."""


def takes_refresh(resource: type[Resource]) -> bool:
    """Whether a resource tells what has changed since an instant."""
    return FILTER in resource.filter_names() and COLUMN in (resource.ordering_fields or ())


class Refresh:
    """The refresh of one resource, as far as it has come."""

    def __init__(self, resource: type[Resource]) -> None:
        """The resource has been complete before."""
        self.resource = resource
        self.row = ResourceSync.objects.get(pk=resource.path)
        asked = self.row.refreshed_as_of or self.row.complete_as_of
        self.since = asked - MARGIN if asked else read_instant("1957-01-01")
        self.offset = 0
        self.began: datetime | None = None
        self.is_ended = False

    @property
    def path(self) -> str:
        """The path of the page to be read next."""
        return page_path(
            self.resource, self.offset, **{FILTER: write_instant(self.since), "ordering": COLUMN}
        )

    def take(self, page: Page) -> Taken:
        """Takes a page in.  Raises DatabaseError, and then nothing has changed."""
        return take_in(page, lambda: self.advance(page))

    def advance(self, page: Page) -> None:
        """Notes up to when changes are known; within the page's transaction."""
        self.began = self.began or page.read_at
        latest = max(filter(None, map(updated_at, page.records)), default=self.since)
        if latest > (self.row.refreshed_as_of or self.since):
            self.row.refreshed_as_of = latest
        if not page.has_next:
            self.is_ended = True
            self.row.refreshed_as_of = self.began
            self.row.wanted_since = None
        elif latest > self.since:
            self.since, self.offset = latest, 0
        else:
            self.offset += LIMIT
        self.row.save(update_fields=["refreshed_as_of", "wanted_since"])


def updated_at(record: Any) -> datetime | None:
    """Returns when a record was changed; null if it does not say."""
    try:
        return read_instant(record[COLUMN])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
