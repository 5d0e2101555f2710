"""Sweeps: one pass over all pages of a resource, resumed where it was left, and the end that it comes to.

Each page begins with the last record of the page before.  If it does not, records have come or gone before
it, and the sweep steps back until it meets a record that it knows: so no record that is there all the time is
missed.  In the end the sweep has seen as many records as the upstream counts; if not, the page is searched
for that has changed since it was read, and is read again.  Only then is the resource complete, as of the
begin of the sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from cosmodrome.mirror.freshness import owner_of
from cosmodrome.mirror.gone import mark_gone
from cosmodrome.mirror.intake import Taken, take_in
from cosmodrome.mirror.models import RecordDigest, ResourceSync, SetAside, SweptPage
from cosmodrome.mirror.pages import LIMIT, Page, order_of
from cosmodrome.resources.resources import Resource
from cosmodrome.time import clock

STEP = LIMIT - 1
"""Records by which the offset grows from page to page, so that two pages share one."""
STEP_BACK = LIMIT // 2
MOST_REPAIRS = 20
"""So many searches, and beginnings anew, one run makes of a sweep at most."""
SAME_CLOCK = timedelta(minutes=5)
"""The dates of two answers of one upstream deviate by less."""


PROGRESS = (
    *("count", "sweep_began", "next_offset", "search_low", "search_high"),
    *("complete_as_of", "refreshed_as_of", "wanted_since"),
)
"""The columns of `ResourceSync` that a sweep writes."""


class ClockSetBack(Exception):
    """Answers are dated before those that the catalogue has: taken in, they would count as older."""


@dataclass
class Search:
    """The search for a page that changed after it was read: it is not before `low`, and before `high`."""

    low: int
    high: int

    @property
    def middle(self) -> int:
        """The number of the page to look at next."""
        return (self.low + self.high) // 2


class Sweep:
    """The sweep of one resource, as far as it has come."""

    def __init__(self, resource: type[Resource], upstream: str) -> None:
        self.resource = resource
        found = ResourceSync.objects.filter(pk=resource.path).first()
        if found and found.upstream != upstream:
            forget(resource)
            found = None
        self.row = found or ResourceSync.objects.create(pk=resource.path, upstream=upstream)
        self.pages = list(SweptPage.objects.filter(resource=resource.path).order_by("number"))
        low, high = self.row.search_low, self.row.search_high
        self.search = None if low is None or high is None else Search(low, high)
        self.repairs = 0
        self.is_ended = self.is_complete = False
        """Whether this run has nothing more to read, and whether the resource is complete with that."""
        self.count_keys()

    def count_keys(self) -> None:
        """Lists the ids that are known, in order, after those of some page have changed."""
        self.known = [key for page in self.pages for key in page.keys]
        self.seen = set(self.known)

    @property
    def lists_all(self) -> bool:
        """Whether the resource lists all rows of its table, so that what it does not list is gone."""
        return owner_of(self.resource) is self.resource

    @property
    def offset(self) -> int:
        """The offset of the page that is to be read next."""
        if self.search is None:
            return self.row.next_offset or 0
        return max(0, sum(len(page.keys) for page in self.pages[: self.search.middle]) - 1)

    def take(self, page: Page) -> Taken:
        """Takes the page at `offset` in.  Raises ClockSetBack or DatabaseError, and then changes nothing."""
        self.refuse_older(page.read_at)
        return take_in(page, lambda: self.advance(page))

    def refuse_older(self, read_at: datetime) -> None:
        """Raises ClockSetBack if an answer is older than what is known."""
        known = (self.row.sweep_began, self.row.complete_as_of)
        latest = max((each for each in known if each), default=read_at)
        if read_at < latest - clock.stretched(SAME_CLOCK):
            raise ClockSetBack(
                f"{self.resource.path}: the answer is of {read_at:%Y-%m-%d %H:%M:%S} UTC, and the catalogue "
                f"is of {latest:%Y-%m-%d %H:%M:%S} UTC: was a clock set back? Nothing is taken in until then."
            )

    def advance(self, page: Page) -> None:
        """Notes what a page tells of the sweep; within the page's transaction."""
        self.row.refresh_from_db(fields=["refreshed_as_of"])  # changes are asked for meanwhile
        self.row.count = page.count
        if self.search:
            self.look(page, self.search)
        else:
            self.follow(page)
        self.row.search_low = self.search.low if self.search else None
        self.row.search_high = self.search.high if self.search else None
        self.row.save(update_fields=[*PROGRESS])

    def follow(self, page: Page) -> None:
        """Adds a page to those before it, or steps back if it does not begin where they end."""
        keys = page.keys
        if page.offset == 0:
            if self.known:
                self.begin_anew()
            self.row.sweep_began = page.read_at
            self.add(page, keys)
        elif keys and keys[0] in self.seen and (keys[0] == self.known[-1] or self.is_ordered(keys)):
            self.cut_after(keys[0])
            self.add(page, keys[1:])
        elif self.known[-1] in keys and not self.is_ordered(keys):
            self.add(page, keys[keys.index(self.known[-1]) + 1 :])
        elif self.is_ordered(self.known):
            self.row.next_offset = max(0, min(page.offset, page.count) - STEP_BACK)
        else:
            self.begin_anew()

    def add(self, page: Page, fresh: list[Any]) -> None:
        """Adds ids to those that are known, and ends the sweep or tells what comes next."""
        if not self.seen.isdisjoint(fresh):
            self.begin_anew()
            return
        if fresh or not self.pages:
            self.record(page, fresh)
        if page.has_next:
            self.row.next_offset = page.offset + STEP
        else:
            self.end(page)

    def record(self, page: Page, fresh: list[Any]) -> None:
        """Records a page with the ids that it adds."""
        self.pages.append(
            SweptPage.objects.create(
                resource=self.resource.path,
                number=self.pages[-1].number + 1 if self.pages else 0,
                offset=page.offset,
                count=page.count,
                keys=fresh,
                fetched=page.read_at,
            )
        )
        self.known += fresh
        self.seen.update(fresh)

    def is_ordered(self, keys: list[Any]) -> bool:
        """Whether records stand in the order of their ids, so that a page says all between two of them."""
        return order_of(self.resource) == "id" and all(
            type(one) is type(other) and one < other for one, other in pairwise(keys)
        )

    def cut_after(self, key: Any) -> None:
        """Drops what is known behind an id: a page that begins with it tells anew what is there."""
        while self.pages and key not in self.pages[-1].keys:
            self.pages.pop().delete()
        row = self.pages[-1]
        if row.keys[-1] != key:
            row.keys = row.keys[: row.keys.index(key) + 1]
            row.save(update_fields=["keys"])
        if self.known[-1] != key:
            self.count_keys()

    def end(self, page: Page) -> None:
        """Ends the sweep if it is consistent; else searches for the page that has changed."""
        if len(self.known) == page.count:
            self.complete(page)
        elif self.is_ordered(self.known) and self.repairs < MOST_REPAIRS:
            self.repairs += 1
            self.search = Search(0, len(self.pages))
        else:
            self.begin_anew()

    def look(self, page: Page, search: Search) -> None:
        """Looks whether a page stands where it stood, and takes what stands there now in its place."""
        number, known = search.middle, len(self.known)
        anchor = next((row.keys[-1] for row in reversed(self.pages[:number]) if row.keys), None)
        if not self.is_ordered(page.keys) or len({type(key) for key in (*page.keys, *self.known)}) > 1:
            self.begin_anew()
            return
        if number and page.keys[:1] != [anchor]:
            search.high = number  # the number of those before it is another
        else:
            self.replace(page, anchor)
            search.low = number
        if len(self.known) == page.count:
            self.complete(page)
        elif search.high - search.low <= 1 and search.low == number:
            if len(self.known) == known:
                self.begin_anew()  # more has come in one place than a page shows
            else:
                self.end(page)

    def replace(self, page: Page, anchor: Any) -> None:
        """Puts the ids of a page in the place of all that are known behind `anchor` and up to its last."""
        last = page.keys[-1] if page.has_next else None
        fresh = [key for key in page.keys if anchor is None or key > anchor]
        for row in list(self.pages):
            before = [key for key in row.keys if anchor is not None and key <= anchor]
            behind = [key for key in row.keys if last is not None and key > last]
            if len(before) == len(row.keys):
                continue
            keys, fresh = [*before, *fresh, *behind], []
            if keys != row.keys:
                row.keys = keys
                row.save(update_fields=["keys"])
        if fresh:
            self.pages[-1].keys += fresh
            self.pages[-1].save(update_fields=["keys"])
        self.count_keys()

    def begin_anew(self) -> None:
        """Begins the sweep again: the list has changed in a way that can't be mended."""
        SweptPage.objects.filter(resource=self.resource.path).delete()
        self.pages, self.search = [], None
        self.count_keys()
        self.row.next_offset = 0
        self.row.sweep_began = None
        self.repairs += 1
        self.is_ended = self.repairs > MOST_REPAIRS

    def complete(self, page: Page) -> None:
        """Marks the resource as complete, and what is gone to be deleted."""
        if self.lists_all and self.row.sweep_began:
            began = self.row.sweep_began - clock.stretched(SAME_CLOCK)
            mark_gone(self.resource, {str(key) for key in self.known}, began, page.read_at)
        SweptPage.objects.filter(resource=self.resource.path).delete()
        self.pages, self.search = [], None
        self.is_ended = self.is_complete = True
        self.row.complete_as_of = self.row.sweep_began
        self.row.refreshed_as_of = max(
            each for each in (self.row.refreshed_as_of, self.row.sweep_began) if each
        )
        self.row.sweep_began = self.row.next_offset = self.row.wanted_since = None


def forget(resource: type[Resource]) -> None:
    """Forgets what is known of a resource of another upstream."""
    for table in (ResourceSync, SweptPage, RecordDigest, SetAside):
        table.objects.filter(resource=resource.path).delete()
