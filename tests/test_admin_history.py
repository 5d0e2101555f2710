"""History in the admin: what people change is told with old and new values, reverted, and brought back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from conftest import NOW, Api
from cosmodrome.admin import introspection
from cosmodrome.admin.accounts import remove
from cosmodrome.admin.entry import Entry
from cosmodrome.admin.history.recorder import HistoryRecorder
from cosmodrome.admin.history.revisions import differences_of
from cosmodrome.admin.history.values import Writer
from cosmodrome.admin.models import Revision
from cosmodrome.admin.site import site
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.edits.differences import differences
from cosmodrome.ingest.images import read_images
from cosmodrome.ingest.notes import is_noted
from pages import MONDAY, WEDNESDAY, agency, load
from test_admin import TABLES, craft_in_space, saved, send, table, url
from test_admin_roles import no_sidebar, writes  # noqa: F401 - a fixture

BEGINNING = 0
each_noted_table = pytest.mark.parametrize(
    "model", [table for table in TABLES if is_noted(table)], ids=lambda model: model.__name__
)


pytestmark = pytest.mark.usefixtures("no_sidebar")


@pytest.fixture
def grace(db: None) -> User:
    return User.objects.create_superuser("grace")


@pytest.fixture
def admin(grace: User) -> Client:
    """A browser that has logged in."""
    browser = Client()
    browser.force_login(grace)
    return browser


def other_value(field: Any, value: Any) -> Any:
    """Another value than that of a field in a form."""
    column = field.queryset.model if hasattr(field, "queryset") else None
    if column is not None:
        keys = list(field.queryset.order_by("pk").values_list("pk", flat=True)[:3])
        if isinstance(value, list):
            return keys[::-1] if value != keys[::-1] else keys[:1]
        return next((key for key in keys if key != value), value if field.required else None)
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value[:-1] + ("y" if value.endswith("z") else "z") if value else value
    return value + timedelta(days=1) if value is not None else None


def edited(user: User, model: Any, key: Any) -> None:
    """Changes all inputs of a record's form, as its page would."""
    record_admin = site.get_model_admin(model)
    request: Any = RequestFactory().post("/")
    request.user = user
    record = model._default_manager.get(pk=key)
    form = record_admin.get_form(request, record, change=True)(instance=record)
    totals = getattr(model, "published_totals", ())
    values = {
        name: other_value(field, form.initial.get(name))
        for name, field in form.fields.items()
        if name not in (model._meta.pk.name, *totals)
        and not model._meta.get_field(name).one_to_one
        and (hasattr(field, "queryset") or not hasattr(field, "choices"))
    }
    with atomic_change() as request.change:
        request.change.listener(HistoryRecorder).begin(user.username)
        entry = Entry(record_admin, request, record, values)
        assert entry.problems() == []
        entry.save()


