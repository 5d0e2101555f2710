"""The admin: every table of the catalogue, as a person with a browser uses it."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import INVENTED_READ_AT, NOW, Api
from cosmodrome.admin import introspection
from cosmodrome.admin.login import MOST_WRONG, MOST_WRONG_FOR_A_NAME
from cosmodrome.admin.site import site
from cosmodrome.derived.materialised.refresh import derive_all
from cosmodrome.environment import Environment
from cosmodrome.resources.registry import RESOURCES, resource_of
from cosmodrome.resources.subresources import SUBRESOURCES
from cosmodrome.time.durations import read_duration
from pages import MONDAY, TUESDAY, WEDNESDAY, agency, load
from servers import make_catalogue, run, serving

TABLES = list(apps.get_app_config("catalogue").get_models())
PASSWORD = "Sputnik-1957-beeps"  # noqa: S105 - of a person who is made up

each_table = pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
each_table_but_launches = pytest.mark.parametrize(
    "model",
    [
        pytest.param(table, marks=pytest.mark.slow) if table.__name__ == "Launch" else table
        for table in TABLES
    ],
    ids=lambda model: model.__name__,
)
"""And launches in a slow run: their pages take a second."""
each_list = pytest.mark.parametrize("path", list(RESOURCES))


@pytest.fixture(autouse=True)
def no_wrong_passwords_yet(settings: Any) -> None:
    """And none that takes half a second to check, which is the point of the others."""
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


@pytest.fixture
def admin(ada: User) -> Client:
    """A browser that has logged in."""
    browser = Client()
    browser.force_login(ada)
    return browser


def url(model: type[models.Model], page: str, *ids: Any, **query: Any) -> str:
    path = reverse(f"admin:catalogue_{model._meta.model_name}_{page}", args=ids)
    return f"{path}?{urlencode(query)}" if query else path


def table(name: str) -> Any:
    return apps.get_model("catalogue", name)


INVENTED: dict[type[models.Field[Any, Any]], Any] = {
    models.BooleanField: True,
    models.IntegerField: 4711,
    models.FloatField: 47.11,
    models.URLField: "https://invented.example/x",
    models.CharField: "X",
    models.TextField: "https://invented.example/x",
    models.DateTimeField: NOW,
    models.DateField: NOW.date(),
    models.DurationField: timedelta(days=1, seconds=1),
}


def invented(model: type[models.Model]) -> Any:
    """A row with a value in every column, and rows for whatever it must point to."""
    values: dict[str, Any] = {}
    for column in model._meta.concrete_fields:
        if column.related_model:
            if not column.null:
                values[column.name] = invented(column.related_model)
        elif isinstance(column, models.IntegerField) and column.unique and not column.auto_created:
            values[column.name] = 1 + max((4711, *model._default_manager.values_list(column.name, flat=True)))
        elif not column.primary_key:
            values[column.name] = next((v for kind, v in INVENTED.items() if isinstance(column, kind)), None)
    return model._default_manager.create(**values)


def some_rows(model: type[models.Model]) -> list[Any]:
    """Rows of the tests' catalogue, and one with all that a table can hold."""
    return [*model._default_manager.order_by("pk")[:1], invented(model)]


