"""What four public clients and many programs send, in their order, and what they read of the answers.

Facts read off their sources, none of their code: paths, parameters, headers, keys with their types, and what
they do with a failure.  Each is tried on an invented catalogue and on the sample.

* pylaunches, which Home Assistant uses: reads keys as its types declare them, and fails on an empty list.
* launch-library-mcp, the original's own: writes booleans as Python does, sends `Accept: */*`, retries a 429.
* LiveLaunch, a Discord bot: reads the JSON of any answer, whatever its status, and looks for `results`.
* MMM-TheSpaceDevs, a MagicMirror module, and its fork for 2.3.0: filters by `net__gte` with milliseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker, Settings

from cosmodrome.access.rates import Rate
from cosmodrome.access.tokens import make_token
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.server.startup import load_sample
from cosmodrome.synth.catalogue import NOW
from pages import emptied
from worlds import invented

pytestmark = [pytest.mark.xdist_group("client sequences"), pytest.mark.django_db(databases="__all__")]

BEFORE_ALL_LAUNCHES = datetime(1966, 8, 1, tzinfo=UTC)
"""Where the clock stands for the sample, so that its launches are to come."""


@dataclass
class World:
    """A catalogue, and what a client of it does."""

    name: str
    now: datetime

    def get(self, path: str, **headers: str) -> Any:
        """The answer to a path below the version, as it is; redirects are followed, as all clients do."""
        with override_settings(CLOCK_STOPPED_AT=self.now):
            return Client().get(f"/2.3.0/{path}", headers={"accept": "*/*", **headers}, follow=True)

    def json(self, path: str, **headers: str) -> Any:
        """The JSON of a good answer."""
        answer = self.get(path, **headers)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"].startswith("application/json")
        return json.loads(answer.content)

    def all_pages(self, path: str) -> Iterator[dict[str, Any]]:
        """All pages, from one `next` to the other until it is null."""
        while path:
            page = self.json(path)
            yield page
            path = (page["next"] or "").partition("/2.3.0/")[2]


@pytest.fixture(scope="module", params=["synth", pytest.param("sample", marks=pytest.mark.slow)])
def world(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[World]:
    with django_db_blocker.unblock(), ExitStack() as stack:
        if request.param == "synth":
            stack.enter_context(invented(60))
            yield World("synth", NOW)
        else:
            stack.enter_context(emptied())
            load_sample()
            yield World("sample", BEFORE_ALL_LAUNCHES)


@dataclass(frozen=True)
class Maybe:
    """A value that a client takes null for."""

    shape: Any


def read(value: Any, shape: Any, where: str = "$") -> None:
    """Reads a value as a client with types does: a missing key or another type is a failure.

    `shape` is a type, a dict of keys, a list of one shape, `Maybe`, or a pattern of a text.
    """
    if isinstance(shape, Maybe):
        if value is not None:
            read(value, shape.shape, where)
    elif isinstance(shape, dict):
        assert isinstance(value, dict), (where, value)
        for key, inner in shape.items():
            assert key in value, f"{where} has no {key}"
            read(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), (where, value)
        for number, inner in enumerate(value):
            read(inner, shape[0], f"{where}[{number}]")
    elif isinstance(shape, re.Pattern):
        assert isinstance(value, str) and shape.fullmatch(value), (where, value)
    else:
        assert type(value) is shape, (where, value)


INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
LAUNCH_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
URL = re.compile(r"http://testserver/2\.3\.0/.*/")
NAMED = {"id": int, "name": str}
NAMED_IN_MODE = {**NAMED, "response_mode": str}
IMAGE = Maybe({**NAMED, "image_url": str, "thumbnail_url": str, "license": NAMED, "single_use": bool})
COUNTRY = {**NAMED, "alpha_2_code": str, "alpha_3_code": str, "nationality_name": str}
LAUNCH = {
    "id": LAUNCH_ID,
    "name": str,
    "response_mode": str,
    "url": URL,
    "slug": str,
    "status": {**NAMED, "abbrev": str, "description": str},
    "last_updated": INSTANT,
    "net": INSTANT,
    "window_start": INSTANT,
    "window_end": INSTANT,
    "image": IMAGE,
    "launch_service_provider": {**NAMED_IN_MODE, "url": URL, "abbrev": str, "type": NAMED},
    "rocket": {
        "id": int,
        "configuration": {
            **NAMED_IN_MODE,
            "url": URL,
            "full_name": str,
            "variant": str,
            "families": [NAMED_IN_MODE],
        },
    },
    "mission": Maybe(
        {
            **NAMED,
            "type": str,
            "description": str,
            "image": IMAGE,
            "orbit": Maybe({**NAMED, "abbrev": str, "celestial_body": NAMED_IN_MODE}),
        }
    ),
    "pad": {
        **NAMED,
        "url": URL,
        "active": bool,
        "image": IMAGE,
        "latitude": float,
        "longitude": float,
        "country": COUNTRY,
        "location": {
            **NAMED_IN_MODE,
            "url": URL,
            "celestial_body": {**NAMED_IN_MODE, "type": NAMED, "diameter": float, "atmosphere": bool},
            "country": COUNTRY,
            "latitude": float,
            "longitude": float,
            "timezone_name": str,
        },
    },
    "webcast_live": bool,
    "program": [dict],
}
EVENT = {
    **NAMED_IN_MODE,
    "url": URL,
    "image": IMAGE,
    "date": INSTANT,
    "slug": str,
    "type": NAMED,
    "description": str,
    "webcast_live": bool,
    "location": Maybe(str),
    "last_updated": INSTANT,
}


class TestPylaunches:
    """Home Assistant asks for one launch and one event, and for the dashboard."""

    HEADERS = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "python/pylaunches",
    }
    FILTERS = urlencode({"limit": 1, "hide_recent_previous": "True"})

    @pytest.mark.parametrize(
        ("path", "shape"), [("launches/upcoming/", LAUNCH), ("events/upcoming/", EVENT)], ids=str
    )
    def test_the_next_one(self, world: World, path: str, shape: Any) -> None:
        page = world.json(f"{path}?{self.FILTERS}", **self.HEADERS)
        assert len(page["results"]) == 1
        read(page["results"][0], shape)

    @pytest.mark.parametrize(
        "path", ["launches/upcoming/", "events/", "events/previous/", "events/upcoming/"]
    )
    def test_all_of_a_list(self, world: World, path: str) -> None:
        shape = LAUNCH if path.startswith("launches") else EVENT
        if (world.name, path) == ("sample", "events/previous/"):
            world = World("sample", NOW)
        for page in world.all_pages(path):
            assert page["results"], "an empty list is an error to this client"
            read(page["results"], [shape])

    def test_the_dashboard_is_one_object(self, world: World) -> None:
        """This client fails without a previous launch; the sample has none of the programme."""
        dashboard = world.json("dashboard/starship/", **self.HEADERS)
        event = {key: shape for key, shape in EVENT.items() if key not in ("response_mode", "last_updated")}
        lists = {"launches": [LAUNCH], "events": [event]}
        vehicle = {
            "id": int,
            "url": URL,
            "details": str,
            "flight_proven": bool,
            "serial_number": Maybe(str),
            "flights": Maybe(int),
            "first_launch_date": Maybe(INSTANT),
            "last_launch_date": Maybe(INSTANT),
            "status": Maybe(NAMED),
            "launcher_config": Maybe({**NAMED, "full_name": str, "variant": str}),
        }
        closure = {
            "id": int,
            "title": str,
            "status": NAMED,
            "window_start": INSTANT,
            "window_end": INSTANT,
        }
        read(
            dashboard,
            {
                "previous": lists,
                "upcoming": lists,
                "vehicles": [vehicle],
                "road_closures": [closure],
                "live_streams": [dict],
            },
        )
        assert bool(dashboard["previous"]["launches"]) == (world.name == "synth")

    def test_a_token_is_sent_as_it_is_to_the_original(self, world: World) -> None:
        key = make_token("home assistant", None)
        page = world.json(f"launches/upcoming/?{self.FILTERS}", Authorization=f"Token {key}", **self.HEADERS)
        assert page["results"]

    def test_over_the_rate_the_status_is_429(self, world: World, settings: Settings) -> None:
        """It looks at nothing else."""
        settings.ANONYMOUS_RATE = Rate(1, 3600)
        statuses = [world.get("launches/upcoming/", **self.HEADERS).status_code for _ in range(2)]
        assert statuses == [200, 429]


class TestLaunchLibraryMCP:
    """The official module: each tool is one request, whose answer is taken apart by the contract's models."""

    HEADERS = {"Content-Type": "application/json", "User-Agent": "python-requests/2.32"}

    def call(self, world: World, path: str, **arguments: Any) -> Any:
        """A call with the arguments that are not None, each written as Python writes it, and quoted."""
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in arguments.items())
        return world.get(f"{path}?{query}" if query else path, **self.HEADERS)

    def test_a_launch_is_found_by_a_search_and_retrieved_by_its_id(self, world: World) -> None:
        some = json.loads(self.call(world, "launches/", limit=1, offset=3).content)["results"][0]
        found = json.loads(self.call(world, "launches/", search=some["name"]).content)["results"]
        assert some["id"] in {launch["id"] for launch in found}
        launch = json.loads(self.call(world, f"launches/{some['id']}/").content)
        assert launch["id"] == some["id"] and launch["response_mode"] == "detailed"
        read(launch, {**LAUNCH, "updates": [dict], "info_urls": [dict], "vid_urls": [dict]})

    @pytest.mark.parametrize(
        "arguments",
        [
            {"is_crewed": True},
            {"is_crewed": False, "include_suborbital": False},
            {"status": 3, "ordering": "-net"},
            {"net__gte": "1960-01-01T00:00:00Z", "net__lt": "2050-01-01", "limit": 100},
            {"mission__orbit__name__icontains": "earth", "limit": 5},
            {"rocket__configuration__full_name__icontains": "o"},
            {"orbital_launch_attempt_count_year__gte": 0},
        ],
        ids=str,
    )
    def test_arguments_are_filters(self, world: World, arguments: dict[str, Any]) -> None:
        answer = self.call(world, "launches/", **arguments)
        assert answer.status_code == 200, answer.content
        read(json.loads(answer.content), {"count": int, "results": [LAUNCH]})

    def test_crewed_and_uncrewed_are_told_apart_as_python_writes_them(self, world: World) -> None:
        counts = [
            json.loads(self.call(world, "launches/", limit=1, **arguments).content)["count"]
            for arguments in ({}, {"is_crewed": True}, {"is_crewed": False})
        ]
        assert 0 < counts[1] < counts[0] == counts[1] + counts[2]

    def test_a_list_as_python_writes_it_is_refused_by_the_name_of_its_parameter(self, world: World) -> None:
        """It sends `[1, 2]` for what the contract has as `1,2`; the sentence goes to a model, which can mend it."""
        answer = self.call(world, "launches/", status__ids=[1, 2])
        assert answer.status_code == 400
        assert list(json.loads(answer.content)) == ["status__ids"]

    def test_the_throttle_is_one_object(self, world: World) -> None:
        throttle = json.loads(self.call(world, "api-throttle/").content)
        numbers = ("your_request_limit", "limit_frequency_secs", "current_use", "next_use_secs")
        read(throttle, {**dict.fromkeys(numbers, int), "ident": str})

    def test_a_429_is_tried_again_and_answered_once_the_time_is_over(
        self, world: World, settings: Settings
    ) -> None:
        """Five times, five seconds apart: a refused call must not put off the next."""
        settings.ANONYMOUS_RATE = Rate(1, 20)
        instants = [world.now + timedelta(seconds=seconds) for seconds in (0, 1, 6, 11, 16, 21)]
        statuses = [
            self.call(World(world.name, instant), "launches/", limit=1).status_code for instant in instants
        ]
        assert statuses == [200, 429, 429, 429, 429, 200]


