"""Who answers: how each is started, and how each is asked for the same page."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import clients
from benchmarks.load import PATIENCE, BenchmarkError, Headers
from benchmarks.queries import LIMIT, Query
from cosmodrome.environment import PREFIX

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PAGE, MIXED, DISTINCT, ANYWHERE, NEAR, DEEP = "page", "mix", "distinct", "anywhere", "near", "deep"

OURS, PLAIN = "Cosmodrome, 1 worker", "plain DRF, 1 worker"
CHANGED, CONSTANT = "Cosmodrome, 1 worker, 4 changes a second", "constant bytes, same server"

NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
  access_log off; default_type application/json; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}; keepalive_requests 1000000000; }}
}}
"""


@dataclass(frozen=True)
class Stage:
    """What a contestant may use."""

    catalogue: Path
    """The data folder of an invented catalogue."""
    folder: Path
    """A folder of its own."""
    page: bytes = b""
    """The page as Cosmodrome answers it."""
    headers: Headers = field(default_factory=list)
    """What it says about it."""
    records: list[dict[str, object]] = field(default_factory=list)
    """All records of the list, where someone wants them."""


@dataclass(frozen=True)
class Contestant:
    """One who answers."""

    name: str
    scenarios: tuple[str, ...]
    command: Callable[[Stage, int], list[str]]
    """How it is started on a port; makes in its folder what it needs."""
    path: Callable[[Query], str]
    program: str = ""
    """What must be installed for it; nothing, for our own."""
    wants_records: bool = False
    """Whether it keeps the records in its own way."""
    is_changed: bool = False
    """Whether the catalogue is changed while it answers, which is then a copy of its own."""

    @property
    def is_here(self) -> bool:
        """Whether it can be started."""
        return not self.program or bool(shutil.which(self.program) or (BIN / self.program).exists())


def ours(query: Query) -> str:
    """As Launch Library is asked."""
    return f"/2.3.0/spacecraft/?{query.parameters}"


def cosmodrome(workers: int) -> Callable[[Stage, int], list[str]]:
    """Our own server."""

    def command(stage: Stage, port: int) -> list[str]:
        del stage
        return [str(BIN / "cosmodrome"), "serve", "--port", str(port), "--workers", str(workers)]

    return command


def constant(stage: Stage, port: int) -> list[str]:
    """The same server as ours, which does nothing but send the same bytes."""
    (stage.folder / "body").write_bytes(stage.page)
    (stage.folder / "headers").write_text(json.dumps(stage.headers))
    return granian("benchmarks.constant", port)


def plain(stage: Stage, port: int) -> list[str]:
    """The same lists by plain Django REST Framework, with no cache, in the same server as ours."""
    del stage
    return granian("benchmarks.plain.wsgi", port)


def granian(module: str, port: int) -> list[str]:
    """A WSGI application, served as ours is by one worker."""
    options = ["--interface", "wsgi", "--blocking-threads", "1", "--loop", "uvloop", "--no-ws"]
    return [str(BIN / "granian"), f"{module}:application", "--port", str(port), *options]


def nginx(stage: Stage, port: int) -> list[str]:
    """The page as a file."""
    (stage.folder / "page.json").write_bytes(stage.page)
    configuration = stage.folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=stage.folder, port=port))
    return ["nginx", "-p", str(stage.folder), "-c", str(configuration)]


def json_server(stage: Stage, port: int) -> list[str]:
    """All records in one JSON file."""
    file = stage.folder / "db.json"
    file.write_text(json.dumps({"spacecraft": stage.records}, ensure_ascii=False))
    return ["json-server", "--port", str(port), str(file)]


def asked_of_json_server(query: Query) -> str:
    """The page in its words."""
    page = query.offset // LIMIT + 1
    asked: dict[str, int | str] = {"_start": query.offset, "_limit": LIMIT, "_page": page, "_per_page": LIMIT}
    if query.ordering:
        asked |= {"_sort": query.ordering}
    return f"/spacecraft?{urlencode(asked)}"


