"""Derived values in the place of published ones: after any change and at any time as if derived from scratch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.changes.transactions import atomic_change, settle
from cosmodrome.derived.materialised.materialise import annotated_rows, some_rows
from cosmodrome.derived.materialised.models import DerivationState
from cosmodrome.derived.materialised.refresh import derive_all
from cosmodrome.derived.registry import DERIVED, PUBLISHED_TABLES
from cosmodrome.rendering.statements import PRESENT, Among, compiled
from cosmodrome.time.accrual import accrued_in
from histories import BEGINNING, Docking, Flight, History, id_offset, instant
from histories.model import KEYS, LAST
from histories.strategies import histories
from histories.writer import Writer
from pages import emptied, examples

pytestmark = pytest.mark.django_db(databases="__all__")


def served(at: datetime) -> dict[str, Any]:
    """What every row serves in its derived columns at an instant."""
    return {
        f"{declared.name} of {row.pk}": accrued_in(row, declared.column, at)
        if hasattr(row, f"{declared.column}_since")
        else getattr(row, declared.column)
        for declared in DERIVED.values()
        for row in declared.table._default_manager.all()
    }


def published() -> dict[str, list[Any]]:
    """What is kept of published values."""
    return {
        table.__name__: list(table._default_manager.order_by("pk").values_list())
        for table in PUBLISHED_TABLES.values()
    }


def write(history: History) -> None:
    with atomic_change() as change:
        Writer(history, id_offset(0)).write()
        change.all_rows_changed()


@pytest.mark.parametrize("table", [Spacecraft, Launch], ids=lambda table: table.__name__)
def test_one_statement_derives_as_of_every_instant(table: Any) -> None:
    """So that one instant is enough to compile it: none of its constants looks like the instant."""
    one, _ = some_rows(table)
    rows = annotated_rows(table, in_bulk=False).filter(Among(F("pk")))
    two = compiled(lambda: rows, PRESENT, table._meta.pk)
    assert (one.sql, one.constants, one.instants) == (two.sql, two.constants, two.instants)
    assert one.instants


# Edits, as loads and people make them.

Edit = Callable[[], None]


def set_column(model: Any, key: Any, column: str, value: Any) -> None:
    """Sets a column of a row, which may be gone; of no row if there is no key."""
    keys = [] if key is None else [key]
    with atomic_change() as change:
        change.before_write(model, keys)
        model.objects.filter(pk__in=keys).update(**{column: value})
        change.after_write(model, keys)


def delete(model: Any, key: Any) -> None:
    with atomic_change() as change:
        change.delete(model.objects.filter(pk=key))


def dock(key: int, docking: datetime, departure: datetime | None, flight: int) -> None:
    with atomic_change() as change:
        change.before_write(DockingEvent, DockingEvent.objects.filter(pk=key).values_list("pk", flat=True))
        columns = {"docking": docking, "departure": departure, "flight_vehicle_chaser_id": flight}
        DockingEvent.objects.update_or_create(
            pk=key, defaults={**columns, "space_station_target_id": KEYS[0]}
        )
        change.after_write(DockingEvent, [key])


def launch_of(flight: int) -> Any:
    return SpacecraftFlight.objects.filter(pk=flight).values_list("rocket_id", flat=True).first()


flights = st.integers(1, 6)
instants = st.integers(0, LAST).map(instant)


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    flight, when = draw(flights), draw(instants)
    later = draw(st.none() | instants)
    return draw(
        st.sampled_from(
            [
                lambda: set_column(SpacecraftFlight, flight, "mission_end", later),
                lambda: set_column(Launch, launch_of(flight), "net", when),
                lambda: set_column(Launch, launch_of(flight), "status_id", 1 + flight),
                lambda: set_column(SpacecraftFlight, flight, "spacecraft_id", KEYS[flight % 2]),
                lambda: delete(SpacecraftFlight, flight),
                lambda: delete(DockingEvent, flight),
                lambda: (
                    dock(flight, when, later, flight)
                    if SpacecraftFlight.objects.filter(pk=flight).exists()
                    else None
                ),
                lambda: set_column(Spacecraft, KEYS[0], "flights_count", flight),
            ]
        )
    )


@pytest.mark.parametrize("times", [pytest.param(2), pytest.param(16, marks=pytest.mark.slow)])
def test_after_any_edits_it_is_as_if_derived_from_scratch(times: int, settings: Settings) -> None:
    @examples(times)
    @given(histories(), st.lists(st.tuples(edits(), instants), max_size=6))
    def holds(history: History, steps: list[tuple[Edit, datetime]]) -> None:
        settings.CLOCK_STOPPED_AT = instant(LAST // 2)
        with emptied():
            write(history)
            for edit, now in steps:
                settings.CLOCK_STOPPED_AT = now  # sometimes earlier than before
                edit()
                settle()
                as_changed, kept = served(now), published()
                derive_all()
                assert as_changed == served(now)
                assert kept == published()

    holds()


@pytest.mark.parametrize("times", [pytest.param(1), pytest.param(3, marks=pytest.mark.slow)])
def test_as_time_passes_it_is_as_if_derived_from_scratch(times: int) -> None:
    @examples(times)
    @given(histories(), st.lists(instants, min_size=1, max_size=6))
    def holds(history: History, instants: list[datetime]) -> None:
        with emptied():
            with override_settings(CLOCK_STOPPED_AT=BEGINNING):
                write(history)
            for now in instants:
                with override_settings(CLOCK_STOPPED_AT=now):
                    settle()
                    as_time_passed = served(now)
                    derive_all()
                    assert as_time_passed == served(now)

    holds()


class TestWhatIsServed:
    """A craft of one flight that is open, docked twice, and published as of hour 200."""

    @pytest.fixture
    def craft(self, settings: Settings) -> Iterator[Any]:
        settings.CLOCK_STOPPED_AT = instant(300)
        with emptied():
            self.write()
            yield lambda: Spacecraft.objects.get(pk=1)

    def write(self) -> None:
        write(
            History(
                [Flight(1, craft=1, net=100, end=None)],
                [Docking(1, 110, 120, 1, None, 1), Docking(2, 130, None, 1, None, 1)],
                published={
                    ("Spacecraft", 1): {
                        "read": 200,
                        "flights_count": 1,
                        "mission_ends_count": 0,
                        "time_in_space": timedelta(hours=90),
                        "time_docked": timedelta(hours=80),
                    }
                },
            )
        )

    def test_the_derived_value_takes_the_place_of_the_published(self, craft: Any) -> None:
        assert craft().in_space
        assert accrued_in(craft(), "time_in_space", instant(300)) == timedelta(hours=200)
        assert accrued_in(craft(), "time_docked", instant(301)) == timedelta(hours=181)
        kept: Any = PUBLISHED_TABLES[Spacecraft]._default_manager.get(pk=1)
        assert (kept.time_in_space, kept.in_space) == (timedelta(hours=90), False)

    def test_what_was_published_comes_back_when_a_part_is_lost(self, craft: Any) -> None:
        delete(SpacecraftFlight, 1)
        assert (craft().flights_count, craft().time_in_space) == (1, timedelta(hours=90))
        assert not PUBLISHED_TABLES[Spacecraft]._default_manager.filter(pk=1).exists()

    def test_it_undocks_and_lands_when_the_clock_gets_there(self, craft: Any, settings: Settings) -> None:
        set_column(DockingEvent, 2, "departure", instant(310))
        set_column(SpacecraftFlight, 1, "mission_end", instant(320))
        assert DerivationState.objects.get().until == instant(310)
        for hour, docked, space in ((309, 189, 209), (310, 190, 210), (319, 190, 219), (320, 190, 220)):
            settings.CLOCK_STOPPED_AT = now = instant(hour)
            settle()
            assert accrued_in(craft(), "time_docked", now) == timedelta(hours=docked)
            assert accrued_in(craft(), "time_in_space", now) == timedelta(hours=space)
            assert craft().in_space == (hour < 320)
        settings.CLOCK_STOPPED_AT = now = instant(315)
        settle()
        assert craft().in_space
        assert accrued_in(craft(), "time_in_space", now) == timedelta(hours=215)

    def test_a_docking_on_both_sides_counts_twice(self, craft: Any) -> None:
        with atomic_change() as change:
            DockingEvent.objects.create(pk=3, docking=instant(290), flight_vehicle_target_id=1)
            change.after_write(DockingEvent, [3])
        assert craft().time_docked_pace == 2
        assert accrued_in(craft(), "time_docked", instant(305)) == timedelta(hours=10 + 175 + 15)

    @pytest.mark.usefixtures("craft")
    def test_one_docking_more_takes_few_statements_however_many_craft_there_are(self) -> None:
        def taken(key: int) -> int:
            with CaptureQueriesContext(connection) as queries:
                dock(key, instant(250), instant(251), 1)
            return len(queries)

        taken(50)  # which is new to the catalogue, and its station to the docking
        few = taken(51)
        Spacecraft.objects.bulk_create(
            Spacecraft(pk=key, status_id=1, spacecraft_config_id=1) for key in range(1000, 2000)
        )
        assert taken(52) == few <= 45


class TestALoad:
    """What is loaded is published, and what is in its place is still derived."""

    def test_the_same_page_again_changes_nothing(self, api: Any) -> None:
        from pages import load

        record = api.json("spacecraft/144")
        record["time_in_space"] = "P1D"
        record["flights"][0]["duration"] = "P1D"
        from conftest import NOW

        with emptied():
            load(json.dumps(record), NOW, endpoint="spacecraft")
            derived = api.json("spacecraft/144")
            assert derived["time_in_space"] != "P1D"
            kept = published()
            load(json.dumps(record), NOW, endpoint="spacecraft")
            assert api.json("spacecraft/144") == derived
            assert published() == kept
