"""Django made ready for a command: settings read, folder and database made, declarations checked."""

from __future__ import annotations

import fcntl
import gc
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from cosmodrome.environment import Environment, SettingsError
from cosmodrome.time.clock import real_now

NEVER_USED = ("jinja2", "requests")
"""What Django and DRF load wherever it is installed, for what nobody here asks of them."""


class StartError(Exception):
    """Something stands in the way of starting; the text is a sentence for the person who starts."""


def set_up(overrides: Mapping[str, str] | None = None) -> Environment:
    """Sets Django up.  `overrides` are settings given on the command line, by variable.

    They go through the environment, since the server's workers are processes of their own.
    Raises StartError.
    """
    os.environ.update(overrides or {})
    os.environ.setdefault("COSMODROME_CLOCK_SINCE", real_now().isoformat())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cosmodrome.server.settings")
    try:
        environment = Environment.read(os.environ)
        leave_out_unused(environment)
        import django

        django.setup()
    except SettingsError as error:
        raise StartError(str(error)) from None
    return environment


def leave_out_unused(environment: Environment) -> None:
    """Has Django and DRF go without what they would load and never use: 16 MB of each process.

    A module that is None can't be imported, which both are prepared for.  PostgreSQL's driver is more than
    half of it.
    """
    driver = () if environment.database_url.startswith("postgres") else ("psycopg",)
    for name in (*NEVER_USED, *driver):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type] # typed without the None that Python allows


def open_catalogue(environment: Environment) -> None:
    """Makes the data folder and the database where there are none, and brings its tables up to date.

    Raises StartError.
    """
    from django.core.management import call_command
    from django.db import DatabaseError, connections

    from cosmodrome.access.routers import apps_in

    try:
        environment.prepare()
        with one_at_a_time(environment):
            for database in connections:
                call_command("migrate", *apps_in(database), database=database, verbosity=0, interactive=False)
    except SettingsError as error:
        raise StartError(str(error)) from None
    except (DatabaseError, ImportError) as error:
        reason = " ".join(str(error).split())
        raise StartError(
            f"The database can't be opened ({reason}): see COSMODROME_DATABASE_URL and COSMODROME_DATA_DIR."
        ) from None


@contextmanager
def one_at_a_time(environment: Environment) -> Iterator[None]:
    """Lets two first starts in one data folder take turns: tables can be made only once."""
    with environment.secret_key_file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check_declarations() -> None:
    """Runs the system checks.  Raises StartError with all that fail."""
    from django.core import checks

    errors = [
        message
        for message in checks.run_checks()
        if message.level >= checks.ERROR and not message.is_silenced()
    ]
    if errors:
        raise StartError("\n".join(str(error) for error in errors))


def catalogue_counts() -> dict[str, int]:
    """How many records each endpoint has, by path."""
    from cosmodrome.resources.registry import RESOURCES

    return {path: resource.rows().count() for path, resource in RESOURCES.items()}


def load_sample() -> None:
    """Takes the sample catalogue in: all of it or nothing."""
    from django.db import transaction

    from cosmodrome import sample
    from cosmodrome.ingest.loader import load_file

    with transaction.atomic():
        for file in sample.FILES:
            load_file(str(file), as_of=sample.READ_AT)


def settle() -> None:
    """Lets what changes by the mere passing of time be as of now; else the first answer would wait for it."""
    from cosmodrome.changes import transactions as changes
    from cosmodrome.time import clock

    changes.settle(clock.now())


def serve(environment: Environment) -> None:
    """Serves until it is told to stop."""
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    options: dict[str, Any] = {
        "address": environment.host,
        "port": environment.port,
        "interface": Interfaces.WSGI,
        "workers": environment.workers,
        "blocking_threads": 1,  # else granian starts 512, and SQLite's readers queue up
        "loop": Loops.uvloop,  # `auto` falls back to asyncio in silence
        "workers_kill_timeout": 5,
        "log_level": LogLevels.warning,
    }
    make_metrics_folder(environment)
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # no longer Python's own choice from 3.14 on
    make_ready_to_share()
    connections.close_all()  # a worker may be a fork, and no database stands a shared connection
    Granian("cosmodrome.server.wsgi:application", **options).serve(target_loader=load_application)


def make_ready_to_share() -> None:
    """Has all made that every worker needs, and keeps the garbage collector from writing into it.

    Where workers are forks, what none of them writes to is in memory once.
    """
    from django.urls import reverse

    from cosmodrome.http_cache.memory import malloc_trim
    from cosmodrome.rendering.templates import template_of
    from cosmodrome.shapes.shapes import SHAPES

    for shape in SHAPES.values():
        template_of(shape)
    reverse("home")  # has all paths read
    gc.collect()
    malloc_trim()
    gc.freeze()


def make_metrics_folder(environment: Environment) -> None:
    """An empty folder for what the workers measure; numbers count from the start of the server."""
    folder = environment.metrics_folder
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise StartError(
            f"The folder {folder} can't be made ({error.strerror}): see COSMODROME_DATA_DIR."
        ) from None
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # before a worker imports `monitoring.metrics`


def load_application(target: str) -> Any:
    """Loads the WSGI callable in a worker, and leaves Ctrl-C to the process that all workers obey.

    A terminal sends it to all of them at once, and a worker of granian 2.8 that has heard it hangs
    when it is then told to stop.  The worker is a fork, or a new process where Python prefers that.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    leave_out_unused(Environment.read(os.environ))
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def refuse_taken_port(environment: Environment) -> None:
    """Granian's workers would try again and again.  Raises StartError."""
    import socket

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
