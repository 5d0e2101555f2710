"""`cosmodrome synth`: repeatable, refuses to mix, and leaves no key of any answer untried."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import defaultdict, deque
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.test import Client
from pytest_django import DjangoDbBlocker
from rest_framework import serializers
from typer.testing import CliRunner

from conftest import SHARED, needs_shared, so_many
from cosmodrome import sample
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.cli import app
from cosmodrome.doctor.report import Counts, as_json
from cosmodrome.doctor.rules import RULES
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.shapes.graph import nested_shape
from cosmodrome.shapes.shapes import SHAPES, Shape, not_null_columns, shape_model
from cosmodrome.synth.catalogue import NOW
from servers import run, serving
from worlds import Dump, dump, invented

ALWAYS_THERE = {
    "Astronaut.eva_time": "zero without a spacewalk",
    "DockingEvent.docking_location": "",
    "Expedition.spacestation": "an expedition is to a station",
    "FirstStage.previous_flight": "a first flight names itself",
    "FirstStage.turn_around_time": "zero on a first flight",
    "FirstStage.type": "",
    "Launch.agency_launch_attempt_count": "each launch has a provider and a net",
    "Launch.agency_launch_attempt_count_year": "each launch has a provider and a net",
    "Launch.pad_turnaround": "zero on a first launch",
    "Mission.type": "",
    "SpacecraftConfigFamily.manufacturer": "null is allowed in one of two modes, which show the same rows",
    "SpacecraftFlight.duration": "zero before the flight",
    "SpacecraftFlight.turn_around_time": "zero on a first flight",
}
"""Keys that the contract always has a value for, though their columns may be null."""

IMPOSSIBLE = {
    ("SpacecraftFlightMini", "launch", "null"): "shown of dockings only: what docks has been launched",
    ("SpacecraftFlightForDockingEvent", "launch", "null"): "what is docked has been launched",
    ("SpacewalkNormal", "crew", "empty"): "shown of astronauts only, who have been there",
    ("SpacewalkNormal", "start", "null"): "the same: it is over",
    ("SpacewalkNormal", "end", "null"): "the same",
    ("SpacewalkNormal", "duration", "null"): "the same",
}
"""What no consistent catalogue shows, by shape and key."""

NOT_LISTED = {
    ("events/previous", "date", "null"): "what has no date is not over",
    ("events/upcoming", "date", "null"): "what has no date is not to come",
}
"""The same, by endpoint and key."""

DASHBOARD_ONLY = {"Notice", "RoadClosure", "VidURLs"}
"""Shapes that no list shows."""

PAGE = 15

Place = tuple[str, str]
"""A shape or an endpoint, and a key."""


@dataclass
class Seen:
    """Which of null, value, empty and several should come up at each place, and which have."""

    possible: dict[Place, set[str]] = field(default_factory=dict)
    found: dict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))

    def expect(self, where: str, shape: Shape) -> None:
        self.possible |= {(where, name): possible(shape, key) for name, key in shape.fields.items()}

    def look(self, where: str, record: dict[str, Any]) -> None:
        for name, value in record.items():
            if isinstance(value, list):
                what = "several" if len(value) > 1 else "one" if value else "empty"
            else:
                what = "null" if value is None else "value"
            self.found[where, name].add(what)

    def missing(self, where: Collection[str]) -> set[tuple[str, str, str]]:
        """What has not come up in any of these shapes or endpoints."""
        return {
            (*place, what)
            for place, every in self.possible.items()
            if place[0] in where
            for what in every - self.found[place]
        }


def possible(shape: Shape, key: serializers.Field) -> set[str]:
    """What a key has to have been: as a list empty and several; a value, and null where its column may be."""
    if isinstance(key, serializers.ListSerializer):
        return {"empty", "several"}
    return {"null", "value"} if may_be_null(shape, key) else {"value"}


def may_be_null(shape: Shape, key: serializers.Field) -> bool:
    model = shape_model(shape)
    if getattr(key, "subset", None):
        return True
    if f"{model.__name__}.{key.field_name}" in ALWAYS_THERE:
        return False
    for part in str(key.source).split("."):
        try:
            column: Any = model._meta.get_field(part)
        except FieldDoesNotExist:
            return False  # a url or a mode
        if column.one_to_one and column.auto_created:
            return True
        if column.null and getattr(column, "attname", part) not in not_null_columns(model):
            return True
        model = column.related_model
    return False


@dataclass
class Reader:
    """Reads a list in a mode and notes what it sees: by endpoint, and by shape at every depth.

    From both ends by turns: at the end stands what is to come.
    """

    path: str
    mode: str
    by_endpoint: Seen
    by_shape: Seen
    offsets: deque[int] = field(default_factory=lambda: deque([0]))
    shapes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.where = f"{self.path}?mode={self.mode}"
        self.shape: Shape = RESOURCES[self.path].modes[self.mode]()
        self.by_endpoint.expect(self.where, self.shape)
        self._expect(self.shape)

    def _expect(self, shape: Shape) -> None:
        self.by_shape.expect(shape.component, shape)
        self.shapes.add(shape.component)
        for child in filter(None, map(nested_shape, shape.fields.values())):
            self._expect(child)

    def read(self) -> bool:
        """One page more; answers whether there was one."""
        if not self.offsets:
            return False
        offset = self.offsets.popleft()
        query: dict[str, str | int] = {"mode": self.mode, "limit": PAGE, "offset": offset, "format": "json"}
        page = Client().get(f"/2.3.0/{self.path}/", query).json()
        if offset == 0:
            self.offsets.extend(range(PAGE, page["count"], PAGE))
        self.offsets.reverse()
        for record in page["results"]:
            self.by_endpoint.look(self.where, record)
            self._look(self.shape, record)
        return True

    def _look(self, shape: Shape, record: dict[str, Any]) -> None:
        self.by_shape.look(shape.component, record)
        for name, key in shape.fields.items():
            child, value = nested_shape(key), record[name]
            if child is not None and value:
                for nested in value if isinstance(value, list) else [value]:
                    self._look(child, nested)


@pytest.fixture(scope="module")
def seen(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> tuple[Seen, Seen]:
    """What a hostile catalogue of 600 shows, by endpoint and by shape: pages are read until nothing is missing."""
    by_endpoint, by_shape = Seen(), Seen()
    readers = [
        Reader(path, mode, by_endpoint, by_shape)
        for path, resource in RESOURCES.items()
        for mode in resource.modes
    ]
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, invented(600, hostile=True):
        patch.setattr("django.conf.settings.CLOCK_STOPPED_AT", NOW)
        for reader in readers:
            while by_endpoint.missing({reader.where}) and reader.read():
                pass
        for reader in readers:
            while by_shape.missing(reader.shapes) - IMPOSSIBLE.keys() and reader.read():
                pass
    return by_endpoint, by_shape


@pytest.mark.slow
@pytest.mark.xdist_group("coverage")
def test_in_every_mode_of_every_list_each_key_is_null_and_is_not_and_each_list_is_empty_and_has_several(
    seen: tuple[Seen, Seen],
) -> None:
    by_endpoint = seen[0]
    missing = by_endpoint.missing({where for where, _ in by_endpoint.possible})
    assert {(where.partition("?")[0], key, what) for where, key, what in missing} == NOT_LISTED.keys()


@pytest.mark.slow
@pytest.mark.xdist_group("coverage")
def test_in_every_shape_too_at_every_depth(seen: tuple[Seen, Seen]) -> None:
    by_shape = seen[1]
    assert {where for where, _ in by_shape.possible} == SHAPES.keys() - DASHBOARD_ONLY
    assert by_shape.missing(SHAPES) == IMPOSSIBLE.keys()


@pytest.mark.slow
@pytest.mark.xdist_group("coverage")
def test_what_is_called_always_there_is_never_null(seen: tuple[Seen, Seen]) -> None:
    by_shape, stale = seen[1], set(ALWAYS_THERE)
    for (where, name), found in by_shape.found.items():
        key = f"{SHAPES[where].Meta.model.__name__}.{name}"
        if key in ALWAYS_THERE:
            assert "null" not in found
            stale.discard(key)
    assert not stale


@pytest.mark.parametrize("hostile", [False, True])
def test_each_list_of_the_dashboard_has_several(db: None, hostile: bool) -> None:
    """But the live streams: see the package's docstring."""
    with invented(60, hostile=hostile):
        dashboard = Client().get("/2.3.0/dashboard/starship/?mode=list&format=json").json()
    lists = {
        f"{when} {what}": found
        for when in ("previous", "upcoming")
        for what, found in dashboard.pop(when).items()
    }
    dashboard.pop("response_mode")
    few = {name for name, found in (dashboard | lists).items() if len(found) < 2}
    assert few == {"live_streams"}


