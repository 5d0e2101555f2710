"""`scripts/bench` asks everyone the same, and says what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from benchmarks import clients, goals, queries
from benchmarks.contestants import contestants, environment
from benchmarks.load import BenchmarkError, Measured, read_result
from benchmarks.plain import views
from benchmarks.report import Row, tables
from conftest import NOW, Api, so_many
from servers import ROOT

ROUND = Measured(rate=1, p50=1, p99=1, kilobytes=1)
LISTS = [
    "spacecraft?mode=normal",
    "spacecraft?mode=detailed",
    "launches?mode=list",
    "launches?mode=normal",
    "launches?mode=detailed",
]
"""What plain Django REST Framework answers as well."""


@pytest.fixture
def plain(api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Asks the application in `benchmarks.plain`, in this process and of the tests' catalogue."""
    settings.ROOT_URLCONF = "benchmarks.plain.urls"
    settings.MIDDLEWARE = []
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return Api()


def page(api: Api, asked: str) -> Any:
    answer = api.get(f"/2.3.0/{asked.replace('?', '/?')}")
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_the_mix_is_two_hundred_queries_and_always_the_same() -> None:
    mix = queries.mix(600)
    assert len(set(mix)) == queries.MIX
    assert mix == queries.mix(600)
    assert {query.mode for query in mix} == set(queries.MODES)


@pytest.mark.slow
def test_rounds_have_no_query_in_common() -> None:
    first, second = ({query.parameters for query in queries.distinct(600, number)} for number in (0, 1))
    assert len(first) == len(second) == queries.DISTINCT
    assert not first & second


def test_every_query_is_answered(api: Api) -> None:
    for query in [
        *queries.mix(20)[:20],
        *queries.distinct(20, 0)[:20],
        *queries.from_place(20, 0.5, 1)[:4],
    ]:
        assert api.get(f"/2.3.0/spacecraft/?{query.parameters}").status_code == 200


@pytest.mark.parametrize("kind", [*clients.KINDS, clients.HOT_HOME])
def test_every_request_of_clients_is_answered(api: Api, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "PATHS", so_many(4, of=11))
    for path in clients.paths(kind, 0):
        answer = api.get(path)
        assert answer.status_code == 200, answer.content
        assert "X-Ignored-Parameters" not in answer.headers
    assert kind == clients.HOT_HOME or not {*clients.paths(kind, 1)} & {*clients.paths(kind, -1)} - SAME


SAME = {path for path in clients.paths(clients.HOT_HOME, 0) if "__" not in path}
"""What a home screen asks for without a bound."""


@pytest.mark.parametrize("kind", clients.OF_PLAIN)
def test_plain_django_rest_framework_answers_clients_alike(
    api: Api, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "PATHS", 5)
    asked = [path.removeprefix("/2.3.0/").replace("/?", "?") for path in clients.paths(kind, 0)]
    ours = [page(api, each) for each in asked]
    plain = request.getfixturevalue("plain")
    assert [page(plain, each) for each in asked] == ours


def test_everyone_can_be_asked_for_the_page_and_names_are_their_own() -> None:
    everyone = contestants()
    assert len({each.name for each in everyone}) == len(everyone)
    for each in everyone:
        assert "page" in each.scenarios
        assert each.path(queries.Query()).startswith("/")


def test_what_wrk_tells_is_read_and_failures_are_worth_nothing() -> None:
    result = {
        "requests": 500,
        "microseconds": 2_000_000,
        "bytes": 11_000_000,
        "p50": 1500,
        "p99": 9000,
        "failed": 0,
    }
    lines = ["Running 2s test", f"RESULT {json.dumps(result)}"]
    assert read_result(lines, "") == Measured(rate=250, p50=1.5, p99=9, kilobytes=22)
    with pytest.raises(BenchmarkError, match="3 of 500 requests failed"):
        read_result([f"RESULT {json.dumps({**result, 'failed': 3})}"], "")
    with pytest.raises(BenchmarkError, match="wrk tells nothing: no such script"):
        read_result([], "no such script\n")