class TestLiveLaunch:
    """A bot that makes events of launches: detailed ones and events, 32 each, every few minutes."""

    VIDEO = {"priority": int, "url": str}
    PRECISION = Maybe({"id": int})
    LAUNCH = {
        "id": LAUNCH_ID,
        "name": str,
        "net": INSTANT,
        "net_precision": PRECISION,
        "status": {"id": int},
        "vid_urls": [VIDEO],
        "mission": Maybe({"description": str}),
        "image": IMAGE,
        "pad": {"location": {"name": str}},
        "webcast_live": bool,
        "slug": str,
        "launch_service_provider": NAMED,
        "flightclub_url": Maybe(str),
    }
    EVENT = {
        "id": int,
        "name": str,
        "date": INSTANT,
        "date_precision": PRECISION,
        "type": {"name": str},
        "vid_urls": [VIDEO],
        "description": str,
        "image": IMAGE,
        "location": Maybe(str),
        "webcast_live": bool,
        "slug": str,
    }

    def test_launches_and_events_to_come(self, world: World) -> None:
        launches = world.json("launches/upcoming/?mode=detailed&limit=32")["results"]
        events = world.json("events/upcoming/?limit=32")["results"]
        assert launches and events, "without either it shows nothing"
        read(launches, [self.LAUNCH])
        read(events, [self.EVENT])
        starts = [datetime.fromisoformat(launch["net"]) for launch in launches]
        assert starts == sorted(starts) and starts[0] > world.now - timedelta(days=1)

    def test_precisions_and_statuses_are_those_that_it_has_words_for(self, world: World) -> None:
        """It leaves out the words for a precision that it does not know, and fails on an unknown status."""
        pages = world.all_pages("launches/upcoming/?mode=detailed&limit=32")
        launches = [launch for page in pages for launch in page["results"]]
        assert {launch["status"]["id"] for launch in launches} <= set(range(1, 9))
        assert {launch["net_precision"]["id"] for launch in launches} <= set(range(17))

    def test_an_answer_over_the_rate_is_json_without_results(self, world: World, settings: Settings) -> None:
        settings.ANONYMOUS_RATE = Rate(1, 3600)
        answers = [json.loads(world.get("events/upcoming/?limit=32").content) for _ in range(2)]
        assert ["results" in answer for answer in answers] == [True, False]


