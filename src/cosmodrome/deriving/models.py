"""Where published values are kept that derived ones are served in place of, and as of when all is derived.

A row of the catalogue that serves any derived value has one row here, with what was published of it: made
for each table from the declarations.  What is not derived is served as published, and is not here.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from cosmodrome.derived import DERIVED
from cosmodrome.derived.declaring import KEPT_APART, motion_of


class Moment(models.Model):
    """As of when the served values are derived: one row, or none while they never were."""

    as_of = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """When something happens next by which they change; null: nothing that is known."""

    def __str__(self) -> str:
        return f"{self.as_of} until {self.until}"


def kept_apart(table: type[models.Model], columns: list[str]) -> type[models.Model]:
    """The table that keeps what was published in these columns of another."""
    # Rows are dropped when their change is announced; Django's own way would show them to people who delete
    row = models.OneToOneField(
        table, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )
    own = {column.attname: column for column in table._meta.concrete_fields}
    fields: dict[str, Any] = {"row": row, **{name: copied(own[name]) for name in columns}}
    return type(f"Published{table.__name__}", (models.Model,), {**fields, "__module__": __name__})


def copied(column: Any) -> models.Field[Any, Any]:
    """A column of the same kind that may be empty; of a pointer, the id that it points to."""
    if column.is_relation:
        return copied(column.remote_field.model._meta.pk)  # its `related_model` is not there yet
    _, _, arguments, options = column.deconstruct()
    kept = {name: value for name, value in options.items() if name == "max_length"}
    field: models.Field[Any, Any] = type(column)(*arguments, **kept, null=True, blank=True, editable=False)
    return field


def columns_by_table() -> dict[type[models.Model], list[str]]:
    """Each table's derived columns, with those that tell how they move."""
    found: dict[type[models.Model], list[str]] = {}
    for declared in DERIVED.values():
        found.setdefault(declared.table, []).extend([declared.attribute, *motion_of(declared)])
    return found


KEPT_APART.update({table: kept_apart(table, columns) for table, columns in columns_by_table().items()})
