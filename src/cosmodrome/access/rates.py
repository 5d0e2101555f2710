"""A rate: so many calls in a second, minute, hour or day.  Needs no Django: settings are made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}

WORDS = {
    "s": "s sec second seconds",
    "m": "m min minute minutes",
    "h": "h hour hours",
    "d": "d day days",
}
PERIODS = {word: period for period, words in WORDS.items() for word in words.split()}
"""What a period may be called; DRF looks at the first letter alone, and takes a month for a minute."""

MOST_CALLS = 2**31 - 1
"""The contract's `your_request_limit` is an integer, and generated clients hold 32 bits of it."""


@dataclass(frozen=True)
class Rate:
    """`calls` in `seconds`: `Rate(15, 3600)` is `15/h`."""

    calls: int
    seconds: int

    def __str__(self) -> str:
        period = next(period for period, seconds in SECONDS.items() if seconds == self.seconds)
        return f"{self.calls}/{period}"


def read_rate(text: str) -> Rate:
    """`15/h`, `15/hour`, `5/s`, `1000/d`.  Raises ValueError, with a sentence, on anything else."""
    written = re.fullmatch(r"([0-9]{1,10})\s*/\s*([a-z]+)", text.strip().lower())
    period = PERIODS.get(written[2]) if written else None
    if not written or not period:
        raise ValueError(
            f"{text[:80]!r} is not a rate: write calls a second, minute, hour or day, "
            "as in 5/s, 60/m, 15/h, 1000/d"
        )
    calls = int(written[1])
    if not 1 <= calls <= MOST_CALLS:
        raise ValueError(f"{text[:80]!r} can't be held to: write a number of calls from 1 to {MOST_CALLS}")
    return Rate(calls, SECONDS[period])
