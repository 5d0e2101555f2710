"""Values of records as a person reads them in a history."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from cosmodrome.admin.display.names import table_name
from cosmodrome.changes.rowset import Model
from cosmodrome.ingest.images import part_relations
from cosmodrome.time.durations import write_duration

NOTHING = "nothing"


class Writer:
    """Writes values, and remembers the names of the records that they refer to."""

    def __init__(self) -> None:
        self._names: dict[tuple[Model, Any], str] = {}

    def label(self, table: Model, fact: str) -> str:
        """Returns what a fact is called."""
        if relation := part_relations(table).get(fact):
            return str(relation.get_accessor_name()).replace("_", " ")
        return str(column_of(table, fact).verbose_name)

    def text(self, table: Model, fact: str, value: Any) -> str:
        """Returns a fact's value as a text."""
        if value is None or value == []:
            return NOTHING
        if relation := part_relations(table).get(fact):
            return "; ".join(self.part(relation.related_model, each) for each in value)
        column = column_of(table, fact)
        if isinstance(value, list):
            return ", ".join(self.name(column.related_model, key) for key in value)
        if column.related_model:
            return self.name(column.related_model, value)
        return str(dict(column.flatchoices).get(value) or plain(value))

    def part(self, table: Model, columns: dict[str, Any]) -> str:
        """Returns a row that is part of a record."""
        values = {name: value for name, value in columns.items() if value is not None and value != ""}
        texts = [
            f"{self.label(table, name)} {self.text(table, name, value)}" for name, value in values.items()
        ]
        return ", ".join(texts)

    def name(self, table: Model, key: Any) -> str:
        """Returns what a record is called."""
        if (table, key) not in self._names:
            record = table._default_manager.filter(pk=key).first()
            self._names[table, key] = str(record) if record else f"{table_name(table)} {key}, which is gone"
        return self._names[table, key]


def column_of(table: Model, fact: str) -> Any:
    """Returns the column or the list of a fact."""
    fields = (*table._meta.concrete_fields, *table._meta.many_to_many)
    return next(field for field in fields if fact in (field.name, field.attname))


def plain(value: Any) -> str:
    """Returns a value that refers to no record as a text."""
    match value:
        case bool():
            return "yes" if value else "no"
        case "":
            return "an empty text"
        case timedelta():
            return str(write_duration(value))
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case date():
            return value.isoformat()
    return str(value)