@pytest.mark.parametrize("modes", [pytest.param(1), pytest.param(None, marks=pytest.mark.slow)])
def test_every_endpoint_has_records_at_sixty_craft(db: None, modes: int | None) -> None:
    """In the briefest mode; in a slow run, in every one."""
    with invented(60):
        client = Client()
        for path, resource in RESOURCES.items():
            for mode in list(resource.modes)[:modes]:
                page = client.get(f"/2.3.0/{path}/?limit=1&mode={mode}&format=json").json()
                assert page["results"], (path, mode)


SELDOM_NULL = 0.2
"""The share of nulls up to which a key is mostly there."""

IN_REAL_LAUNCHES = {
    "status": (0, 0),
    "pad": (0, 0),
    "pad.location": (0, 0),
    "pad.location.country": (0, 0),
    "pad.country": (0, 0),
    "pad.latitude": (0, 0),
    "pad.longitude": (0, 0),
    "rocket": (0, 0),
    "rocket.configuration": (0, 0),
    "launch_service_provider": (0, 0),
    "net_precision": (0, 0),
    "image": (0.01, SELDOM_NULL),
    "mission": (0.001, 0.05),
    "mission.orbit": (0.001, 0.1),
    "probability": (0.5, 1),
    "weather_concerns": (0.8, 1),
    "hashtag": (0.8, 1),
    "infographic": (0.8, 1),
    "mission.image": (0.8, 1),
    "failreason": (0, 0),
}
"""The least and the most share of nulls by key, as in launches of the original."""


