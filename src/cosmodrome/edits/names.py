"""Names of tables and records on the command line: `agencies`, `agencies/44`, `image_variants/7`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.core.exceptions import ValidationError

from cosmodrome.changes.rowset import Model
from cosmodrome.ingest.errors import near_miss, printable
from cosmodrome.ingest.images import Row, key_of
from cosmodrome.ingest.notes import is_noted
from cosmodrome.resources.registry import RESOURCES, resource_of


@cache
def tables_by_name() -> dict[str, Model]:
    """Returns the tables by the path of their endpoint; those without one by their own plural."""
    tables = [table for table in apps.get_app_config("catalogue").get_models() if is_noted(table)]
    return {name_of(table): table for table in tables} | {
        path: resource.model() for path, resource in RESOURCES.items()
    }


def name_of(table: Model) -> str:
    """Returns the name of a table."""
    resource = resource_of(table)
    return resource.path if resource else str(table._meta.verbose_name_plural).lower().replace(" ", "_")


def read_selection(texts: Iterable[str], rows: Iterable[Row]) -> set[Row]:
    """Returns those of `rows` that texts such as `agencies` or `agencies/44` name.

    Raises ValueError, with a sentence, for a text that names nothing.
    """
    named = [read_name(text.strip("/")) for text in texts]
    return {row for row in rows if any(row == each or (row[0], None) == each for each in named)}


def read_name(text: str) -> Row:
    """Returns the table and the id in a text; the id is None if the text names a whole table."""
    tables = tables_by_name()
    if text in tables:
        return tables[text], None
    name, _, key = text.rpartition("/")
    if name not in tables:
        hint = near_miss(name or text, sorted(tables))
        raise ValueError(f"{printable(text[:80])!r} is no resource: {hint}")
    try:
        return tables[name], key_of(tables[name], key)
    except ValidationError:
        raise ValueError(f"{printable(key[:80])!r} is no id of {name}.") from None
