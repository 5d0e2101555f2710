"""Progress of long work, for a progress bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Callbacks by which long work reports how far it has come."""

    begin_stage: Callable[[str, int], None]
    """Called with the name of a stage and its number of steps."""
    advance: Callable[[int], None]
    """Called with the number of steps done since the last call."""


NO_PROGRESS = Progress(lambda _stage, _steps: None, lambda _steps: None)
"""Reports to nobody."""
