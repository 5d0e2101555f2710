"""What goes with a record that a person deletes in the admin: it is said before, and gone after."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from conftest import NOW, Api
from cosmodrome.admin.deletion import is_own, needed_groups
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.shapes.relations import through_columns, through_rows
from cosmodrome.shapes.shapes import not_null_columns
from test_admin import TABLES, each_table, saved, some_rows, table, untouched, url

Row = tuple[str, str]


@pytest.fixture
def admin(db: None) -> Client:
    """A browser that has logged in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("grace"))
    return browser


def all_rows() -> set[Row]:
    return {
        (model.__name__.lower(), str(key))
        for model in TABLES
        for key in model._default_manager.values_list("pk", flat=True)
    }


def told(page: Any) -> set[Row]:
    """The records to which a page links, as those that go."""
    listed = re.findall(
        r'href="/admin/catalogue/(\w+)/([^/]+)/change/"', str(page.context["deleted_objects"])
    )
    return {(model, key.replace("_2D", "-")) for model, key in listed}


def halves() -> set[Row]:
    """Rows that lack one of each group of relations of which they need one."""
    return {
        (model.__name__.lower(), str(row.pk))
        for model in TABLES
        for names in needed_groups(model)
        for row in model._default_manager.filter(**{f"{name}__isnull": True for name in names})
    }


def lacking() -> set[Row]:
    """Rows that lack what the wire needs."""
    return {
        (model.__name__.lower(), str(row.pk))
        for model in TABLES
        for name in not_null_columns(model)
        for row in model._default_manager.filter(**{f"{name}__isnull": True})
    }


def listed_by_none() -> set[Row]:
    """Rows that exist only as part of others, and of none."""
    parts: dict[Any, set[Any]] = {}
    for model in TABLES:
        for column in (*model._meta.concrete_fields, *model._meta.many_to_many):
            if not is_own(column):
                continue
            rows, there = (
                (through_rows(column), through_columns(column)[1])
                if column.many_to_many
                else (model._default_manager, column.attname)
            )
            parts.setdefault(column.related_model, set()).update(rows.values_list(there, flat=True))
    return {
        (model.__name__.lower(), str(key))
        for model, listed in parts.items()
        for key in set(model._default_manager.values_list("pk", flat=True)) - listed
    }


@pytest.mark.every
@each_table
def test_what_goes_with_a_record_is_said_before_and_gone_after(admin: Client, model: Any) -> None:
    for row in [*some_rows(model), *model._default_manager.order_by("-pk")[:3]]:
        if not model._default_manager.filter(pk=row.pk).exists():
            continue
        before = (all_rows(), halves() | lacking() | listed_by_none())
        page = admin.get(url(model, "delete", row.pk))
        admin.post(url(model, "delete", row.pk), {"post": "yes"})
        gone = before[0] - all_rows()
        assert (model.__name__.lower(), str(row.pk)) in told(page)
        assert gone == (set() if page.context["protected"] else told(page))
        assert (halves() | lacking() | listed_by_none()) - before[1] == set()


def mission() -> dict[str, Any]:
    """A launch with a craft that docked at a station and landed, with one astronaut aboard."""
    first = {
        name: table(name)._default_manager.order_by("pk").first()
        for name in ("Agency", "Spacecraft", "Astronaut")
    }
    known = {
        name: table(f"SpaceStation{name.capitalize()}")._default_manager.first()
        for name in ("type", "status")
    }
    station = table("SpaceStation")._default_manager.create(name="S", founded=NOW.date(), **known)
    table("DockingLocation")._default_manager.create(name="P", spacestation=station)
    window = {"net": NOW - timedelta(days=9), "window_start": NOW, "window_end": NOW, "last_updated": NOW}
    configuration = table("LauncherConfig")._default_manager.order_by("pk").first()
    with atomic_change() as change:
        launch = table("Launch")._default_manager.create(
            name="L", slug="l", launch_service_provider=first["Agency"], **window
        )
        rocket = table("Rocket")._default_manager.create(
            launch=launch, number=88001, configuration=configuration
        )
        landing = table("Landing")._default_manager.create(
            attempt=True, success=True, type=table("LandingType")._default_manager.first()
        )
        flight = table("SpacecraftFlight")._default_manager.create(
            rocket=rocket, spacecraft=first["Spacecraft"], landing=landing
        )
        role = table("AstronautFlight")._default_manager.create(
            astronaut=first["Astronaut"], role=table("AstronautRole")._default_manager.first()
        )
        flight.launch_crew.add(role)
        docking = table("DockingEvent")._default_manager.create(
            docking=NOW - timedelta(days=8),
            docking_location=station.docking_location.order_by("pk").first(),
            space_station_target=station,
            flight_vehicle_chaser=flight,
        )
        change.all_rows_changed()
    return {
        "launch": launch,
        "flight": flight,
        "landing": landing,
        "role": role,
        "docking": docking,
        "station": station,
    }


