"""The calls of each caller, counted for all processes at once and over restarts.

Without a rate nothing here asks the database.  With one, a call costs a read and a write by primary
key, and a call that is refused the read alone.  Nothing is locked in between: a write that finds that
another came first reads again, which can happen only as often as others are let through.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import DatabaseError, OperationalError
from django.db.models import F
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from cosmodrome.access.callers import Caller, caller_of
from cosmodrome.access.models import Use
from cosmodrome.access.rates import Rate
from cosmodrome.access.window import Window
from cosmodrome.time import clock

logger = logging.getLogger(__name__)


def window_of(caller: Caller, rate: Rate) -> Window:
    """The calls of `caller` that take up room now."""
    use = Use.objects.filter(pk=caller.key).first()
    return Window.at(clock.now(), rate, use.marks if use else ())


def count(caller: Caller, rate: Rate) -> int:
    """Counts one call, if there is room for it; else answers in how many seconds there will be."""
    while True:
        now = clock.now()
        first = Window.at(now, rate, ()).with_one_more()
        use, is_first = Use.objects.get_or_create(
            pk=caller.key, defaults={"marks": first.marks, "ends": first.ends}
        )
        if is_first:
            forget_before(now)
            return 0
        window = Window.at(now, rate, use.marks)
        if window.wait:
            return window.wait
        after = window.with_one_more()
        unread = Use.objects.filter(pk=caller.key, version=use.version)
        if unread.update(version=F("version") + 1, marks=after.marks, ends=after.ends):
            return 0


def forget_before(now: datetime) -> None:
    """Drops those who have not called for their whole period; whoever is new makes up for them."""
    try:
        Use.objects.filter(ends__lt=now).delete()
    except OperationalError:
        logger.debug("another process is dropping the same callers")


class RateLimit(BaseThrottle):
    """DRF's hook: counts the calls of every endpoint, mistakes and HEAD among them.

    What only tells about the API is free: its root, its schema, `api-throttle`, OPTIONS.
    """

    def __init__(self) -> None:
        self.seconds = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the call may go on.

        It may when counting fails, on a full disk for example: a rate protects the server, and is not
        worth an answer that could be given.
        """
        if request.method == "OPTIONS" or not getattr(view, "is_counted", False):
            return True
        caller = caller_of(request)
        if caller.rate is None:
            return True
        try:
            self.seconds = count(caller, caller.rate)
        except DatabaseError as error:
            logger.warning("A call was let through uncounted: %s", error)
        return not self.seconds

    def wait(self) -> float:
        """Seconds until the next call has a chance."""
        return self.seconds
