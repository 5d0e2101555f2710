"""An end between two calls: a signal ends a sync at once, but never within a transaction."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.db import connections

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """A signal has asked for the end."""


class StopSignal:
    """Whether the end was asked for."""

    def __init__(self) -> None:
        self.is_asked = False

    def heed(self, _signal: int, _frame: FrameType | None) -> None:
        """Ends what is under way, unless it writes: then `check` does, when it has written."""
        self.is_asked = True
        if not any(each.in_atomic_block for each in connections.all(initialized_only=True)):
            raise Stopped

    def check(self) -> None:
        """Raises Stopped if the end was asked for."""
        if self.is_asked:
            raise Stopped


@contextmanager
def stoppable() -> Iterator[StopSignal]:
    """Lets SIGTERM and Ctrl-C raise Stopped in the block, which asks `check` between two calls."""
    stopping = StopSignal()
    before = {each: signal.signal(each, stopping.heed) for each in SIGNALS}
    try:
        yield stopping
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
