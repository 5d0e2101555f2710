"""What is not known: null only where the document that we publish allows it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from django.db import models

from conftest import NOW, PUBLISHED, STRICT, Api
from cosmodrome.catalogue.launches import Launch
from cosmodrome.rendering.fragments import BASE, FORMAT, FragmentStore
from cosmodrome.rendering.rows import RowRenderer
from cosmodrome.rendering.templates import AnyRequest, template_of
from cosmodrome.shapes.shapes import SHAPES, Shape, not_null_columns, shape_model


@cache
def components(file: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())["components"]["schemas"]
    return found


def lacking(shape: type[Shape]) -> models.Model:
    """A row that lacks all that it can lack."""
    model = shape_model(shape)
    nullable = {
        column.attname: None
        for column in model._meta.concrete_fields
        if column.null and column.attname not in not_null_columns(model)
    }
    row = model._default_manager.order_by("pk")[0]
    if nullable:
        model._default_manager.filter(pk=row.pk).update(**nullable)
    return model._default_manager.get(pk=row.pk)


def rendered(shape: type[Shape], row: models.Model) -> Any:
    store = FragmentStore(2**30)
    found = store.page(template_of(shape), [row.pk], lambda: RowRenderer([shape]))
    text = b"".join(store.joined(found, NOW)[0])
    return json.loads(text.replace(BASE, b"").replace(FORMAT, b""))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("shape", SHAPES.values(), ids=lambda shape: shape.component)
def test_a_row_that_lacks_everything_has_null_only_where_the_contract_has_it(shape: type[Shape]) -> None:
    row = lacking(shape)
    record = rendered(shape, row)
    by_drf = shape(row, context={"request": AnyRequest()}).data
    assert {key: by_drf[key] is None for key in record} == {key: record[key] is None for key in record}
    for file in (PUBLISHED, STRICT):
        properties = components(file)[shape.component]["properties"]
        nulls = {key for key, value in record.items() if value is None}
        forbidden = {
            key for key in nulls if is_value(properties[key]) and not properties[key].get("nullable")
        }
        assert forbidden == set()


def is_value(schema: dict[str, Any]) -> bool:
    """Whether a key shows a text, a number or a boolean, and no other record: those can't be made up."""
    return schema.get("type") in ("string", "integer", "number", "boolean")


def test_an_unknown_duration_is_zero_now_and_null_for_another_instant(api: Api) -> None:
    Launch.objects.update(pad_turnaround=None)
    for instant, value in (("now", "P0D"), ("2026-04-30", None)):
        records = api.json("launches", mode="detailed", limit=100, at=instant)["results"]
        assert {record["pad_turnaround"] for record in records} == {value}