def at_path(record: dict[str, Any] | None, path: str) -> list[Any]:
    """The value of a dotted path; nothing where what holds it is null."""
    for name in path.split("."):
        if record is None:
            return []
        record = record[name]
    return [record]


def test_nulls_are_as_rare_as_in_real_launches(db: None) -> None:
    launches: list[dict[str, Any]] = []
    with invented(60):
        url = "/2.3.0/launches/?limit=100&format=json"
        while url:
            page = Client().get(url).json()
            launches, url = launches + page["results"], page["next"]
    found = {}
    for path, (least, most) in IN_REAL_LAUNCHES.items():
        values = [value for launch in launches for value in at_path(launch, path)]
        share = sum(value is None for value in values) / len(values)
        if not least <= share <= most:
            found[path] = share
    assert not found


def test_only_a_hostile_world_has_what_is_rare_in_reality(db: None) -> None:
    """Each column that is null there more often than here; odd characters; endless texts."""
    nulls, odd = {}, {}
    for hostile in (False, True):
        with invented(60, hostile=hostile):
            tables = dump().tables
        rows = [(table, row) for table, found in tables.items() for row in found.values()]
        columns: dict[str, list[bool]] = defaultdict(list)
        for table, row in rows:
            for column, value in row.items():
                columns[f"{table}.{column}"].append(value is None)
        nulls[hostile] = {column for column, found in columns.items() if any(found)}
        odd[hostile] = [
            row["name"]
            for table, row in rows
            if (name := row.get("name"))
            and "(invented)" in name
            and (set(name) & set("<>&%'") or not name.replace("©", "").replace("é", "").isascii())
        ]
    assert odd[True] and not odd[False]
    always = nulls[True] - nulls[False]
    assert {"Launch.status_id", "Launch.pad_id", "Pad.location_id", "Launcher.status_id"} <= always
    assert len(always) > 40 and not nulls[False] - nulls[True]


def test_what_is_to_come_is_the_surer_the_sooner(db: None) -> None:
    """Go within days, to be confirmed within weeks, and to the second, day, month or year."""
    with invented(150):
        page = (
            Client().get("/2.3.0/launches/upcoming/?limit=100&hide_recent_previous=true&format=json").json()
        )
    ahead = [
        (
            datetime.fromisoformat(launch["net"]) - NOW,
            launch["status"]["abbrev"],
            launch["net_precision"]["id"],
        )
        for launch in page["results"]
    ]
    assert all(time.days < 10 for time, status, _ in ahead if status == "Go")
    assert {status for _, status, _ in ahead} >= {"Go", "TBC", "TBD"}
    precisions = [precision for _, _, precision in sorted(ahead)]
    assert precisions == sorted(precisions)


@pytest.mark.slow
def test_what_the_help_pages_suggest_is_answered(db: None) -> None:
    """Their examples name ids of the original: at 600 craft there is something with each of them."""
    with invented(600):
        client = Client()
        for path, resource in RESOURCES.items():
            for option, example in resource.examples.items():
                query = example if option == "filter" else f"{option}={example}"
                answer = client.get(f"/2.3.0/{path}/?limit=1&format=json&{query}")
                assert answer.status_code == 200, (path, query, answer.content)


