"""Finds out from the declarations what the admin shows of a table, so that no column is listed twice."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import serializers

from cosmodrome.changes.rowset import Model
from cosmodrome.changes.transactions import Change
from cosmodrome.resources.ordering import column_named
from cosmodrome.resources.registry import resource_of
from cosmodrome.shapes.graph import graph_of, shapes_of
from cosmodrome.shapes.shapes import not_null_columns, required_columns
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time import clock

MOST_SUMMARY_COLUMNS = 5
"""The most columns in a list, beside the id and the name."""

LONGEST_INPUT_LINE = 255
"""The most characters of a text that has an input of one line, and a column in lists."""

MOST_FILTERS = 8

MOST_COLUMNS_INLINE = 10
"""Rows of wider tables are edited on their own pages, not on the page of the record they belong to."""


def catalogue_path(model: Model) -> str:
    """The path of the endpoint of the table's records; "" for parts of other records."""
    resource = resource_of(model)
    return resource.path if resource else ""


def is_small(model: Model) -> bool:
    """Whether all rows of the table fit into a select: true of look-ups."""
    return catalogue_path(model).startswith("config/")


def form_columns(model: Model) -> list[Any]:
    """The table's columns and many-to-many lists, in the order of declaration."""
    lists = [many for many in model._meta.many_to_many if through(many)._meta.auto_created]
    return sorted([*model._meta.concrete_fields, *lists], key=lambda column: column.creation_counter)


def through(many: Any) -> Model:
    """The table between the two tables of a many-to-many relation."""
    between: Model = many.remote_field.through
    return between


LAST_UPDATED = "last_updated"
"""The contract's name for the column of a record's last change, which the server sets."""


def is_editable(column: Any) -> bool:
    """Whether a person enters the column of a new record; an id only where the database assigns none."""
    return (
        column.editable
        and column.name != LAST_UPDATED
        and not isinstance(column, models.AutoField | models.BigAutoField)
    )


SIGNED = frozenset({"latitude", "longitude", "priority", "relative_time"})
"""The columns with numbers and durations that may be negative.  Others count, measure or last."""


@cache
def unsigned_columns(model: Model) -> list[str]:
    """The columns in which a person enters nothing below zero, though a page may have published it."""
    kinds = models.IntegerField | models.FloatField | models.DecimalField | models.DurationField
    return [
        column.name
        for column in form_columns(model)
        if isinstance(column, kinds) and is_editable(column) and column.name not in SIGNED
    ]


def may_be_hidden(model: Model) -> bool:
    """Whether rows may wait until more is known of them, and are in no list of the endpoint before."""
    return bool(required_columns(model) and catalogue_path(model))


def needed_columns(model: Model) -> list[str]:
    """The columns that a person has to fill in for a new record, although the table allows null in them.

    They are those in which the wire allows none, unless the server sets them, and the name of what has one: a
    page may leave it empty, but nobody could tell such records apart.
    """
    set_here = {*number_columns(model), *read_only_columns(model)}
    return [
        column.name
        for column in model._meta.concrete_fields
        if column.name not in set_here
        and (column.attname in not_null_columns(model) or column.name == "name")
    ]


def number_columns(model: Model) -> list[str]:
    """The columns with numbers by which the wire tells rows apart, beside the key: a rocket's."""
    return [
        column.name
        for column in model._meta.concrete_fields
        if isinstance(column, models.IntegerField)
        and column.unique
        and not column.primary_key
        and column.attname in not_null_columns(model)
    ]


def slug_columns(model: Model) -> frozenset[str]:
    """The columns that a shape shows as slugs."""
    keys = [key for shape in shapes_of(model) for key in graph_of(shape).keys]
    return frozenset(str(key.field.source) for key in keys if isinstance(key.field, serializers.SlugField))


def editable_columns(model: Model) -> list[str]:
    """The columns that a person enters."""
    return [column.name for column in form_columns(model) if is_editable(column)]


def read_only_columns(model: Model) -> list[str]:
    """The columns that the server sets by itself, shown but not editable."""
    return [
        column.name
        for column in model._meta.concrete_fields
        if not column.primary_key and not is_editable(column)
    ]


def total_column_names(model: Model) -> list[str]:
    """The published totals, and the columns that belong to them."""
    if not issubclass(model, PublishedTotals):
        return []
    names = [*model.published_totals, "totals_read_at", *(f"{name}_since" for name in model.published_totals)]
    return [column.name for column in model._meta.concrete_fields if column.name in names]


def label_columns(model: Model) -> list[str]:
    """The columns that identify records in a list beside the id: the name, or the text of the record."""
    if has_column(model, "name"):
        return ["name"]
    return [] if model.__str__ is models.Model.__str__ else ["__str__"]


def has_column(model: Model, name: str) -> bool:
    """Whether the table has a column of that name."""
    return any(column.name == name for column in model._meta.concrete_fields)


