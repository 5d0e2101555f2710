"""`/healthz`, `/readyz` and `/metrics`: what they tell, to whom, and for all workers."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from conftest import Api
from cosmodrome.access.rates import Rate
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.changes import versions as version
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.changes.versions import data_version
from cosmodrome.http_cache.cache import SAMPLING
from cosmodrome.monitoring import metrics, readiness
from cosmodrome.resources.store import Store
from cosmodrome.time.clock import EPOCH, MICROSECOND
from servers import PATIENCE, serving
from wsgi import ask, new_cache

PROBES = ("/healthz", "/readyz", "/metrics")


def values(text: str, name: str) -> dict[tuple[str, ...], float]:
    """The samples of a metric, by their labels' values in the order of the labels' names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def requests(client: Client) -> dict[tuple[str, ...], float]:
    """How often what was asked, by layer, method, route and status."""
    return values(client.get("/metrics").content.decode(), "cosmodrome_requests_total")


def test_health_asks_nothing_of_the_database_and_answers_for_any_host(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_it_is_ready_when_the_database_is(api: Api) -> None:
    answer = api.client.get("/readyz", headers={"host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.content) == (200, b"ready\n")


def test_a_database_that_does_not_answer_is_told_without_its_secrets(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: MigrationRecorder) -> Any:
        raise OperationalError("no route to user:secret@db.example")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content == b"The database does not answer: the server's log says why.\n"
    assert "no route" in caplog.text
    assert client.get("/healthz").status_code == 200


def test_requests_are_counted_by_what_they_are_and_not_by_what_callers_make_up(api: Api) -> None:
    before = requests(api.client)
    for number in (118, 133, 999_999):
        api.client.get(f"/2.3.0/spacecraft/{number}/?x={number}")
    for number in range(20):
        api.client.get(f"/no/such/{number}")
        api.client.generic(f"BREW{number}", "/2.3.0/spacecraft/")
    api.client.get("/2.3.0/spacecraft")
    api.client.get("/")
    after = requests(api.client)
    assert {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key)} == {
        ("django", "GET", "/2.3.0/spacecraft/<pk>/", "2xx"): 2,
        ("django", "GET", "/2.3.0/spacecraft/<pk>/", "4xx"): 1,
        ("django", "other", "none", "4xx"): 20,
        ("django", "GET", "none", "4xx"): 20,
        ("django", "GET", "none", "3xx"): 1,
        ("django", "GET", "/", "2xx"): 1,
    }


def test_seconds_are_told_as_a_histogram_and_memory_in_bytes(api: Api) -> None:
    api.json("agencies")
    text = api.client.get("/metrics").content.decode()
    counts = values(text, "cosmodrome_request_seconds_count")
    assert counts["django", "/2.3.0/agencies/"] >= 1
    buckets = values(text, "cosmodrome_request_seconds_bucket")
    assert buckets["django", "+Inf", "/2.3.0/agencies/"] == counts["django", "/2.3.0/agencies/"]
    (memory,) = values(text, "cosmodrome_worker_resident_memory_bytes").values()
    assert memory > 10_000_000


def test_the_version_is_told_and_how_old_it_is(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with atomic_change() as change:
        change.after_write(Agency, [121])
    a_minute_later = EPOCH + data_version() * MICROSECOND + timedelta(seconds=60)
    monkeypatch.setattr(version, "real_now", lambda: a_minute_later)
    text = api.client.get("/metrics").content.decode()
    assert values(text, "cosmodrome_data_version") == {(): data_version()}
    assert values(text, "cosmodrome_data_age_seconds") == {(): pytest.approx(60)}


def test_a_database_that_is_silent_keeps_nothing_else_from_being_told(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(metrics, "data_version", broken)
    text = api.client.get("/metrics").content.decode()
    assert values(text, "cosmodrome_data_version") == {}
    assert values(text, "cosmodrome_worker_resident_memory_bytes")


def test_the_metrics_tell_what_readyz_tells_and_the_room_on_the_disk(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sentence, is_ready in (("", 1), ("No lock.", 0)):
        monkeypatch.setattr(readiness, "settling_problem", lambda said=sentence: said)
        text = api.client.get("/metrics").content.decode()
        assert values(text, "cosmodrome_ready") == {(): is_ready}
        assert api.client.get("/readyz").status_code == (200 if is_ready else 503)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=12))
    text = api.client.get("/metrics").content.decode()
    assert values(text, "cosmodrome_disk_free_bytes") == {(): 12}


def test_how_much_is_kept_is_told_by_what_it_is(kept: Store, one_connection: None, api: Api) -> None:
    cache = new_cache(WSGIHandler(), report_sizes=metrics.report_sizes)
    assert ask(cache, "/2.3.0/agencies/?limit=3").status == 200
    told = values(api.client.get("/metrics").content.decode(), "cosmodrome_cache_bytes")
    assert told == {
        ("answers",): cache.entries.size,
        ("fragments",): kept.fragments.size,
        ("selections",): kept.selections.size,
    }
    assert all(size > 0 for size in told.values())


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.8.8", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("::ffff:192.0.2.7", {}, 403),
        ("", {}, 403),
        ("192.0.2.7", {"x-forwarded-for": "127.0.0.1"}, 403),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 403),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 403),
        ("127.0.0.1", {"via": "1.1 proxy"}, 403),
        ("127.0.0.1", {"host": "evil.example"}, 400),
    ],
)
def test_metrics_are_told_to_this_machine_alone(
    client: Client, address: str, headers: dict[str, str], status: int, settings: Settings
) -> None:
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == status
    settings.METRICS = "public"
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == {403: 200}.get(
        status, status
    )


