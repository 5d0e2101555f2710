"""Statements that are compiled once answer like queries that Django makes anew, of whatever instant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import DateTimeField, Exists, F, Q, Value
from django.db.models.functions import Coalesce
from django.test.utils import CaptureQueriesContext

from conftest import NOW, Api, so_many
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.stations import SpaceStation
from cosmodrome.derived.aggregates import YearStart, difference
from cosmodrome.rendering import rows, statements
from cosmodrome.rendering.statements import (
    PAST,
    STATEMENTS,
    NotCompilable,
    StatementCache,
    compiled,
    made_up_instants,
)
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.time.as_of import AsOf, as_of, present, requested_as_of, set_as_of
from worlds import invented

LISTS = [(path, mode) for path, resource in RESOURCES.items() for mode in resource.modes]
FULLEST = list(dict(LISTS).items())
INSTANTS = ["1969-07-20T20:17:40Z", "2014-06-01T12:00:00Z", "2024-02-29T23:59:59Z", "2031-01-01T00:00:00Z"]


class Anew:
    """In place of a compiled statement: makes its query for each execution."""

    def __init__(self, make: statements.MakeRows) -> None:
        self.make = make

    def execute(self, ids: Iterable[Any] = ()) -> list[Any]:
        listed = list(ids)
        with pytest.MonkeyPatch.context() as patch:
            for module in (rows, statements):
                patch.setattr(module, "Among", lambda column: Q(**{f"{column}__in": listed}))
            return list(self.make())


class AllAnew(StatementCache):
    def get(self, key: Any, make: Any, id_field: Any = None) -> Any:
        del key, id_field
        return Anew(make)


def answers(api: Api, lists: Iterable[tuple[str, str]], instants: list[str]) -> Iterator[tuple[Any, Any]]:
    """The page of each list about each instant, and about the present."""
    for path, mode in lists:
        yield (path, mode), api.json(path, mode=mode, limit=9)
        for at in instants:
            yield (path, mode, at), api.json(path, mode=mode, limit=9, at=at)


def differing(api: Api, lists: list[tuple[str, str]], instants: list[str]) -> list[Any]:
    found = dict(answers(api, lists, instants))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "STATEMENTS", AllAnew(0))
        expected = dict(answers(api, lists, instants))
    assert len(found) == len(lists) * (len(instants) + 1)
    return [each for each in found if json.dumps(found[each]) != json.dumps(expected[each])]


def test_a_compiled_statement_answers_like_a_query_that_is_made_anew(api: Api) -> None:
    instants = INSTANTS[1 : so_many(2, of=3)]
    assert differing(api, [("spacecraft", "detailed"), ("launches", "normal")], instants) == []


@pytest.mark.slow
@pytest.mark.django_db(databases="__all__")
def test_every_list_in_every_mode_does(api: Api) -> None:
    """At one of the instants each: no statement is another at another instant."""
    with invented(6, seed=3):
        for number, instant in enumerate(INSTANTS):
            assert differing(api, LISTS[number :: len(INSTANTS)], [instant]) == []


@pytest.mark.slow
@pytest.mark.django_db(databases="__all__")
def test_no_query_of_rows_is_another_at_another_instant(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one instant is enough to compile it: none of its constants looks like an instant of the answer."""
    kept = StatementCache(10**9)

    class AtTwo(StatementCache):
        def get(self, key: Any, make: Any, id_field: Any = None) -> Any:
            is_compared = kept._statements.get(key) is not None
            one = kept.get(key, make, id_field)
            if is_compared:
                return one
            two = compiled(make, made_up_instants(), id_field)
            assert (one.sql, one.constants, one.instants) == (two.sql, two.constants, two.instants)
            return two

    monkeypatch.setattr(rows, "STATEMENTS", AtTwo(0))
    with invented(4, seed=4):
        list(answers(api, FULLEST, INSTANTS[3:]))
    assert len(kept._statements) > 200


def test_the_same_statements_serve_every_instant(api: Api) -> None:
    api.json("spacecraft", at="2020-01-01T00:00:00Z")
    size = STATEMENTS.size
    texts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as captured:
            api.json("spacecraft", at=f"201{number}-05-01T00:00:00Z", limit=number + 2)
        texts.append(len(captured.captured_queries))
    assert STATEMENTS.size == size > 0
    assert texts == texts[:1] * 3


def test_statements_take_no_more_than_their_room(db: None) -> None:
    cache = StatementCache(20_000)
    for number in range(30):
        cache.get(number, lambda: Agency.objects.filter(pk=number))  # noqa: B023
        assert cache.size <= 20_000
    assert 1 < len(cache._statements) < 30


def test_an_instant_of_a_query_is_found_in_every_form(db: None) -> None:
    about = AsOf(datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC), True, NOW)

    def make() -> Any:
        at = requested_as_of()
        assert at
        agencies = Agency.objects.filter(founding_year__lt=at.year, name="1201-03-05").values("pk")
        stations = Exists(SpaceStation.objects.filter(founded__gt=at.date()))
        launches = Launch.objects.filter(net__lt=at, window_start__gt=as_of() - timedelta(hours=24))
        return launches.filter(stations, net__lt=present(), launch_service_provider__in=agencies)

    statement = compiled(make, PAST)
    with set_as_of(about):
        _, parameters = make().query.sql_with_params()
        values = statement.instant_parameters()
    assert len(values) == 5
    assert {*parameters} == {*values.values(), *statement.constants.values()}
    assert [*statement.constants.values()] == [1, "1201-03-05"]  # that of EXISTS


def test_a_query_that_depends_on_the_instant_otherwise_is_refused(db: None) -> None:
    with pytest.raises(NotCompilable):
        compiled(lambda: Launch.objects.filter(net__lt=as_of() + (as_of() - NOW) / 2), PAST)
    with pytest.raises(NotCompilable):
        compiled(
            lambda: Launch.objects.filter(**{"net__lt" if as_of().day == 5 else "net__gt": as_of()}), PAST
        )


@pytest.mark.parametrize(
    "later", ["2024-02-29T12:00:00Z", "1969-12-31T23:59:59.000001Z", "0001-01-02T00:00:00Z"]
)
@pytest.mark.parametrize("earlier", ["2023-12-31T23:59:59.999999Z", "9999-12-30T00:00:00Z"])
def test_databases_compute_differences_and_years_as_python_does(db: None, later: str, earlier: str) -> None:
    """To the microsecond."""
    ends = [datetime.fromisoformat(each) for each in (later, earlier)]
    one = Launch.objects.create(net=ends[0], window_start=ends[1], name="a", slug="a")
    rows = Launch.objects.filter(pk=one.pk)
    at = Value(ends[1], output_field=DateTimeField())
    found = rows.annotate(
        columns=difference("net", "window_start"),
        value=difference(F("net"), at),
        python=difference(Coalesce(F("net"), at), at),
        unknown=difference("net", "window_end"),
        year=YearStart("net"),
    ).get()
    assert found.columns == found.value == found.python == ends[0] - ends[1]
    assert found.unknown is None
    assert rows.filter(net__gte=YearStart("net")).exists()
    assert not rows.filter(net__year=ends[0].year, net__lt=YearStart("net")).exists()