class Inputs(HTMLParser):
    """What a browser would send of the page's form, if nobody touched it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.select = self.textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        match tag:
            case "select":
                self.select = name
            case "option" if self.select and "selected" in given:
                self.sent.setdefault(self.select, []).append(given["value"])
            case "textarea":
                self.textarea = name
                self.sent[name] = [""]
            case "input" if name and given.get("type") not in ("submit", "button"):
                if given.get("type") != "checkbox" or "checked" in given:
                    self.sent[name] = [given.get("value", "on" if "checked" in given else "")]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self.select = self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.sent[self.textarea] = [data.removeprefix("\n")]


def untouched(page: Any) -> dict[str, list[str]]:
    assert page.status_code == 200
    inputs = Inputs()
    inputs.feed(page.content.decode())
    return inputs.sent


def send(admin: Client, address: str, **changes: Any) -> Any:
    """Loads the page at `address`, changes what is given (None leaves it out), and saves."""
    sent: dict[str, Any] = {**untouched(admin.get(address)), **changes}
    return admin.post(address, {name: value for name, value in sent.items() if value is not None})


def saved(answer: Any) -> None:
    if answer.status_code != 302:
        forms = [
            answer.context["adminform"].form,
            *(f.formset for f in answer.context["inline_admin_formsets"]),
        ]
        raise AssertionError([form.errors for form in forms])


@pytest.mark.every
@each_table
def test_every_table_is_in_the_admin(admin: Client, model: type[models.Model]) -> None:
    assert site.is_registered(model)
    index = admin.get("/admin/").content.decode()
    assert (url(model, "changelist") in index) != introspection.is_part_of_another(model)


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
IDS = re.compile(
    r'<t[dh] class="field-(?:id|pk)[^"]*">.*?</t[dh]>|<textarea.*?</textarea>'
    r'|<div class="readonly">[-0-9a-f]*</div>',
    re.DOTALL,
)
"""What shows an id and says so, and texts that a person has entered."""
TAGS = re.compile(r"<script.*?</script>|<[^>]*>", re.DOTALL)
TIME = re.compile(r"(?<![\d:])\d\d:\d\d(?::\d\d)?(?![\d:]| UTC)")


def readable(page: Any) -> Any:
    """Checks that a page names records as people do, and says of each time that it is UTC."""
    html = page.content.decode()
    text = TAGS.sub(" ", IDS.sub(" ", html))
    assert UUID.findall(text) == []
    assert re.findall(r"\w+ object \(.*?\)", text) == []
    assert TIME.findall(text) == []
    assert html.count('class="vTimeField"') == html.count("Time (UTC):")
    return page


@pytest.mark.every
@each_table_but_launches
def test_every_list_and_its_forms_open(admin: Client, model: type[models.Model]) -> None:
    invented(model)
    for query in ({}, {"q": "dragon 1"}, {"q": "x'\"%_\\"}, {"o": "-2.1"}):
        assert readable(admin.get(url(model, "changelist", **query))).status_code == 200
    assert readable(admin.get(url(model, "add"))).status_code == 200
    for key in [row.pk for row in some_rows(model)]:
        for page in ("change", "delete", "history"):
            assert readable(admin.get(url(model, page, key))).status_code == 200
    for relation in introspection.reverse_relations(model):
        add_one = url(relation.related_model, "add", **{relation.remote_field.name: key})
        assert admin.get(add_one).status_code == 200
        rows = url(relation.related_model, "changelist", **{f"{relation.remote_field.name}__exact": key})
        assert admin.get(rows).status_code == 200
    for nobody in ("nobody", "9" * 30):
        assert admin.get(url(model, "change", nobody)).status_code == 302


@pytest.mark.every
@each_table_but_launches
def test_each_filter_beside_a_list_filters(admin: Client, model: type[models.Model]) -> None:
    invented(model)
    page = admin.get(url(model, "changelist"))
    changes = page.context["cl"]
    for shown in changes.filter_specs:
        for choice in shown.choices(changes):
            assert admin.get(f"{url(model, 'changelist')}{choice['query_string']}").status_code == 200


@pytest.mark.every
@each_list
def test_a_list_of_the_admin_takes_as_many_statements_whatever_its_length(admin: Client, path: str) -> None:
    model = RESOURCES[path].model()

    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(url(model, "changelist")).status_code == 200
        return [query["sql"] for query in captured.captured_queries]

    invented(model)
    statements()  # after which it is known as of when all is derived
    few = statements()
    for _ in range(3):
        invented(model)
    assert len(statements()) == len(few), "\n".join(statements())


@pytest.mark.every
@each_table
def test_what_is_saved_untouched_stays_as_it_is(admin: Client, model: type[models.Model]) -> None:
    rows = some_rows(model)
    derive_all()  # as any change does
    for key in [row.pk for row in rows]:
        before = model._default_manager.filter(pk=key).values().get()
        saved(send(admin, url(model, "change", key)))
        assert model._default_manager.filter(pk=key).values().get() == before


def test_the_index_has_a_heading_for_each_family(admin: Client) -> None:
    index = admin.get("/admin/").content.decode()
    for family in ("Agencies", "Config", "Spacecraft"):
        assert f">{family}</a>" in index.replace("\n", "")


def test_a_search_is_that_of_the_endpoint(admin: Client) -> None:
    found = admin.get(url(table("Spacecraft"), "changelist", q="dragon")).context["cl"]
    assert {record.spacecraft_config.name for record in found.result_list}
    names = f"{[(str(record), str(record.spacecraft_config)) for record in found.result_list]}".lower()
    assert names.count("dragon") >= found.result_count > 0


def test_filters_are_those_that_can_be_clicked() -> None:
    filters = dict(introspection.filters(table("Spacecraft")))
    assert list(filters) == ["in_space", "is_placeholder", "spacecraft_config", "status"]


def test_a_craft_that_is_added_is_on_the_wire_on_the_next_request(admin: Client, api: Api) -> None:
    configuration = table("SpacecraftConfig")._default_manager.earliest("pk")
    saved(
        send(
            admin,
            url(table("Spacecraft"), "add"),
            name="Vostok 3KA-2",
            description="A dummy called Ivan Ivanovich flew in it.",
            status=table("SpacecraftStatus")._default_manager.earliest("pk").pk,
            spacecraft_config=configuration.pk,
            fastest_turnaround="p1dt2h",
        )
    )
    (craft,) = api.json("spacecraft", search="3KA-2")["results"]
    assert craft["name"] == "Vostok 3KA-2"
    assert craft["spacecraft_config"]["id"] == configuration.pk
    assert craft["fastest_turnaround"] == "P1DT2H"
    assert craft["serial_number"] is None
    row = table("Spacecraft")._default_manager.get(pk=craft["id"])
    assert row.totals_read_at == NOW
    page = admin.get(url(table("Spacecraft"), "change", row.pk)).content.decode()
    assert f'href="/2.3.0/spacecraft/{row.pk}/"' in page


def test_a_flight_and_a_docking_that_are_added_are_there_on_the_next_request(admin: Client, api: Api) -> None:
    rocket = table("Rocket")._default_manager.filter(spacecraftflight__isnull=True).earliest("pk")
    port = table("DockingLocation")._default_manager.filter(spacestation__isnull=False).earliest("pk")
    saved(
        send(
            admin,
            url(table("SpacecraftFlight"), "add"),
            rocket=rocket.pk,
            spacecraft=9301,
            destination="Low orbit",
        )
    )
    flight = api.json("spacecraft/9301")["flights"][-1]
    assert flight["destination"] == "Low orbit"
    assert flight["launch"]["id"] == str(rocket.pk)
    saved(
        send(
            admin,
            url(table("DockingEvent"), "add"),
            flight_vehicle_chaser=flight["id"],
            docking_location=port.pk,
            docking_0="2026-04-30",
            docking_1="10:00:00",
        )
    )
    (docking,) = api.json(f"spacecraft_flights/{flight['id']}")["docking_events"]
    assert docking["docking"] == "2026-04-30T10:00:00Z"
    assert docking["docking_location"]["id"] == port.pk


def test_a_senseless_duration_is_refused_in_a_sentence(admin: Client) -> None:
    craft = table("Spacecraft")._default_manager.earliest("pk")
    address = url(type(craft), "change", craft.pk)
    sent = untouched(admin.get(address))
    for senseless in ("11 days", "P1Y", "P", "P999999999D", "P٣D"):
        page = admin.post(address, {**sent, "time_docked": senseless})
        assert "Write a duration like P11DT19H14M36S" in page.content.decode(), senseless


def craft_in_space() -> Any:
    return (
        table("Spacecraft")
        ._default_manager.filter(in_space=True, totals_read_at=INVENTED_READ_AT)
        .earliest("pk")
    )


def test_a_total_set_by_hand_holds_from_that_moment(admin: Client, api: Api) -> None:
    craft = craft_in_space()
    saved(send(admin, url(type(craft), "change", craft.pk), time_in_space="P100DT1H"))
    craft.refresh_from_db()
    assert craft.totals_read_at == craft.time_in_space_since == NOW
    assert api.json(f"spacecraft/{craft.pk}")["time_in_space"] == "P100DT1H"


def test_a_duration_goes_on_when_another_total_is_set(admin: Client, api: Api) -> None:
    craft = craft_in_space()
    before = api.json(f"spacecraft/{craft.pk}")["time_in_space"]
    saved(send(admin, url(type(craft), "change", craft.pk), flights_count="77"))
    craft.refresh_from_db()
    assert craft.totals_read_at == craft.time_in_space_since == NOW
    after = api.json(f"spacecraft/{craft.pk}")
    assert (after["flights_count"], after["time_in_space"]) == (77, before)


def test_a_craft_that_has_landed_stands_still_from_then_on(admin: Client, api: Api, settings: Any) -> None:
    craft = craft_in_space()
    before = api.json(f"spacecraft/{craft.pk}")["time_in_space"]
    saved(send(admin, url(type(craft), "change", craft.pk), in_space=None))
    settings.CLOCK_STOPPED_AT = NOW + timedelta(days=9)
    after = api.json(f"spacecraft/{craft.pk}")
    assert (after["in_space"], after["time_in_space"]) == (False, before)
    assert read_duration(before)


def test_a_change_of_something_else_leaves_the_moment_of_the_totals(admin: Client) -> None:
    craft = craft_in_space()
    saved(send(admin, url(type(craft), "change", craft.pk), name="Renamed", totals_read_at="2020-01-01"))
    craft.refresh_from_db()
    assert (craft.name, craft.totals_read_at) == ("Renamed", INVENTED_READ_AT)


@pytest.mark.parametrize(
    "model", [table for table in TABLES if introspection.has_column(table, "last_updated")]
)
def test_a_record_tells_when_it_was_last_updated(admin: Client, model: Any) -> None:
    row = invented(model)
    model._default_manager.update(last_updated=INVENTED_READ_AT)
    saved(send(admin, url(model, "change", row.pk)))
    assert model._default_manager.get(pk=row.pk).last_updated == INVENTED_READ_AT
    saved(send(admin, url(model, "change", row.pk), name="Renamed"))
    assert model._default_manager.get(pk=row.pk).last_updated == NOW


def test_a_list_keeps_the_order_in_which_it_was_chosen(admin: Client, api: Api) -> None:
    agency = table("Agency")._default_manager.earliest("pk")
    keys = list(table("Country")._default_manager.order_by("-pk").values_list("pk", flat=True)[:3])
    for order in (keys, keys[::-1], [keys[1], keys[0]]):
        saved(send(admin, url(type(agency), "change", agency.pk), country=order))
        assert [country["id"] for country in api.json(f"agencies/{agency.pk}")["country"]] == order
        assert untouched(admin.get(url(type(agency), "change", agency.pk)))["country"] == [
            str(k) for k in order
        ]


def test_no_page_that_was_read_before_overwrites_what_a_person_has_entered(
    admin: Client, api: Api, settings: Any
) -> None:
    settings.CLOCK_STOPPED_AT = TUESDAY
    saved(send(admin, url(table("Agency"), "change", 66), name="Ours", abbrev="OUR"))
    page = [agency(66, "normal", name="Theirs", administrator="Theirs")]
    load(page, MONDAY)
    answer = api.json("agencies/66")
    assert (answer["name"], answer["administrator"]) == ("Ours", "Theirs")
    load(page, WEDNESDAY)
    assert api.json("agencies/66")["name"] == "Theirs"


def test_the_name_of_a_parent_follows_the_choice(admin: Client, api: Api) -> None:
    agency, parent = table("Agency")._default_manager.order_by("pk")[:2]
    type(agency)._default_manager.filter(pk=agency.pk).update(parent=None, parent_name="As Read")
    assert api.json(f"agencies/{agency.pk}")["parent"] == "As Read"
    saved(send(admin, url(type(agency), "change", agency.pk), parent=parent.pk))
    assert api.json(f"agencies/{agency.pk}")["parent"] == parent.name
    saved(send(admin, url(type(agency), "change", agency.pk), parent=""))
    assert api.json(f"agencies/{agency.pk}")["parent"] is None


def test_parts_are_edited_with_what_they_belong_to(admin: Client, api: Api) -> None:
    agency = table("Agency")._default_manager.filter(social_media_links=None).earliest("pk")
    medium = table("SocialMedia")._default_manager.create(name="Invented Medium")
    prefix = "social_media_links"
    link = {
        f"{prefix}-TOTAL_FORMS": "1",
        f"{prefix}-0-social_media": medium.pk,
        f"{prefix}-0-url": "https://medium.example/agency",
    }
    saved(send(admin, url(type(agency), "change", agency.pk), **link))
    (kept,) = api.json(f"agencies/{agency.pk}")["social_media_links"]
    assert (kept["social_media"]["name"], kept["url"]) == ("Invented Medium", "https://medium.example/agency")
    wrong = send(admin, url(type(agency), "change", agency.pk), **{f"{prefix}-0-url": "nowhere"})
    assert "Enter a valid URL." in wrong.content.decode()
    saved(send(admin, url(type(agency), "change", agency.pk), **{f"{prefix}-0-DELETE": "on"}))
    assert api.json(f"agencies/{agency.pk}")["social_media_links"] == []


def test_the_id_of_a_look_up_is_given_once(admin: Client, api: Api) -> None:
    kind = table("AgencyType")
    saved(send(admin, url(kind, "add"), id="4711", name="Imaginary"))
    assert api.json("config/agency_types/4711") == {"id": 4711, "name": "Imaginary"}
    again = send(admin, url(kind, "add"), id="4711", name="Another")
    assert "already exists" in again.content.decode()
    saved(send(admin, url(kind, "change", 4711), id="1", name="Unreal"))
    assert api.json("config/agency_types/4711")["name"] == "Unreal"


def test_what_hangs_on_a_record_is_told_before_it_goes(admin: Client) -> None:
    craft = table("Spacecraft")._default_manager.filter(flights__isnull=True).earliest("pk")
    configuration = craft.spacecraft_config
    for address in (
        url(type(configuration), "delete", configuration.pk),
        url(type(configuration), "changelist"),
    ):
        page = admin.post(
            address, {"action": "delete_selected", "_selected_action": configuration.pk, "post": "yes"}
        )
        assert "would require deleting the following protected related objects" in page.content.decode()
        assert craft.name in page.content.decode()
    assert admin.post(url(type(craft), "delete", craft.pk), {"post": "yes"}).status_code == 302


def test_lists_that_name_a_record_are_linked_to(admin: Client) -> None:
    configuration = table("SpacecraftConfig")._default_manager.filter(craft__isnull=False).earliest("pk")
    count = configuration.craft.count()
    page = admin.get(url(type(configuration), "change", configuration.pk)).content.decode()
    rows = f"{url(table('Spacecraft'), 'changelist')}?spacecraft_config__id__exact={configuration.pk}"
    assert (f'href="{rows}"' in page) or (f"{count} spacecraft" in page)
    assert admin.get(rows).context["cl"].result_count == count
    add = url(table("Spacecraft"), "add", spacecraft_config=configuration.pk)
    assert untouched(admin.get(add))["spacecraft_config"] == [str(configuration.pk)]


def test_what_is_searched_in_a_form_is_found(admin: Client) -> None:
    query = {"app_label": "catalogue", "model_name": "spacecraft", "field_name": "spacecraft_config"}
    found = admin.get("/admin/autocomplete/", {**query, "term": "dragon"}).json()
    assert found["results"]


def test_without_an_account_there_is_no_admin(client: Client, db: None) -> None:
    for path in ("/admin/", "/admin/login/", "/admin/catalogue/agency/", "/admin/nope/"):
        answer, ordinary = client.get(path), client.get("/nope/")
        assert (answer.status_code, answer.content) == (404, ordinary.content)
        assert answer.headers == ordinary.headers
    User.objects.create_user("bob", password=PASSWORD)
    assert client.get("/admin/").status_code == 404, "one who may not enter opens nothing"


def test_one_logs_in_and_out(client: Client, ada: User) -> None:
    answer = client.get("/admin/catalogue/agency/")
    assert answer["Location"] == "/admin/login/?next=/admin/catalogue/agency/"
    page = client.get(answer["Location"])
    assert "Cosmodrome" in page.content.decode()
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert "no-store" in page["Cache-Control"]
    assert not page.has_header("Access-Control-Allow-Origin")
    entered = client.post(answer["Location"], {"username": "ada", "password": PASSWORD})
    assert entered["Location"] == "/admin/catalogue/agency/"
    session = entered.cookies["sessionid"]
    assert (session["path"], session["httponly"], session["samesite"]) == ("/admin/", True, "Lax")
    for path in ("/admin/catalogue/agency/", "/admin/password_change/"):
        assert client.get(path).status_code == 200
    assert client.post("/admin/logout/").status_code == 200
    assert client.get("/admin/catalogue/agency/").status_code == 302


def test_a_wrong_name_and_a_wrong_password_are_told_alike(client: Client, ada: User) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD)
    answers = {
        client.post("/admin/login/", {"username": name, "password": password})
        .content.decode()
        .partition("errornote")[2]
        .partition("</p>")[0]
        for name, password in (("ada", "x"), ("nobody", "x"), (bob.username, PASSWORD))
    }
    assert len(answers) == 1


def test_guessing_is_bounded(client: Client, ada: User) -> None:
    def log_in(password: str, name: str = "ada", address: str = "192.0.2.1") -> Any:
        sent = {"username": name, "password": password}
        return client.post("/admin/login/", sent, REMOTE_ADDR=address)

    for _ in range(MOST_WRONG_FOR_A_NAME):
        assert "Please enter the correct" in log_in("wrong").content.decode()
    with CaptureQueriesContext(connection) as captured:
        assert "Too many wrong passwords. Wait 5 minutes" in log_in(PASSWORD).content.decode()
    assert not [query for query in captured.captured_queries if '"username" =' in query["sql"]]
    assert "Please enter the correct" in log_in("wrong", name="grace").content.decode()
    assert log_in(PASSWORD, address="192.0.2.2").status_code == 302


def test_all_names_together_are_bounded_too(client: Client, ada: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("cosmodrome.admin.login.MOST_WRONG", 2)
    for number, address in enumerate(("2001:db8::1", "2001:db8::2", "2001:db8::3")):
        sent = {"username": f"name{number}", "password": "wrong"}
        page = client.post("/admin/login/", sent, REMOTE_ADDR=address).content.decode()
    assert "Too many wrong passwords" in page


def test_guesses_from_one_address_lock_no_other_out_however_addresses_come(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once from a socket for both families, once through a proxy that all come through."""
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://space.example")

    def log_in(password: str, address: str, name: str = "ada") -> Any:
        came: list[dict[str, Any]] = [
            {"REMOTE_ADDR": f"::ffff:{address}"},
            {"REMOTE_ADDR": "::1", "HTTP_X_FORWARDED_FOR": address},
        ]
        sent = {"username": name, "password": password}
        return [client.post("/admin/login/", sent, secure=True, **each).status_code for each in came]

    for number in range(MOST_WRONG // 2):
        assert log_in("wrong", "192.0.2.1", name=f"name{number}") == [200, 200]
    assert log_in(PASSWORD, "192.0.2.1") == [200, 200], "both ways lead to one address"
    assert log_in(PASSWORD, "192.0.2.2") == [302, 302]


def test_a_form_of_another_site_does_nothing(ada: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    agency = table("Agency")._default_manager.earliest("pk")
    for path in (url(type(agency), "delete", agency.pk), "/admin/login/", "/admin/logout/"):
        answer = browser.post(path, {"post": "yes"}, headers={"Accept": "text/html"})
        assert answer.status_code == 403
        assert "load its page again" in answer.content.decode()
    assert type(agency)._default_manager.filter(pk=agency.pk).exists()


@pytest.mark.every
@pytest.mark.parametrize(
    "path", ["/", "/docs/", "/nope/", "/2.3.0/", "/2.3.0/swagger/", *(f"/2.3.0/{p}/" for p in RESOURCES)]
)
def test_nothing_but_the_admin_knows_sessions(admin: Client, client: Client, path: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = admin.get(path, headers={"Accept": "application/json"})
    assert not [
        query for query in captured.captured_queries if "session" in query["sql"] or "auth_" in query["sql"]
    ]
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert answer["Access-Control-Allow-Origin"] == "*"
    stranger = client.get(path, headers={"Accept": "application/json"})
    assert (stranger.status_code, stranger.content, stranger.headers) == (
        answer.status_code,
        answer.content,
        answer.headers,
    )


@pytest.mark.parametrize(
    ("public", "origins"),
    [
        ("", []),
        ("https://Space.example:443/library", ["https://space.example"]),
        ("http://space.example:8080", ["http://space.example:8080"]),
        ("http://space.example:443", ["http://space.example:443"]),
    ],
)
def test_forms_may_come_from_the_public_address(public: str, origins: list[str]) -> None:
    assert Environment.read({"COSMODROME_PUBLIC_URL": public}).public_origins == origins


def test_no_cookie_is_secure_where_there_is_no_https() -> None:
    assert not settings.SESSION_COOKIE_SECURE
    code = (
        "from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_PATH, s.CSRF_TRUSTED_ORIGINS)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "DJANGO_SETTINGS_MODULE": "cosmodrome.server.settings",
            "PYTHONPATH": ":".join(sys.path),
            "COSMODROME_PUBLIC_URL": "https://space.example/library",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "True True /library/admin/ ['https://space.example']\n"


@pytest.mark.slow
def test_the_command_makes_an_account_with_which_one_logs_in(tmp_path: Path) -> None:
    data_dir = make_catalogue(tmp_path / "data")
    made = run(data_dir, "admin-user", "ada", "--password-stdin", text=f"{PASSWORD}\n")
    assert (made.returncode, made.stdout) == (0, "ada can log in: /admin/ of the server\n"), made.stderr
    changed = run(data_dir, "admin-user", "ada", "--password-stdin", text="Luna-2-hits-1959", PORT="8001")
    assert changed.stdout == "ada has a new password: http://127.0.0.1:8001/admin/\n"
    assert PASSWORD not in made.stdout + made.stderr + changed.stderr
    with serving(data_dir, "--empty", PUBLIC_URL="https://space.example/library") as server:
        status, headers, _ = server.get("/admin/")
        assert (status, headers["location"]) == (302, "/library/admin/login/?next=/library/admin/")
        status, headers, page = server.get("/admin/login/")
        assert status == 200
        assert "; Path=/library/admin/; SameSite=Lax; Secure" in headers["set-cookie"]
        assert b'href="/library/static/admin/css/base.css"' in page
        assert server.get("/static/admin/css/base.css")[0] == 200
        assert "set-cookie" not in server.get("/2.3.0/agencies/")[1]
        gone = run(data_dir, "admin-user", "ada", "--remove")
        assert gone.stdout == "The account ada is gone.\n"
        assert server.get("/admin/")[0] == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "text", "sentence"),
    [
        (["a b"], "", "The name 'a b' will not do. Enter a valid username."),
        (["n" * 200], "", "will not do. Ensure this value has at most 150 characters"),
        (["ada"], "", "There is no terminal to ask for the password: give it with --password-stdin."),
        (["ada", "--password-stdin"], "", "The password will not do. This password is too short."),
        (["ada", "--password-stdin"], "password", "The password will not do. This password is too common."),
        (["ada", "--password-stdin"], "one line\nand another\n", "A password is one line of at most 4096 characters."),
        (["bob", "--remove"], "", "There is no account 'bob'; the accounts are: none."),
    ],
)  # fmt: skip
def test_the_command_says_what_stands_in_the_way(
    data_dir: Path, arguments: list[str], text: str, sentence: str
) -> None:
    refused = run(data_dir, "admin-user", *arguments, text=text)
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not refused.stdout


@pytest.mark.slow
@each_table
def test_a_record_leads_to_what_is_published_of_it(admin: Client, model: Any) -> None:
    resource = resource_of(model)
    row: Any = (resource.rows() if resource else model._default_manager).order_by("pk").first()
    text = admin.get(url(model, "change", row.pk)).content.decode()
    assert (">JSON</a>" in text) == (resource is not None)
    for each in SUBRESOURCES.get(resource, []) if resource else ():
        (address,) = re.findall(rf'href="([^"]*/{each.path}/)"', text)
        assert admin.get(address).status_code == 200
