"""Many records at once in the admin: a field of all that are chosen, and tables as CSV files."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from conftest import Api
from cosmodrome.admin.batches import bulk, cells, files
from cosmodrome.admin.batches.importing import enter_lines
from cosmodrome.admin.groups import give_role
from cosmodrome.admin.history.recorder import HistoryRecorder
from cosmodrome.admin.models import Revision
from cosmodrome.admin.roles import Role
from cosmodrome.admin.site import site
from cosmodrome.changes.models import DataVersion
from cosmodrome.changes.transactions import atomic_change
from test_admin import each_table, invented, table, untouched, url
from test_admin_roles import no_sidebar  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("no_sidebar")


@pytest.fixture
def admin(db: None) -> Client:
    """A browser of an editor who has logged in."""
    user = User.objects.create(username="grace", is_staff=True)
    give_role(user, Role.EDITOR)
    browser = Client()
    browser.force_login(user)
    return browser


def exported(admin: Client, model: Any, **query: Any) -> list[list[str]]:
    answer = admin.get(url(model, "export", **query))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))


def upload(admin: Client, model: Any, rows: Any) -> Any:
    """Sends a file, which is only shown."""
    if not isinstance(rows, bytes):
        file = StringIO()
        csv.writer(file).writerows(rows)
        rows = file.getvalue().encode()
    sent = BytesIO(rows)
    sent.name = "table.csv"
    answer = admin.post(url(model, "import"), {"file": sent})
    assert answer.status_code == 200
    return answer


def confirm(admin: Client, model: Any, shown: Any) -> Any:
    return admin.post(url(model, "import"), untouched(shown))


def problems(page: Any) -> list[tuple[int, str, str]]:
    assert "error" not in page.context, page.context["error"]
    return [(each.line, each.column, each.text) for each in page.context["problems"]]


def error(page: Any) -> str:
    return str(page.context["error"])


def version() -> int:
    return DataVersion.objects.get().number


@pytest.mark.every
@each_table
def test_a_file_that_was_given_out_changes_nothing(db: None, model: Any) -> None:
    invented(model)
    text = files.written_file(model._default_manager.order_by("-pk")[:3])
    header, *rows = csv.reader(StringIO(text.removeprefix(files.MARK)))
    assert header == list(files.columns_of(model))
    assert rows
    request: Any = RequestFactory().post("/")
    request.user = User.objects.create(username="ada")
    with atomic_change() as request.change:
        recorder = request.change.listener(HistoryRecorder)
        recorder.begin("ada")
        lines = files.read_file(model, files.text_of(text.encode()))
        assert enter_lines(site.get_model_admin(model), request, lines) == []
        assert recorder.revisions() == []


def test_an_export_has_what_the_list_has(admin: Client) -> None:
    rows = exported(admin, table("Spacecraft"), q="dragon")
    assert 1 < len(rows) < 1 + table("Spacecraft")._default_manager.count()


KINDS = [["id", "name"], ["4711", "Imaginary"], ["4712", "Unreal"]]


def test_a_file_is_shown_first_and_then_imported_at_once(admin: Client, api: Api) -> None:
    kind, before = table("AgencyType"), version()
    known = kind._default_manager.earliest("pk")
    shown = upload(admin, kind, [*KINDS, [known.pk, "Renamed"]])
    assert (shown.context["outcome"].made, shown.context["outcome"].changed) == (2, 1)
    assert "Imaginary" in shown.content.decode()
    assert (version(), Revision.objects.count()) == (before, 0)
    assert not kind._default_manager.filter(pk=4711).exists()
    done = confirm(admin, kind, shown)
    assert done["Location"] == url(kind, "changelist")
    assert version() > before
    assert api.json("config/agency_types/4711")["name"] == "Imaginary"
    assert api.json(f"config/agency_types/{known.pk}")["name"] == "Renamed"
    assert set(Revision.objects.values_list("how", "by")) == {("imported", "grace")}


def test_what_has_changed_meanwhile_is_shown_again(admin: Client) -> None:
    kind = table("AgencyType")
    shown = upload(admin, kind, KINDS)
    kind._default_manager.create(pk=4711, name="Quicker")
    again = confirm(admin, kind, shown)
    assert "Something has changed since you looked" in again.content.decode()
    assert kind._default_manager.get(pk=4711).name == "Quicker"
    assert confirm(admin, kind, again).status_code == 302
    assert kind._default_manager.get(pk=4711).name == "Imaginary"


def test_records_are_named_by_id_or_name_and_what_is_missing_stays(admin: Client, api: Api) -> None:
    agency, parent = table("Agency")._default_manager.order_by("pk")[:2]
    countries = list(table("Country")._default_manager.order_by("-pk")[:2])
    listed = f"{countries[0].name}; {countries[1].pk}"
    rows = [["id", "parent", "country", "founding_year"], [agency.pk, parent.name, listed, "1957"]]
    before = api.json(f"agencies/{agency.pk}")
    assert confirm(admin, table("Agency"), upload(admin, table("Agency"), rows)).status_code == 302
    after = api.json(f"agencies/{agency.pk}")
    assert after["parent"] == parent.name
    assert [each["id"] for each in after["country"]] == [each.pk for each in countries]
    changed = {key for key in after if after[key] != before[key] and not key.endswith("_list")}
    assert changed == {"parent", "country", "founding_year"}


def test_a_new_record_needs_what_its_page_needs(admin: Client, api: Api) -> None:
    craft = table("Spacecraft")
    configuration = table("SpacecraftConfig")._default_manager.earliest("pk")
    status = table("SpacecraftStatus")._default_manager.earliest("pk")
    header = ["id", "name", "description", "status", "spacecraft_config", "is_placeholder"]
    right = ["", "Vostok 3KA-2", "A dummy flew in it.", status.pk, configuration.pk, "no"]
    lacking, wrong = ["", "Vostok 3KA-3", "X", status.pk, "", "no"], [*right[:5], "perhaps"]
    shown = upload(admin, craft, [header, right, lacking, wrong])
    assert problems(shown) == [
        (3, "spacecraft_config", "This field is required."),
        (4, "is_placeholder", "Write yes or no."),
    ]
    assert not craft._default_manager.filter(name__startswith="Vostok 3KA").exists()
    assert confirm(admin, craft, upload(admin, craft, [header, right])).status_code == 302
    (found,) = api.json("spacecraft", search="3KA-2")["results"]
    assert found["spacecraft_config"]["id"] == configuration.pk


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("id", "4711", "There is no agency 4711: leave the id empty for a new one."),
        ("id", "x", "'x' is no id: leave it empty for a new record."),
        ("parent", "Nobody at all", "There is no agency 'Nobody at all': write the id or the whole name of one."),
        ("featured", "maybe", "Write yes or no."),
        ("founding_year", "long ago", "Enter a whole number."),
        ("info_url", "nowhere", "Enter a valid URL."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_line_and_column(
    admin: Client, column: str, cell: str, sentence: str
) -> None:
    agency = table("Agency")._default_manager.earliest("pk")
    row = {"id": agency.pk, "name": "A name\nof two lines", "featured": "yes", column: cell}
    page = upload(admin, type(agency), [row, ["", "", ""], row.values()])
    assert problems(page) == [(3, column, sentence)]


def test_near_misses_are_told(admin: Client) -> None:
    kind = table("AgencyType")._default_manager.earliest("pk")
    page = upload(admin, table("Agency"), [["id", "type"], ["", f"{kind.name}x"]])
    assert f"did you mean {kind.name!r}?" in str(problems(page))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty: its first line has to name the columns."),
        (b"id,nam\n", "Line 1 names a column 'nam', which this table has not: did you mean name?"),
        (b"id,name,name\n", "Line 1 names the column 'name' twice."),
        (b"name\nX\n", "Line 1 names no column 'id'"),
        (b"id,name\n", "The file has no record: only the line that names the columns."),
        (b"id;name\r\n1;X;Y\r\n", "Line 2 has 3 cells, and the first line names 2 columns"),
        (b'id,name\n1,"X\n', "Line 2 is no line of a CSV file"),
        (b"id,name\n1,\xe9\n", "Line 2 is not UTF-8"),
        (b"\xff\xfe\x00", "Line 1 is not UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(admin: Client, data: bytes, sentence: str) -> None:
    page = upload(admin, table("AgencyType"), data)
    assert sentence in error(page)
    assert Revision.objects.count() == 0


def test_each_record_is_written_once(admin: Client) -> None:
    page = upload(admin, table("AgencyType"), [*KINDS, ["4711", "Again"]])
    assert problems(page) == [(4, "id", "Line 2 has this id already: write each record once.")]


def test_a_file_has_so_many_bytes_and_records(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 30)
    assert "at most 30 are taken: split it." in error(upload(admin, table("AgencyType"), KINDS))
    monkeypatch.undo()
    monkeypatch.setattr(files, "MOST_LINES", 1)
    assert "The file has more than 1 records: split it." in error(upload(admin, table("AgencyType"), KINDS))


def test_so_many_problems_are_told(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cosmodrome.admin.batches.importing.MOST_PROBLEMS", 1)
    page = upload(admin, table("AgencyType"), [["id", "name"], ["x", "X"], ["y", "Y"]])
    assert len(problems(page)) == 1


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "-2+3", "+1", "\tx", "'=1", "'quoted", "plain", "-", ""]
)
def test_no_text_is_a_formula_and_each_comes_back(text: str) -> None:
    cell = cells.written(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cells.unquoted(cell) == text


def test_formulas_are_harmless_in_an_export(admin: Client) -> None:
    kind = table("AgencyType")._default_manager.create(pk=4711, name='=HYPERLINK("http://evil.example")')
    assert ["4711", "'" + kind.name] in exported(admin, type(kind))
    assert ["-5.25"] not in exported(admin, type(kind))
    assert cells.written(-5.25) == "-5.25", "a number is no formula"


def chosen(admin: Client, rows: Any, **sent: Any) -> Any:
    keys = [row.pk for row in rows]
    data = {"action": "change_selected", "_selected_action": keys, **sent}
    return admin.post(url(type(rows[0]), "changelist"), data)


def test_a_field_of_many_records_is_changed_at_once(admin: Client, api: Api) -> None:
    craft = list(table("Spacecraft")._default_manager.order_by("pk")[:3])
    status = table("SpacecraftStatus")._default_manager.latest("pk")
    before = version()
    asked = chosen(admin, craft)
    assert 'value="status"' in asked.content.decode()
    assert 'value="flights_count"' not in asked.content.decode()
    page = chosen(admin, craft, field="status")
    assert 'name="entered-status"' in page.content.decode()
    shown = chosen(admin, craft, **{"field": "status", "step": "", "entered-status": status.pk})
    outcome = shown.context["outcome"]
    assert outcome.changed == sum(each.status_id != status.pk for each in craft)
    assert version() == before
    done = chosen(admin, craft, **{"field": "status", "step": outcome.digest(), "entered-status": status.pk})
    assert done.status_code == 302
    assert version() > before
    assert {api.json(f"spacecraft/{each.pk}")["status"]["id"] for each in craft} == {status.pk}
    assert set(Revision.objects.values_list("how", flat=True)) == {"changed in bulk"}


def test_what_can_not_be_in_all_records_is_in_none(admin: Client) -> None:
    agencies = list(table("Agency")._default_manager.order_by("pk")[:2])
    page = chosen(admin, agencies, **{"field": "info_url", "step": "", "entered-info_url": "nowhere"})
    assert "Enter a valid URL." in page.content.decode()
    empty = chosen(admin, agencies, **{"field": "type", "step": "", "entered-type": ""})
    assert "This field is required." in empty.content.decode()
    other = chosen(
        admin, agencies, **{"field": "type", "step": "made up", "entered-type": agencies[0].type_id}
    )
    assert other.status_code == 200, "only what was shown is done"
    assert Revision.objects.count() == 0


def test_so_many_records_are_changed_at_once(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_RECORDS", 1)
    rows = list(table("Agency")._default_manager.order_by("pk")[:2])
    answer = chosen(admin, rows)
    assert "Choose at most 1 records" in admin.get(answer["Location"]).content.decode()


def test_an_import_shows_so_many_changes(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cosmodrome.admin.batches.undoing.MOST_SHOWN", 1)
    page = upload(admin, table("AgencyType"), KINDS)
    assert "the first 1 are" in page.content.decode()
    assert "Unreal" not in page.content.decode()
