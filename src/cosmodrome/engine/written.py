"""Values of any kind as JSON has them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from cosmodrome.engine.clock import write_instant
from cosmodrome.engine.durations import write_duration


def on_the_wire(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, timedelta):
        return write_duration(value)
    return value
