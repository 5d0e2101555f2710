"""The tables that store published values while derived ones are served, and the derivation state.

A row of the catalogue that serves any derived value has one row here, with what was published of it.  These
tables are made from the declarations.  Values that are not derived are served as published, and are not here.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from cosmodrome.derived.definitions import DERIVED
from cosmodrome.derived.registry import PUBLISHED_TABLES, published_columns


class DerivationState(models.Model):
    """The instant as of which the served values are derived: one row, or none before the first derivation."""

    as_of = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """The next instant at which derived values change; null: none that is known."""

    def __str__(self) -> str:
        return f"{self.as_of} until {self.until}"


def published_table(table: type[models.Model], columns: list[str]) -> type[models.Model]:
    """Makes the table that stores what was published in these columns of another, by the ids of its rows.

    The id is no relation: rows are deleted when the change of their row is announced, and Django's admin
    would show a relation to people who delete.
    """
    own: dict[str, Any] = {column.attname: column for column in table._meta.concrete_fields}
    key = column_class(own[table._meta.pk.attname])(primary_key=True)
    fields: dict[str, Any] = {"row": key, **{name: nullable_copy(own[name]) for name in columns}}
    return type(f"Published{table.__name__}", (models.Model,), {**fields, "__module__": __name__})


def nullable_copy(column: Any) -> models.Field[Any, Any]:
    """A column of the same kind that may be null."""
    kind = column_class(column)
    limits = {"max_length": column.max_length} if column.max_length and not column.is_relation else {}
    return kind(**limits, null=True, blank=True, editable=False)


def column_class(column: Any) -> type[models.Field[Any, Any]]:
    """The kind of value in a column: of a foreign key that of the id, of an automatic number a number."""
    if column.is_relation:
        return column_class(column.remote_field.model._meta.pk)  # its `related_model` is not there yet
    return models.IntegerField if isinstance(column, models.AutoField) else type(column)


for table in {declared.table: None for declared in DERIVED.values()}:  # in the order of their declarations
    PUBLISHED_TABLES[table] = published_table(table, published_columns(table))