@pytest.fixture(autouse=True)
def no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of requests that no middleware has seen."""
    monkeypatch.setattr("cosmodrome.admin.records.messages.warning", lambda *_: None)


@pytest.mark.every
@each_noted_table
def test_whatever_is_changed_is_told_and_reverted(grace: User, admin: Client, model: Any) -> None:
    key = model._default_manager.latest("pk").pk
    before = read_images(model, [key])[key]
    edited(grace, model, key)
    after = read_images(model, [key])[key]
    (revision,) = Revision.objects.filter(table=model._meta.label_lower, row=str(key))
    told = {each.fact for each in differences_of(revision, Writer())}
    now = {fact for fact in before.columns if before.columns[fact] != after.columns[fact]}
    assert told - {*before.lists, *before.parts} == now - {*introspection.read_only_columns(model)}
    assert told
    assert admin.post(url(model, "revert", key, BEGINNING)).status_code == 302
    again = read_images(model, [key])[key]
    for moving in {"last_updated", "totals_read_at"} & {*before.columns}:
        del again.columns[moving], before.columns[moving]
    assert again == before
    assert Revision.objects.filter(table=model._meta.label_lower, row=str(key), how="reverted").count() == 1


def text_of(page: Any) -> str:
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def test_a_history_tells_who_has_changed_what_and_when(admin: Client, settings: Any) -> None:
    row = table("Agency")._default_manager.earliest("pk")
    old, address = row.name, url(type(row), "change", row.pk)
    countries = list(table("Country")._default_manager.order_by("pk")[:2])
    saved(
        send(
            admin,
            address,
            name="Ours",
            featured=None if row.featured else "on",
            country=[each.pk for each in countries],
        )
    )
    settings.CLOCK_STOPPED_AT = NOW + timedelta(days=1)
    saved(send(admin, address, name="Yours"))
    saved(send(admin, address))
    page = admin.get(url(type(row), "history", row.pk))
    second, first = [entry["differences"] for entry in page.context["entries"]]
    assert [(each.label, each.old, each.new) for each in second] == [("name", "Ours", "Yours")]
    told = {each.label: (each.old, each.new) for each in first}
    assert told["name"] == (old, "Ours")
    assert told["featured"] == (("yes", "no") if row.featured else ("no", "yes"))
    assert told["country"][1] == f"{countries[0]}, {countries[1]}"
    assert 'saved by grace, <time datetime="2026-05-02T12:00:00+00:00">2026-05-02 12:00:00 UTC' in text_of(
        page
    )
    remove("grace")
    assert set(Revision.objects.values_list("by", flat=True)) == {"grace"}


def test_a_revert_leaves_what_nobody_has_changed_since(admin: Client, api: Api) -> None:
    saved(send(admin, url(table("Agency"), "change", 66), name="Ours"))
    saved(send(admin, url(table("Agency"), "change", 66), name="Yours", abbrev="YRS"))
    load([agency(66, "normal", administrator="From elsewhere")], WEDNESDAY)
    first = Revision.objects.earliest("pk")
    load([agency(66, "normal", name="Yours", abbrev="YRS", administrator="From elsewhere")], WEDNESDAY)
    asked = url(table("Agency"), "revert", 66, first.pk)
    with CaptureQueriesContext(connection) as captured:
        page = admin.get(asked)
    assert next((each.label, each.old, each.new) for each in page.context["changes"]) == (
        "name",
        "Yours",
        "Ours",
    )
    assert writes(captured) == []
    assert admin.post(asked).status_code == 302
    answer = api.json("agencies/66")
    assert (answer["name"], answer["administrator"]) == ("Ours", "From elsewhere")
    assert "nothing to revert" in text_of(admin.get(asked))
    assert admin.get(url(table("Agency"), "revert", 66, 4711)).status_code == 404


def test_what_is_reverted_to_what_was_loaded_is_no_local_edit(admin: Client) -> None:
    load([agency(66, "normal", name="Theirs", abbrev="THR")], MONDAY)
    saved(send(admin, url(table("Agency"), "change", 66), name="Ours", abbrev="OUR"))
    assert {each.field for each in differences()} == {"name", "abbrev"}
    assert admin.post(url(table("Agency"), "revert", 66, BEGINNING)).status_code == 302
    assert differences() == []


def test_parts_are_told_and_reverted(admin: Client) -> None:
    mission = table("Mission")._default_manager.create(name="Invented")
    prefix, address = "vid_urls", url(type(mission), "change", mission.pk)

    def sent(number: int, word: str) -> dict[str, Any]:
        values = {"url": f"https://video.example/{word}", "title": word, "priority": 1}
        return {f"{prefix}-{number}-{name}": value for name, value in values.items()}

    def links() -> list[str]:
        return list(mission.vid_urls.order_by("pk").values_list("url", flat=True))

    saved(send(admin, address, **sent(0, "one"), **sent(1, "two"), **{f"{prefix}-TOTAL_FORMS": "2"}))
    two = links()
    saved(send(admin, address, **sent(0, "other"), **{f"{prefix}-1-DELETE": "on"}))
    assert len(two) == 2
    assert links() == ["https://video.example/other"]
    newest, _ = admin.get(url(type(mission), "history", mission.pk)).context["entries"]
    (told,) = newest["differences"]
    assert told.label == "vid urls"
    assert "title one" in told.old
    assert "title two" in told.old
    assert "title other" in told.new
    for revision, expected in ((Revision.objects.earliest("pk").pk, two), (BEGINNING, [])):
        assert admin.post(url(type(mission), "revert", mission.pk, revision)).status_code == 302
        assert links() == expected


def test_parts_with_ids_have_a_history_of_their_own_which_their_record_tells(admin: Client) -> None:
    row = table("Agency")._default_manager.filter(social_media_links=None).earliest("pk")
    medium = table("SocialMedia")._default_manager.create(name="Invented Medium")
    prefix, address = "social_media_links", url(type(row), "change", row.pk)
    link = {f"{prefix}-0-social_media": medium.pk, f"{prefix}-0-url": "https://medium.example/one"}
    saved(send(admin, address, **link, **{f"{prefix}-TOTAL_FORMS": "1"}))
    (made,) = admin.get(url(type(row), "history", row.pk)).context["entries"]
    assert {each.label: each.new for each in made["differences"]}["url"] == "https://medium.example/one"
    assert admin.get(made["address"]).status_code == 200
    saved(send(admin, address, name="Renamed", **{f"{prefix}-0-DELETE": "on"}))
    gone, _, made = admin.get(url(type(row), "history", row.pk)).context["entries"]
    (deletion,) = admin.get(gone["address"]).context["page"]
    row.refresh_from_db()
    assert row.name == "Renamed"
    assert admin.post(gone["address"], {"revision": deletion.pk}).status_code == 302
    assert row.social_media_links.get().url == "https://medium.example/one"
    row.refresh_from_db()
    assert row.name == "Renamed", "what else was entered then stays"


def test_of_records_that_were_deleted_at_once_each_comes_back_alone(admin: Client) -> None:
    kind = table("AgencyType")
    keys = [kind._default_manager.create(pk=key, name=f"Invented {key}").pk for key in (4711, 4712)]
    chosen = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
    assert admin.post(url(kind, "changelist"), chosen).status_code == 302
    second, first = admin.get(url(kind, "deleted")).context["page"]
    assert admin.post(url(kind, "deleted"), {"revision": first.pk}).status_code == 302
    assert kind._default_manager.filter(pk=first.row).exists()
    assert not kind._default_manager.filter(pk=second.row).exists()


@pytest.mark.slow
def test_a_duration_that_grows_is_reverted_to_what_it_would_be_by_now(
    admin: Client, api: Api, settings: Any
) -> None:
    craft = craft_in_space()
    address = f"spacecraft/{craft.pk}"
    settings.CLOCK_STOPPED_AT = NOW + timedelta(days=2)
    before = api.json(address)
    settings.CLOCK_STOPPED_AT = NOW
    saved(send(admin, url(type(craft), "change", craft.pk), time_in_space="P1DT1H"))
    settings.CLOCK_STOPPED_AT = NOW + timedelta(days=2)
    assert api.json(address)["time_in_space"] == "P3DT1H"
    (revision,) = Revision.objects.all()
    assert [each.fact for each in differences_of(revision, Writer())] == ["time_in_space"]
    assert admin.post(url(type(craft), "revert", craft.pk, BEGINNING)).status_code == 302
    assert api.json(address) == before


def test_what_is_loaded_or_only_looked_at_is_not_noted(admin: Client) -> None:
    load([agency(66, "normal", name="Theirs")], WEDNESDAY)
    assert "Nobody has changed this record here" in text_of(admin.get(url(table("Agency"), "history", 66)))
    assert "None was deleted" in text_of(admin.get(url(table("Agency"), "deleted")))
    User.objects.create_superuser("ada")
    assert not Revision.objects.exists()
    assert all(each.startswith("catalogue.") for each in Revision.objects.values_list("table", flat=True))


def launch_with_flight() -> Any:
    flight = table("SpacecraftFlight")._default_manager.exclude(docking_events=None).earliest("pk")
    return table("Launch")._default_manager.get(rocket=flight.rocket)


def whole_catalogue() -> dict[Any, Any]:
    """All that people enter, and all that is read; not when it was told of a record's parts."""
    tables = [each for each in TABLES if is_noted(each)]
    found = {
        (each, key): image
        for each in tables
        for key, image in read_images(each, list(each._default_manager.values_list("pk", flat=True))).items()
    }
    for image in found.values():
        image.columns.pop("parts_stated_at", None)
    return found


