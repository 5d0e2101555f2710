"""The lines of a file, entered in the form of a record each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from cosmodrome.admin.batches.cells import CellError, read, unquoted
from cosmodrome.admin.batches.files import Line, columns_of
from cosmodrome.admin.display.names import table_name
from cosmodrome.admin.entry import Entry, FormClasses
from cosmodrome.admin.history.recorder import HistoryRecorder
from cosmodrome.admin.introspection import editable_columns
from cosmodrome.changes.rowset import Model

MOST_PROBLEMS = 100
"""Problems that are told at once."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in a cell; the column is empty for a line as a whole."""

    line: int
    column: str
    text: str


def enter_lines(record_admin: Any, request: Any, lines: list[Line]) -> list[Problem]:
    """Enters all lines in the change under way, each as far as nothing is wrong with it; returns what is."""
    request.change.listener(HistoryRecorder).how = "imported"
    table: Model = record_admin.model
    classes = FormClasses(record_admin, request)
    seen: dict[Any, int] = {}
    problems: list[Problem] = []
    for line in lines:
        if len(problems) >= MOST_PROBLEMS:
            break
        try:
            key = key_of(table, line)
        except CellError as error:
            problems.append(Problem(line.number, table._meta.pk.name, str(error)))
            continue
        if key is not None and key in seen:
            text = f"Line {seen[key]} has this id already: write each record once."
            problems.append(Problem(line.number, table._meta.pk.name, text))
            continue
        seen[key] = line.number
        problems += enter_line(record_admin, request, line, key, classes)
    return problems


def key_of(table: Model, line: Line) -> Any:
    """Returns the id that a line names; None for none.  Raises CellError."""
    text = unquoted(line.cells.get(table._meta.pk.name, "")).strip()
    try:
        return table._meta.pk.to_python(text) if text else None
    except ValidationError:
        raise CellError(f"{text[:80]!r} is no id: leave it empty for a new record.") from None


def enter_line(record_admin: Any, request: Any, line: Line, key: Any, classes: FormClasses) -> list[Problem]:
    """Enters one line; returns what is wrong with it: then nothing of it is entered."""
    table, name = record_admin.model, record_admin.model._meta.pk.name
    columns = columns_of(table)
    record = table._default_manager.filter(pk=key).first() if key is not None else None
    if key is not None and record is None and name not in editable_columns(table):
        text = f"There is no {table_name(table)} {key}: leave the id empty for a new one."
        return [Problem(line.number, name, text)]
    values: dict[str, Any] = {} if key is None else {name: key}
    problems = []
    for each, cell in line.cells.items():
        try:
            if each != name:
                values[each] = read(columns[each], cell)
        except CellError as error:
            problems.append(Problem(line.number, each, str(error)))
    if problems:
        return problems
    entry = Entry(record_admin, request, record, values, classes=classes)
    problems = [Problem(line.number, each, text) for each, text in entry.problems()]
    if not problems and entry.is_change():
        entry.save()
    return problems
