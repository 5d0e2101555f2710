"""Memory that nobody holds any longer, given back to the system.

Answers of 100 KB come and go among what stays, and the C library keeps the holes: 6 MB of a worker.  To have
it ask the system for each of them by itself would take a quarter longer for each answer that is made.
"""

import ctypes


def malloc_trim() -> None:
    """Gives back what is free: takes milliseconds, in which other threads go on.  Only glibc can be told."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
