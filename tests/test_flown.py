"""Has this launch flown?  What the wire and timelines say, for each status; and of a clock that was set back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from conftest import NOW, Api
from cosmodrome.catalogue.crews import Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import UPCOMING_STATUSES, Launch, LaunchStatus, has_flown
from cosmodrome.catalogue.places import Landing
from cosmodrome.changes.transactions import atomic_change
from histories.model import STATUSES
from test_timeline import a_craft, a_docking, a_flight, a_station, at, entries, timeline

NET = "2026-04-30T12:00:00"
DAY = timedelta(days=1)
NOTHING = (None, "P0D")
"""No duration: null, or zero where the contract has no null."""


@pytest.fixture(params=STATUSES)
def status(request: pytest.FixtureRequest, db: None) -> int | None:
    """Each status of a launch; one that nobody knows of; none."""
    found: int | None = request.param
    if found:
        LaunchStatus.objects.get_or_create(id=found)
    return found


def launched(status: int | None, net: str = NET, end: str | None = None, **columns: Any) -> SpacecraftFlight:
    """A flight of a craft of its own, on a launch of this status."""
    flight = a_flight(a_craft(), net, end, **columns)
    like = Launch.objects.exclude(launch_service_provider=None).earliest("pk")
    Launch.objects.filter(pk=flight.rocket_id or "").update(
        status=status,
        slug="a",
        window_start=at(net),
        window_end=at(net),
        last_updated=at("2026-04-01T00:00:00"),
        launch_service_provider=like.launch_service_provider,
    )
    return flight


def derive(*flights: SpacecraftFlight) -> None:
    """Derives what depends on these flights and their launches; without any, everything."""
    with atomic_change() as change:
        if not flights:
            change.all_rows_changed()
            return
        change.after_write(Launch, [flight.rocket_id for flight in flights])
        change.after_write(SpacecraftFlight, [flight.pk for flight in flights])


def duration(api: Api, flight: SpacecraftFlight, **parameters: Any) -> Any:
    return api.json(f"spacecraft_flights/{flight.pk}", **parameters)["duration"]


def test_sql_and_rows_go_by_one_rule(status: int | None) -> None:
    for net in (NET, "2027-01-01T00:00:00"):
        launch = Launch.objects.create(name="A", net=at(net), status_id=status)
        expected = at(net) <= NOW and status not in (1, 2, 5, 8)
        assert Launch.objects.filter(has_flown(NOW), pk=launch.pk).exists() == expected
        assert (launch.flies_at is not None and launch.flies_at <= NOW) == expected
    undated = Launch.objects.create(name="A", status_id=status)
    assert not Launch.objects.filter(has_flown(NOW), pk=undated.pk).exists()
    assert not Launch.objects.filter(has_flown(None), pk=undated.pk).exists()
    assert undated.flies_at is None


def test_a_flight_lasts_only_if_it_was_launched(api: Api, status: int | None) -> None:
    flight = launched(status)
    assert duration(api, flight) in (NOTHING if status in UPCOMING_STATUSES else ["P1D"])
    published = launched(status, duration=timedelta(hours=5))
    assert duration(api, published) == ("PT5H" if status in UPCOMING_STATUSES else "P1D")


def test_a_timeline_tells_a_launch_as_flown_only_if_it_has(api: Api, status: int | None) -> None:
    flight = launched(status, end="2026-04-30T18:00:00")
    to_come = status in UPCOMING_STATUSES
    told = timeline(api, flight.spacecraft)["events"]
    assert [(event["kind"], event["planned"]) for event in told] == [
        ("launch", to_come),
        ("landing", to_come),
    ]
    assert told[0]["title"] == {
        **dict.fromkeys(UPCOMING_STATUSES, "Hope is to launch (Arrow | Hope-1)"),
        4: "The launch of Hope fails (Arrow | Hope-1)",
        7: "The launch of Hope is a partial failure (Arrow | Hope-1)",
    }.get(status or 0, "Hope launches (Arrow | Hope-1)")
    assert told[0]["outcome"] == {3: "success", 4: "failure", 7: "partial_failure"}.get(status or 0)
    said = [str(entry["STATUS"]) for entry in entries(api, flight.spacecraft)]
    assert said == ["TENTATIVE" if to_come else "CONFIRMED"] * 2
    address = f"/2.3.0/spacecraft/{flight.spacecraft_id}/timeline/?at=2026-04-30T13:00:00Z"
    travelled = [event["kind"] for event in api.get(address).json()["events"]]
    assert travelled == ([] if to_come else ["launch"])


@pytest.mark.parametrize(
    ("success", "title", "outcome"),
    [
        (True, "The mission of Hope ends with a landing", "success"),
        (False, "The mission of Hope ends, its landing fails", "failure"),
        (None, "The mission of Hope ends", None),
    ],
)
def test_a_timeline_names_the_outcome_of_a_landing(
    api: Api, success: bool | None, title: str, outcome: str | None
) -> None:
    like = Landing.objects.earliest("pk")
    landing = Landing.objects.create(attempt=True, success=success, type_id=like.type_id)
    flight = launched(3, end="2026-04-30T18:00:00", landing=landing)
    told = timeline(api, flight.spacecraft)["events"][-1]
    assert (told["title"], told["outcome"]) == (title, outcome)


def test_at_an_instant_has_flown_what_has_by_now_and_had_its_net(api: Api, status: int | None) -> None:
    flight = launched(status)
    derive(flight)
    listed = [
        api.json("spacecraft_flights", spacecraft=flight.spacecraft_id, at=when)["count"]
        for when in ("2026-04-30T11:59:59Z", "2026-04-30T12:00:00Z")
    ]
    assert listed == ([0, 0] if status in UPCOMING_STATUSES else [0, 1])


def numbers(launch: Any) -> list[int | None]:
    return [
        launch[f"{what}_launch_attempt_count{year}"] for what in ("pad", "agency") for year in ("", "_year")
    ]


def test_launches_to_come_are_numbered_on_as_the_original_does(api: Api) -> None:
    """As in real answers: four planned for the end of one month have the same number, the last of theirs."""
    like = Launch.objects.exclude(pad=None).exclude(launch_service_provider=None).earliest("pk")
    pad, provider = like.pad, like.launch_service_provider
    Launch.objects.filter(pad=pad).update(pad=None)
    Launch.objects.filter(launch_service_provider=provider).exclude(pk=like.pk).delete()
    zero = dict.fromkeys(Launch.published_totals, 0)
    plan = [
        ("2025-12-31T00:00:00", 3, [1, 1, 1, 1]),
        ("2026-01-01T00:00:00", 4, [2, 1, 2, 1]),
        ("2026-04-30T00:00:00", 6, [3, 2, 3, 2]),
        ("2026-03-01T00:00:00", 5, [3, 2, 3, 2]),
        ("2026-06-30T00:00:00", 1, [6, 5, 6, 5]),
        ("2026-06-30T00:00:00", 2, [6, 5, 6, 5]),
        ("2027-01-31T00:00:00", 8, [7, 1, 7, 1]),
    ]
    made = []
    Launch.objects.filter(pk=like.pk).update(launch_service_provider=None)
    for net, status, _ in plan:
        LaunchStatus.objects.get_or_create(id=status)
        shared: dict[str, Any] = {"slug": "a", "window_start": at(net), "window_end": at(net)}
        made.append(
            Launch.objects.create(
                name="A",
                net=at(net),
                status_id=status,
                pad=pad,
                launch_service_provider=provider,
                last_updated=NOW,
                totals_read_at=NOW,
                **shared,
                **zero,
            )
        )
    derive()
    shown = {each["id"]: each for each in api.json("launches", search="A", limit=100)["results"]}
    assert [numbers(shown[str(each.pk)]) for each in made] == [expected for *_, expected in plan]
    then = {each["id"]: each for each in api.json("launches", limit=100, at="2026-01-15")["results"]}
    assert [numbers(then[str(each.pk)])[0] for each in made] == [1, 2, *[None] * 5]


SET_BACK = [
    ("2026-04-30T11:00:00Z", "P0D"),
    ("2026-04-30T12:00:00Z", "P0D"),
    ("2026-04-30T15:00:00Z", "PT3H"),
    ("2026-05-02T12:00:00Z", "P2D"),
    ("2027-01-01T00:00:00Z", "P2D"),
]


@pytest.mark.parametrize(("now", "expected"), SET_BACK)
@pytest.mark.parametrize("published", [None, 2 * DAY])
def test_a_clock_that_is_set_back_shows_a_flight_under_way(
    api: Api, settings: Settings, now: str, expected: str, published: timedelta | None
) -> None:
    flight = launched(3, end="2026-05-02T12:00:00", duration=published)
    settings.CLOCK_STOPPED_AT = at(now.rstrip("Z"))
    assert duration(api, flight) == expected
    derive(flight)
    assert duration(api, flight) == expected


def test_a_flight_that_ended_before_its_launch_has_no_duration(api: Api) -> None:
    flight = launched(3, end="2026-04-29T12:00:00")
    assert duration(api, flight) in NOTHING
    derive(flight)
    assert duration(api, flight) in NOTHING


def two_flights(first_end: str, second: str) -> tuple[SpacecraftFlight, SpacecraftFlight]:
    one = launched(3, net="2026-01-01T00:00:00", end=first_end)
    two = launched(3, net=second)
    SpacecraftFlight.objects.filter(pk=two.pk).update(spacecraft=one.spacecraft)
    zero = {
        "flights_count": 0,
        "mission_ends_count": 0,
        "in_space": False,
        "totals_read_at": at("2025-01-01T00:00:00"),
    }
    type(one.spacecraft).objects.filter(pk=one.spacecraft_id).update(**zero)
    derive(one, two)
    return one, two


@pytest.mark.parametrize(
    ("end", "expected"),
    [pytest.param("2026-02-01T00:00:00", "P28D", marks=pytest.mark.slow), ("2026-03-02T00:00:00", None)],
)
def test_no_turnaround_is_below_zero(api: Api, end: str, expected: str | None) -> None:
    """A craft whose flight before had not ended: told neither now, nor at an instant before that end."""
    one, two = two_flights(end, "2026-03-01T00:00:00")
    for when in ({}, {"at": "2026-03-01T12:00:00Z"}, {"at": "2026-04-01"}):
        flight = api.json(f"spacecraft_flights/{two.pk}", **when)
        craft = api.json(f"spacecraft/{one.spacecraft_id}", **when)
        assert flight["turn_around_time"] == expected or (
            expected is None and flight["turn_around_time"] in NOTHING
        )
        assert craft["fastest_turnaround"] == expected


def test_what_ends_after_the_clock_is_open(api: Api, settings: Settings) -> None:
    station = a_station()
    a_docking("2026-04-01T00:00:00", "2026-04-20T00:00:00", space_station_target=station)
    walk = Spacewalk.objects.create(
        name="Walk",
        start=at("2026-04-10T00:00:00"),
        end=at("2026-04-10T06:00:00"),
        duration=timedelta(hours=6),
    )
    type(station).objects.filter(pk=station.pk).update(
        docked_vehicles=0, onboard_crew=0, totals_read_at=at("2026-03-01T00:00:00")
    )
    for now, docked, lasted in (("2026-04-10T03:00:00", 1, None), ("2026-05-01T00:00:00", 0, "PT6H")):
        settings.CLOCK_STOPPED_AT = at(now)
        derive()
        assert api.json(f"space_stations/{station.pk}")["docked_vehicles"] == docked
        assert api.json(f"spacewalks/{walk.pk}")["duration"] == lasted
