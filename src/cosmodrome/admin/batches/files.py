"""Tables of records as CSV files: written for programs for tables, and read with the place of each cell."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.db import models

from cosmodrome.admin import introspection
from cosmodrome.admin.batches.cells import written
from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, batches
from cosmodrome.changes.transactions import show_published
from cosmodrome.ingest.errors import near_miss
from cosmodrome.shapes.relations import read_lists

MOST_BYTES = 1_000_000
"""Bytes of a file that is imported."""
MOST_LINES = 500
"""Records in it: about ten seconds of a worker, in which nobody else can write."""
MARK = "\ufeff"
"""At the beginning of a file, by which Excel knows that it is UTF-8."""


class FileError(Exception):
    """A file is no table of records; the text says where, and what would be right."""


@dataclass(frozen=True)
class Line:
    """A record in a file."""

    number: int
    """Of its first line, as an editor counts."""
    cells: dict[str, str]
    """By column; those that the file does not have are not in it."""


def columns_of(table: Model) -> dict[str, Any]:
    """Returns the columns of a table's files, and its lists: the id, and what people enter but for totals."""
    totals, key = introspection.total_column_names(table), table._meta.pk.name
    names = [name for name in introspection.editable_columns(table) if name not in (key, *totals)]
    return {name: table._meta.get_field(name) for name in (key, *names)}


def written_file(rows: models.QuerySet[Any]) -> str:
    """Returns a file with the records of a query."""
    columns = columns_of(rows.model)
    file = StringIO()
    file.write(MARK)
    writer = csv.writer(file)
    writer.writerow(columns)
    for keys in batches(list(rows.values_list("pk", flat=True)), ROWS_PER_STATEMENT):
        found = rows.model._default_manager.in_bulk(keys)
        show_published(found.values())
        lists = {name: read_lists(column, keys) for name, column in columns.items() if column.many_to_many}
        for key in keys:
            values = (
                lists[name].get(key, []) if name in lists else getattr(found[key], column.attname)
                for name, column in columns.items()
            )
            writer.writerow(written(value) for value in values)
    return file.getvalue()


def text_of(data: bytes) -> str:
    """Returns the text of a file.  Raises FileError."""
    if len(data) > MOST_BYTES:
        raise FileError(f"The file has {len(data):,} bytes; at most {MOST_BYTES:,} are taken: split it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileError(f"Line {line} is not UTF-8: save the table as “CSV UTF-8”.") from None


def read_file(table: Model, text: str) -> list[Line]:
    """Returns the records of a file.  Raises FileError."""
    lines = rows_of(text)
    try:
        _, header = next(lines)
    except StopIteration:
        raise FileError("The file is empty: its first line has to name the columns.") from None
    names = [name.strip() for name in header]
    check_header(table, names)
    found = []
    for number, cells in lines:
        if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            raise FileError(
                f"Line {number} has {len(cells)} cells, and the first line names {len(names)} columns: "
                "put texts with commas in quotation marks."
            )
        if any(cell.strip() for cell in cells):
            found.append(Line(number, dict(zip(names, cells, strict=False))))
        if len(found) > MOST_LINES:
            raise FileError(f"The file has more than {MOST_LINES} records: split it.")
    if not found:
        raise FileError("The file has no record: only the line that names the columns.")
    return found


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the cells of each row, with the number of its first line.  Raises FileError."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for cells in reader:
            if cells:
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise FileError(f"Line {begin} is no line of a CSV file: {error}.") from None


def check_header(table: Model, names: list[str]) -> None:
    """Raises FileError if a first line does not name columns of the table, each once."""
    columns = columns_of(table)
    for name in names:
        if name not in columns:
            raise FileError(
                f"Line 1 names a column {name!r}, which this table has not: {near_miss(name, columns)}"
            )
        if names.count(name) > 1:
            raise FileError(f"Line 1 names the column {name!r} twice.")
    if table._meta.pk.name not in names:
        raise FileError(
            f"Line 1 names no column {table._meta.pk.name!r}, by which records are found: "
            "its cells are empty for new ones."
        )