class TestMagicMirror:
    """A table of the next launches, and the next one in detail; asked every four minutes."""

    ROW = {
        "net": INSTANT,
        "window_start": INSTANT,
        "window_end": INSTANT,
        "last_updated": INSTANT,
        "rocket": {"configuration": {"name": str}},
        "status": {"abbrev": str},
    }
    NEXT = {
        **ROW,
        "launch_service_provider": {"name": str},
        "image": IMAGE,
        "mission": {"description": str, "orbit": {"abbrev": str}},
    }
    KNOWN = {"Go", "In Flight", "Success", "TBC", "TBD", "Hold", "Failure", "Partial Failure"}

    def shows(self, launches: list[dict[str, Any]]) -> None:
        """It shows all launches in a table, and needs the mission of the first."""
        assert launches
        read(launches, [self.ROW])
        read(launches[0], self.NEXT)
        assert {launch["status"]["abbrev"] for launch in launches} <= self.KNOWN

    def test_the_module(self, world: World) -> None:
        self.shows(world.json("launches/upcoming/?format=json&limit=5")["results"])

    def test_the_module_at_some_places(self, world: World) -> None:
        launches = world.json("launches/upcoming/?format=json&limit=100")["results"]
        places = list(dict.fromkeys(launch["pad"]["location"]["id"] for launch in launches))[:2]
        query = f"format=json&limit=5&location__ids={','.join(map(str, places))}"
        found = world.json(f"launches/upcoming/?{query}")["results"]
        self.shows(found)
        assert {launch["pad"]["location"]["id"] for launch in found} <= set(places)

    def test_its_fork(self, world: World) -> None:
        """Which asks all launches for those from now on, by an instant as JavaScript writes it."""
        now = quote(world.now.strftime("%Y-%m-%dT%H:%M:%S.123Z"), safe="")
        found = world.json(f"launches/?format=json&limit=8&net__gte={now}&ordering=net")["results"]
        self.shows(found)
        nets = [datetime.fromisoformat(launch["net"]) for launch in found]
        assert nets == sorted(nets) and nets[0] >= world.now

    def test_its_fork_repeats_a_parameter_of_which_the_last_counts(self, world: World) -> None:
        """As everywhere in Django."""
        launches = world.json("launches/?format=json&limit=100")["results"]
        first, last = list(dict.fromkeys(launch["pad"]["location"]["id"] for launch in launches))[:2]
        query = f"format=json&limit=8&location__ids={first}&location__ids={last}"
        found = world.json(f"launches/?{query}")["results"]
        assert {launch["pad"]["location"]["id"] for launch in found} == {last}

    def test_a_429_is_a_429_and_any_other_failure_is_not(self, world: World, settings: Settings) -> None:
        """It waits ten minutes after the first, and one after another."""
        settings.ANONYMOUS_RATE = Rate(2, 3600)
        paths = ["launches/upcoming/?format=json&limit=5", "launch/upcoming/?format=json&limit=5"]
        answers = [world.get(path) for path in (*paths, paths[0], paths[0])]
        assert answers[0].status_code == 200 and answers[-1].status_code == 429
        assert answers[1].status_code == 404 and "detail" in json.loads(answers[1].content)


