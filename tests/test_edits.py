"""Local edits: what people change here stays while pages are taken in, and goes without a trace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOW, Api
from cosmodrome.admin.deletion import deletion_of
from cosmodrome.changes.transactions import atomic_change, show_published
from cosmodrome.changes.versions import data_version
from cosmodrome.derived.registry import PUBLISHED_TABLES
from cosmodrome.edits.differences import differences, release
from cosmodrome.edits.merge import says_the_same
from cosmodrome.edits.models import LocalEdit
from cosmodrome.edits.replay import their_keys
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.ingest.files import Hints
from cosmodrome.ingest.images import read_images
from cosmodrome.ingest.listings import Removal, delete_for_good
from cosmodrome.ingest.loader import load_bytes
from cosmodrome.ingest.models import Statement
from cosmodrome.ingest.notes import is_noted
from cosmodrome.ingest.statements import rank_of
from cosmodrome.ingest.upsert import upsert
from cosmodrome.mirror.gone import delete_gone, mark_gone
from cosmodrome.mirror.intake import take_in
from cosmodrome.mirror.pages import Page
from cosmodrome.resources.registry import RESOURCES, resource_of
from cosmodrome.shapes.graph import graph_of
from cosmodrome.shapes.relations import write_lists
from cosmodrome.shapes.shapes import shape_model
from cosmodrome.time import clock
from pages import (
    Record,
    agency,
    country,
    emptied,
    envelope,
    examples,
    image,
    load,
    social_link,
    tables,
    told_apart,
)
from servers import environment, run
from test_admin import each_table, saved, send, table, untouched, url
from test_admin_wire import added

EDITED_AT = NOW + timedelta(hours=1)
TOLD_AT = NOW + timedelta(hours=2)


@pytest.fixture
def admin(db: None) -> Client:
    """A browser that has logged in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("grace"))
    return browser


def sync(pages: dict[str, list[Record]], at: datetime = TOLD_AT) -> None:
    """Takes pages in as a mirror does."""
    for path, records in pages.items():
        collected = CollectedRows(at, is_certain=True)
        for number, record in enumerate(records, start=1):
            collected.add(RESOURCES[path], record, number)
        assert not collected.faults
        collected.drop_unlisted_children()
        with atomic_change() as change, change.taking_in():
            upsert(collected, change, lambda _: None)


def stored() -> dict[str, Any]:
    """All that a catalogue holds, derived values and moments too, but for numbers that nobody sees."""
    found: dict[str, Any] = {}
    for model in (*tables(), *PUBLISHED_TABLES.values()):
        columns = [column.attname for column in model._meta.concrete_fields]
        numbered = told_apart(model) or model not in tables()
        rows = list(model._default_manager.order_by("pk").values_list(*columns))
        if model._meta.auto_created:
            lists: dict[Any, list[Any]] = {}
            for _, here, there in rows:
                lists.setdefault(here, []).append(there)
            found[model.__name__] = lists
        else:
            found[model.__name__] = rows if numbered else sorted((row[1:] for row in rows), key=str)
    found["statements"] = {
        (statement.table, statement.row): statement.facts
        for statement in Statement.objects.all()
        if is_noted(apps.get_model(statement.table))
    }
    return found


