"""Counts the calls of each caller, for all processes together and across restarts.

Without a rate nothing here uses the database.  With one, a call costs a read and a write by primary key, and
a call that is refused only the read.  Nothing is locked in between: if another call was counted first, the
write changes no row and the read is repeated, which can happen only as often as other calls are let through.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

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

ON_COUNTED = "cosmodrome.counted"
"""Key of the WSGI environ: who wants to know when the call was counted, and whose it was (`OnCounted`)."""
ADMITTED = "cosmodrome.admitted"
"""Key of the WSGI environ: there if the caller was checked, and the call counted, before Django is asked."""
OnCounted = Callable[[datetime, str], None]


class Count(NamedTuple):
    """The outcome of counting a call."""

    wait: int
    """Whole seconds until it is let through; 0 if it is."""
    at: datetime
    """The instant that it counts from, if it was counted."""


def window_of(caller: Caller, rate: Rate) -> Window:
    """The window of the caller's recent calls."""
    use = Use.objects.filter(pk=caller.key).first()
    return Window.at(clock.now(), rate, use.marks if use else ())


def count_call(caller: Caller, rate: Rate) -> Count:
    """Counts one call if the rate allows it.

    The clock is read after the calls before: a call that waits here, while hours pass on a clock that is
    sped up, would else take those that others have made meanwhile for errors of the clock.
    """
    while True:
        now = clock.now()
        first = Window.at(now, rate, ()).with_one_more()
        use, is_first = Use.objects.get_or_create(
            pk=caller.key, defaults={"marks": first.marks, "ends": first.ends}
        )
        if is_first:
            delete_expired(now)
            return Count(0, now)
        now = clock.now()
        window = Window.at(now, rate, use.marks)
        if window.wait:
            return Count(window.wait, now)
        after = window.with_one_more()
        unread = Use.objects.filter(pk=caller.key, version=use.version)
        if unread.update(version=F("version") + 1, marks=after.marks, ends=after.ends):
            return Count(0, now)


def delete_expired(now: datetime) -> None:
    """Deletes the rows of callers without a call in their whole period; called once for each new caller."""
    try:
        Use.objects.filter(ends__lt=now).delete()
    except OperationalError:
        logger.debug("another process is dropping the same callers")


class RateLimit(BaseThrottle):
    """DRF's throttle: counts the calls of every endpoint, including HEAD and requests with mistakes.

    Requests that are only about the API are not counted: its root, its schema, `api-throttle` and OPTIONS.
    """

    def __init__(self) -> None:
        self.seconds = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the call is let through.

        It is if counting fails, on a full disk for example: a rate protects the server, and is no reason to
        refuse a call that could be answered.
        """
        if request.method == "OPTIONS" or not getattr(view, "is_counted", False):
            return True
        if ADMITTED in request.META:
            return True
        caller = caller_of(request)
        if caller.rate is None:
            return True
        try:
            self.seconds, at = count_call(caller, caller.rate)
        except DatabaseError:
            logger.warning("A call was let through uncounted", exc_info=True)
        else:
            if not self.seconds and ON_COUNTED in request.META:
                request.META[ON_COUNTED](at, caller.key)
        return not self.seconds

    def wait(self) -> float:
        """Seconds until a call may be let through."""
        return self.seconds
