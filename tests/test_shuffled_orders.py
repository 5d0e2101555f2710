"""All pages of a server, saved by a client and loaded in any order, make the same server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any, NamedTuple

import pytest

from conftest import Api
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Expedition
from cosmodrome.catalogue.events import Update
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.places import Location, Pad
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.changes.transactions import Change, atomic_change, show_published
from cosmodrome.ingest.models import Statement
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.synth.catalogue import NOW
from pages import emptied, load
from worlds import invented

LISTS = [(path, mode) for path, resource in RESOURCES.items() for mode in resource.modes]
BRIEF = [(path, mode) for path, mode in LISTS if mode == "list"]

A_MONTH_LATER = NOW + timedelta(days=30)
SUCCESS = 3

Answers = dict[str, bytes]
"""Pages by endpoint, mode and number."""


class SavedPage(NamedTuple):
    """A page, as `curl -i` saves it."""

    name: str
    endpoint: str
    read_at: datetime
    body: bytes

    def load(self) -> None:
        date = format_datetime(self.read_at.astimezone(UTC), usegmt=True)
        load(f"HTTP/1.1 200 OK\r\nDate: {date}\r\n\r\n".encode() + self.body, endpoint=self.endpoint)


def saved(api: Api, settings: Any, at: datetime, lists: list[tuple[str, str]]) -> list[SavedPage]:
    """All pages of these lists as of an instant, as a client that follows `next` gets them."""
    settings.CLOCK_STOPPED_AT = at
    pages = []
    for path, mode in lists:
        url = f"http://testserver/2.3.0/{path}/?mode={mode}&limit=100"
        while url:
            body = api.get(url).content
            pages.append(SavedPage(url, path, at, body))
            url = json.loads(body)["next"]
    return pages


def by_name(pages: list[SavedPage]) -> Answers:
    return {page.name: page.body for page in pages}


def served_after(
    pages: list[SavedPage], order: int, api: Api, settings: Any, at: datetime, lists: list[tuple[str, str]]
) -> Answers:
    """All answers of a server that was empty, and has loaded the pages in an order of this number."""
    with emptied():
        Statement.objects.all().delete()
        settings.CLOCK_STOPPED_AT = at
        for page in Random(order).sample(pages, len(pages)):  # noqa: S311 - any order will do
            page.load()
        return by_name(saved(api, settings, at, lists))


def difference(expected: Answers, answers: Answers) -> str:
    """The first page that differs, and where in it; empty if all are the same."""
    for name in sorted(expected.keys() | answers.keys()):
        one, other = expected.get(name, b"null"), answers.get(name, b"null")
        if one != other:
            return f"{name}: {first_difference(json.loads(one), json.loads(other), '') or 'other bytes'}"
    return ""


def first_difference(one: Any, other: Any, where: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(f".{key}", one.get(key), other.get(key)) for key in one | other]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"[{n}]", each, another) for n, (each, another) in enumerate(zip(one, other, strict=True))]
    else:
        return "" if one == other else f"{where}: {str(one)[:200]} != {str(other)[:200]}"
    found = (first_difference(each, another, where + place) for place, each, another in pairs)
    return next(filter(None, found), "")


WORLDS = [
    pytest.param(2, True, LISTS, 1, id="hostile", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(
    ("craft", "hostile", "lists", "orders"),
    [pytest.param(2, False, BRIEF, 1, id="brief"), *WORLDS],
)
def test_all_pages_in_any_order_make_the_same_server(
    api: Api, settings: Any, craft: int, hostile: bool, lists: list[tuple[str, str]], orders: int
) -> None:
    """And it answers as the server from which they were saved, byte for byte."""
    with invented(craft, hostile=hostile):
        pages = saved(api, settings, NOW, lists)
        for order in range(orders):
            assert not difference(by_name(pages), served_after(pages, order, api, settings, NOW, lists))


@pytest.mark.slow
def test_two_snapshots_in_any_order_make_the_server_as_it_was_at_the_later_one(
    api: Api, settings: Any
) -> None:
    with invented(4):
        pages = saved(api, settings, NOW, LISTS)
        settings.CLOCK_STOPPED_AT = A_MONTH_LATER
        with atomic_change() as change:
            let_a_month_pass(change)
        later = saved(api, settings, A_MONTH_LATER, LISTS)
        assert len(by_name(pages).items() & by_name(later).items()) < len(pages)
        pages += later
        answers = served_after(pages, 1, api, settings, A_MONTH_LATER, LISTS)
        assert not difference(by_name(later), answers)


def let_a_month_pass(change: Change) -> None:
    """Changes an invented world as the original changes in a month."""
    some_day = NOW + timedelta(days=10)
    open_dockings = DockingEvent.objects.filter(departure=None, docking__lt=NOW)
    Launch.objects.filter(net__gt=NOW, net__lte=A_MONTH_LATER).update(status=SUCCESS)
    assert DockingEvent.objects.filter(pk__in=open_dockings.values("pk")[:2]).update(departure=some_day)
    Expedition.objects.filter(end=None).update(end=some_day)
    for owner in ("launch", "event"):  # no page lists the updates of a program
        assert Update.objects.filter(**{f"{owner}__isnull": False})[0].delete()
    replace_craft()
    pad = Pad.objects.earliest("pk")
    pad.location = Location.objects.exclude(pads=pad).earliest("pk")
    pad.save()
    launch = Launch.objects.earliest("net")
    launch.name = "Renamed | Anew"
    launch.save()
    change.all_rows_changed()
    correct_total(change)


def replace_craft() -> None:
    """Gives the last flight without a crew to another craft."""
    empty = SpacecraftFlight.objects.filter(launch_crew=None, onboard_crew=None, landing_crew=None)
    flight = empty.exclude(rocket=None).latest("rocket__launch__net")
    replacement = SpacecraftFlight(
        pk=SpacecraftFlight.objects.latest("pk").pk + 1,
        rocket_id=flight.rocket_id,
        spacecraft=Spacecraft.objects.exclude(pk=flight.spacecraft_id).earliest("pk"),
    )
    flight.delete()
    replacement.save()


def correct_total(change: Change) -> None:
    """Publishes more launches of an agency than there are."""
    agency = Agency.objects.filter(total_launch_count__gt=0).earliest("pk")
    change.before_write(Agency, [agency.pk])
    show_published([agency])
    agency.total_launch_count = (agency.total_launch_count or 0) + 5
    agency.enter_totals({"total_launch_count"}, A_MONTH_LATER)
    agency.save()
    change.after_write(Agency, [agency.pk])
