"""What the admin shows of a table, found from the declarations: nobody lists a column twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import serializers

from cosmodrome.resources.filters import column_named
from cosmodrome.resources.registry import resource_of
from cosmodrome.shapes.shapes import SHAPES, Nested, shape_model
from cosmodrome.shapes.tables import PublishedTotals

Model = type[models.Model]

MOST_FACTS = 5
"""Columns of a list beside the id and the name."""

LONGEST_LINE = 255
"""Characters of a text that is entered in one line and has room in a list."""

MOST_FILTERS = 8

MOST_COLUMNS_IN_LINE = 10
"""What is wider is edited on a page of its own, not on that of the record it belongs to."""


def catalogue_path(model: Model) -> str:
    """The path of the endpoint that has the table's records; "" for parts of others."""
    resource = resource_of(model)
    return resource.path if resource else ""


def is_small(model: Model) -> bool:
    """Whether all of its rows fit a select: the look-ups."""
    return catalogue_path(model).startswith("config/")


def columns(model: Model) -> list[Any]:
    """Its own columns and many-to-many lists, in the order of declaration."""
    lists = [many for many in model._meta.many_to_many if through(many)._meta.auto_created]
    return sorted([*model._meta.concrete_fields, *lists], key=lambda column: column.creation_counter)


def through(many: Any) -> Model:
    """The table between the two that a many-to-many relation links."""
    between: Model = many.remote_field.through
    return between


LAST_UPDATED = "last_updated"
"""The column that tells clients when something else has changed: the contract's own name."""


def is_entered(column: Any) -> bool:
    """Whether a person enters it when a record is added; an id only where the database gives none."""
    return (
        column.editable
        and column.name != LAST_UPDATED
        and not isinstance(column, models.AutoField | models.BigAutoField)
    )


def entered(model: Model) -> list[str]:
    """What a person enters when a record is added."""
    return [column.name for column in columns(model) if is_entered(column)]


def kept(model: Model) -> list[str]:
    """What the server keeps by itself, to be looked at."""
    return [
        column.name
        for column in model._meta.concrete_fields
        if not column.primary_key and not is_entered(column)
    ]


def totals(model: Model) -> list[str]:
    """The published totals, and what is kept with them."""
    if not issubclass(model, PublishedTotals):
        return []
    names = [*model.published_totals, "totals_read_at", *(f"{name}_since" for name in model.published_totals)]
    return [column.name for column in model._meta.concrete_fields if column.name in names]


def calling(model: Model) -> list[str]:
    """What a list calls its records by beside the id: the name, or the text they have for themselves."""
    if has_column(model, "name"):
        return ["name"]
    return [] if model.__str__ is models.Model.__str__ else ["__str__"]


def has_column(model: Model, name: str) -> bool:
    """Whether the table has a column of that name."""
    return any(column.name == name for column in model._meta.concrete_fields)


def facts(model: Model) -> list[str]:
    """The first columns of the normal shape, those before all that point to another record.

    Images and long texts are no facts for a list.
    """
    resource = resource_of(model)
    order = resource.list_shape("normal").Meta.fields if resource else [c.name for c in columns(model)]
    found = {column.name: column for column in model._meta.concrete_fields}
    names = [name for name in order if name in found and is_fact(found[name])]
    chosen = sorted(names, key=lambda name: not found[name].is_relation)[:MOST_FACTS]
    return [name for name in names if name in chosen]


def is_fact(column: Any) -> bool:
    """Whether a column tells something in a list beside the name."""
    if column.primary_key or column.name == "name" or isinstance(column, models.TextField | models.URLField):
        return False
    if isinstance(column, models.CharField):
        return (column.max_length or 0) <= LONGEST_LINE
    hidden = column.remote_field is not None and column.remote_field.hidden
    return is_entered(column) and not hidden


@cache
def search_fields(model: Model) -> list[str]:
    """As the endpoint searches; else the name, else all texts and the names of what is pointed to."""
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
    """What the endpoint filters by and people can click: yes or no, choices, and the rows pointed to."""
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


def obvious_date(model: Model) -> str | None:
    """The one date that the endpoint orders by, if there is one alone."""
    resource = resource_of(model)
    names = (resource.ordering_fields if resource else None) or ()
    dates = [
        column.name
        for column in model._meta.concrete_fields
        if column.name in names and is_entered(column) and isinstance(column, models.DateField)
    ]
    return dates[0] if len(dates) == 1 else None


def reverse_relations(model: Model) -> list[Any]:
    """The relations by which other tables of the catalogue point here, if they have a name."""
    return [
        relation
        for relation in model._meta.related_objects
        if not relation.hidden and relation.related_model._meta.app_label == model._meta.app_label
    ]


@cache
def nested_names(model: Model) -> frozenset[str]:
    """The relations that some shape of the table nests."""
    return frozenset(
        str(field.options.get("source") or getattr(getattr(field, "subset", None), "relation", name))
        for name, field in declared_fields(model)
        if isinstance(field, Nested)
    )


@cache
def addresses(model: Model) -> frozenset[str]:
    """The columns that the wire declares as addresses, whatever the table keeps them in."""
    return frozenset(
        str(field.source or name)
        for name, field in declared_fields(model)
        if isinstance(field, serializers.URLField)
    )


def declared_fields(model: Model) -> Iterator[tuple[str, Any]]:
    """What the shapes of the table declare themselves.

    Not `shape().fields`: that builds all that is nested below, which takes milliseconds a shape.
    """
    for shape in SHAPES.values():
        if shape_model(shape) is model:
            yield from shape._declared_fields.items()  # noqa: SLF001 - as DRF's metaclass collects them


def parts(model: Model) -> list[Any]:
    """The relations whose rows are edited on the record's own page.

    Those that have no life of their own (the rule of `ingest.plans`), and those that the record lists and
    that are narrow enough, such as the flights of a craft.
    """
    return [
        relation
        for relation in reverse_relations(model)
        if not relation.many_to_many
        and relation.get_accessor_name() in nested_names(model)
        and (is_part(relation) or len(entered(relation.related_model)) <= MOST_COLUMNS_IN_LINE)
    ]


def is_part(relation: Any) -> bool:
    """Whether what points here has no life of its own."""
    return not relation.many_to_many and resource_of(relation.related_model) is None


def owners(model: Model) -> list[str]:
    """The columns that point to what a row belongs to."""
    return [
        relation.field.name
        for column in model._meta.concrete_fields
        if column.related_model is not None
        for relation in parts(column.related_model)
        if relation.field is column and is_part(relation)
    ]


@cache
def is_part_of_another(model: Model) -> bool:
    """Whether rows of the table are found on the pages of those they belong to."""
    return bool(owners(model))
