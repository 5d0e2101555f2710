"""Texts found and ordered alike on SQLite and PostgreSQL, whatever the language.

Left alone, SQLite's LIKE folds ASCII only, finds `usa` for `__contains=USA`, and orders "Zond"
before "apollo".  Names are ordered as the original orders them: letters and digits decide, upper
case or lower, and blanks and dashes count only between equals ("Progress-M (modified)" comes before
"Progress-MS").
"""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import Any
from unicodedata import combining, normalize

from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.lookups import Contains, IContains

LONGEST_LIKE = 1000
"""Longer patterns are compared in Python; SQLite gives up on LIKE patterns of 50,000 bytes."""

COLLATION = "spaceflight"
"""What `compare` is called in SQLite; it is made anew with each connection."""

POSTGRESQL_KEY = (
    "(lower(regexp_replace(normalize(%(expressions)s, NFKD), "
    r"'[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u0300-\u036f\u2000-\u206f]+', '', 'g'))"
    ' || chr(1) || %(expressions)s) COLLATE "C"'
)
"""`sort_key` as PostgreSQL can say it, whatever it was built with: ICU is not always there."""


def fold(text: str) -> str:
    """`text` with differences of case taken out."""
    return text.casefold()


@lru_cache(maxsize=4096)
def sort_key(text: str) -> tuple[str, str]:
    """Letters and digits first, without case and accents; the text itself between equals."""
    plain = "".join(c for c in normalize("NFKD", text) if not combining(c)).casefold()
    return "".join(c for c in plain if c.isalnum()), text


def compare(left: str, right: str) -> int:
    """Below, at or above zero, as `left` comes before, with or after `right`."""
    a, b = sort_key(left), sort_key(right)
    return (a > b) - (a < b)


@models.CharField.register_lookup
@models.TextField.register_lookup
class ExactContains(Contains):
    """`__contains` that tells upper case from lower on SQLite too."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        left, left_parameters = self.process_lhs(compiler, connection)
        return f"instr({left}, %s) > 0", (*left_parameters, str(self.rhs))


@models.CharField.register_lookup
@models.TextField.register_lookup
class FoldedContains(IContains):
    """`__icontains` (and so `search=`) beyond ASCII on SQLite too."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        wanted = str(self.rhs)
        if wanted.isascii() and len(wanted) <= LONGEST_LIKE:
            return super().as_sql(compiler, connection)
        left, left_parameters = self.process_lhs(compiler, connection)
        return f"instr(cosmodrome_fold({left}), %s) > 0", (*left_parameters, fold(wanted))


class InNaturalOrder(models.Func):
    """A text column, to be ordered by as people expect."""

    template = f'%(expressions)s COLLATE "{COLLATION}"'
    output_field = models.CharField()
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return self.as_sql(compiler, connection, template=POSTGRESQL_KEY)


def teach_sqlite(connection: Any, **kwargs: Any) -> None:
    """Gives a new SQLite connection what PostgreSQL has of its own."""
    del kwargs
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_function("cosmodrome_fold", 1, lambda text: text and fold(text), deterministic=True)
        raw.create_collation(COLLATION, compare)


connection_created.connect(teach_sqlite, dispatch_uid="cosmodrome.resources.collation")
