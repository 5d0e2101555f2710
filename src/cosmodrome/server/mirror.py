"""The process that keeps a mirror current beside the workers.

It comes back when it dies, and ends with the server.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from contextlib import suppress
from multiprocessing.connection import wait
from threading import Event, Thread
from typing import TYPE_CHECKING, NoReturn

from cosmodrome.environment import Environment

if TYPE_CHECKING:
    from cosmodrome.mirror.signals import StopSignal

logger = logging.getLogger(__name__)

ORIGINAL = "https://ll.thespacedevs.com"
"""The service that is mirrored if none is named."""
LESS_URGENT = 5
"""The niceness of the process: those who serve come first."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds until a process that died starts again: the first pause, which doubles, and the longest."""
CALM = 300.0
"""Seconds after which a process that died is no longer counted as one that dies again and again."""
END_PATIENCE = 4.0
"""Seconds in which the process ends when the server does, before it is killed."""
HELD_LOOK, TROUBLE_PAUSE = 5.0, 300.0
"""Seconds until the next attempt, while another process syncs, and after trouble."""


class MirrorProcess:
    """The one process that syncs, and a thread of the server that watches over it."""

    def __init__(self) -> None:
        self._ending = Event()
        self._process: multiprocessing.Process | None = None
        self._thread = Thread(target=self._run, name="mirror", daemon=True)

    def start(self) -> None:
        """Starts both."""
        self._thread.start()

    def stop(self) -> None:
        """Ends both: the process between two calls."""
        self._ending.set()
        self._end(self._process)
        self._thread.join(END_PATIENCE)
        if self._thread.is_alive() and self._process:
            self._process.kill()

    def _end(self, process: multiprocessing.Process | None) -> None:
        if process is not None:
            with suppress(OSError):
                process.terminate()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._ending.is_set():
            begun = time.monotonic()
            self._process = process = multiprocessing.Process(target=keep_current, name="mirror", daemon=True)
            process.start()
            if self._ending.is_set():
                self._end(process)
            wait([process.sentinel])
            process.join()
            pause = FIRST_PAUSE if time.monotonic() - begun > CALM else min(2 * pause, LONGEST_PAUSE)
            if not self._ending.wait(pause):
                logger.warning("The mirror's process ended (%s) and starts again.", process.exitcode)


def is_kept(environment: Environment) -> bool:
    """Whether a server keeps a mirror current: it may write, and time passes."""
    return bool(environment.upstream) and not environment.is_read_only and not environment.stopped_at


def keep_current() -> None:
    """Syncs until a signal comes; waits while another process does."""
    from django.apps import apps

    if not apps.ready:  # where processes are no forks
        from cosmodrome.server import startup

        startup.set_up()
    from django.db import connections

    from cosmodrome.mirror.signals import Stopped, stoppable

    os.nice(LESS_URGENT)
    connections.close_all()  # those of the parent, if this is a fork
    said = ""
    with stoppable() as stopping, suppress(Stopped):
        while True:
            pause, sentence = attempt(stopping)
            if sentence != said:  # a holder may stay for days
                logger.warning("%s", sentence)
            said = sentence
            time.sleep(pause)


def attempt(stopping: StopSignal) -> tuple[float, str]:
    """Syncs as long as it goes well; returns the seconds until the next attempt, and why there is one."""
    from django.db import DatabaseError, connections

    from cosmodrome.database.outages import outage_sentence, reason_of
    from cosmodrome.mirror.holder import HeldElsewhere, held
    from cosmodrome.mirror.sweep import ClockSetBack
    from cosmodrome.mirror.upstream import UpstreamError

    try:
        with held():
            watch_on(stopping)
    except HeldElsewhere as error:
        return HELD_LOOK, f"{error} This server waits until that one ends."
    except (UpstreamError, ClockSetBack, DatabaseError) as error:
        connections.close_all()
        reason = outage_sentence(error) or reason_of(error)
        return TROUBLE_PAUSE, f"{reason} The sync goes on in {TROUBLE_PAUSE // 60:.0f} minutes."


def watch_on(stopping: StopSignal) -> NoReturn:
    """Makes the calls of the schedule.  Raises what `Watch.turn` raises, and Stopped."""
    from django.conf import settings

    from cosmodrome.mirror.budget import Budget
    from cosmodrome.mirror.explain import summary
    from cosmodrome.mirror.holder import nap
    from cosmodrome.mirror.upstream import Upstream
    from cosmodrome.mirror.watch import Watch

    upstream = Upstream(settings.UPSTREAM, settings.UPSTREAM_TOKEN, Budget(settings.UPSTREAM_RATE), nap)
    try:
        watch = Watch(upstream)
        logger.info("Mirror of %s: %s", upstream.url, summary(watch.now()))
        while True:
            stopping.check()
            watch.turn()
    finally:
        upstream.close()
