"""Instants named by how far they lie from the present, so that one address asks for them at any time.

now        the present
now-PT1H   an hour ago
now+P7D    in a week; so is `now P7D`, from a query whose `+` became a blank
"""

from __future__ import annotations

import re
from datetime import timedelta

from cosmodrome.time.durations import read_duration

PRESENT = "now"
WRITTEN = re.compile(rf"{PRESENT}(?:([+ -])(P[0-9A-Z.,]+))?")
LONGEST = 100
"""Characters; a longer text is read as none."""
ACCEPTED = f"Write {PRESENT}, or {PRESENT} with an ISO 8601 duration, as {PRESENT}-PT1H or {PRESENT}+P7D."


def read_shift(text: str) -> timedelta | None:
    """Returns how far after the present an instant lies; None if the text does not begin with `now`.

    Raises ValueError, with a sentence, if it begins so and goes on in another way.
    """
    if not text.startswith(PRESENT):
        return None
    found = WRITTEN.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise ValueError(ACCEPTED)
    sign, duration = found.groups()
    try:
        shift = read_duration(duration) if duration else timedelta(0)
    except ValueError:
        raise ValueError(ACCEPTED) from None
    return -shift if sign == "-" else shift