@pytest.mark.parametrize("world", ["synth"], indirect=True)
class TestHabits:
    """What 146 call sites in public code send."""

    @pytest.mark.parametrize("limit", [100, 250, 610, 1000])
    def test_pages_are_followed_to_the_end_whatever_the_limit(self, world: World, limit: int) -> None:
        for path in ("launches/", "agencies/"):
            clock = World(world.name, NOW)
            pages = list(clock.all_pages(f"{path}?limit={limit}&mode=list"))
            ids = [record["id"] for page in pages for record in page["results"]]
            assert len(ids) == len(set(ids)) == pages[0]["count"] > 0
            assert all(len(page["results"]) <= 100 for page in pages)

    def test_a_mode_that_is_not_there_is_no_error(self, world: World) -> None:
        for path, resource in RESOURCES.items():
            if "list" not in resource.modes:
                found = world.json(f"{path}/?mode=list&limit=1")["results"]
                assert found == world.json(f"{path}/?limit=1")["results"]

    def test_a_path_without_its_closing_slash_is_redirected_to_it(self, world: World) -> None:
        for path in RESOURCES:
            answer = Client().get(f"/2.3.0/{path}?limit=1&format=json")
            assert answer.status_code == 301
            assert answer["Location"].endswith(f"/2.3.0/{path}/?limit=1&format=json")
        assert world.json("launches?limit=1") == world.json("launches/?limit=1")

    @pytest.mark.parametrize(
        "query",
        ["?limit=2&?format=json", "?&limit=2", "??limit=2", "?limit=2&", "?limit=2?", "?limit=2&mode=list?"],
    )
    def test_a_stray_question_mark_is_no_error(self, world: World, query: str) -> None:
        page = world.json(f"launches/{query}")
        assert page["count"] == world.json("launches/")["count"] and page["results"]

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/plain, */*"])
    def test_the_sentence_of_a_429_has_the_seconds(
        self, world: World, settings: Settings, accept: str
    ) -> None:
        """Clients look for a number of seconds in it, and wait as long; others read `Retry-After`."""
        settings.ANONYMOUS_RATE = Rate(1, 3600)
        world.get("launches/", accept=accept)
        later = World(world.name, world.now + timedelta(seconds=90))
        refused = later.get("launches/", accept=accept)
        found = re.search(r"available in (\d+) second", json.loads(refused.content)["detail"])
        assert refused.status_code == 429 and found
        assert found[1] == refused["Retry-After"] == "3510"
        again = World(world.name, later.now + timedelta(seconds=int(found[1])))
        assert again.get("launches/", accept=accept).status_code == 200