def exists(row: Any) -> bool:
    return bool(type(row)._default_manager.filter(pk=row.pk).exists())


def test_a_launch_takes_its_dockings_landings_and_crews_with_it(admin: Client, api: Api) -> None:
    counted = api.json("docking_events")["count"]
    rows = mission()
    assert api.json("docking_events")["count"] == counted + 1
    page = admin.get(url(table("Launch"), "delete", rows["launch"].pk))
    for name in ("flight", "landing", "role", "docking"):
        assert (type(rows[name]).__name__.lower(), str(rows[name].pk)) in told(page)
    admin.post(url(table("Launch"), "delete", rows["launch"].pk), {"post": "yes"})
    assert [name for name, row in rows.items() if exists(row)] == ["station"]
    assert api.json("docking_events")["count"] == counted


def test_what_another_record_lists_too_stays(admin: Client) -> None:
    rows = mission()
    expedition = table("Expedition")._default_manager.order_by("pk").first()
    expedition.crew.add(rows["role"])
    admin.post(url(table("Launch"), "delete", rows["launch"].pk), {"post": "yes"})
    assert exists(rows["role"])
    admin.post(url(table("Expedition"), "delete", expedition.pk), {"post": "yes"})
    assert not exists(rows["role"])


def test_a_flight_that_is_deleted_on_another_page_takes_them_too(admin: Client) -> None:
    rows = mission()
    craft = rows["flight"].spacecraft
    address = url(table("Spacecraft"), "change", craft.pk)
    page = admin.get(address)
    sent: dict[str, Any] = untouched(page)
    [prefix] = [
        form.prefix
        for inline in page.context["inline_admin_formsets"]
        for form in inline.formset.initial_forms
        if form.instance == rows["flight"]
    ]
    saved(admin.post(address, {**sent, f"{prefix}-DELETE": "on"}))
    assert [name for name, row in rows.items() if exists(row)] == ["launch", "station"]


def test_a_station_takes_its_ports_and_their_dockings(admin: Client) -> None:
    rows = mission()
    ports = list(rows["station"].docking_location.values_list("pk", flat=True))
    page = admin.get(url(table("SpaceStation"), "delete", rows["station"].pk))
    assert {("dockinglocation", str(port)) for port in ports} <= told(page)
    assert not page.context["protected"]
    admin.post(url(table("SpaceStation"), "delete", rows["station"].pk), {"post": "yes"})
    assert not table("DockingLocation")._default_manager.filter(pk__in=ports).exists()
    assert not exists(rows["docking"])
    assert exists(rows["flight"])


def test_several_that_are_chosen_in_the_list_go_the_same_way(admin: Client) -> None:
    rows = mission()
    chosen = {"action": "delete_selected", "_selected_action": rows["launch"].pk}
    page = admin.post(url(table("Launch"), "changelist"), chosen)
    assert rows["docking"]._meta.verbose_name.lower() in page.content.decode().lower()
    admin.post(url(table("Launch"), "changelist"), {**chosen, "post": "yes"})
    assert [name for name, row in rows.items() if exists(row)] == ["station"]


def test_a_record_that_the_wire_needs_elsewhere_stays(admin: Client) -> None:
    """The manufacturer of a family: its key is never null on the wire."""
    agency = table("Agency")._default_manager.create(
        name="Maker", type=table("AgencyType")._default_manager.first()
    )
    family = table("SpacecraftConfigFamily")._default_manager.create(name="Made", manufacturer=agency)
    page = admin.post(url(table("Agency"), "delete", agency.pk), {"post": "yes"})
    assert "protected related objects" in page.content.decode()
    assert exists(agency)
    admin.post(url(table("SpacecraftConfigFamily"), "delete", family.pk), {"post": "yes"})
    admin.post(url(table("Agency"), "delete", agency.pk), {"post": "yes"})
    assert not exists(agency)
