"""How current a mirror is: `/status/`, `cosmodrome status`, the metrics, and a header on every answer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError
from django.test import Client
from pytest_django import Settings

from conftest import NOW
from cosmodrome.access.rates import Rate
from cosmodrome.cli.parameters import read_age
from cosmodrome.mirror.freshness import DATA_AS_OF, FRESHNESS
from cosmodrome.mirror.holder import own_name
from cosmodrome.mirror.models import ResourceSync, SetAside, SweptPage, SyncHolder, UpstreamCall
from cosmodrome.mirror.pages import swept_resources
from cosmodrome.mirror.plan import resources_in_order
from cosmodrome.mirror.status import OUTAGE_HOURS, SILENT_HOURS
from cosmodrome.mirror.watch import schedule_of
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.server.front import Front
from cosmodrome.time.clock import write_instant
from servers import environment, run, serving
from wsgi import Answer, ask, new_cache

pytestmark = pytest.mark.django_db(databases="__all__")
UPSTREAM = "https://ll.example.org"
LATE_HOURS = 24 + OUTAGE_HOURS
"""Of what is read once a day."""
SWEPT = sorted(set(swept_resources()) - {"launches", "events"})
BROWSER = "text/html,*/*;q=0.8"


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.fixture
def mirror(settings: Settings, one_connection: None) -> Iterator[None]:
    """The catalogue is the copy of another service, of which nothing has been read."""
    settings.UPSTREAM, settings.UPSTREAM_RATE = UPSTREAM, Rate(15, 3600)
    yield
    FRESHNESS.learn({})
    FRESHNESS.told = {}


AN_HOUR = timedelta(hours=1)


def completed(age: timedelta = AN_HOUR, *paths: str, **more: Any) -> None:
    """A whole copy is made of some resources, or of all."""
    for path in paths or swept_resources():
        ResourceSync.objects.update_or_create(
            pk=path, defaults={"upstream": UPSTREAM, "count": 3, "complete_as_of": NOW - age, **more}
        )
    FRESHNESS.look()


def told(client: Client) -> dict[str, Any]:
    answer = client.get("/status/")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    found: dict[str, Any] = json.loads(answer.content)
    return found


def of(state: dict[str, Any], path: str) -> dict[str, Any]:
    return next(each for each in state["resources"] if each["resource"] == path)


def asked(path: str, method: str = "GET", **headers: str) -> Answer:
    front = Front(new_cache(get_wsgi_application()), lambda _: None)
    return ask(front.wsgi, path, method, **headers)


def test_all_that_there_is_to_know_of_a_resource(client: Client, mirror: None) -> None:
    completed(hours(2), "agencies", next_due=NOW + hours(1))
    ResourceSync.objects.create(pk="launches", upstream=UPSTREAM, count=250, sweep_began=NOW)
    SweptPage.objects.create(resource="launches", number=0, offset=0, count=250, keys=[], fetched=NOW)
    SetAside.objects.create(resource="launches", key="1", page="/", sentence="It is wrong.", since=NOW)
    state = told(client)
    assert of(state, "agencies") == {
        "resource": "agencies",
        "records": RESOURCES["agencies"].rows().count(),
        "upstream_records": 3,
        "complete": True,
        "complete_as_of": "2026-05-01T10:00:00Z",
        "current_as_of": "2026-05-01T10:00:00Z",
        "age_seconds": 7200,
        "next_due": "2026-05-01T13:00:00Z",
        "pages_read": 0,
        "pages": 1,
        "set_aside": 0,
        "late_after_seconds": LATE_HOURS * 3600,
    }
    launches = of(state, "launches")
    assert (launches["complete"], launches["age_seconds"], launches["set_aside"]) == (False, None, 1)
    assert (launches["pages_read"], launches["pages"]) == (1, 3)
    assert (state["set_aside"], state["complete"], state["upstream"]) == (1, False, UPSTREAM)
    assert [each["resource"] for each in state["resources"]] == sorted(swept_resources())


def test_the_calls_that_are_used_and_left(client: Client, mirror: None) -> None:
    for minutes in (5, 10, 90):
        at = NOW - timedelta(minutes=minutes)
        UpstreamCall.objects.create(began=at, ended=at, path="/", purpose="plan", status=200)
    SyncHolder.objects.create(**own_name(), since=NOW - hours(3), seen=NOW)
    state = told(client)
    assert state["budget"] == {"rate": "15/h", "used": 2, "left": 13, "free_at": None}
    assert state["last_answer"] == "2026-05-01T11:55:00Z"
    assert state["sync_since"] == "2026-05-01T09:00:00Z"
    SyncHolder.objects.update(started="0")
    assert told(client)["sync_since"] is None, "its process has ended"
    UpstreamCall.objects.bulk_create(
        UpstreamCall(began=NOW, ended=NOW, path="/", purpose="plan", status=200) for _ in range(13)
    )
    assert told(client)["budget"] == {
        "rate": "15/h",
        "used": 15,
        "left": 0,
        "free_at": "2026-05-01T12:50:00Z",
    }


def test_a_refresh_makes_a_copy_current(client: Client, mirror: None) -> None:
    completed(hours(40), "launches", refreshed_as_of=NOW - hours(1))
    launches = of(told(client), "launches")
    assert (launches["complete_as_of"], launches["age_seconds"]) == ("2026-04-29T20:00:00Z", 3600)


def test_what_is_older_than_it_may_be_raises_an_alarm(client: Client, mirror: None) -> None:
    completed(hours(OUTAGE_HOURS))
    completed(hours(LATE_HOURS), *SWEPT)
    assert told(client)["alarm"] is None
    completed(hours(LATE_HOURS + 1), "agencies")
    state = told(client)
    assert state["alarm"] == "agencies is older than 36 h."
    assert state["late"] == ["agencies"]
    assert "agencies is older than 36 h." in client.get("/status/?format=api").content.decode()


def test_how_old_it_may_be_is_what_the_schedule_promises(
    client: Client, mirror: None, settings: Settings
) -> None:
    for rate in (Rate(15, 3600), Rate(4, 3600)):
        settings.UPSTREAM_RATE = rate
        schedule = schedule_of(resources_in_order(), {}, rate)
        outage = OUTAGE_HOURS * 3600
        for each in told(client)["resources"]:
            promised = schedule.promise_of(each["resource"]).total_seconds()
            assert each["late_after_seconds"] == int(promised + outage)
    completed(hours(OUTAGE_HOURS + 12), "launches")
    assert told(client)["late"] == ["launches"], "its changes are asked for each hour"


def test_a_copy_that_does_not_go_on_raises_an_alarm(client: Client, mirror: None) -> None:
    assert told(client)["alarm"] == "The copy is not complete, and no call has brought an answer yet."
    at = NOW - hours(SILENT_HOURS)
    call = UpstreamCall.objects.create(began=at, ended=at, path="/", purpose="plan", status=200)
    assert told(client)["alarm"] is None
    UpstreamCall.objects.filter(pk=call.pk).update(ended=at - timedelta(seconds=1))
    assert told(client)["alarm"] == (
        "The copy is not complete, and no call has brought an answer since 2026-05-01T05:59:59Z."
    )


def test_browsers_get_a_page_and_whoever_asks_for_one(client: Client, mirror: None) -> None:
    completed(hours(2), "agencies")
    for page in (client.get("/status/", headers={"Accept": BROWSER}), client.get("/status/?format=api")):
        text = page.content.decode()
        assert page["Content-Type"].startswith("text/html") and page["Vary"] == "Accept"
        assert page["Cache-Control"] == "no-store"
        assert '<a href="/2.3.0/agencies/">agencies</a>' in text and "2 h" in text
        assert UPSTREAM in text and "1 of 53 resources" in text
    as_json = client.get("/status/?format=json", headers={"Accept": BROWSER})
    assert as_json["Content-Type"] == "application/json"


def test_the_page_is_there_for_what_is_no_mirror(client: Client) -> None:
    state = told(client)
    assert (state["mirror"], state["upstream"], state["budget"], state["alarm"]) == (False, None, None, None)
    assert "no mirror" in client.get("/status/?format=api").content.decode()


EVERY_PATH = [*RESOURCES, *ENDPOINTS]


@pytest.mark.slow
def test_every_answer_of_a_mirror_says_up_to_when_it_is_current(mirror: None) -> None:
    completed(hours(1))
    completed(hours(3), "launches")
    told_hours = {"launches": 3, "launches/upcoming": 3, "launches/previous": 3, "dashboard/starship": 3}
    for path in EVERY_PATH:
        expected = write_instant(NOW - hours(told_hours.get(path, 1)))
        for at in (f"/2.3.0/{path}/?limit=1", f"/2.3.0/{path}/0/", f"/2.3.0/{path}"):
            assert asked(at).headers[DATA_AS_OF.lower()] == expected, at


@pytest.mark.parametrize(
    "path", ["spacecraft/133/", "spacecraft/133/timeline/", "spacecraft/?mode=wrong", "spacecraft/?status=x"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_whatever_comes_of_a_request_below_a_resource(mirror: None, path: str, method: str) -> None:
    completed(hours(1))
    assert asked(f"/2.3.0/{path}", method).headers[DATA_AS_OF.lower()] == "2026-05-01T11:00:00Z"


def test_a_resource_without_a_whole_copy_is_current_never(mirror: None) -> None:
    completed(hours(1), "agencies")
    assert asked("/2.3.0/agencies/?limit=1").headers[DATA_AS_OF.lower()] == "2026-05-01T11:00:00Z"
    assert asked("/2.3.0/pads/?limit=1").headers[DATA_AS_OF.lower()] == "never"
    assert asked("/2.3.0/dashboard/starship/").headers[DATA_AS_OF.lower()] == "never"


def test_what_tells_no_data_has_no_such_header(mirror: None) -> None:
    completed()
    for path in ("/", "/2.3.0/", "/2.3.0/api-throttle/", "/status/", "/nope/", "/2.3.0/nope/"):
        assert DATA_AS_OF.lower() not in asked(path).headers, path


def test_scripts_of_other_sites_may_read_it(mirror: None) -> None:
    completed()
    exposed = asked("/2.3.0/agencies/?limit=1").headers["access-control-expose-headers"]
    assert exposed.endswith("X-Ignored-Parameters, Warning, X-Cosmodrome-Complete, X-Data-As-Of")


def test_what_is_no_mirror_answers_as_ever(one_connection: None) -> None:
    FRESHNESS.look()
    headers = asked("/2.3.0/agencies/?limit=1").headers
    assert headers["access-control-expose-headers"].endswith("X-Ignored-Parameters")
    assert not [name for name in headers if "data-as-of" in name or "complete" in name]


def test_a_kept_answer_says_how_far_the_copy_has_come_since(mirror: None) -> None:
    """The header moves without a change of the catalogue: the answer and its ETag stay."""
    completed(hours(2))
    front = Front(new_cache(get_wsgi_application()), lambda _: None)
    first = ask(front.wsgi, "/2.3.0/agencies/?limit=1")
    completed(hours(1))
    again = ask(front.wsgi, "/2.3.0/agencies/?limit=1")
    assert again.environ["cosmodrome.layer"] == "cache"
    assert (first.headers["etag"], first.body) == (again.headers["etag"], again.body)
    assert [each.headers[DATA_AS_OF.lower()] for each in (first, again)] == [
        "2026-05-01T10:00:00Z",
        "2026-05-01T11:00:00Z",
    ]
    unchanged = ask(front.wsgi, "/2.3.0/agencies/?limit=1", if_none_match=again.headers["etag"])
    assert (unchanged.status, unchanged.headers[DATA_AS_OF.lower()]) == (304, "2026-05-01T11:00:00Z")


def values(text: str, name: str) -> dict[str, float]:
    """The values of a metric, by its labels as they are written."""
    lines = [line.rpartition(" ") for line in text.splitlines() if line.startswith(name)]
    return {before.removeprefix(name): float(value) for before, _, value in lines}


def test_the_metrics_have_lag_and_budget(client: Client, mirror: None) -> None:
    completed(hours(LATE_HOURS + 1), "agencies")
    UpstreamCall.objects.create(began=NOW, ended=NOW, path="/", purpose="plan", status=200)
    text = client.get("/metrics").content.decode()
    assert values(text, "cosmodrome_mirror_age_seconds") == {'{resource="agencies"}': 37 * 3600}
    assert sum(values(text, "cosmodrome_mirror_complete").values()) == 1
    assert values(text, "cosmodrome_mirror_late") == {"": 1}
    assert values(text, "cosmodrome_mirror_alarm") == {"": 1}
    assert values(text, "cosmodrome_upstream_calls_used") == {"": 1}
    assert values(text, "cosmodrome_upstream_calls_left") == {"": 14}


def test_the_metrics_have_nothing_of_a_mirror_where_there_is_none(client: Client) -> None:
    assert "mirror" not in client.get("/metrics").content.decode()


def test_the_metrics_are_told_while_the_database_does_not_answer(
    client: Client, mirror: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed()

    def broken(*_: Any, **__: Any) -> Any:
        raise DatabaseError

    monkeypatch.setattr("cosmodrome.monitoring.mirror.resource_states", broken)
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("text", "age"),
    [("36h", hours(36)), ("90m", hours(1.5)), ("2 d", hours(48)), ("P1DT12H", hours(36)), ("0s", hours(0))],
)
def test_ages_are_written_in_two_ways(text: str, age: timedelta) -> None:
    assert read_age(text) == age


@pytest.mark.parametrize("text", ["", "36", "h", "-1h", "-P1D", "P1M", "a day", "1e9h"])
def test_anything_else_is_no_age(text: str) -> None:
    with pytest.raises(ValueError, match="is no age: write one like"):
        read_age(text)


FILL = """
import django, sys
django.setup()
from cosmodrome.mirror.holder import own_name
from cosmodrome.mirror.models import ResourceSync
from cosmodrome.mirror.pages import swept_resources
from cosmodrome.time.clock import read_instant
for path in sys.argv[3:] or swept_resources():
    ResourceSync.objects.update_or_create(
        pk=path, defaults={"upstream": sys.argv[1], "complete_as_of": read_instant(sys.argv[2])})