def different(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What two states do not share, by table."""

    def apart(a: Any, b: Any) -> Any:
        if isinstance(a, dict):
            return {key: (a.get(key), b.get(key)) for key in {*a, *b} if a.get(key) != b.get(key)}
        return sorted({*map(str, a)} ^ {*map(str, b)})

    return {name: apart(one[name], other[name]) for name in one if one[name] != other[name]}


def in_another_world(act: Callable[[], None]) -> dict[str, Any]:
    """What the catalogue would hold after something that is undone."""
    with transaction.atomic():
        act()
        found = stored()
        transaction.set_rollback(True)
    return found


PAGES: dict[str, list[Record]] = {}
"""The records of all resources, as the tests' catalogue serves them."""


@pytest.fixture
def pages(api: Api) -> dict[str, list[Record]]:
    for path, resource in RESOURCES.items() if not PAGES else ():
        if resource_of(resource.model()) is resource:
            PAGES[path] = api.json(path, mode="detailed", limit=100)["results"]
    return PAGES


def told_anew(value: Any) -> Any:
    """The same records with other names, wherever they are nested."""
    if isinstance(value, list):
        return [told_anew(item) for item in value]
    if isinstance(value, dict):
        return {
            key: f"{item} (anew)"
            if key in ("name", "description") and isinstance(item, str) and len(item) < 200 and "id" in value
            else told_anew(item)
            for key, item in value.items()
        }
    return value


def taken_twice(told: dict[str, list[Record]], settings: Any) -> None:
    """Takes pages in, and later what is told anew: as a mirror does where nobody edits."""
    settings.CLOCK_STOPPED_AT = EDITED_AT
    sync(told, NOW)
    settings.CLOCK_STOPPED_AT = TOLD_AT
    sync(told_anew(told))


def test_a_name_that_a_person_has_entered_stays_and_is_released(
    admin: Client, api: Api, pages: Any, settings: Any
) -> None:
    news = {"agencies": told_anew(pages["agencies"])}
    key = pages["agencies"][0]["id"]
    settings.CLOCK_STOPPED_AT = EDITED_AT
    saved(send(admin, url(table("Agency"), "change", key), name="Ours"))
    settings.CLOCK_STOPPED_AT = TOLD_AT
    assert LocalEdit.objects.get().entered.keys() == {"name"}
    sync(news)
    assert api.json(f"agencies/{key}")["name"] == "Ours"
    release()
    assert api.json(f"agencies/{key}")["name"] == pages["agencies"][0]["name"] + " (anew)"
    assert not LocalEdit.objects.exists()


def other_input(form: Any, name: str) -> dict[str, Any]:
    """What a person sends who changes one input: another value than it has."""
    field, sent, now = form.fields[name], form.add_prefix(name), form.initial.get(name)
    kind = type(field).__name__
    if kind == "OrderedMultipleChoiceField":
        listed = [getattr(each, "pk", each) for each in now or ()]
        others = field.queryset.exclude(pk__in=listed).order_by("pk").values_list("pk", flat=True)
        return {sent: [*others[:1], *reversed(listed[1:])]}
    if hasattr(field, "queryset"):
        column = form._meta.model._meta.get_field(name)
        rows = field.queryset.exclude(pk=now).order_by("pk")
        if column.unique:
            rows = rows.exclude(pk__in=column.model._default_manager.exclude(**{name: None}).values(name))
        found = rows.values_list("pk", flat=True).first()
        return {} if found is None else {sent: found}
    if kind == "SplitDateTimeField":
        return {f"{sent}_0": "2026-03-02", f"{sent}_1": "10:00:00"}
    if kind == "BooleanField":
        return {sent: None if now else "on"}
    if kind == "TypedChoiceField":
        return {sent: next(str(key) for key, _ in field.choices if str(key) not in ("", str(now)))}
    return {sent: OTHERS.get(kind, "ours")}


OTHERS = {
    "IntegerField": "881",
    "FloatField": "1.25",
    "DateField": "2026-03-03",
    "URLField": "https://ours.example/",
    "IsoDurationField": "P9DT1S",
}


def forms_on(answer: Any) -> list[Any]:
    inlines = [
        form for inline in answer.context["inline_admin_formsets"] for form in inline.formset.initial_forms
    ]
    return [answer.context["adminform"].form, *inlines]


def edit_all(admin: Client, row: Any) -> dict[str, Any]:
    """Changes every input of a record's page that can be changed; returns what was sent."""
    address = url(type(row), "change", row.pk)
    page = admin.get(address)
    changes = {name: value for form in forms_on(page) for name, value in other_inputs(form).items()}
    for _ in range(6):
        sent = {name: value for name, value in {**untouched(page), **changes}.items() if value is not None}
        answer = admin.post(address, sent)
        if answer.status_code == 302:
            return changes
        wrong = {form.add_prefix(name) for form in forms_on(answer) for name in form.errors}
        for name in list(changes):
            if wrong & {name, name.rpartition("_")[0]}:
                del changes[name]
    raise AssertionError([form.errors for form in forms_on(answer)])


def other_inputs(form: Any) -> dict[str, Any]:
    """What a person sends who changes each input of a form but for what makes it another row."""
    keys = {"id", "DELETE", form._meta.model._meta.pk.name}
    names = [name for name, field in form.fields.items() if name not in keys and not field.disabled]
    return {sent: value for name in names for sent, value in other_input(form, name).items()}


def pages_about(pages: dict[str, list[Record]], model: Any, rows: list[Any]) -> dict[str, list[Record]]:
    """Pages that tell of rows of a table: their own records, or a few of those that nest any."""
    resource = resource_of(model)
    if resource:
        keys = {str(row.pk) for row in rows}
        return {resource.path: [each for each in pages[resource.path] if str(each["id"]) in keys]}
    paths = {
        path: pages[path][:2]
        for path in pages
        if any(model is shape_model(shape) for shape in shapes_within(RESOURCES[path].record_shape()))
    }
    return dict(list(paths.items())[:3])


def shapes_within(shape: Any) -> set[Any]:
    """A shape and all that it nests."""
    found, ahead = set(), [shape]
    while ahead:
        each = ahead.pop()
        if each not in found:
            found.add(each)
            ahead += [key.shape for key in graph_of(each).nested]
    return found


@pytest.mark.every
@each_table
def test_whatever_is_edited_stays_and_goes_without_a_trace(
    admin: Client, pages: Any, settings: Any, model: Any
) -> None:
    """Every input of a page of every table, with its parts: columns, foreign keys, lists, totals, images."""
    rows = [model._default_manager.order_by("pk").first(), model._default_manager.order_by("pk").last()]
    pages = pages_about(pages, model, rows)
    news = told_anew(pages)

    def without() -> None:
        settings.CLOCK_STOPPED_AT = EDITED_AT
        sync(pages, NOW)
        settings.CLOCK_STOPPED_AT = TOLD_AT
        sync(news)

    def with_edits() -> None:
        settings.CLOCK_STOPPED_AT = EDITED_AT
        sync(pages, NOW)
        theirs = {row.pk: read_images(model, [row.pk])[row.pk] for row in rows}
        for row in rows:
            edit_all(admin, row)
        ours = read_images(model, theirs)
        entered = {edit.row: edit.entered for edit in LocalEdit.objects.filter(table=model._meta.label_lower)}
        settings.CLOCK_STOPPED_AT = TOLD_AT
        sync(news)
        after = read_images(model, theirs)
        for key in ours:
            for fact in entered.get(str(key), {}):
                assert says_the_same((model, key), fact, after[key], ours[key]), fact
        assert LocalEdit.objects.exists()
        release()
        assert not LocalEdit.objects.exists()

    assert different(in_another_world(with_edits), in_another_world(without)) == {}


def shown(*rows: Any) -> list[tuple[Any, ...]]:
    return [
        (each.resource, each.record, each.field, each.ours, each.theirs) for each in differences(rows or None)
    ]


def test_if_they_come_to_say_the_same_the_edit_is_over(admin: Client, pages: Any, settings: Any) -> None:
    key = pages["agencies"][0]["id"]
    settings.CLOCK_STOPPED_AT = EDITED_AT
    sync({"agencies": pages["agencies"]}, NOW)
    saved(send(admin, url(table("Agency"), "change", key), name="Ours"))
    before = pages["agencies"][0]["name"]
    assert shown() == [("agencies", str(key), "name", "Ours", before)]
    [difference] = differences()
    assert (difference.since, difference.told) == (EDITED_AT, NOW)
    settings.CLOCK_STOPPED_AT = TOLD_AT
    sync({"agencies": [{**pages["agencies"][0], "name": "Ours"}]})
    assert shown() == []
    assert not LocalEdit.objects.exists()


def test_an_edit_that_is_taken_back_is_none(admin: Client, pages: Any) -> None:
    key, name = pages["agencies"][0]["id"], pages["agencies"][0]["name"]
    saved(send(admin, url(table("Agency"), "change", key), name="Ours"))
    saved(send(admin, url(table("Agency"), "change", key), name=name))
    assert shown() == []


@pytest.mark.slow
def test_what_a_person_deletes_stays_deleted_and_comes_back_with_all_that_went_with_it(
    admin: Client, pages: Any, settings: Any
) -> None:
    """A launch with its rocket, flights, dockings, and what lists them."""
    launches = table("Launch")._default_manager.filter(pk__in=[each["id"] for each in pages["launches"]])
    launch = next(
        each
        for each in launches.order_by("pk")
        if len((deletion := deletion_of(type(each), [each.pk])).rows) > 4 and not deletion.needed_by
    )
    told = {
        "launches": [each for each in pages["launches"] if each["id"] == str(launch.pk)],
        "docking_events": pages["docking_events"],
    }

    def with_edits() -> None:
        settings.CLOCK_STOPPED_AT = EDITED_AT
        sync(told, NOW)
        assert admin.post(url(type(launch), "delete", launch.pk), {"post": "yes"}).status_code == 302
        settings.CLOCK_STOPPED_AT = TOLD_AT
        sync(told_anew(told))
        assert not type(launch)._default_manager.filter(pk=launch.pk).exists()
        assert ("launches", str(launch.pk), "", "deleted here", "there") in shown()
        release({(type(launch), launch.pk)})
        assert shown() == []

    assert (
        different(in_another_world(with_edits), in_another_world(lambda: taken_twice(told, settings))) == {}
    )


def test_what_a_person_makes_stays_and_a_newer_page_takes_nothing_of_it_away(
    admin: Client, pages: Any, settings: Any
) -> None:
    told = {"agencies": pages["agencies"]}

    def with_edits() -> None:
        settings.CLOCK_STOPPED_AT = EDITED_AT
        sync(told, NOW)
        made = added(admin, table("Agency"), name="Made here")
        saved(send(admin, url(table("Agency"), "change", pages["agencies"][0]["id"]), parent=str(made.pk)))
        settings.CLOCK_STOPPED_AT = TOLD_AT
        sync(told_anew(told))
        assert ("agencies", str(made.pk), "", "made here", "no such record") in shown()
        assert made.pk not in their_keys(table("Agency"), [made.pk])
        first = table("Agency")._default_manager.get(pk=pages["agencies"][0]["id"])
        assert first.parent_id == made.pk
        release({(table("Agency"), made.pk)})
        assert shown() == []  # what pointed to it went with it

    assert (
        different(in_another_world(with_edits), in_another_world(lambda: taken_twice(told, settings))) == {}
    )


def test_what_they_have_no_more_stays_if_it_was_edited_here(admin: Client, pages: Any, settings: Any) -> None:
    """A sweep deletes it as it would be without the edit."""
    model, key = table("Agency"), pages["agencies"][0]["id"]

    def sweep() -> None:
        with atomic_change() as change, change.taking_in():
            delete_for_good(model, {key: rank_of(TOLD_AT)}, Removal(), change)

    def without() -> None:
        settings.CLOCK_STOPPED_AT = TOLD_AT
        sweep()

    def with_edits() -> None:
        settings.CLOCK_STOPPED_AT = EDITED_AT
        saved(send(admin, url(model, "change", key), name="Ours"))
        settings.CLOCK_STOPPED_AT = TOLD_AT
        sweep()
        assert model._default_manager.get(pk=key).name == "Ours"
        assert ("agencies", str(key), "", "edited here", "no such record") in shown()
        release()

    assert different(in_another_world(with_edits), in_another_world(without)) == {}


def test_a_file_that_is_loaded_overrules_what_was_entered_before_it_was_read(
    admin: Client, pages: Any, settings: Any
) -> None:
    """Whoever loads a file wants what is in it."""
    record, other = pages["agencies"][:2]
    settings.CLOCK_STOPPED_AT = EDITED_AT
    for each in (record, other):
        saved(send(admin, url(table("Agency"), "change", each["id"]), name="Ours"))
    settings.CLOCK_STOPPED_AT = TOLD_AT
    load({**envelope(record)}, NOW, endpoint="agencies")
    assert {each[1] for each in shown()} == {str(record["id"]), str(other["id"])}
    load({**envelope(record)}, TOLD_AT, endpoint="agencies")
    assert {each[1] for each in shown()} == {str(other["id"])}


def test_a_mirror_goes_on_around_an_edit_and_writes_nothing_without_news(
    admin: Client, pages: Any, settings: Any
) -> None:
    resource, model, key = RESOURCES["agencies"], table("Agency"), pages["agencies"][0]["id"]
    settings.CLOCK_STOPPED_AT = EDITED_AT
    saved(send(admin, url(model, "change", key), name="Ours"))
    made = added(admin, model, name="Made here")
    settings.CLOCK_STOPPED_AT = TOLD_AT
    records = told_anew(pages["agencies"])
    page = Page(resource, "/2.3.0/agencies/", 0, len(records), records, False, TOLD_AT)
    assert take_in(page).records == len(records)
    assert model._default_manager.get(pk=key).name == "Ours"
    assert model._default_manager.get(pk=pages["agencies"][1]["id"]).name.endswith("(anew)")
    version, edits = data_version(), list(LocalEdit.objects.values())
    assert take_in(page).unchanged == len(records)
    mark_gone(resource, {str(each["id"]) for each in records}, TOLD_AT, TOLD_AT)
    assert delete_gone(resource) == 0
    assert (data_version(), list(LocalEdit.objects.values())) == (version, edits)
    gone = {str(each["id"]) for each in records} - {str(key)}
    mark_gone(resource, gone, TOLD_AT, TOLD_AT)
    delete_gone(resource)
    assert {row.name for row in model._default_manager.filter(pk__in=[key, made.pk])} == {"Ours", "Made here"}
    version = data_version()
    mark_gone(resource, gone, TOLD_AT, TOLD_AT)
    assert (delete_gone(resource), data_version()) == (0, version)


def test_an_answer_that_is_passed_on_overrules_nothing(admin: Client, pages: Any, settings: Any) -> None:
    """In a brief mode, too, which tells less than a sweep does."""
    record = pages["agencies"][0]
    settings.CLOCK_STOPPED_AT = EDITED_AT
    saved(send(admin, url(table("Agency"), "change", record["id"]), name="Ours"))
    settings.CLOCK_STOPPED_AT = TOLD_AT
    brief = {
        "id": record["id"],
        "response_mode": "list",
        "name": "Theirs",
        "abbrev": "T",
        "type": record["type"],
    }
    hints = Hints("an answer", "agencies", TOLD_AT)
    load_bytes(json.dumps([brief]).encode(), hints, overrules_people=False)
    assert ("agencies", str(record["id"]), "name", "Ours", "Theirs") in shown()
    assert table("Agency")._default_manager.get(pk=record["id"]).abbrev == "T"


AGENCIES = (1, 2, 3)
KEYS = st.sampled_from(AGENCIES)
WORDS = st.sampled_from(["One", "Two"])
ANY_AGENCY = st.fixed_dictionaries(
    {
        "name": WORDS,
        "founding_year": st.sampled_from([1957, 1958]),
        "country": st.lists(st.sampled_from([1, 2]), unique=True).map(
            lambda keys: [country(key) for key in keys]
        ),
        "parent": st.none() | WORDS,
        "logo": st.none() | st.sampled_from([10, 11]).map(image),
        "social_media_links": st.lists(st.sampled_from([1, 2]), unique=True).map(
            lambda keys: [social_link(key) for key in keys]
        ),
        "total_launch_count": st.sampled_from([5, 6]),
    }
)
TOLD = st.builds(
    lambda keys, one: ("told", [agency(key, "detailed", **one) for key in keys]),
    st.lists(KEYS, min_size=1, unique=True),
    ANY_AGENCY,
)
ENTERED = st.one_of(
    st.tuples(st.just("name"), WORDS),
    st.tuples(st.just("founding_year"), st.just(1960)),
    st.tuples(st.just("total_launch_count"), st.sampled_from([5, 9])),
    st.tuples(st.just("parent_id"), st.none() | KEYS),
    st.tuples(st.just("logo_id"), st.none() | st.sampled_from([10, 11])),
    st.tuples(st.just("country"), st.lists(st.sampled_from([1, 2]), unique=True)),
)
STEPS = st.lists(
    st.one_of(
        TOLD,
        st.tuples(st.just("entered"), KEYS, ENTERED),
        st.tuples(st.just("made"), st.sampled_from([4, 5])),
        st.tuples(st.just("deleted"), st.sampled_from([*AGENCIES, 4])),
        st.tuples(st.just("gone"), KEYS),
        st.tuples(st.just("released"), KEYS),
    ),
    max_size=9,
)
"""What happens to a mirror: pages are told, a person enters and deletes, a sweep finds records gone."""


def tell(records: list[Record], at: datetime) -> None:
    sync({"agencies": records}, at)


def enter(key: Any, fact: str, value: Any) -> None:
    """A person changes one thing of an agency, if there is one, and what it is to point to."""
    model = table("Agency")
    row = model._default_manager.filter(pk=key).first()
    column = model._meta.get_field(fact)
    wanted = value if isinstance(value, list) else [value] if column.is_relation and value else []
    related = column.related_model
    if row is None or (related and related._default_manager.filter(pk__in=wanted).count() < len(wanted)):
        return
    with atomic_change() as change:
        change.before_write(model, [key])
        show_published([row])
        if isinstance(value, list):
            write_lists(column, {key: value})
        else:
            setattr(row, fact, value)
        if fact in model.published_totals:
            row.enter_totals([fact], clock.now())
        row.save()
        change.after_write(model, [key])
        change.entered(model, key, [fact], clock.now())


def make(key: Any) -> None:
    model = table("Agency")
    kind = table("AgencyType")._default_manager.first()
    if kind is None or model._default_manager.filter(pk=key).exists():
        return
    with atomic_change() as change:
        model._default_manager.create(pk=key, name="Made", abbrev="M", type=kind)
        change.created(model, [key])
        change.after_write(model, [key])
        change.entered(model, key, ["name", "abbrev", "type_id"], clock.now())


def delete(key: Any) -> None:
    deletion = deletion_of(table("Agency"), [key])
    if not deletion.needed_by and table("Agency")._default_manager.filter(pk=key).exists():
        with atomic_change() as change:
            deletion.carry_out(change)


def find_gone(key: Any, at: datetime) -> None:
    """What a sweep does with a record that the upstream has no more."""
    with atomic_change() as change, change.taking_in():
        delete_for_good(table("Agency"), {key: rank_of(at)}, Removal(), change)


TELLING: dict[str, Callable[..., None]] = {"told": tell, "gone": find_gone}
EDITING: dict[str, Callable[..., object]] = {
    "entered": lambda key, entry: enter(key, *entry),
    "made": make,
    "deleted": delete,
    "released": lambda key: release({(table("Agency"), key)}),
}


def live(steps: list[Any], settings: Any, with_edits: bool) -> None:
    for hour, (kind, *rest) in enumerate(steps, start=1):
        at = settings.CLOCK_STOPPED_AT = NOW + timedelta(hours=hour)
        if kind in TELLING:
            TELLING[kind](*rest, at)
        elif with_edits:
            EDITING[kind](*rest)
    settings.CLOCK_STOPPED_AT = NOW + timedelta(hours=len(steps) + 1)
    if with_edits:
        release()
    else:
        with atomic_change():
            pass


@pytest.mark.parametrize("times", [pytest.param(6), pytest.param(60, marks=pytest.mark.slow)])
def test_in_whatever_order_all_goes_without_a_trace(db: None, settings: Any, times: int) -> None:
    @examples(times)
    @given(steps=STEPS)
    def holds(steps: list[Any]) -> None:
        worlds = []
        for with_edits in (True, False):
            with emptied():
                Statement.objects.all().delete()
                live(steps, settings, with_edits)
                worlds.append(stored())
                assert not LocalEdit.objects.exists()
        assert different(*worlds) == {}

    holds()


def test_of_what_was_made_and_deleted_here_nothing_is_left(db: None, settings: Any) -> None:
    with emptied():
        Statement.objects.all().delete()
        tell([agency(1, "detailed")], NOW)
        told = stored()
        make(4)
        delete(4)
        assert different(stored(), told) == {}
        assert not LocalEdit.objects.exists()


EDIT = """
from cosmodrome.server import startup
startup.open_existing(startup.set_up())
from cosmodrome.catalogue.agencies import Agency
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.time import clock
with atomic_change() as change:
    change.before_write(Agency, [1])
    Agency.objects.filter(pk=1).update(name="Ours")
    change.after_write(Agency, [1])
    change.entered(Agency, 1, ["name"], clock.now())
"""


@pytest.mark.slow
def test_the_command_shows_ours_and_theirs_and_releases(tmp_path: Path) -> None:
    """On a catalogue of its own, of one agency that a person has renamed."""
    folder = tmp_path / "data"
    text = json.dumps([agency(1, "detailed")])
    assert run(folder, "load", "-", "--endpoint", "agencies", text=text).returncode == 0
    subprocess.run([sys.executable, "-c", EDIT], env=environment(folder), cwd=tmp_path, check=True)
    found = run(folder, "diff", "--json")
    [difference] = json.loads(found.stdout)
    assert (found.returncode, difference["resource"], difference["id"]) == (1, "agencies", "1")
    assert [difference[name] for name in ("field", "ours", "theirs")] == ["name", "Ours", "Agency 1"]
    shown = run(folder, "diff", "agencies/1").stdout
    assert 'agencies/1 name\n  ours:   "Ours", since 2' in shown
    assert 'theirs: "Agency 1" (as of 2' in shown
    for name, sentence in (
        ("agences", "'agences' is no resource: did you mean agencies?"),
        ("launches/7", "'7' is no id of launches."),
    ):
        answer = run(folder, "diff", name)
        assert (answer.returncode, answer.stderr.strip()) == (1, sentence)
    released = run(folder, "diff", "agencies", "--take-theirs")
    assert (released.returncode, released.stdout.splitlines()[-1]) == (0, "1 record released.")
    again = run(folder, "diff")
    assert (again.returncode, again.stdout) == (0, "Nothing differs.\n")
