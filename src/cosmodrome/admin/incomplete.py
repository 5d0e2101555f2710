"""The list of records that are not on the wire yet, or not as the contract has them, and of what they lack.

All follows from the declarations: which columns a record must have to be shown, which the contract has no
null for, of which relations it needs one, and which shapes nest the rows of a table without an endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from cosmodrome.admin.display.names import table_name, table_plural
from cosmodrome.admin.introspection import nested_names
from cosmodrome.changes.rowset import Model
from cosmodrome.resources.registry import resource_of
from cosmodrome.shapes.shapes import required_columns
from cosmodrome.shapes.tables import with_labels

MOST_ROWS = 50
"""The most records of a table that are listed for one reason."""


@dataclass(frozen=True)
class Gap:
    """A reason for which records of a table are not on the wire, or not as the contract has them."""

    condition: Q
    """The condition for the records that lack something."""
    sentence: Callable[[Any], str]
    """What such a record lacks."""
    hides: bool
    """Whether it is not on the wire for that reason."""


@dataclass(frozen=True)
class Incomplete:
    """A record, and what it lacks."""

    label: str
    url: str
    sentences: list[str]


@dataclass(frozen=True)
class Section:
    """The records of a table that lack something."""

    name: str
    records: list[Incomplete]
    is_cut: bool
    """Whether there are more than are listed."""


@cache
def gaps(model: Model) -> list[Gap]:
    """Returns the reasons for which records of a table may be incomplete."""
    found = [gap for gap in (hidden_gap(model), orphan_gap(model), late_gap(model)) if gap]
    groups = [*getattr(model, "needs_one_of", ()), getattr(model, "landed", ())]
    return [*found, *(half_gap(model, names) for names in groups if names)]


def hidden_gap(model: Model) -> Gap | None:
    """Returns the gap of records of which too little is known to show them."""
    place = "no list has it" if resource_of(model) else "no record shows it"
    return null_gap(model, required_columns(model), f"Without that, {place}.", hides=True)


def late_gap(model: Model) -> Gap | None:
    """Returns the gap of records that are shown with null where the contract has none."""
    text = "It is answered as null, where the contract has a value."
    return null_gap(model, getattr(model, "late_columns", ()), text, hides=False)


def null_gap(model: Model, attributes: tuple[str, ...], consequence: str, hides: bool) -> Gap | None:
    """Returns the gap of records in which any of these columns is null; None if there are no such columns."""
    columns = [column for column in model._meta.concrete_fields if column.attname in attributes]
    if not columns:
        return None

    def sentence(row: Any) -> str:
        names = [str(column.verbose_name) for column in columns if getattr(row, column.attname) is None]
        return f"{capfirst(' and '.join(names))} {'is' if len(names) == 1 else 'are'} missing. {consequence}"

    is_null = (Q(**{f"{column.name}__isnull": True}) for column in columns)
    return Gap(any_of(is_null), sentence, hides)


def half_gap(model: Model, names: tuple[str, ...]) -> Gap:
    """Returns the gap of records that belong to nothing: of these relations they need one."""
    columns: list[Any] = [model._meta.get_field(name) for name in names]
    called = [getattr(each, "verbose_name", each.related_model._meta.verbose_name) for each in columns]
    text = f"{capfirst(' or '.join(map(str, called)).lower())} is missing: it belongs to nothing."
    return Gap(Q(**dict.fromkeys((f"{name}__isnull" for name in names), True)), lambda _: text, hides=False)


def orphan_gap(model: Model) -> Gap | None:
    """Returns the gap of rows without an endpoint that no record shows; None if no shape nests such rows."""
    relations = [] if resource_of(model) else list(shown_by(model))
    if not relations:
        return None
    owners = list(dict.fromkeys(table_name(relation.model) for relation in relations))
    text = f"No {' or '.join(owners)} shows it." if len(owners) <= 3 else "No record shows it."
    return Gap(~any_of(map(points_to, relations)), lambda _: text, hides=True)


def shown_by(model: Model) -> Iterator[Any]:
    """Yields the relations of other tables through which their shapes nest rows of this one."""
    for owner in catalogue_tables():
        for name in sorted(nested_names(owner)):
            try:
                relation = owner._meta.get_field(name)
            except FieldDoesNotExist:
                continue  # a path: its last step is a relation of another table, which is looked at there
            if relation.related_model is model:
                yield relation


def points_to(relation: Any) -> Q:
    """Returns the condition that some row of the relation's table shows the row through it."""
    if relation.auto_created:
        return Q(**{f"{relation.field.name}__isnull": False})
    owners = relation.model._default_manager.filter(**{relation.name: OuterRef("pk")})
    return Q(Exists(owners))


def any_of(conditions: Iterator[Q]) -> Q:
    """Returns the condition that any of some conditions holds."""
    found = next(conditions)
    for condition in conditions:
        found |= condition
    return found


def catalogue_tables() -> list[Model]:
    """Returns all tables of the catalogue."""
    return list(apps.get_app_config("catalogue").get_models())


def incomplete_records(model: Model, hides: bool) -> Section | None:
    """Returns the records of a table with gaps that hide them, or that do not; None if there are none."""
    lacking: dict[Any, tuple[Any, list[str]]] = {}
    is_cut = False
    for gap in gaps(model):
        if gap.hides is hides:
            rows = with_labels(model._default_manager.filter(gap.condition)).order_by("pk")
            found = list(rows[: MOST_ROWS + 1])
            is_cut |= len(found) > MOST_ROWS
            for row in found[:MOST_ROWS]:
                lacking.setdefault(row.pk, (row, []))[1].append(gap.sentence(row))
    if not lacking:
        return None
    page = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    records = [
        Incomplete(str(row), reverse(page, args=[row.pk]), sentences) for row, sentences in lacking.values()
    ]
    return Section(capfirst(table_plural(model)), records, is_cut)


def incomplete_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Answers with the list of what is incomplete, of the tables that the person may see."""
    seen = [each for each in catalogue_tables() if site.get_model_admin(each).has_view_permission(request)]

    def sections(hides: bool) -> list[Section]:
        return [section for model in seen if (section := incomplete_records(model, hides))]

    context = {
        **site.each_context(request),
        "title": "Incomplete records",
        "hidden": sections(hides=True),
        "shown": sections(hides=False),
        "most": MOST_ROWS,
    }
    return TemplateResponse(request, "curation/incomplete.html", context)