def test_the_report_has_medians_spread_and_ratios() -> None:
    def rounds(*rates: float) -> list[Measured]:
        return [Measured(rate, 1.5, 9, 22) for rate in rates]

    ours = Row("ours", "page", rounds(100, 300, 200), megabytes=64)
    theirs = Row("theirs", "page", rounds(50, 52, 48))
    broken = Row("broken", "mix", problems=["3 of 14 requests failed."])
    assert (
        "- broken, a mix of 200 queries, in turn: failed in 1 of the rounds. 3 of 14 requests failed."
        in list(tables(600, [ours, broken]))
    )
    text = list(tables(60_000, [ours, theirs]))
    assert text[0] == "## 60,000 spacecraft"
    assert text[-3:-1] == [
        "| ours | 200 | 100 to 300 | 1.50 | 9.00 | 22 | 64 | 1 |",
        "| theirs | 50 | 48 to 52 | 1.50 | 9.00 | 22 | ? | 0.25 |",
    ]


def test_a_missing_wrk_is_told(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout.startswith("scripts/bench needs wrk, which is not installed: apt-get install wrk")


def test_a_promise_is_kept_or_not_or_was_not_measured() -> None:
    found = {
        goals.HOT: [9000.0, 90.0, 100_000.0],
        goals.HOT_PLAIN: [10.0, 0.1, 10.0],
        "600 memory": [100.0],
        "600 rename": [0.2],
    }
    lines = list(goals.judged(found))
    assert "| hot page against plain DRF | at least 700 | 900 | yes |" in lines
    assert "| memory of a worker, 600 craft | under 100 MB | 100 MB | **no** |" in lines
    assert "| all-distinct pages against plain DRF | at least 60 | not measured |  |" in lines
    assert lines[-2].startswith("- 600 craft, from the beginning of a rename")


def test_what_is_promised_can_be_measured() -> None:
    def rows(craft: int) -> dict[str, list[float]]:
        everyone = contestants(craft)
        every = [Row(each.name, name, [ROUND], worker=1) for each in everyone for name in each.scenarios]
        return goals.reached(craft, every)

    found = rows(goals.SMALL) | rows(clients.CRAFT) | rows(goals.LARGE)
    apart = {f"{goals.LARGE} {name}" for name in ("first page", "rename", "mirror", "mirror memory")}
    assert {each.measure for each in goals.GOALS} - set(found) == apart
    assert all(each.against in found for each in goals.GOALS if each.against)


def test_nobody_is_told_of_the_users_own_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Catalogues are made and changed while it measures."""
    monkeypatch.setenv("COSMODROME_DATABASE_URL", "postgresql://somewhere/precious")
    ours = {name: value for name, value in environment(tmp_path).items() if name.startswith("COSMODROME_")}
    assert ours == {"COSMODROME_DATA_DIR": str(tmp_path)}


@pytest.mark.parametrize("asked", LISTS)
def test_plain_django_rest_framework_answers_the_same_records(
    api: Api, asked: str, request: pytest.FixtureRequest
) -> None:
    ours = page(api, f"{asked}&limit=100")
    theirs = page(request.getfixturevalue("plain"), f"{asked}&limit=100")
    assert theirs == ours
    assert [list(record) for record in theirs["results"]] == [list(record) for record in ours["results"]]
    assert ours["count"] > 3


@pytest.mark.skipif(connection.vendor != "sqlite", reason="orders by functions of SQLite")
def test_plain_django_rest_framework_answers_the_mix_alike(api: Api, request: pytest.FixtureRequest) -> None:
    mix = [f"spacecraft?{query.parameters}" for query in queries.mix(20)[:20]]
    ours = [page(api, asked) for asked in mix]
    plain = request.getfixturevalue("plain")
    assert [page(plain, asked) for asked in mix] == ours


@pytest.mark.parametrize("resource", [views.SpacecraftViewSet, views.LaunchViewSet])
def test_plain_django_rest_framework_fetches_all_of_a_page_before_it_writes_a_row(
    plain: Api, resource: type[views.RecordViewSet], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for serializer, rows in resource.modes.values():
        found = list(rows.all())
        with django_assert_num_queries(0):
            assert serializer(found, many=True, context={"request": None}).data


def test_plain_django_rest_framework_takes_as_many_statements_for_more_rows(
    plain: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for limit in (10, 20):
        with django_assert_num_queries(8):
            assert len(page(plain, f"spacecraft?limit={limit}")["results"]) == limit


@pytest.mark.slow
def test_plain_django_rest_framework_starts_by_its_own_settings(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "django", "check", "--settings", "benchmarks.plain.settings"],
        cwd=ROOT,
        env=environment(tmp_path),
        check=True,
    )
