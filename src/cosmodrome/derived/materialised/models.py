"""Where published values are kept that derived ones are served in place of, and as of when all is derived.

A row of the catalogue that serves any derived value has one row here, with what was published of it: made
for each table from the declarations.  What is not derived is served as published, and is not here.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from cosmodrome.derived.definitions import DERIVED
from cosmodrome.derived.registry import PUBLISHED_TABLES, published_columns


class DerivationState(models.Model):
    """As of when the served values are derived: one row, or none while they never were."""

    as_of = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """When something happens next by which they change; null: nothing that is known."""

    def __str__(self) -> str:
        return f"{self.as_of} until {self.until}"


def kept_apart(table: type[models.Model], columns: list[str]) -> type[models.Model]:
    """The table that keeps what was published in these columns of another, by the ids of its rows.

    No relation: rows are dropped when their change is announced, and a relation would show them to people
    who delete.
    """
    own: dict[str, Any] = {column.attname: column for column in table._meta.concrete_fields}
    key = kind_of(own[table._meta.pk.attname])(primary_key=True)
    fields: dict[str, Any] = {"row": key, **{name: copied(own[name]) for name in columns}}
    return type(f"Published{table.__name__}", (models.Model,), {**fields, "__module__": __name__})


def copied(column: Any) -> models.Field[Any, Any]:
    """A column of the same kind that may be empty."""
    kind = kind_of(column)
    limits = {"max_length": column.max_length} if column.max_length and not column.is_relation else {}
    return kind(**limits, null=True, blank=True, editable=False)


def kind_of(column: Any) -> type[models.Field[Any, Any]]:
    """What a column holds: of a pointer the id that it points to, of a number that is given a number."""
    if column.is_relation:
        return kind_of(column.remote_field.model._meta.pk)  # its `related_model` is not there yet
    return models.IntegerField if isinstance(column, models.AutoField) else type(column)


for table in {declared.table: None for declared in DERIVED.values()}:  # in the order of their declarations
    PUBLISHED_TABLES[table] = kept_apart(table, published_columns(table))
