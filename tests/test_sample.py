"""What a fresh server serves: all look-ups, and true records in nearly every list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from conftest import NOW
from cosmodrome import sample
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.ingest.loader import load_file
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.server.startup import load_sample
from cosmodrome.time.durations import read_duration
from pages import emptied

pytestmark = [pytest.mark.xdist_group("sample")]

OWN_IDS = 1_000_000_000
"""Ids of the original are below, and those that we chose above."""

NOTHING_TRUE_TO_SHOW = {
    "launches/upcoming": "what is to come changes from day to day",
    "events/upcoming": "the same",
    "updates": "news of the original are its own texts",
    "mission_patches": "a patch is an image, and none is bundled",
}
"""The lists that are empty at first."""


@pytest.fixture(scope="module")
def fresh(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The catalogue of a first start, for all tests of the module."""
    with django_db_blocker.unblock(), emptied():
        load_sample()
        yield


def listed(path: str, mode: str) -> list[dict[str, Any]]:
    """All records of a list."""
    query = {"mode": mode, "limit": "100", "format": "json"}
    results: list[dict[str, Any]] = Client().get(f"/2.3.0/{path}/", query).json()["results"]
    return results


@pytest.mark.slow
def test_every_list_has_records_but_those_that_could_have_no_true_ones(fresh: None) -> None:
    empty = {path for path, resource in RESOURCES.items() if not listed(path, next(iter(resource.modes)))}
    assert empty == NOTHING_TRUE_TO_SHOW.keys()


def test_what_was_published_of_the_craft_is_what_is_served(fresh: None) -> None:
    """Whatever else the sample tells: nothing that is derived from it differs from what was published."""
    published = {
        path: json.loads((sample.FOLDER / f"{path}.json").read_text())
        for path in ("spacecraft", "spacecraft_configurations", "agencies")
    }
    for path, records in published.items():
        served = {record["id"]: record for record in listed(path, "detailed")}
        for record in records:
            plain = {key: value for key, value in record.items() if not isinstance(value, (dict, list))}
            plain.pop("response_mode")
            assert {key: served[record["id"]][key] for key in plain} == plain


def test_flights_and_dockings_last_as_long_as_was_published_of_their_craft(fresh: None) -> None:
    published = {
        record["id"]: record for record in json.loads((sample.FOLDER / "spacecraft.json").read_text())
    }
    flights = listed("spacecraft_flights", "detailed")
    assert len(flights) == 10
    for flight in flights:
        craft = published[flight["spacecraft"]["id"]]
        assert flight["duration"] == craft["time_in_space"]
    dockings = DockingEvent.objects.values_list("flight_vehicle_chaser__spacecraft", "docking", "departure")
    for craft, docking, departure in dockings:
        assert departure is not None
        assert departure - docking == read_duration(published[craft]["time_docked"]) > timedelta(0)


@pytest.mark.slow
def test_it_does_not_contradict_itself(fresh: None) -> None:
    from cosmodrome.doctor.report import Counts, as_json
    from cosmodrome.doctor.rules import RULES

    assert json.loads("".join(as_json(NOW, Counts(), RULES.values()))) == []


@pytest.mark.slow
@pytest.mark.parametrize("file", sample.FILES, ids=lambda file: file.stem)
def test_loading_a_file_again_changes_nothing(fresh: None, file: Any) -> None:
    report = load_file(str(file), as_of=sample.READ_AT)
    counts = [*report.records.values(), report.nested]
    assert sum(tally.created + tally.changed for tally in counts) == 0
    assert report.notes == []


def test_each_file_is_loaded_and_after_those_that_it_refers_to() -> None:
    assert set(sample.FILES) == set(sample.FOLDER.rglob("*.json"))
    assert len(sample.FILES) == len(set(sample.FILES))


def test_own_ids_are_far_from_those_of_the_original(fresh: None) -> None:
    """The greatest of the original is that of an image or a link, in the ten thousands."""
    for path, resource in RESOURCES.items():
        for key in resource.rows().values_list("pk", flat=True):
            assert not isinstance(key, int) or key < 100_000 or key > OWN_IDS, path


NAMES_THAT_CODE_LOOKS_FOR = {
    "config/orbits": {"Suborbital", "Low Earth Orbit"},
    "config/astronaut_types": {"Non-Human"},
    "config/launch_statuses": {"Launch Successful", "Launch in Flight", "Payload Deployed", "On Hold"},
}


@pytest.mark.slow
def test_look_ups_have_what_clients_and_filters_look_for(fresh: None) -> None:
    for path, names in NAMES_THAT_CODE_LOOKS_FOR.items():
        assert names <= {record["name"] for record in listed(path, "normal")}
    statuses = {record["id"]: record["abbrev"] for record in listed("config/launch_statuses", "normal")}
    assert statuses == dict(
        enumerate(
            ["Go", "TBD", "Success", "Failure", "Hold", "In Flight", "Partial Failure", "TBC", "Deployed"], 1
        )
    )
    precisions = [record["id"] for record in listed("config/net_precisions", "normal")]
    assert precisions == list(range(17))
