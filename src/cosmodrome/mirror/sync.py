"""One run of a sync: performs the calls of the plan one by one, each taken in before the next."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from cosmodrome.mirror import dashboard
from cosmodrome.mirror.budget import Purpose
from cosmodrome.mirror.dashboard import DASHBOARD
from cosmodrome.mirror.gone import delete_all_gone, delete_gone
from cosmodrome.mirror.holder import be_seen
from cosmodrome.mirror.intake import Taken, take_in
from cosmodrome.mirror.models import ResourceSync
from cosmodrome.mirror.pages import Page, page_path, read_page
from cosmodrome.mirror.plan import Plan, chosen, is_refreshed, item_of, plan_of
from cosmodrome.mirror.refresh import Refresh
from cosmodrome.mirror.sweep import SAME_CLOCK, STEP, Sweep
from cosmodrome.mirror.upstream import BadAnswer, NotThere, Unreachable, Upstream, UpstreamError
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.time import clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """The outcome of one call of the plan."""

    path: str
    """The path of the resource."""
    taken: Taken | None
    """What came of its page; None if that was refused."""
    refusal: str = ""
    """The sentence about a page that was refused."""
    is_complete: bool = False
    """Whether the resource is complete with it."""
    deleted: int = 0
    """The records that were deleted then."""
    records: int = 0
    """The records that were taken in from what is no page of a list."""


@dataclass
class Totals:
    """What has come of a run so far."""

    calls: int = 0
    records: int = 0
    unchanged: int = 0
    deleted: int = 0
    aside: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """Adds one step."""
        self.calls += 1
        self.deleted += step.deleted
        self.records += step.records
        if step.taken:
            self.records += step.taken.records
            self.unchanged += step.taken.unchanged
            self.aside += [row.sentence for row in step.taken.aside]
        if step.refusal:
            self.refused.append(step.refusal)


class Sync:
    """A run over some resources, or over what an unfinished run has left of them."""

    def __init__(self, upstream: Upstream, paths: Iterable[str] = (), is_refresh: bool | None = None) -> None:
        """`paths` are those of resources; none for all.  Raises ValueError for one that is none.

        `is_refresh` says whether to ask for changes alone, where a schedule decides it; such a run passes no
        page over that the upstream does not answer for.
        """
        self.upstream, self.is_refresh = upstream, is_refresh
        self.left = unfinished(chosen(paths))
        self.totals = Totals()
        self._work: Sweep | Refresh | None = None
        self._loose: int | None = None
        """The offset from which pages are read behind one that was refused; None if none was."""
        self._failures = 0

    def plan(self) -> Plan:
        """Returns the calls to come."""
        return plan_of(self.left)

    def begin(self) -> None:
        """Asks the upstream for the rate, and marks what is to be done.  Raises UpstreamError."""
        self.upstream.ask_rate()
        delete_all_gone()  # a run was killed before it came to that
        now = clock.now()
        with transaction.atomic():  # all or none: the next run takes what is marked for all of this one
            for path in [each for each in self.left if each != DASHBOARD]:
                row, _ = ResourceSync.objects.get_or_create(pk=path, defaults={"upstream": self.upstream.url})
                if row.wanted_since is None:
                    ResourceSync.objects.filter(pk=path).update(wanted_since=now)

    def step(self) -> Step | None:
        """Performs the next call of the plan; None if there is none.

        Raises UpstreamError if the upstream lets nobody in, or is away; ClockSetBack; DatabaseError.  All
        that was taken in before stays.
        """
        while self.left and self._work is None:
            if self.left[0] == DASHBOARD:
                return self._dashboard()
            self._open(self.left[0])
        if self._work is None:
            self.totals.deleted += delete_all_gone()
            return None
        be_seen()
        return self._counted(self._perform(RESOURCES[self.left[0]], self._work))

    def _dashboard(self) -> Step:
        """Reads the dashboard, which is one call."""
        be_seen()
        self._finish(DASHBOARD)
        try:
            records = self.upstream.get(dashboard.PATH, Purpose.PLAN, check=dashboard.take_in)
        except (BadAnswer, NotThere) as error:
            return self._counted(Step(DASHBOARD, None, str(error)))
        ResourceSync.objects.update_or_create(
            pk=DASHBOARD,
            defaults={"upstream": self.upstream.url, "count": records, "complete_as_of": clock.now()},
        )
        return self._counted(Step(DASHBOARD, None, is_complete=True, records=records))

    def _counted(self, step: Step) -> Step:
        """Adds a step to the totals, and returns it."""
        self.totals.add(step)
        return step

    def _open(self, path: str) -> None:
        """Takes up the next resource, if there is anything to do."""
        rows = {row.resource: row for row in ResourceSync.objects.all()}
        if self.is_refresh is None and item_of(path, rows) is None:
            self._finish(path)
            return
        row, resource = rows.get(path), RESOURCES[path]
        is_refresh = self.is_refresh
        if is_refresh is None:
            is_refresh = row is not None and row.upstream == self.upstream.url and is_refreshed(row)
        self._work = Refresh(resource) if is_refresh else Sweep(resource, self.upstream.url)
        self._loose = None

    def _perform(self, resource: type[Resource], work: Sweep | Refresh) -> Step:
        """Makes one call, and takes in what it brings."""
        try:
            page = self._fetch(resource, work)
        except (BadAnswer, NotThere) as error:
            return self._refused(resource, work, error)
        except Unreachable as error:
            self._failures += 1
            if self._failures > 1 or self.is_refresh is not None:
                raise
            return self._refused(resource, work, error)
        self._failures = 0
        if self._loose is not None:
            return self._take_loose(resource, page)
        taken = work.take(page)
        is_complete = work.is_ended and (isinstance(work, Refresh) or work.is_complete)
        deleted = delete_gone(resource) if is_complete and isinstance(work, Sweep) else 0
        if work.is_ended:
            self._finish(resource.path)
        return Step(resource.path, taken, "", is_complete, deleted)

    def _fetch(self, resource: type[Resource], work: Sweep | Refresh) -> Page:
        """Reads the next page.  Raises UpstreamError."""
        offset = work.offset if self._loose is None else self._loose
        path = work.path if isinstance(work, Refresh) else page_path(resource, offset)
        purpose = Purpose.REFRESH if isinstance(work, Refresh) else Purpose.PLAN
        host = self.upstream.host
        page: Page = self.upstream.get(
            path, purpose, check=lambda answer: read_page(answer, resource, offset, host)
        )
        return page

    def _take_loose(self, resource: type[Resource], page: Page) -> Step:
        """Takes in a page behind one that was refused; the next run comes to it again."""
        taken = take_in(page)
        self._pass_over(resource, page.offset, page.count)
        return Step(resource.path, taken)

    def _refused(self, resource: type[Resource], work: Sweep | Refresh, error: UpstreamError) -> Step:
        """Passes over a page, or over the rest of a resource of which no other page is known."""
        logger.warning("%s", error)
        count = work.row.count if isinstance(work, Sweep) and not work.search else None
        self._pass_over(resource, work.offset if self._loose is None else self._loose, count or 0)
        return Step(resource.path, None, str(error))

    def _pass_over(self, resource: type[Resource], offset: int, count: int) -> None:
        """Goes on behind a page of a resource that this run can't complete."""
        self._loose = offset + STEP
        if self._loose + 1 >= count:
            self._finish(resource.path)

    def _finish(self, path: str) -> None:
        """Closes a resource, complete or not: the next run goes on from its last page."""
        self._work = self._loose = None
        self.left.remove(path)
        ResourceSync.objects.filter(pk=path).update(wanted_since=None)


def unfinished(paths: list[str]) -> list[str]:
    """Returns what an unfinished run has left of these resources; all of them if there is none.

    What it has finished is left out; what it was not asked for is not.
    """
    rows = {row.resource: row for row in ResourceSync.objects.filter(pk__in=paths)}
    wanted = {path: row.wanted_since for path, row in rows.items() if row.wanted_since}
    if not wanted:
        return paths
    began = min(wanted.values()) - clock.stretched(SAME_CLOCK)
    return [
        path
        for path in paths
        if path in wanted or path == DASHBOARD or not is_read_since(rows.get(path), began)
    ]


def is_read_since(row: ResourceSync | None, began: datetime) -> bool:
    """Whether a resource was read, or its changes were, since an instant."""
    known = (row.complete_as_of, row.refreshed_as_of) if row else ()
    return any(each and each >= began for each in known)
