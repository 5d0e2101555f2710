"""Granian, the HTTP server: its options, its worker processes, and what they share."""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import signal
import socket
import sys
from importlib import import_module
from typing import Any

from cosmodrome.environment import Environment
from cosmodrome.server.startup import StartError, import_libraries


def refuse_taken_port(environment: Environment) -> None:
    """Raises StartError if the port is taken: Granian's workers would try again and again."""
    try:
        family = socket.getaddrinfo(environment.host, environment.port)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((environment.host, environment.port))
    except OSError as error:
        raise StartError(
            f"Can't serve on {environment.host} port {environment.port} ({error.strerror}): "
            "choose another with --host and --port."
        ) from None


def serve(environment: Environment) -> None:
    """Serves until a signal stops the process."""
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    make_metrics_folder(environment)
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # no longer Python's own choice from 3.14 on
    prepare_shared_memory()
    connections.close_all()  # a worker may be a fork, and no database stands a shared connection
    server = Granian(
        "cosmodrome.server.wsgi:application",
        address=environment.host,
        port=environment.port,
        interface=Interfaces.WSGI,
        workers=environment.workers,
        blocking_threads=1,  # else granian starts 512, and SQLite's readers queue up
        loop=Loops.uvloop,  # `auto` falls back to asyncio in silence
        workers_kill_timeout=5,
        log_level=LogLevels.warning,
    )
    os.register_at_fork(after_in_child=leave_interrupts_to_the_parent)
    server.serve(target_loader=load_application)


def leave_interrupts_to_the_parent() -> None:
    """Blocks SIGINT in a worker, from its first moment on.

    A terminal sends Ctrl-C to all processes at once, and a worker of granian 2.8 that has received it hangs
    when the parent then stops it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def make_metrics_folder(environment: Environment) -> None:
    """Makes an empty folder for the workers' metrics, which count from the start of the server.

    Raises StartError.
    """
    folder = environment.metrics_folder
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise StartError(
            f"The folder {folder} can't be made ({error.strerror}): see COSMODROME_DATA_DIR."
        ) from None
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # before a worker imports `monitoring.metrics`


def prepare_shared_memory() -> None:
    """Compiles what every worker needs, and keeps the garbage collector from writing into it.

    Forked workers share a page of memory until one of them writes to it.
    """
    from django.urls import reverse

    from cosmodrome.http_cache.memory import malloc_trim
    from cosmodrome.rendering.templates import template_of
    from cosmodrome.shapes.shapes import SHAPES

    for shape in SHAPES.values():
        template_of(shape)
    reverse("home")  # loads the URLconf
    gc.collect()
    malloc_trim()
    gc.freeze()


def load_application(target: str) -> Any:
    """Loads the WSGI callable in a worker: a fork, or a new process where Python prefers that."""
    leave_interrupts_to_the_parent()
    import_libraries(Environment.read(os.environ))
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
