"""PostgreSQL's sequences, which do not notice ids that come with their rows."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import AutoField, Model

ADVANCE_SEQUENCE = """
    SELECT setval(sequence, highest)
    FROM (
        SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence, max({column}) AS highest FROM {table}
    ) AS numbered
    WHERE highest > coalesce(pg_sequence_last_value(sequence), 0)
"""


def advance_sequences(tables: Iterable[type[Model]], database: str = DEFAULT_DB_ALIAS) -> None:
    """Advances PostgreSQL's sequences past ids that came with their rows; SQLite does so by itself.

    A sequence is only ever advanced.  Django's sequence_reset_sql() may set it lower, and so hand out the ids
    of rows that another transaction has not yet committed.
    """
    connection = connections[database]
    if connection.vendor != "postgresql":
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in tables:
            key, table = model._meta.pk, model._meta.db_table
            if isinstance(key, AutoField):
                statement = ADVANCE_SEQUENCE.format(column=quote(str(key.column)), table=quote(table))
                cursor.execute(statement, [quote(table), str(key.column)])
