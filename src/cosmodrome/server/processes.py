"""The processes of the server: workers start again when they die, and end when the server does.

The first process opens the sockets, starts the workers and watches over them.  A signal, a closed terminal
or a death of the first process ends them all.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socket import socket
from threading import Thread, local
from time import monotonic
from typing import Any

from granian._granian import SocketHolder
from granian.server.mp import MPServer, WorkerProcess

from cosmodrome.environment import Environment
from cosmodrome.monitoring.folder import retire
from cosmodrome.server.mirror import MirrorProcess, is_kept
from cosmodrome.server.sockets import BACKLOG, listen, resolve, wait_until_answered

CALM = 60
"""Seconds after which the death of a worker is forgotten."""
AT_ONCE = 3
"""Deaths within `CALM` seconds after which a new worker starts at once; after more of them it waits."""
LONGEST_PAUSE = 4
"""Seconds that a new worker waits at most."""
PR_SET_PDEATHSIG = 1
"""Linux's request for a signal to this process when its parent dies."""
LEFT_TO_THE_PARENT = {signal.SIGINT, signal.SIGHUP}


class Processes(MPServer):
    """Granian's server, with sockets of its own and other rules for signals and for workers that die.

    Until a worker has answered, a worker that dies ends the server, with exit code 1: the next would die as
    well.  From then on each is replaced, after a pause that grows if they die fast.
    """

    def __init__(
        self, environment: Environment, target: str, ready: Callable[[], None], **options: Any
    ) -> None:
        self.environment = environment
        self.ready = ready
        self.deaths: deque[float] = deque(maxlen=64)
        self.sockets: list[socket] = []
        _, address = resolve(environment)
        super().__init__(target, address=address, port=environment.port, backlog=BACKLOG, **options)
        self.mirror = MirrorProcess() if is_kept(environment) else None
        self.is_hung_up_on = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN  # it is with `nohup`

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        from cosmodrome.web.schema import DOCUMENTS  # Django is set up by now

        keep_signals_apart()
        with signals_held():
            DOCUMENTS.prepare()
            super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
            if self.mirror:
                self.mirror.start()
            Thread(target=self.announce, name="announce", daemon=True).start()

    def announce(self) -> None:
        """Calls `ready` once a worker has answered."""
        if wait_until_answered(self.bind_addr, self.bind_port, self.main_loop_interrupt.is_set):
            self.respawn_failed_workers = True
            with suppress(OSError):  # nobody reads it
                self.ready()

    def signal_handler_reload(self, *_: Any, **__: Any) -> None:
        """Ends the server when its terminal is closed; Granian itself would start all workers anew."""
        if self.is_hung_up_on:
            self.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def shutdown(self, exit_code: int = 0) -> None:
        if self.interrupt_signal:
            self.interrupt_children.clear()  # systemd sends SIGTERM to workers as well: no fault of theirs
        if self.mirror:
            self.mirror.stop()
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]

    def _init_shared_socket(self) -> None:
        if sys.platform != "linux":
            super()._init_shared_socket()
            return
        self._sso = None
        self.sockets = [listen(self.environment) for _ in range(self.workers)]

    def _spawn_worker(  # type: ignore[override]
        self, idx: int, target: Any, callback_loader: Any
    ) -> WorkerProcess:
        if self.sockets:
            holder: Any = SocketHolder  # typed without its arguments
            self._shd = holder(self.sockets[idx].fileno(), False, BACKLOG)
        return super()._spawn_worker(idx, target, callback_loader)

    def _respawn_workers(self, workers: Any, spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        for idx in workers:
            self.deaths.append(monotonic())
            retire(self.wrks[idx].inner.pid)
        self.wait(self.pause())
        if not self.interrupt_signal:
            with signals_held():
                super()._respawn_workers(workers, spawn_target, target_loader, delay)
            self.respawned_wrks.clear()  # else two deaths within five seconds end the server

    def pause(self) -> float:
        """Returns the seconds until the next worker may start."""
        recent = sum(death > monotonic() - CALM for death in self.deaths)
        return min(2.0 ** (recent - AT_ONCE - 1), LONGEST_PAUSE) if recent > AT_ONCE else 0

    def wait(self, seconds: float) -> None:
        """Waits, but no longer than until a signal; the deaths of other workers stay noted."""
        end = monotonic() + seconds
        while not self.interrupt_signal and (left := end - monotonic()) > 0:
            self.main_loop_interrupt.wait(left)
            self.main_loop_interrupt.clear()
        if self.interrupt_signal or self.interrupt_children:
            self.main_loop_interrupt.set()


@contextmanager
def signals_held() -> Iterator[None]:
    """Lets threads that start in the block take no signals; those that come meanwhile are heeded after it.

    Linux gives a second signal that comes right after another to any thread that takes it, and that does not
    wake the first thread, in which Python would heed it.
    """
    if sys.platform != "linux":  # elsewhere workers are started anew, and would not take them either
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, *LEFT_TO_THE_PARENT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def keep_signals_apart() -> None:
    """Sees to it that a worker, from its first moment on, heeds the signals that are for it.

    A fork has the handlers of its parent: until a worker has loaded all and set its own, it would swallow the
    signal that should end it.
    """
    if sys.platform == "linux":
        parent, libc = os.getpid(), ctypes.CDLL(None)  # a child that loads it could wait for ever
        masks = local()
        os.register_at_fork(before=lambda: hold_stop(masks), after_in_parent=lambda: release_stop(masks))
        os.register_at_fork(after_in_child=lambda: begin_worker(parent, libc))


def hold_stop(masks: local) -> None:
    """Holds SIGTERM back: between the fork and `begin_worker` it would meet the handler of the parent."""
    masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def release_stop(masks: local) -> None:
    """Lets through again what the thread has let through before."""
    signal.pthread_sigmask(signal.SIG_SETMASK, masks.before)


def begin_worker(parent: int, libc: ctypes.CDLL) -> None:
    """Sets a worker's signals: its parent's death ends it, as does SIGTERM while it is loading."""
    leave_signals_to_the_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before it could be asked for


def leave_signals_to_the_parent() -> None:
    """Blocks what a terminal sends to all processes at once, by Ctrl-C or when it is closed.

    A worker of granian 2.8 that has received SIGINT hangs when the parent then stops it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, LEFT_TO_THE_PARENT)
