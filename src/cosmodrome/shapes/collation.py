"""Searches and orders texts alike on SQLite and PostgreSQL, in any language.

By itself SQLite folds only ASCII in LIKE, finds `usa` for `__contains=USA`, and orders "Zond" before
"apollo".  Names are ordered as in the original: letters and digits decide, whether upper or lower case, and
blanks and dashes count only between equals ("Progress-M (modified)" comes before "Progress-MS").
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
"""The name of `compare` in SQLite, where each connection registers it anew."""

POSTGRESQL_KEY = (
    "(lower(regexp_replace(normalize(%(expressions)s, NFKD), "
    r"'[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u0300-\u036f\u2000-\u206f]+', '', 'g'))"
    ' || chr(1) || %(expressions)s) COLLATE "C"'
)
"""`sort_key` in SQL for any build of PostgreSQL: ICU is not in all of them."""


@lru_cache(maxsize=4096)
def sort_key(text: str) -> tuple[str, str]:
    """Returns the letters and digits of a text, without case and accents, then the text itself for ties."""
    plain = "".join(c for c in normalize("NFKD", text) if not combining(c)).casefold()
    return "".join(c for c in plain if c.isalnum()), text


def compare(left: str, right: str) -> int:
    """Returns a negative number, zero or a positive one, as `left` comes before, with or after `right`."""
    a, b = sort_key(left), sort_key(right)
    return (a > b) - (a < b)


@models.CharField.register_lookup
@models.TextField.register_lookup
class ExactContains(Contains):
    """`__contains` that distinguishes upper and lower case on SQLite too."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        left, left_parameters = self.process_lhs(compiler, connection)
        return f"instr({left}, %s) > 0", (*left_parameters, str(self.rhs))


@models.CharField.register_lookup
@models.TextField.register_lookup
class FoldedContains(IContains):
    """`__icontains`, and so `search=`, that ignores case beyond ASCII on SQLite too."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        wanted = str(self.rhs)
        if wanted.isascii() and len(wanted) <= LONGEST_LIKE:
            return super().as_sql(compiler, connection)
        left, left_parameters = self.process_lhs(compiler, connection)
        return f"instr(cosmodrome_fold({left}), %s) > 0", (*left_parameters, wanted.casefold())


class NaturalOrder(models.Func):
    """A text column in an ordering, collated by `sort_key`."""

    template = f'%(expressions)s COLLATE "{COLLATION}"'
    output_field = models.CharField()
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return self.as_sql(compiler, connection, template=POSTGRESQL_KEY)


def collated(path: str, column: Any) -> models.F | NaturalOrder:
    """Returns what rows are ordered by for a look-up path that ends in `column`: texts are collated."""
    return NaturalOrder(path) if isinstance(column, models.CharField | models.TextField) else models.F(path)


def extend_sqlite(connection: Any, **kwargs: Any) -> None:
    """Registers the functions that PostgreSQL has of its own with a new SQLite connection."""
    del kwargs
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_function("cosmodrome_fold", 1, lambda text: text and text.casefold(), deterministic=True)
        raw.create_collation(COLLATION, compare)


connection_created.connect(extend_sqlite, dispatch_uid="cosmodrome.resources.collation")
