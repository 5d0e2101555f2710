"""Granian, the HTTP server: its options, its worker processes, and what they share."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from cosmodrome.environment import Environment
from cosmodrome.monitoring.folder import reserve_room, shared_metrics
from cosmodrome.server.startup import import_libraries

SWITCH_INTERVAL = 0.001
"""Seconds after which a thread that computes lets another go on: a kept answer waits that long."""


def serve(environment: Environment, ready: Callable[[], None]) -> None:
    """Serves until a signal stops the process; calls `ready` when the first answer has been given."""
    from django.db import connections
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from cosmodrome.server.connections import HEADER_BYTES, HEADER_SECONDS, room
    from cosmodrome.server.processes import Processes

    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # no longer Python's own choice from 3.14 on
    prepare_shared_memory()
    connections.close_all()  # a worker may be a fork, and no database stands a shared connection
    server = Processes(
        environment,
        "cosmodrome.server.wsgi:front",
        ready,
        interface=Interfaces.RSGI,  # a request that waits holds no thread
        workers=environment.workers,
        loop=Loops.uvloop,  # `auto` falls back to asyncio in silence
        workers_kill_timeout=5,
        backpressure=room(),
        http=HTTPModes.auto if environment.http2 == "on" else HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BYTES),
        log_level=LogLevels.error if environment.log_level == "error" else LogLevels.warning,
    )
    with shared_metrics():
        server.serve(target_loader=load_application)


def prepare_shared_memory() -> None:
    """Compiles what every worker needs, and keeps the garbage collector from writing into it.

    Forked workers share a page of memory until one of them writes to it.
    """
    from django.urls import reverse

    from cosmodrome.derived.materialised.materialise import compile_derivations
    from cosmodrome.http_cache.memory import malloc_trim
    from cosmodrome.rendering.templates import template_of
    from cosmodrome.shapes.shapes import SHAPES

    for shape in SHAPES.values():
        template_of(shape)
    compile_derivations()
    reverse("home")  # loads the URLconf
    gc.collect()
    malloc_trim()
    gc.freeze()


def load_application(target: str) -> Any:
    """Loads the callable that answers requests, in a worker: a fork, or a new process if Python prefers."""
    from cosmodrome.server.processes import leave_signals_to_the_parent

    environment = Environment.read(os.environ)
    leave_signals_to_the_parent()
    sys.setswitchinterval(SWITCH_INTERVAL)
    import_libraries(environment)
    watch_connections(environment)
    reserve_room()
    module, _, name = target.partition(":")
    application = getattr(import_module(module), name)
    if environment.uses_sqlite:
        application.open_catalogue()
    if not environment.is_read_only:
        import_module("cosmodrome.changes.settler").start_settler(environment.data_dir)  # it needs Django
    import_module("cosmodrome.mirror.freshness").FRESHNESS.start()
    return application


def watch_connections(environment: Environment) -> None:
    """Bounds the connections of this worker; behind a proxy, all of them have the proxy's address."""
    from cosmodrome.server.connections import Watch

    Watch(environment.port, None if environment.public_url else environment.connections).start()
