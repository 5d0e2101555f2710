"""The processor time that one answer may take: whoever asks for more gets a sentence, and others their turn.

A worker makes one such answer after another, so that one that takes minutes would hold up all.  On SQLite a
statement is interrupted in its midst; PostgreSQL has a time limit for statements of its own.  Between
statements, code that may go on for long calls `check`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import thread_time

from django.db import connection

MOST_SECONDS = 5.0
"""Seconds of a processor that one answer may take."""
STEPS = 4000
"""Steps of SQLite's machine between two looks at the time: looking takes a hundredth of theirs."""


class SpentError(Exception):
    """An answer has taken all of its time."""


_end: ContextVar[float | None] = ContextVar("end", default=None)
"""When the answer under way has taken its time, by the clock of its thread; None: it may take any."""


@contextmanager
def allowance() -> Iterator[None]:
    """Lets the code in a block take `MOST_SECONDS` of a processor; after them `check` and statements fail."""
    token = _end.set(thread_time() + MOST_SECONDS)
    connection.ensure_connection()
    raw = connection.connection if connection.vendor == "sqlite" else None
    if raw:
        raw.set_progress_handler(is_spent, STEPS)
    try:
        yield
    finally:
        _end.reset(token)
        if raw:
            raw.set_progress_handler(None, 0)


def is_spent() -> bool:
    """Whether the answer under way has taken all of its time."""
    end = _end.get()
    return end is not None and thread_time() > end


def check() -> None:
    """Raises SpentError if the answer under way has taken all of its time."""
    if is_spent():
        raise SpentError


def lift() -> None:
    """Lets the answer under way take any time: what is left is to say that it has taken too much."""
    _end.set(None)