@pytest.mark.slow
def test_what_was_deleted_comes_back_with_all_that_went_with_it(admin: Client, api: Api) -> None:
    launch = launch_with_flight()
    before, answer = whole_catalogue(), api.json(f"launches/{launch.pk}")
    name = str(launch)
    assert admin.post(url(type(launch), "delete", launch.pk), {"post": "yes"}).status_code == 302
    gone = len(before) - len(whole_catalogue())
    assert gone > 3
    page = admin.get(url(type(launch), "deleted"))
    (deletion,) = page.context["page"]
    assert escape(name) in text_of(page)
    back = admin.post(url(type(launch), "deleted"), {"revision": deletion.pk})
    assert back["Location"] == url(type(launch), "change", launch.pk)
    assert whole_catalogue() == before
    assert api.json(f"launches/{launch.pk}") == answer
    assert differences() == []
    assert len(admin.get(url(type(launch), "deleted")).context["page"]) == 0
    assert Revision.objects.filter(how="brought back").count() >= gone


def entered_in(row: Any) -> Any:
    """All that people enter in a record; not when it was told of its parts."""
    image = read_images(type(row), [row.pk])[row.pk]
    image.columns.pop("parts_stated_at", None)
    return image


@pytest.mark.parametrize(("name", "column"), [("Astronaut", "image"), ("Launch", "program")])
def test_what_points_to_a_deleted_record_points_to_it_again(admin: Client, name: str, column: str) -> None:
    row = table(name)._default_manager.exclude(**{column: None}).earliest("pk")
    named = getattr(row, column)
    one = named.earliest("pk") if hasattr(named, "earliest") else named
    before = entered_in(row)
    assert admin.post(url(type(one), "delete", one.pk), {"post": "yes"}).status_code == 302
    assert entered_in(row) != before
    deletion = Revision.objects.get(table=type(one)._meta.label_lower, after__isnull=True)
    assert admin.post(url(type(one), "deleted"), {"revision": deletion.pk}).status_code == 302
    assert entered_in(row) == before


def test_what_can_not_come_back_is_told_in_a_sentence(admin: Client) -> None:
    rocket = table("Rocket")._default_manager.filter(spacecraftflight__isnull=True).earliest("pk")
    craft = table("Spacecraft")._default_manager.filter(flights__isnull=True).earliest("pk")
    new = table("SpacecraftFlight")
    saved(send(admin, url(new, "add"), rocket=rocket.pk, spacecraft=craft.pk, destination="Low orbit"))
    flight = new._default_manager.get(spacecraft=craft)
    for each in (flight, craft):
        assert admin.post(url(type(each), "delete", each.pk), {"post": "yes"}).status_code == 302
    deletion = Revision.objects.get(table="catalogue.spacecraftflight", after__isnull=True)
    page = text_of(admin.post(url(new, "deleted"), {"revision": deletion.pk}))
    assert f"needs the spacecraft {craft.pk}, which is gone: bring that back first." in page
    assert not new._default_manager.filter(pk=flight.pk).exists()
    assert admin.post(url(new, "deleted"), {"revision": 4711}).status_code == 404
