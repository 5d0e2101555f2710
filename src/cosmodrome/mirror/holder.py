"""The one process that syncs a database: who it is, since when, and whether it still lives."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.db import router, transaction
from django.db.models import QuerySet

from cosmodrome.mirror.budget import lock_calls
from cosmodrome.mirror.models import SyncHolder
from cosmodrome.time.clock import real_now

SILENT = timedelta(minutes=10)
"""A holder on another machine that has not been seen for so long is dead."""

SEEN_EVERY = 30.0
"""Seconds of a wait after which the holder says again that it lives."""


class HeldElsewhere(Exception):
    """Another process syncs the database; the text is a sentence that says which, and since when."""


@contextmanager
def held() -> Iterator[None]:
    """Makes this process the one that syncs, for the time of the block.  Raises HeldElsewhere."""
    database = router.db_for_write(SyncHolder)
    with transaction.atomic(using=database, durable=True):
        lock_calls(database)
        holder = SyncHolder.objects.first()
        if holder is None or is_dead(holder):
            now = real_now()
            SyncHolder.objects.update_or_create(pk=1, defaults={**own_name(), "since": now, "seen": now})
            holder = None
    if holder is not None:
        raise HeldElsewhere(
            f"Process {holder.pid} on {holder.host} syncs this catalogue since "
            f"{holder.since:%Y-%m-%d %H:%M:%S} UTC: one is enough."
        )
    try:
        yield
    finally:
        own_row().delete()


def be_seen() -> None:
    """Tells the others that the holder lives."""
    own_row().update(seen=real_now())


def nap(seconds: float) -> None:
    """Waits, and lets the others see meanwhile that the holder lives."""
    while seconds > 0:
        be_seen()
        time.sleep(min(seconds, SEEN_EVERY))
        seconds -= SEEN_EVERY


def own_row() -> QuerySet[SyncHolder]:
    """Returns the row, if it is of this process."""
    return SyncHolder.objects.filter(**own_name())


def own_name() -> dict[str, str | int]:
    """Returns what tells this process apart from all others."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": started(os.getpid())}


def is_dead(holder: SyncHolder) -> bool:
    """Whether a holder has ended without a word: on this machine that is seen, of another it is guessed."""
    if holder.host == socket.gethostname():
        return not lives(holder.pid) or started(holder.pid) != holder.started
    return real_now() - holder.seen > SILENT


def lives(pid: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def started(pid: int) -> str:
    """Returns when a process started, in the system's own count; empty where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]  # the name before it may have any characters