def test_the_same_seed_makes_the_same_catalogue(db: None) -> None:
    """Whatever the database numbered before."""
    dumps: list[Dump] = []
    for seed in (1, 1, 2):
        with invented(so_many(8, of=24), seed):
            dumps.append(dump())
    assert dumps[0] == dumps[1]
    assert dumps[0].tables["Spacecraft"] != dumps[2].tables["Spacecraft"]


@pytest.mark.slow
def test_and_so_does_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose sets have another order."""
    dumps = []
    for hash_seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        assert run(tmp_path / hash_seed, "synth", "--spacecraft", "24", NOW="2026-05-01").returncode == 0
        with closing(sqlite3.connect(tmp_path / hash_seed / "cosmodrome.sqlite3")) as database:
            dumps.append([line for line in database.iterdump() if line.startswith('INSERT INTO "catalogue_')])
    assert dumps[0] == dumps[1] != []


@pytest.mark.slow
def test_a_hostile_world_does_not_contradict_itself(db: None) -> None:
    """The doctor's own tests are on one that resembles reality."""
    with invented(60, hostile=True):
        assert json.loads("".join(as_json(NOW, Counts(), RULES.values()))) == []


def test_look_ups_have_the_names_that_the_sample_has_for_their_ids(db: None) -> None:
    with invented(1):
        tables = dump().tables
    compared = 0
    for file in sample.LOOKUPS:
        own = tables[RESOURCES[f"config/{file.stem}"].model().__name__]
        for record in json.loads(file.read_text()):
            row = own.get(record["id"])
            for key in ("name", "role", "abbrev", "alpha_2_code", "code"):
                if row and key in record:
                    compared += 1
                    assert row[key] == record[key], (file.stem, record["id"])
    assert compared > 150


def test_ids_are_dense_from_one(db: None) -> None:
    """But for net precisions, which the original numbers from zero, and launches, which have UUIDs."""
    with invented(24):
        for table, rows in dump().tables.items():
            if table not in ("NetPrecision", "Launch", "Rocket"):
                assert list(rows) == list(range(1, len(rows) + 1)), table


def test_one_craft_is_enough(db: None) -> None:
    with invented(1):
        assert Spacecraft.objects.count() == 1


@pytest.mark.usefixtures("empty")
def test_the_command_fills_an_empty_catalogue_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))
    options = ["synth", "--spacecraft", "12", "--seed", "7", "--until", "2030-01-01"]
    first, again = (CliRunner().invoke(app, options, env={"COLUMNS": "80"}) for _ in range(2))
    assert first.exit_code == 0 and first.stderr == ""
    assert first.stdout.startswith("12 spacecraft, ")
    assert first.stdout.endswith("rows, as of 2030-01-01T00:00:00Z\n")
    assert again.exit_code == 1 and again.stdout == ""
    assert again.stderr == (
        "The catalogue is not empty, and invented records do not mix with others: "
        "choose another place with COSMODROME_DATA_DIR or COSMODROME_DATABASE_URL.\n"
    )


@pytest.mark.usefixtures("empty")
def test_the_command_says_that_what_is_planned_goes_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))
    result = CliRunner().invoke(app, ["synth", "--spacecraft", "12"], env={"COLUMNS": "80"})
    assert result.stdout.endswith("Launches planned as of that instant go by with time: --until moves it.\n")


@pytest.mark.parametrize("year", ["1899-12-31", "2901-01-01"])
def test_an_instant_without_room_for_a_history_is_refused(year: str) -> None:
    result = CliRunner().invoke(app, ["synth", "--until", year], env={"COLUMNS": "80"})
    assert result.exit_code == 1
    assert result.stderr.endswith("choose an instant between the years 1900 and 2900.\n")


@pytest.mark.parametrize("year", [1900, 2900])
def test_any_other_instant_will_do(year: int, db: None) -> None:
    now = datetime(year, 1, 1, tzinfo=UTC)
    with invented(3, now=now):
        assert set(Launch.objects.values_list("totals_read_at", flat=True)) == {now}


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--hostile"]], ids=str)
def test_a_served_catalogue_of_600_conforms_to_the_contract(tmp_path: Path, options: list[str]) -> None:
    assert run(tmp_path / "data", "synth", *options).returncode == 0
    with serving(tmp_path / "data", "--empty") as server:
        conform = [
            sys.executable,
            str(SHARED / "tools" / "conform"),
            server.url,
            "--pages",
            "1",
            "--limit",
            "20",
        ]
        result = subprocess.run(conform, capture_output=True, text=True, timeout=900, check=False)
    assert result.returncode == 0, result.stdout