def summary_columns(model: Model) -> list[str]:
    """The columns that a list shows: the first ones of the normal shape, foreign keys before others.

    Images and long texts are not shown in a list.  Columns that no record lacks on the wire come first: on a
    telephone there is room for one or two.
    """
    resource = resource_of(model)
    order = resource.list_shape("normal").Meta.fields if resource else [c.name for c in form_columns(model)]
    found = {column.name: column for column in model._meta.concrete_fields}
    names = [name for name in order if name in found and is_summary(found[name])]
    chosen = sorted(names, key=lambda name: not found[name].is_relation)[:MOST_SUMMARY_COLUMNS]
    every = not_null_columns(model)
    return sorted(chosen, key=lambda name: (found[name].attname not in every, names.index(name)))


def is_summary(column: Any) -> bool:
    """Whether a column may be shown in a list."""
    if column.primary_key or column.name == "name" or isinstance(column, models.TextField | models.URLField):
        return False
    if isinstance(column, models.CharField):
        return (column.max_length or 0) <= LONGEST_INPUT_LINE
    hidden = column.remote_field is not None and column.remote_field.hidden
    return is_editable(column) and not hidden


@cache
def search_fields(model: Model) -> list[str]:
    """The search fields of the endpoint; else the name, else all texts and the names of related records."""
    resource = resource_of(model)
    if resource and resource.search_fields:
        return [path.lstrip("$@") for path in resource.search_fields]
    if has_column(model, "name"):
        return ["name"]
    own = [c.name for c in model._meta.concrete_fields if isinstance(c, models.CharField | models.TextField)]
    named = [
        c.name for c in model._meta.concrete_fields if c.related_model and has_column(c.related_model, "name")
    ]
    return [*own, *(f"{name}__name" for name in named)]


def filters(model: Model) -> list[tuple[str, Any]]:
    """The filters of the endpoint that people can click: booleans, choices and related records."""
    resource = resource_of(model)
    found: dict[str, Any] = {}
    for declared in resource.filterset_fields if resource else ():
        path = declared.removesuffix("__id").removesuffix("__pk")
        try:
            column = column_named(model, path)
        except FieldDoesNotExist:
            continue
        if isinstance(column, models.BooleanField | models.ForeignKey) or (column and column.choices):
            found[path] = column
    return list(found.items())[:MOST_FILTERS]


def date_hierarchy(model: Model) -> str | None:
    """The date that the endpoint orders by, if there is exactly one."""
    resource = resource_of(model)
    names = (resource.ordering_fields if resource else None) or ()
    dates = [
        column.name
        for column in model._meta.concrete_fields
        if column.name in names and is_editable(column) and isinstance(column, models.DateField)
    ]
    return dates[0] if len(dates) == 1 else None


def reverse_relations(model: Model) -> list[Any]:
    """The relations by which other tables of the catalogue refer to the table, if they have a name."""
    return [
        relation
        for relation in model._meta.related_objects
        if not relation.hidden and relation.related_model._meta.app_label == model._meta.app_label
    ]


@cache
def nested_names(model: Model) -> frozenset[str]:
    """The relations whose records some shape of the table nests."""
    keys = [key for shape in shapes_of(model) for key in graph_of(shape).nested]
    return frozenset(key.subset.relation if key.subset else str(key.field.source) for key in keys)


@cache
def addresses(model: Model) -> frozenset[str]:
    """The columns that a shape shows as urls, whatever their kind in the table."""
    keys = [key for shape in shapes_of(model) for key in graph_of(shape).keys]
    return frozenset(str(key.field.source) for key in keys if isinstance(key.field, serializers.URLField))


def parts(model: Model) -> list[Any]:
    """The relations whose rows are edited on the record's own page.

    They are rows that exist only as part of a record (by the rule of `ingest.plans`), and rows that the
    record lists and that have few columns, such as the flights of a craft.
    """
    return [
        relation
        for relation in reverse_relations(model)
        if not relation.many_to_many
        and relation.get_accessor_name() in nested_names(model)
        and (is_part(relation) or len(editable_columns(relation.related_model)) <= MOST_COLUMNS_INLINE)
    ]


def is_part(relation: Any) -> bool:
    """Whether the rows of a relation exist only as part of a record."""
    return not relation.many_to_many and resource_of(relation.related_model) is None


def owners(model: Model) -> list[str]:
    """The foreign keys to the record that a row is part of."""
    return [
        relation.field.name
        for column in model._meta.concrete_fields
        if column.related_model is not None
        for relation in parts(column.related_model)
        if relation.field is column and is_part(relation)
    ]


@cache
def is_part_of_another(model: Model) -> bool:
    """Whether rows of the table are edited on the pages of the records that they are part of."""
    return bool(owners(model))


def facts_of(form: Any, is_new: bool) -> list[str]:
    """Returns the columns and lists that a person has entered in a form: of a new record, all."""
    names = form.cleaned_data if is_new else form.changed_data
    fields = {field.name: field for field in form.instance._meta.get_fields()}
    return [getattr(fields[name], "attname", name) for name in names if name in fields]


def announce_entered(change: Change, owner: Any, formset: Any) -> None:
    """Announces what a person has entered in the parts of a record, and that the record lists these."""
    for each in formset.forms:
        if each.has_changed() and each.instance.pk is not None:
            is_new = each in formset.extra_forms
            change.entered(formset.model, each.instance.pk, facts_of(each, is_new), clock.now())
    if formset.has_changed():
        change.entered(type(owner), owner.pk, [formset.fk.remote_field.name], clock.now())
