"""`?at=` on every endpoint: what the server would have answered then, of what was known then.

The reference is slow and plain.  Whatever lies after an instant is taken out of the tables by hand, all is
derived anew with the clock stopped at that instant, and each endpoint is asked without the parameter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import override_settings

from conftest import Api
from cosmodrome.catalogue.launches import Launch
from cosmodrome.derived.definitions import facts
from cosmodrome.derived.definitions.facts import FACTS, check_facts
from cosmodrome.derived.definitions.histories import DECLARED_HISTORIES
from cosmodrome.derived.materialised.refresh import derive_all
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.shapes.fields import Duration
from cosmodrome.shapes.graph import Many, Nesting, graph_of
from cosmodrome.shapes.shapes import Assembled, Shape, shape_model
from cosmodrome.time.clock import write_instant
from past import TO_COME, read_before_anything_happened, take_back
from worlds import invented

NOT_KNOWN = {
    "Agency": {"administrator"},
    "Astronaut": {"status"},
    "Event": {"webcast_live"},
    "LandingLocation": {"active"},
    "Launch": {"webcast_live"},
    "Launcher": {"status", "flight_proven"},
    "LauncherConfig": {"active"},
    "LauncherConfigFamily": {"active"},
    "Location": {"active"},
    "Pad": {"active"},
    "RoadClosure": {"status"},
    "Spacecraft": {"status"},
    "SpacecraftConfig": {"in_use"},
    "SpaceStation": {"status"},
    "VidURL": {"live"},
}
"""The one difference that is meant: by table, the words of the present, of which nobody knows what they were."""


def without_words_of_the_present(shape: type[Shape], record: Any, at: datetime) -> Any:
    """A record as it was served at an instant, with null for what cannot be known of it later."""
    if record is None:
        return None
    table = shape_model(shape).__name__
    found = dict(record) | dict.fromkeys(NOT_KNOWN.get(table, set()) & set(record))
    for key in graph_of(shape).keys:
        if type(key.field) is Duration and not key.field.allow_null and found[key.name] == "P0D":
            found[key.name] = None  # a turnaround of which there is none yet, where the contract has no null
        elif isinstance(key, Nesting) and found[key.name] is not None:
            listed = found[key.name] if isinstance(key, Many) else [found[key.name]]
            masked = [without_words_of_the_present(key.shape, each, at) for each in listed]
            found[key.name] = masked if isinstance(key, Many) else masked[0]
    return found | launch_not_known(record, at) if table == "Launch" and "net" in record else found


def launch_not_known(launch: Any, at: datetime) -> dict[str, None]:
    """What is null of a launch: the status and the numbers of one to come, and a change that lies ahead."""
    is_to_come = launch["net"] > write_instant(at) or (launch["status"] or {}).get("id") in TO_COME
    numbers = [name for name in Launch.published_totals if name in launch]
    is_changed_later = launch["last_updated"] > write_instant(at)
    return dict.fromkeys(["status", *numbers] * is_to_come + ["last_updated"] * is_changed_later)


Asked = tuple[str, str]


def asked() -> Iterator[Asked]:
    """Every endpoint in every mode."""
    modes = {path: resource.modes for path, resource in RESOURCES.items()}
    modes |= {path: endpoint.modes for path, endpoint in ENDPOINTS.items()}  # type: ignore[misc] # shapes, too
    for path, shapes in modes.items():
        yield from ((path, mode) for mode in shapes)


def fullest() -> Iterator[Asked]:
    """Every endpoint in the mode that shows most."""
    return iter(dict(asked()).items())


def parts(shape: type[Assembled], answer: Any) -> Iterator[tuple[str, type[Shape], list[Any]]]:
    """The lists of an object that shows several shapes together."""
    for name, field in shape().fields.items():
        child: Any = getattr(field, "child", field)
        if isinstance(child, Shape):
            yield name, type(child), answer[name]
        elif isinstance(child, Assembled):
            yield from parts(type(child), answer[name])


def records(path: str, mode: str, answer: Any) -> Iterator[tuple[str, type[Shape], list[Any]]]:
    if path in RESOURCES:
        yield "results", RESOURCES[path].list_shape(mode), answer["results"]
    else:
        yield from parts(ENDPOINTS[path].modes[mode], answer)


def differences(api: Api, at: datetime, queries: Iterator[Asked], limit: int) -> Iterator[str]:
    """What differs between the answers about an instant, and those that were given at that instant."""
    read_before_anything_happened()
    derive_all()
    about = {each: api.json(each[0], mode=each[1], limit=limit, at=write_instant(at)) for each in queries}
    take_back(at)
    with override_settings(CLOCK_STOPPED_AT=at):
        derive_all()
        for (path, mode), found in about.items():
            then = api.json(path, mode=mode, limit=limit)
            if then.get("count") != found.get("count"):
                yield f"{path}?mode={mode}: {found['count']} records, and there were {then['count']}"
                continue
            for (name, shape, listed), (_, _, expected) in zip(
                records(path, mode, found), records(path, mode, then), strict=True
            ):
                masked = [without_words_of_the_present(shape, each, at) for each in expected]
                yield from differing(f"{path}?mode={mode} {name}", listed, masked)


def differing(where: str, found: Any, expected: Any) -> Iterator[str]:
    if json.dumps(found) == json.dumps(expected):
        return
    if isinstance(found, dict) and isinstance(expected, dict) and list(found) == list(expected):
        where = f"{where} {found.get('id', '')}"
        for key, value in found.items():
            yield from differing(f"{where}.{key}", value, expected[key])
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for number, value in enumerate(found):
            yield from differing(f"{where}[{number}]", value, expected[number])
    else:
        yield f"{where}: {json.dumps(found)[:200]}, and it was {json.dumps(expected)[:200]}"


@pytest.mark.slow
@pytest.mark.django_db(databases="__all__")
def test_what_is_told_of_an_instant_is_what_was_told_then(api: Api) -> None:
    with invented(4, seed=5):
        at = datetime(2021, 3, 1, 12, tzinfo=UTC)
        assert list(differences(api, at, fullest(), limit=3)) == []


@pytest.mark.slow
@pytest.mark.parametrize("when", ["2014-07-01T00:00:00Z", "2025-12-01T06:30:00Z"])
@pytest.mark.django_db(databases="__all__")
def test_so_it_is_of_more_in_every_mode(api: Api, when: str) -> None:
    with invented(40, seed=6):
        assert list(differences(api, datetime.fromisoformat(when), asked(), limit=100)) == []


def test_every_column_is_a_fact_or_has_a_history() -> None:
    assert check_facts() == []


def test_a_column_that_is_forgotten_is_an_error_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever it is: here all of them are."""
    declared = {(name, column) for name, columns in FACTS.items() for column in columns.split()}
    for table, history in DECLARED_HISTORIES.items():
        declared |= {(table.__name__, column) for column in (*history.columns, *history.lists)}
    monkeypatch.setattr(facts, "FACTS", {})
    monkeypatch.setattr(facts, "DECLARED_HISTORIES", {})
    problems: list[Any] = check_facts()
    assert {(each.obj.__name__, each.msg.split("'")[1]) for each in problems} == declared
    assert problems[0].msg.startswith("'name': what did it hold at an earlier instant?  Name it in FACTS of ")


def test_a_column_that_is_declared_twice_or_misspelt_is_an_error_at_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FACTS, "Pad", f"{FACTS['Pad']} active total_launch_count colour")
    assert [each.msg for each in check_facts()] == [
        "'active' is declared as history and as fact: only one can be.",
        "'total_launch_count' is declared as total and as fact: only one can be.",
        "FACTS names 'colour', which Pad does not have.",
    ]