"""


def fill(data_dir: Path, as_of: datetime, *paths: str, **settings: str) -> None:
    """Writes, in a process of its own, that whole copies have been made."""
    env = {**environment(data_dir, **settings), "DJANGO_SETTINGS_MODULE": "cosmodrome.server.settings"}
    subprocess.run([sys.executable, "-c", FILL, UPSTREAM, as_of.isoformat(), *paths], env=env, check=True)


@pytest.mark.slow
def test_a_server_tells_how_far_the_copy_has_come_since(tmp_path: Path, database_url: str) -> None:
    folder = tmp_path / "data"
    own: dict[str, Any] = {"DATABASE_URL": database_url} if database_url else {}
    with serving(folder, **own) as server:
        path = "/2.3.0/agencies/?limit=1"
        before = server.get(path)
        assert "x-data-as-of" not in before[1]
        fill(folder, NOW, "agencies", **own)
        deadline = time.monotonic() + 20
        while "x-data-as-of" not in (after := server.get(path))[1]:
            assert time.monotonic() < deadline
        assert after[1]["x-data-as-of"] == "2026-05-01T12:00:00Z"
        assert server.get("/2.3.0/pads/?limit=1")[1]["x-data-as-of"] == "never"
        assert before[2] == after[2] and before[1]["etag"] == after[1]["etag"]
        assert json.loads(server.get("/status/")[2])["mirror"]


@pytest.mark.slow
def test_the_command_tells_the_same_and_ends_with_1_if_anything_is_older(data_dir: Path) -> None:
    plain = run(data_dir, "status", "--max-age", "36h")
    assert (plain.returncode, plain.stderr) == (
        1,
        "This catalogue is no mirror, so nothing tells how old it is: see COSMODROME_UPSTREAM.\n",
    )
    now: dict[str, Any] = {"NOW": "2026-05-01T12:00:00Z"}
    fill(data_dir, NOW - hours(30), "agencies", "pads")
    part = run(data_dir, "status", "--max-age", "36h", **now)
    assert part.returncode == 1
    assert part.stderr.endswith("There is no whole copy yet of astronauts, celestial_bodies, config/agency_types and 48 more.\n")  # fmt: skip
    assert "mirror of:    https://ll.example.org, 2 of 53 resources complete" in part.stdout
    assert any(
        line.split()[::2] == ["agencies", "complete", "30"] and line.endswith("  2026-04-30T06:00:00Z  30 h")
        for line in part.stdout.splitlines()
    ), part.stdout
    fill(data_dir, NOW - hours(30))
    assert run(data_dir, "status", "--max-age", "36h", **now).returncode == 0
    old = run(data_dir, "status", "--max-age", "P1D", **now)
    assert (old.returncode, old.stderr.splitlines()) == (
        1,
        [
            "events, launches are older than 13 h.",
            "agencies, astronauts, celestial_bodies and 50 more are older than 24 h.",
        ],
    )
    assert run(data_dir, "status", **now).returncode == 0
    assert "is no age" in run(data_dir, "status", "--max-age", "soon").stderr
