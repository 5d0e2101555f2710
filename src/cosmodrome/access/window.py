"""A sliding window over the calls of one caller: how many there were, and when there is room again.

The window slides as DRF's does, and so the original's: a call takes up room for one period from its own
instant on.  `current_use` is then what was called within the last hour, and `next_use_secs` the time
until the oldest of those is an hour old.  Counting by the clock's hours instead would let through twice
the rate around the hour, and refuse someone who calls every four minutes.

What is not let through takes up no room.  Instants are whole microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from cosmodrome.access.rates import Rate

MICROSECONDS = 1_000_000
MOST_MARKS = 1000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Mark = tuple[int, int]
"""An instant, and how many calls there were at it."""


@dataclass(frozen=True)
class Window:
    """The calls that take up room at `now`, the oldest first."""

    rate: Rate
    now: int
    marks: tuple[Mark, ...] = ()

    @classmethod
    def at(cls, instant: datetime, rate: Rate, marks: Iterable[Sequence[int]]) -> Window:
        """The window that ends at `instant`, over what was kept.

        Marks far in the future were made before the clock was set back: they are passed over, since
        waiting for them could take years.  The clocks of two machines are never that far apart.
        """
        now = (instant - EPOCH) // timedelta(microseconds=1)
        period = rate.seconds * MICROSECONDS
        within = sorted((at, calls) for at, calls in marks if now - period < at <= now + period)
        return cls(rate, now, tuple(within))

    @property
    def used(self) -> int:
        """How many calls take up room."""
        return sum(calls for _, calls in self.marks)

    @property
    def wait(self) -> int:
        """Whole seconds until there is room for a call; 0 while there is."""
        too_many = self.used - self.rate.calls
        if too_many < 0:
            return 0
        gone = accumulate(calls for _, calls in self.marks)
        at = next(at for (at, _), left in zip(self.marks, gone, strict=True) if left > too_many)
        return self.rate.seconds - (self.now - at) // MICROSECONDS

    @property
    def ends(self) -> datetime:
        """When the last of the calls has left the window, if no other comes."""
        last = self.marks[-1][0] if self.marks else self.now
        return EPOCH + timedelta(microseconds=last, seconds=self.rate.seconds)

    def with_one_more(self) -> Window:
        """With a call made now.

        Of a thousand calls and fewer every instant is kept.  Of more, they are kept to a thousandth of
        the period, rounded up: what is kept stays small, and no window ever holds more than the rate.
        """
        grain = 1 if self.rate.calls <= MOST_MARKS else self.rate.seconds * MICROSECONDS // MOST_MARKS
        marks = dict(self.marks)
        at = -(-self.now // grain) * grain
        marks[at] = marks.get(at, 0) + 1
        return Window(self.rate, self.now, tuple(sorted(marks.items())))
