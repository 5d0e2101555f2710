"""Long work that tells how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Watch:
    """Told how far long work has come, for a progress bar."""

    begins: Callable[[str, int], None]
    """A stage and how many steps it has."""
    goes_on: Callable[[int], None]
    """So many steps further."""


UNWATCHED = Watch(lambda _stage, _steps: None, lambda _steps: None)
