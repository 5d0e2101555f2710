"""Values of records as the texts of a table's cells, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime

from cosmodrome.admin.display.names import table_name
from cosmodrome.admin.introspection import has_column
from cosmodrome.changes.rowset import Model
from cosmodrome.time.durations import write_duration

BETWEEN = "; "
"""Between the records of a list."""

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How texts begin that a program for tables would compute: they get an apostrophe before them."""
APOSTROPHE = "'"

MOST_COMPARED = 2000
"""Names among which one is looked for that may have been meant."""

YES, NO = ("yes", "true", "1", "on"), ("no", "false", "0", "off")


class CellError(Exception):
    """A cell can't be read; the text says what would be right."""


def written(value: Any) -> str:
    """Returns a value as the text of a cell."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case timedelta():
            value = write_duration(value)
        case datetime():
            value = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            value = value.isoformat()
        case list():
            value = BETWEEN.join(str(each) for each in value)
    return harmless(str(value))


def harmless(text: str) -> str:
    """Returns a text as no program for tables computes it: with an apostrophe, if it looks like a formula."""
    return APOSTROPHE + text if text.startswith((*FORMULAS, APOSTROPHE)) else text


def unquoted(cell: str) -> str:
    """Returns the text that `harmless` has made a cell of."""
    return cell[1:] if cell.startswith(APOSTROPHE) and cell[1:].startswith((*FORMULAS, APOSTROPHE)) else cell


def read(column: Any, cell: str) -> Any:
    """Returns what has to be entered in the input of a column or list.  Raises CellError."""
    text = unquoted(cell)
    if not isinstance(column, models.CharField | models.TextField):
        text = text.strip()
    if column.many_to_many:
        return [record_named(column.related_model, each.strip()) for each in text.split(";") if each.strip()]
    if not text and (column.null or not isinstance(column, models.BooleanField)):
        return None
    if column.related_model:
        return record_named(column.related_model, text)
    match column:
        case models.BooleanField():
            return read_boolean(text)
        case models.DateTimeField():
            return read_instant(text)
        case models.DateField():
            return read_date(text)
    return text


def read_boolean(text: str) -> bool:
    """Returns what a text says.  Raises CellError."""
    if text.lower() not in (*YES, *NO):
        raise CellError("Write yes or no.")
    return text.lower() in YES


def read_instant(text: str) -> datetime:
    """Returns an instant, in UTC where the text names no zone.  Raises CellError."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CellError("Write an instant like 2026-05-01T12:00:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read_date(text: str) -> date:
    """Returns a date.  Raises CellError."""
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise CellError("Write a date like 2026-05-01.")
    return found


def record_named(table: Model, text: str) -> Any:
    """Returns the id of a record that a text names, by the id or by the name.  Raises CellError."""
    rows, kind = table._default_manager, table_name(table)
    try:
        key = table._meta.pk.to_python(text)
    except ValidationError:
        key = None
    if key is not None and rows.filter(pk=key).exists():
        return key
    if not has_column(table, "name"):
        raise CellError(f"There is no {kind} {text!r}: write the id of one.")
    keys = list(rows.filter(name=text).order_by("pk").values_list("pk", flat=True)[:5])
    if len(keys) == 1:
        return keys[0]
    if keys:
        ids = ", ".join(str(each) for each in keys)
        raise CellError(f"Several are called {text!r}: write the id of the one that is meant, as {ids}.")
    near = get_close_matches(text, rows.values_list("name", flat=True).exclude(name=None)[:MOST_COMPARED], 1)
    hint = f"did you mean {near[0]!r}?" if near else "write the id or the whole name of one."
    raise CellError(f"There is no {kind} {text!r}: {hint}")
