"""Makes the admin classes of all tables from their declarations: ordinary Django classes, once, at start."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import reverse

from cosmodrome.admin import introspection
from cosmodrome.admin.batches.sheets import SheetAdmin
from cosmodrome.admin.display.columns import written_duration
from cosmodrome.admin.display.filters import declared_filters
from cosmodrome.admin.display.names import table_name
from cosmodrome.admin.records import MOST_INPUTS, PartInline, RecordAdmin, needs_textarea, why_hidden
from cosmodrome.changes.rowset import Model
from cosmodrome.shapes.tables import label_paths


def relation_widgets(model: Model, names: list[str]) -> dict[str, list[str]]:
    """The options for inputs of related records: autocomplete, or the id where a table has no search fields.

    Look-ups get a select, which is Django's default; but lists of look-ups get autocomplete, since a select
    can't keep an order.
    """
    relations = [
        column for column in introspection.form_columns(model) if column.name in names and column.is_relation
    ]
    options: dict[str, list[str]] = {"autocomplete_fields": [], "raw_id_fields": []}
    for column in relations:
        if column.many_to_many or not introspection.is_small(column.related_model):
            searched = introspection.search_fields(column.related_model)
            options["autocomplete_fields" if searched else "raw_id_fields"].append(column.name)
    return options


def part_class(relation: Any) -> type[PartInline]:
    """Makes the inline for the rows of `relation`."""
    model = relation.related_model
    pk = model._meta.pk
    owners = {relation.field.name, *introspection.owners(model)}
    own = [name for name in introspection.editable_columns(model) if name not in owners]
    if pk.has_default():
        own = [name for name in own if name != pk.name]
    tabular = len(own) <= 5 and not any(is_long_text(model, name) for name in own)
    kind = admin.TabularInline if tabular else admin.StackedInline
    options = {
        "model": model,
        "relation": relation,
        "fk_name": relation.field.name,
        "fields": own,
        "max_num": MOST_INPUTS // (len(own) + 2),
        "verbose_name": table_name(model),
        "verbose_name_plural": relation.get_accessor_name().replace("_", " "),
        "template": kind.template,
        "__module__": __name__,
        **relation_widgets(model, own),
    }
    return type(f"{model.__name__}Part", (PartInline,), options)


def is_long_text(model: Model, name: str) -> bool:
    """Whether the column has an input of several lines."""
    return needs_textarea(model._meta.get_field(name)) and name not in introspection.addresses(model)


def record_class(model: Model) -> type[RecordAdmin]:
    """Makes the admin of `model`."""
    facts = introspection.summary_columns(model)
    shown = [
        written_duration(model, name)
        if isinstance(model._meta.get_field(name), models.DurationField)
        else name
        for name in facts
    ]
    pk = model._meta.pk
    date = introspection.date_hierarchy(model)
    calling = introspection.label_columns(model)
    hidden = introspection.may_be_hidden(model)
    shown += [why_hidden] if hidden else []
    numbered = isinstance(pk, models.IntegerField) or not calling
    options = {
        "list_display": [pk.name, *calling, *shown] if numbered else [*calling, *shown, pk.name],
        "list_display_links": [*calling, *([pk.name] if numbered else [])],
        "labelled": labelled_paths(model, facts),
        "list_filter": declared_filters(model),
        "search_fields": introspection.search_fields(model),
        "date_hierarchy": date,
        "ordering": [pk.name] if numbered or date is None else [f"-{date}", pk.name],
        "prepopulated_fields": prepopulated(model),
        "parts": [part_class(relation) for relation in introspection.parts(model)],
        "view_on_site": api_url if introspection.catalogue_path(model) else False,
        "__module__": __name__,
        **relation_widgets(model, introspection.editable_columns(model)),
    }
    return type(f"{model.__name__}Record", (SheetAdmin,), options)


def prepopulated(model: Model) -> dict[str, tuple[str, ...]]:
    """The slugs that a page makes from the name while it is typed."""
    return dict.fromkeys(sorted(introspection.slug_columns(model)), ("name",))


def labelled_paths(model: Model, names: list[str]) -> list[str]:
    """The related rows that the labels in columns of a list read."""
    found: list[str] = []
    for name in names:
        column: Any = model._meta.get_field(name)
        if column.is_relation:
            found += [name, *(f"{name}__{path}" for path in label_paths(column.related_model))]
    return found


def api_url(record_admin: RecordAdmin, obj: Any) -> str:
    """The url of the record in the API."""
    del record_admin
    return reverse(f"{obj._meta.model_name}-detail", args=[obj.pk])