def test_behind_a_public_address_nobody_seems_to_be_here(client: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://space.example"
    answer = client.get("/metrics")
    assert answer.status_code == 403
    assert b"COSMODROME_METRICS=public" in answer.content


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_free_and_carry_nothing_of_the_api(api: Api, path: str, settings: Settings) -> None:
    settings.ANONYMOUS_RATE = Rate(1, 3600)
    for _ in range(3):
        answer = api.client.get(path)
        assert answer.status_code == 200
        assert answer.headers.keys() <= {"Content-Type", "Content-Length", "Cache-Control"}
    assert answer["Cache-Control"] == "no-store"
    assert api.client.head(path).status_code == 200
    refused = api.client.post(path)
    assert (refused.status_code, refused["Allow"]) == (405, "GET")
    assert not [key for key in requests(api.client) if key[2] == path]


@contextmanager
def unapplied(file: Path, app: str) -> Iterator[None]:
    """The first migration of an app is not said to be applied to a database."""
    with closing(sqlite3.connect(file)) as database:
        (row,) = database.execute(
            "DELETE FROM django_migrations WHERE app = ? AND name = '0001_start' RETURNING *", [app]
        ).fetchall()
        database.commit()
        yield
        database.execute("INSERT INTO django_migrations VALUES (?, ?, ?, ?)", row)
        database.commit()


@pytest.mark.slow
def test_metrics_are_those_of_all_workers(data_dir: Path) -> None:
    with serving(data_dir, "--workers", "2") as server:
        for _ in range(20):
            assert server.get("/2.3.0/spacecraft/?limit=1")[0] == 200
        deadline, counted = time.monotonic() + PATIENCE, dict[tuple[str, ...], float]()
        while sum(counted.values()) < 20 and time.monotonic() < deadline:  # some are told a second later
            text = server.get("/metrics")[2].decode()
            counted = values(text, "cosmodrome_requests_total")
        layers = {key[0] for key in counted}
        assert layers <= {"django", "fragments", "cache"}
        assert "cache" in layers
        assert {key[1:] for key in counted} == {("GET", "/2.3.0/spacecraft/", "2xx")}
        assert sum(counted.values()) == 20
        hits = sum(count for key, count in counted.items() if key[0] == "cache")
        timed = values(text, "cosmodrome_request_seconds_count")["cache", "/2.3.0/spacecraft/"]
        assert hits / SAMPLING <= timed < hits
        pids = {key[0] for key in values(text, "cosmodrome_worker_start_time_seconds")}
        assert {key[0] for key in values(text, "cosmodrome_cache_bytes")} <= pids
        assert values(text, "cosmodrome_data_version").keys() == {()}
        assert {key[0] for key in values(text, "cosmodrome_worker_resident_memory_bytes")} == pids
        assert 1 <= len(pids) <= 2  # one may not have come up before the other had answered all
        for file, app in (("cosmodrome-counts", "access"), ("cosmodrome", "catalogue")):
            assert server.get("/readyz")[0] == 200
            with unapplied(data_dir / f"{file}.sqlite3", app):
                status, _, body = server.get("/readyz")
            assert status == 503
            assert body.decode() == (
                f"The database lacks 1 of this version's migrations, the first is {app}.0001_start: "
                "start `cosmodrome serve` again, which brings it up to date.\n"
            )
    with serving(data_dir, METRICS="public") as server:
        status, headers, body = server.get("/metrics", X_Forwarded_For="192.0.2.7")
        assert status == 200
        assert headers["content-type"].startswith("text/plain; version=")
        assert values(body.decode(), "cosmodrome_requests_total") == {}
        assert re.search(r"^cosmodrome_worker_start_time_seconds\{pid=", body.decode(), re.MULTILINE)