def datasette(stage: Stage, port: int) -> list[str]:
    """All records in one table, what they nest as JSON."""
    file = stage.folder / "catalogue.db"
    with sqlite3.connect(file) as database:
        records = stage.records
        columns = ", ".join(f'"{name}"' for name in records[0])
        database.execute(f"CREATE TABLE spacecraft ({columns}, PRIMARY KEY (id))")
        database.executemany(
            f"INSERT INTO spacecraft VALUES ({', '.join('?' for _ in records[0])})",  # noqa: S608 - our own names
            [[json.dumps(v) if isinstance(v, dict | list) else v for v in r.values()] for r in records],
        )
    patient = ["--setting", "sql_time_limit_ms", str(PATIENCE * 1000)]
    return ["datasette", str(file), "--port", str(port), *patient]


def asked_of_datasette(query: Query) -> str:
    """The page in its words; it pages by the last record, not by offset."""
    name = query.ordering.removeprefix("-")
    order = {("_sort_desc" if query.ordering.startswith("-") else "_sort"): name} if name else {}
    return f"/catalogue/spacecraft.json?{urlencode({'_shape': 'array', '_size': LIMIT, **order})}"


GZIP = "gzip"
PAGE_GZIP, DISTINCT_GZIP = f"{PAGE}, {GZIP}", f"{DISTINCT}, {GZIP}"


def contestants(craft: int = 0) -> list[Contestant]:
    """Everyone, in the order of the report; the catalogue that clients ask has ours and plain DRF only."""
    if craft == clients.CRAFT:
        compressed = (PAGE_GZIP, DISTINCT_GZIP)
        ours_too = (*clients.KINDS, clients.HOT_HOME, *compressed)
        return [
            Contestant(OURS, ours_too, cosmodrome(1), ours),
            Contestant(PLAIN, (*clients.OF_PLAIN, *compressed), plain, ours),
        ]
    every = (PAGE, MIXED, DISTINCT)
    return [
        Contestant(OURS, (*every, ANYWHERE, NEAR, DEEP), cosmodrome(1), ours),
        Contestant(CONSTANT, (PAGE,), constant, lambda _: "/"),  # next to what is held against it
        Contestant("Cosmodrome, 2 workers", every, cosmodrome(2), ours),
        Contestant(PLAIN, every, plain, ours),
        Contestant(CHANGED, (PAGE,), cosmodrome(1), ours, is_changed=True),
        Contestant("nginx, a static file", (PAGE,), nginx, lambda _: "/page.json", program="nginx"),
        Contestant(
            "json-server",
            (PAGE, MIXED),
            json_server,
            asked_of_json_server,
            program="json-server",
            wants_records=True,
        ),
        Contestant(
            "Datasette",
            (PAGE, MIXED),
            datasette,
            asked_of_datasette,
            program="datasette",
            wants_records=True,
        ),
    ]


@dataclass
class Running:
    """A contestant that answers."""

    contestant: Contestant
    process: subprocess.Popen[bytes]
    port: int
    data: Path
    """The data folder of its catalogue."""

    @property
    def megabytes(self) -> list[float]:
        """Memory of its processes, what they share counted once; none where the system does not tell."""
        sizes = [proportional_size(pid) for pid in processes_of(self.process.pid)]
        return [size / 1024 for size in sizes if size is not None]


def processes_of(group: int) -> Iterator[int]:
    """The ids of the processes of a group."""
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            if os.getpgid(pid) == group:
                yield pid
        except ProcessLookupError:
            continue


def proportional_size(pid: int) -> int | None:
    """Kilobytes that a process holds, its share of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), None)


def environment(data: Path, **more: str) -> dict[str, str]:
    """That of a process that is to know this catalogue, and none of the user's own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**inherited, f"{PREFIX}DATA_DIR": str(data), **more}


@contextmanager
def running(contestant: Contestant, stage: Stage) -> Iterator[Running]:
    """Starts a contestant and stops it in the end.  Raises BenchmarkError if it does not come up."""
    port = free_port()
    with (stage.folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            contestant.command(stage, port),
            cwd=ROOT,
            env=environment(stage.catalogue, BENCHMARK_ANSWER=str(stage.folder)),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_for(process, port, contestant.name, stage.folder)
        yield Running(contestant, process, port, stage.catalogue)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and those that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(process: subprocess.Popen[bytes], port: int, name: str, folder: Path) -> None:
    """Returns as soon as the port accepts.  Raises BenchmarkError."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)  # a port does not tell when it opens
    said = (folder / "output.txt").read_text(errors="replace").strip()[-500:]
    raise BenchmarkError(f"{name} does not come up: {said}")


def free_port() -> int:
    """A port that nobody serves on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
