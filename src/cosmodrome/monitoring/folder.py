"""The folder by which workers share their metrics: in memory where that can be, and with room that is there.

prometheus-client maps files into memory.  A file that has only been made longer has no room on the disk yet,
and a worker that writes to it when the disk is full is killed by SIGBUS.  So the folder is off the volume of
the catalogue, each file is written full of zeros before it is mapped, and it never grows: see `SIZES`.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

logger = logging.getLogger(__name__)

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The library's variable for the folder."""
PREFIX = "cosmodrome-metrics-"
LOCK = "lock"
"""The file that a server and its workers hold locked while they live."""
SIZES = {"counter": 1 << 20, "histogram": 1 << 21, "gauge_liveall": 1 << 16}
"""Bytes of each file of a worker: `metrics.MOST_SERIES` is chosen so that all fits."""


def places() -> list[Path]:
    """The folders to try: in memory, then the system's for temporary files."""
    return [Path("/dev/shm"), Path(tempfile.gettempdir())]  # noqa: S108 - mkdtemp makes the folder in it


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Makes the folder for the time of the block; without room for one, each worker counts for itself.

    Folders of servers that were killed are removed.
    """
    os.environ.pop(VARIABLE, None)
    for place in places():
        remove_abandoned(place)
    folder, lock = make_folder()
    try:
        yield
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def make_folder() -> tuple[Path | None, int | None]:
    """Makes the folder, for its owner alone, and sets the variable; returns it and its open lock."""
    for place in places():
        try:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        except OSError:
            continue
        try:
            lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        os.environ[VARIABLE] = str(folder)  # before a worker imports `monitoring.metrics`
        return folder, lock
    logger.warning("There is no room for metrics of all workers together: each tells its own.")
    return None, None


def remove_abandoned(place: Path) -> None:
    """Removes the folders whose server and workers are all gone."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def reserve_room() -> None:
    """Makes the files of this worker, before `monitoring.metrics` is imported.

    Without room the worker counts for itself alone.
    """
    if not os.environ.get(VARIABLE):
        return
    folder = Path(os.environ[VARIABLE])
    try:
        for kind, size in SIZES.items():
            (folder / f"{kind}_{os.getpid()}.db").write_bytes(bytes(size))
    except OSError as error:
        for kind in SIZES:
            with suppress(OSError):
                (folder / f"{kind}_{os.getpid()}.db").unlink(missing_ok=True)
        del os.environ[VARIABLE]
        logger.warning("There is no room for this worker's metrics (%s): it tells its own.", error.strerror)


def shared_file(name: str) -> Path | None:
    """The path of a further file that workers share while the server runs; None without room for a folder."""
    return Path(os.environ[VARIABLE]) / name if os.environ.get(VARIABLE) else None


def retire(pid: int | None) -> None:
    """Removes the gauges of a worker that has died, and cuts its counts down to what is in them."""
    folder = Path(os.environ.get(VARIABLE, os.devnull))
    with suppress(OSError):
        (folder / f"gauge_liveall_{pid}.db").unlink(missing_ok=True)
        for kind in ("counter", "histogram"):
            with (folder / f"{kind}_{pid}.db").open("r+b") as counts:
                (used,) = struct.unpack("i", counts.read(4))
                counts.truncate(max(used, 8))
