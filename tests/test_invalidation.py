"""After any change, nothing is kept that would be made otherwise now; and little is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import NOW
from cosmodrome.changes.editions import Edition
from cosmodrome.changes.transactions import Change, atomic_change
from cosmodrome.changes.versions import data_version
from cosmodrome.rendering.fragments import Fragment, FragmentStore, Hole
from cosmodrome.rendering.rows import RowRenderer
from cosmodrome.rendering.templates import template_of
from cosmodrome.resources.store import STORE, Store
from cosmodrome.shapes.relations import write_lists
from cosmodrome.shapes.shapes import SHAPES

TABLES = sorted(apps.get_app_config("catalogue").get_models(), key=lambda model: model.__name__)


def plain(piece: Any) -> Any:
    """A piece, to be compared."""
    if isinstance(piece, Fragment):
        return piece.template.serializer.component, piece.key  # type: ignore[attr-defined]
    if isinstance(piece, tuple):
        return type(piece).__name__, *map(plain, piece)
    return piece.at(NOW) if isinstance(piece, Hole) else piece


def fill(kept: Store) -> None:
    """Has every record made in every shape."""
    with kept.at(Edition(data_version()), NOW) as now_kept:
        for shape in SHAPES.values():
            template = template_of(shape)
            keys = template.model._default_manager.values_list("pk", flat=True)
            now_kept.fragments.page(template, keys, partial(RowRenderer, [shape]))


def differing(kept: Store) -> Iterator[Any]:
    """What is kept and would be made otherwise now."""
    with kept.at(Edition(data_version()), NOW) as now_kept:
        for template, known in now_kept.fragments.known.items():
            there = [fragment for fragment in known.values() if fragment.parts is not None]
            fresh = [Fragment(template, fragment.key) for fragment in there]
            RowRenderer([SHAPES[template.serializer.component]]).render(  # type: ignore[attr-defined]
                {template: fresh}, FragmentStore(0).refer
            )
            for fragment, made in zip(there, fresh, strict=True):
                if [*map(plain, fragment.parts or ())][: len(made.parts or ())] != [
                    *map(plain, made.parts or ())
                ]:
                    yield plain(fragment), fragment.parts, made.parts


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, type[models.Model], int, str, int]:
    """What is done, to which row of which table, in which of its columns, with which of some values."""
    what = draw(st.sampled_from(["column", "column", "list", "delete"]))
    tables = [model for model in TABLES if what != "list" or model._meta.many_to_many]
    model = draw(st.sampled_from(tables))
    columns = model._meta.many_to_many if what == "list" else changeable(model)
    column = draw(st.sampled_from([field.name for field in columns] or [""]))
    return what, model, draw(st.integers(0, 5)), column, draw(st.integers(0, 3))


def changeable(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def edit(change: Change, what: str, model: type[models.Model], number: int, name: str, value: int) -> None:
    """Changes a row, if there is one, as the admin or a file would."""
    keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    if not keys:
        return
    key = keys[number % len(keys)]
    if what == "delete":
        with suppress(models.ProtectedError), transaction.atomic():
            change.delete(model._default_manager.filter(pk=key))
        return
    change.before_write(model, [key])
    column: Any = model._meta.get_field(name) if name else None
    if what == "list":
        others = list(column.related_model._default_manager.order_by("-pk").values_list("pk", flat=True))
        write_lists(column, {key: others[:value]})
    elif column is not None:
        row = model._default_manager.get(pk=key)
        setattr(row, column.attname, another(column, getattr(row, column.attname), value))
        with suppress(DatabaseError), transaction.atomic():  # two rows of a one-to-one relation
            row.save()
    change.after_write(model, [key])


def another(column: Any, standing: Any, value: int) -> Any:
    """A value for a column: null, that of another row, or the standing one with more to it."""
    if value == 0 and column.null:
        return None
    if column.is_relation:
        others = list(column.related_model._default_manager.order_by("pk").values_list("pk", flat=True))
        return others[value % len(others)] if others else None
    if isinstance(column, models.BooleanField):
        return not standing
    if isinstance(standing, str):
        return f"{standing[:8]}\u2028{value}"[: column.max_length]
    there = column.model._default_manager.exclude(**{column.name: None}).order_by("-pk")
    found = there.values_list(column.attname, flat=True)[value : value + 1]
    return found[0] if found else standing


@settings(max_examples=5)
@given(st.lists(st.lists(edits(), min_size=1, max_size=4), min_size=1, max_size=4))
@pytest.mark.usefixtures("kept")
@pytest.mark.django_db(databases="__all__")
def test_no_change_leaves_anything_stale(made: list[list[Any]]) -> None:
    kept = STORE
    with transaction.atomic():
        kept.clear()
        for edited in made:
            fill(kept)
            with atomic_change() as change:
                for each in edited:
                    edit(change, *each)
            assert next(differing(kept), None) is None
        transaction.set_rollback(True)
