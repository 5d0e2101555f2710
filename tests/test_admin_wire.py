"""What a person saves in the admin with no more than it asks for: it is on the wire, as the contract has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client

from conftest import NOW, STRICT, Api
from cosmodrome.admin.introspection import parts
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Previous, Resource, Upcoming
from cosmodrome.shapes.shapes import required_columns
from test_admin import TABLES, each_table, saved, send, table, untouched, url

COMPONENTS: dict[str, Any] = json.loads(STRICT.read_text())["components"]["schemas"]
KINDS: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
}
UNKNOWN_DURATIONS = ("eva_time", "duration", "turn_around_time", "pad_turnaround")
"""Durations that follow from parts, of which a new record has none: no person can be asked for them."""


@pytest.fixture
def admin(db: None) -> Client:
    """A browser that has logged in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("grace"))
    return browser


def deviations(value: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    """What of an answer the contract does not allow."""
    schema = {**schema, **schema.get("allOf", [{}])[0]}
    if value is None:
        if not schema.get("nullable") and not where.endswith(UNKNOWN_DURATIONS):
            yield f"{where} is null"
    elif "$ref" in schema:
        yield from deviations_of_component(value, schema["$ref"].rpartition("/")[2], where)
    elif not isinstance(value, KINDS[schema["type"]]):
        yield f"{where} is {value!r}"
    elif schema["type"] == "array":
        for index, item in enumerate(value):
            yield from deviations(item, schema["items"], f"{where}[{index}]")
    elif not is_allowed(value, schema):
        yield f"{where} is {value!r}"


def deviations_of_component(value: Any, name: str, where: str) -> Iterator[str]:
    component = COMPONENTS[name]
    if "enum" in component:
        yield from deviations(value, {"type": "string", **component}, where)
    elif list(value) != list(component["properties"]):
        yield f"{where} has the keys {list(value)}"
    else:
        for key in value:
            yield from deviations(value[key], component["properties"][key], f"{where}.{key}")


def is_allowed(value: Any, schema: dict[str, Any]) -> bool:
    return (
        len(str(value)) >= schema.get("minLength", 0)
        and re.search(schema.get("pattern", ""), str(value)) is not None
        and value in schema.get("enum", [value])
    )


def wrong_on_the_wire(api: Api, row: Any) -> Iterator[str]:
    """What is wrong with the records of a row, and of the rows that it points to, in all modes."""
    shown = [row, *(getattr(row, column.name) for column in row._meta.concrete_fields if column.is_relation)]
    for each in filter(None, shown):
        for resource in RESOURCES.values():
            if resource.model() is type(each) and not issubclass(resource, Upcoming | Previous):
                yield from wrong_record(api, resource, each.pk)


def wrong_record(api: Api, resource: type[Resource], key: Any) -> Iterator[str]:
    answer = api.get(f"/2.3.0/{resource.path}/{key}/")
    if answer.status_code != 200:
        yield f"{resource.path}/{key}: {answer.status_code}"
        return
    yield from deviations_of_component(answer.json(), resource.record_shape().component, resource.path)
    for mode, shape in resource.modes.items():
        alone = {"id": key} if "id" in resource.filter_names() else {}
        page = api.json(resource.path, mode=mode, limit=100, offset=0, **alone)
        while page["next"]:
            page["results"] += (more := api.get(page["next"]).json())["results"]
            page["next"] = more["next"]
        found = [record for record in page["results"] if str(record["id"]) == str(key)]
        if not found:
            yield f"{resource.path}?mode={mode} has no {key}"
        for record in found:
            yield from deviations_of_component(record, shape.component, f"{resource.path}?mode={mode}")


LEAST = {
    "IntegerField": "88001",
    "FloatField": "1.5",
    "DateField": "2026-05-02",
    "URLField": "https://least.example/",
    "IsoDurationField": "P1D",
    "BooleanField": "on",
}
"""The least that an input of each kind takes."""


def least(form: Any, name: str) -> dict[str, Any]:
    """The least that an input takes, as a browser sends it."""
    field, sent, model = form.fields[name], form.add_prefix(name), form._meta.model
    if hasattr(field, "queryset"):
        rows, column = field.queryset.order_by("pk"), model._meta.get_field(name)
        if column.unique:
            rows = rows.exclude(pk__in=model._default_manager.values(name))
        return {sent: rows.values_list("pk", flat=True).first()}
    if type(field).__name__ == "SplitDateTimeField":
        return {f"{sent}_0": "2026-05-02", f"{sent}_1": "10:00:00"}
    return {sent: LEAST.get(type(field).__name__, "X")}


def forms_of(answer: Any) -> list[Any]:
    inlines = [form for inline in answer.context["inline_admin_formsets"] for form in inline.formset.forms]
    return [answer.context["adminform"].form, *inlines]


def added(admin: Client, model: Any, **given: Any) -> Any:
    """The row that a person adds who fills in `given`, and then what the form asks for."""
    address = url(model, "add")
    before = set(model._default_manager.values_list("pk", flat=True))
    sent: dict[str, Any] = {**untouched(admin.get(address)), **given}
    for _ in range(4):
        answer = admin.post(address, sent)
        if answer.status_code == 302:
            return model._default_manager.exclude(pk__in=before).get()
        for form in forms_of(answer):
            for name in set(form.errors) & set(form.fields):
                sent |= least(form, name)
    raise AssertionError([form.errors for form in forms_of(answer)])


def free_launch() -> None:
    """A launch that has no rocket yet, as a new one has none."""
    window = {"net": NOW, "window_start": NOW, "window_end": NOW, "last_updated": NOW}
    agency = table("Agency")._default_manager.earliest("pk")
    table("Launch")._default_manager.create(
        name="Free", slug="free", launch_service_provider=agency, **window
    )


@pytest.mark.every
@each_table
def test_a_record_with_what_its_form_asks_for_is_as_the_contract_has_it(
    admin: Client, api: Api, model: Any
) -> None:
    free_launch()
    wrong = [*wrong_on_the_wire(api, added(admin, model))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.every
@each_table
def test_a_record_with_everything_that_its_form_takes_is_too(admin: Client, api: Api, model: Any) -> None:
    free_launch()
    form = admin.get(url(model, "add")).context["adminform"].form
    sent: dict[str, Any] = {}
    for name in form.fields:
        sent |= {key: value for key, value in least(form, name).items() if value is not None}
    wrong = [*wrong_on_the_wire(api, added(admin, model, **sent))]
    assert not wrong, "\n".join(wrong)


WITH_PARTS = [(model, relation) for model in TABLES for relation in parts(model)]


@pytest.mark.every
@pytest.mark.parametrize(
    ("model", "relation"), WITH_PARTS, ids=lambda each: getattr(each, "name", getattr(each, "__name__", ""))
)
def test_a_record_with_a_part_is_too(admin: Client, api: Api, model: Any, relation: Any) -> None:
    free_launch()
    page = admin.get(url(model, "add"))
    [formset] = [
        inline.formset
        for inline in page.context["inline_admin_formsets"]
        if inline.formset.fk is relation.field
    ]
    form, sent = formset.empty_form, {f"{formset.prefix}-TOTAL_FORMS": 1}
    for name in formset.form.base_fields:
        if name != relation.field.name:
            sent |= {key.replace("__prefix__", "0"): value for key, value in least(form, name).items()}
    row = added(admin, model, **{key: value for key, value in sent.items() if value is not None})
    assert relation.related_model._default_manager.filter(**{relation.field.name: row.pk}).count() == 1
    wrong = [*wrong_on_the_wire(api, row)]
    assert not wrong, "\n".join(wrong)


def test_a_blank_launch_is_refused_and_names_what_it_needs(admin: Client) -> None:
    page = send(admin, url(table("Launch"), "add"))
    errors = page.context["adminform"].form.errors
    needed = {"name", "net", "window_start", "window_end", "launch_service_provider"}
    assert set(errors) == needed
    assert errors["name"] == ["This field is required."]
    page = send(admin, url(table("Launch"), "add"), name="日本")
    errors = page.context["adminform"].form.errors
    assert errors["name"] == ["Write a name with Latin letters, of which a slug is made, or a slug."]


def test_a_slug_is_made_from_the_name_unless_it_is_given(admin: Client) -> None:
    launch = added(admin, table("Launch"), name="Sojus TM-12 | Союз")
    assert launch.slug == "sojus-tm-12"
    saved(send(admin, url(table("Launch"), "change", launch.pk), name="Another"))
    launch.refresh_from_db()
    assert launch.slug == "sojus-tm-12"
    saved(send(admin, url(table("Launch"), "change", launch.pk), slug=""))
    launch.refresh_from_db()
    assert launch.slug == "another"
    assert added(admin, table("Event"), name="Spacewalk", slug="own").slug == "own"


def test_a_rocket_gets_the_next_free_number(admin: Client) -> None:
    free_launch()
    highest = table("Rocket")._default_manager.aggregate(number=models.Max("number"))["number"]
    assert added(admin, table("Rocket")).number == highest + 1


HIDEABLE = [model for model in TABLES if required_columns(model)]


@pytest.mark.every
@pytest.mark.parametrize("model", HIDEABLE, ids=lambda model: model.__name__)
def test_a_record_that_was_only_named_may_wait_and_says_for_what(admin: Client, api: Api, model: Any) -> None:
    free_launch()
    row = added(admin, model)
    lacks = required_columns(model)[-1]
    model._default_manager.filter(pk=row.pk).update(**{lacks: None})
    said = f"{lacks.removesuffix('_id')} is missing"
    page = admin.post(
        url(model, "change", row.pk), untouched(admin.get(url(model, "change", row.pk))), follow=True
    )
    path = next((path for path, each in RESOURCES.items() if each.model() is model), None)
    if path is None:  # a rocket waits with its launch, and has no list
        return
    assert f"Not on the wire yet: {said}." in [str(message) for message in page.context["messages"]]
    assert api.get(f"/2.3.0/{path}/{row.pk}/").status_code == 404
    hidden = admin.get(url(model, "changelist", on_the_wire="no"))
    assert said in hidden.content.decode()
    assert row.pk in [each.pk for each in hidden.context["cl"].result_list]
    shown = admin.get(url(model, "changelist", on_the_wire="yes")).context["cl"].result_list
    assert row.pk not in [each.pk for each in shown]
