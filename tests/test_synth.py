"""`cosmodrome synth`: repeatable, refuses to mix, and leaves no key of any answer untried."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
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

from conftest import SHARED, needs_shared
from cosmodrome.cli import app
from cosmodrome.engine.resources import RESOURCES
from cosmodrome.engine.shapes import Shape, nested_shape, shape_model, known_columns
from cosmodrome.synth.inventing import NOW
from servers import run, serving
from worlds import Dump, invented, some_records

NEVER_NULL = {
    "*.duration": "the contract has it always: zero before a flight",
    "*.turn_around_time": "the contract has it always: zero on a first flight",
    "Launch.pad_turnaround": "the contract has it always: zero on a first launch",
    "Astronaut.eva_time": "the contract has it always: zero without a spacewalk",
    "FirstStage.previous_flight": "the contract has it always: a first flight names itself",
    "FirstStage.type": "the contract has it always",
    "Mission.type": "the contract has it always",
    "DockingEvent.docking_location": "the contract has it always",
    "SpacecraftConfigFamily.manufacturer": "the contract has it always in one of two modes, of the same rows",
    "SpaceStation.founded": "the contract has it always",
}
"""Keys whose columns may be null and that never are, by table, with the reason."""

IMPOSSIBLE = {
    ("SpacecraftFlightMini", "launch", "null"): "shown of dockings only: what docks has been launched",
    ("SpacecraftFlightForDockingEvent", "launch", "null"): "what is docked has been launched",
    ("SpacewalkNormal", "crew", "empty"): "shown of astronauts only, who have been there",
    ("SpacewalkNormal", "start", "null"): "the same: it is over",
    ("SpacewalkNormal", "end", "null"): "the same",
    ("SpacewalkNormal", "duration", "null"): "the same",
}
"""What no consistent catalogue shows, by component and key."""

UNTRIED = {
    ("events/previous", "date", "null"): "what has no date is not over",
    ("events/upcoming", "date", "null"): "what has no date is not to come",
}
"""The same, by endpoint."""


@dataclass
class Seen:
    """Which of null, value, empty and several have come up, by shape or endpoint, and key."""

    possible: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    found: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def look(self, where: str, shape: Shape, record: dict[str, Any], deep: bool) -> None:
        for name, key in shape.fields.items():
            value, here = record[name], (where, name)
            if here not in self.possible:
                self.possible[here] = possible(shape, key)
            if isinstance(value, list):
                self.found[here].add("several" if len(value) > 1 else "empty" if not value else "one")
            else:
                self.found[here].add("null" if value is None else "value")
            child = nested_shape(key)
            if child is not None and deep:
                for nested in value if isinstance(value, list) else [value] if value else []:
                    self.look(child.component, child, nested, deep)

    def missing(self) -> set[tuple[str, str, str]]:
        return {
            (*where, what) for where, every in self.possible.items() for what in every - self.found[where]
        }


def possible(shape: Shape, key: serializers.Field) -> set[str]:
    """What a key has to have been: as a list empty and several; a value, and null where its column may be."""
    if isinstance(key, serializers.ListSerializer):
        return {"empty", "several"}
    return {"null", "value"} if may_be_null(shape, key) else {"value"}


def may_be_null(shape: Shape, key: serializers.Field) -> bool:
    if getattr(key, "taken", None):
        return True
    model = shape_model(shape)
    exempt = {f"*.{key.field_name}", f"{model.__name__}.{key.field_name}"}
    if exempt & NEVER_NULL.keys() and not shape.component.startswith(("Event", "Spacewalk")):
        return False
    for part in str(key.source).split("."):
        try:
            column: Any = model._meta.get_field(part)
        except FieldDoesNotExist:
            return False  # a url or a mode
        if column.one_to_one and column.auto_created:
            return True
        if column.null and getattr(column, "attname", part) not in known_columns(model):
            return True
        model = column.related_model
    return False


@pytest.fixture(scope="module")
def seen(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> tuple[Seen, Seen]:
    """What the answers of a catalogue of 600 show: by shape at every depth, and by endpoint and mode."""
    by_shape, by_endpoint = Seen(), Seen()
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, invented(600):
        patch.setattr("django.conf.settings.CLOCK_STOPPED_AT", NOW)
        for path, resource in RESOURCES.items():
            for mode, shape in resource.modes.items():
                tree = shape()
                for record in some_records(path, mode=mode):
                    by_shape.look(tree.component, tree, record, deep=True)
                    by_endpoint.look(f"{path}?mode={mode}", tree, record, deep=False)
    return by_shape, by_endpoint


@pytest.mark.slow
def test_in_every_shape_each_key_is_null_and_is_not_and_each_list_is_empty_and_has_several(
    seen: tuple[Seen, Seen],
) -> None:
    assert seen[0].missing() == IMPOSSIBLE.keys()


@pytest.mark.slow
def test_in_every_endpoint_and_mode_too(seen: tuple[Seen, Seen]) -> None:
    missing = {(where.partition("?")[0], key, what) for where, key, what in seen[1].missing()}
    assert missing == UNTRIED.keys()


@pytest.fixture(scope="module")
def unblocked(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def test_every_endpoint_has_records_in_every_mode_at_sixty_craft(unblocked: None) -> None:
    with invented(60):
        client = Client()
        for path, resource in RESOURCES.items():
            for mode in resource.modes:
                page = client.get(f"/2.3.0/{path}/?limit=1&mode={mode}&format=json").json()
                assert page["results"], (path, mode)


@pytest.mark.slow
def test_what_the_help_pages_suggest_is_answered(unblocked: None) -> None:
    """Their examples name ids of the original: at 600 craft there is something with each of them."""
    with invented(600):
        client = Client()
        for path, resource in RESOURCES.items():
            for option, example in resource.examples.items():
                query = example if option == "filter" else f"{option}={example}"
                answer = client.get(f"/2.3.0/{path}/?limit=1&format=json&{query}")
                assert answer.status_code == 200, (path, query, answer.content)


def test_the_same_seed_makes_the_same_catalogue(unblocked: None) -> None:
    """Whatever the database numbered before."""
    dumps: list[Dump] = []
    for seed in (1, 1, 2):
        with invented(24, seed) as dump:
            dumps.append(dump)
    assert dumps[0] == dumps[1]
    assert dumps[0].tables["Spacecraft"] != dumps[2].tables["Spacecraft"]


def test_ids_are_dense_from_one(unblocked: None) -> None:
    """But for net precisions, which the original numbers from zero, and launches, which have UUIDs."""
    with invented(24) as dump:
        for table, rows in dump.tables.items():
            if table not in ("NetPrecision", "Launch", "Rocket"):
                assert list(rows) == list(range(1, len(rows) + 1)), table


def test_one_craft_is_enough(unblocked: None) -> None:
    with invented(1) as dump:
        assert len(dump.tables["Spacecraft"]) == 1


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


@pytest.mark.parametrize("year", ["1899-12-31", "2901-01-01"])
def test_an_instant_without_room_for_a_history_is_refused(year: str) -> None:
    result = CliRunner().invoke(app, ["synth", "--until", year], env={"COLUMNS": "80"})
    assert result.exit_code == 1
    assert result.stderr.endswith("choose an instant between the years 1900 and 2900.\n")


@pytest.mark.parametrize("year", [1900, 2900])
def test_any_other_instant_will_do(year: int, unblocked: None) -> None:
    with invented(3, now=datetime(year, 1, 1, tzinfo=UTC)) as dump:
        assert max(craft["totals_read_at"] for craft in dump.rows("Agency")).year == year


@needs_shared
@pytest.mark.slow
def test_a_served_catalogue_of_600_conforms_to_the_contract(tmp_path: Path) -> None:
    assert run(tmp_path / "data", "synth").returncode == 0
    with serving(tmp_path / "data", "--empty") as server:
        conform = [sys.executable, str(SHARED / "tools" / "conform"), server.url]
        result = subprocess.run(conform, capture_output=True, text=True, timeout=900, check=False)
    assert result.returncode == 0, result.stdout
