"""A sliding window over the calls of one caller: how many there were, and when the next is allowed.

The window slides like DRF's, and so like the original's: a call counts for one period from its own instant
on.  `current_use` is then the number of calls within the last hour, and `next_use_secs` the time until the
oldest of those is an hour old.  To count by the clock's hours instead would allow twice the rate around the
full hour, and refuse someone who calls every four minutes.

Calls that are refused do not count.  Instants are whole microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from cosmodrome.access.rates import Rate
from cosmodrome.time.clock import EPOCH

MICROSECONDS = 1_000_000
MOST_MARKS = 1000

Mark = tuple[int, int]
"""An instant, and the number of calls at it."""


@dataclass(frozen=True)
class Window:
    """The calls that count at `now`, the oldest first."""

    rate: Rate
    now: int
    marks: tuple[Mark, ...] = ()

    @classmethod
    def at(cls, instant: datetime, rate: Rate, marks: Iterable[Sequence[int]]) -> Window:
        """The window that ends at `instant`, over stored marks.

        Marks far in the future were made before the clock was set back.  They are ignored, since they would
        count for years; the clocks of two machines are never that far apart.
        """
        now = (instant - EPOCH) // timedelta(microseconds=1)
        period = rate.seconds * MICROSECONDS
        within = sorted((at, calls) for at, calls in marks if now - period < at <= now + period)
        return cls(rate, now, tuple(within))

    @property
    def used(self) -> int:
        """The number of calls that count."""
        return sum(calls for _, calls in self.marks)

    @property
    def wait(self) -> int:
        """Whole seconds until a call is allowed; 0 if one is now."""
        too_many = self.used - self.rate.calls
        if too_many < 0:
            return 0
        gone = accumulate(calls for _, calls in self.marks)
        at = next(at for (at, _), left in zip(self.marks, gone, strict=True) if left > too_many)
        return self.rate.seconds - (self.now - at) // MICROSECONDS

    @property
    def ends(self) -> datetime:
        """The instant at which the last of the calls no longer counts."""
        last = self.marks[-1][0] if self.marks else self.now
        return EPOCH + timedelta(microseconds=last, seconds=self.rate.seconds)

    def with_one_more(self) -> Window:
        """The window with one more call, made now.

        For rates of up to a thousand calls every instant is stored.  For higher rates instants are rounded up
        to a thousandth of the period, so that the row stays small and a window never has more calls than the
        rate.
        """
        grain = 1 if self.rate.calls <= MOST_MARKS else self.rate.seconds * MICROSECONDS // MOST_MARKS
        marks = dict(self.marks)
        at = -(-self.now // grain) * grain
        marks[at] = marks.get(at, 0) + 1
        return Window(self.rate, self.now, tuple(sorted(marks.items())))
