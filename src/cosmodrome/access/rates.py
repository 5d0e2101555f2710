"""Rates: a number of calls in a second, minute, hour or day.  No Django here, since settings use it."""

from __future__ import annotations

import re
from dataclasses import dataclass

PERIOD_SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}

PERIOD_NAMES = {
    "s": "s sec second seconds",
    "m": "m min minute minutes",
    "h": "h hour hours",
    "d": "d day days",
}
PERIODS_BY_NAME = {word: period for period, words in PERIOD_NAMES.items() for word in words.split()}
"""The accepted names of periods; DRF looks only at the first letter, and takes a month for a minute."""

MOST_CALLS = 2**31 - 1
"""The contract's `your_request_limit` is an integer, and generated clients hold 32 bits of it."""


@dataclass(frozen=True)
class Rate:
    """A number of calls in a period: `Rate(15, 3600)` is `15/h`."""

    calls: int
    seconds: int

    def __str__(self) -> str:
        period = next(period for period, seconds in PERIOD_SECONDS.items() if seconds == self.seconds)
        return f"{self.calls}/{period}"


def read_rate(text: str) -> Rate:
    """Parses `15/h`, `15/hour`, `5/s`, `1000/d`.  Raises ValueError, with a sentence, for anything else."""
    written = re.fullmatch(r"([0-9]{1,10})\s*/\s*([a-z]+)", text.strip().lower())
    period = PERIODS_BY_NAME.get(written[2]) if written else None
    if not written or not period:
        raise ValueError(
            f"{text[:80]!r} is not a rate: write calls a second, minute, hour or day, "
            "as in 5/s, 60/m, 15/h, 1000/d"
        )
    calls = int(written[1])
    if not 1 <= calls <= MOST_CALLS:
        raise ValueError(f"{text[:80]!r} can't be held to: write a number of calls from 1 to {MOST_CALLS}")
    return Rate(calls, PERIOD_SECONDS[period])
