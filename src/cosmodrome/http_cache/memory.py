"""Freed memory, returned to the system.

Responses of 100 KB come and go among objects that stay, and the C library keeps the holes: 6 MB of a worker.
Having it return each hole by itself would make each response take a quarter longer.
"""

import ctypes


def malloc_trim() -> None:
    """Returns free memory to the system: takes milliseconds and releases the GIL.  Only glibc has it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
