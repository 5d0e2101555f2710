"""What becomes of a call that Django will not see."""

from __future__ import annotations

from enum import Enum


class Passage(Enum):
    """Whether it gets its answer."""

    FREE = "free"
    """It does, and so does any other that says the same."""
    ASKED = "asked"
    """It does, and was counted if there is a rate: the next one may not."""
    REFUSED = "refused"
    """It does not.  It was not counted, so that Django can ask the same again, and say why."""
