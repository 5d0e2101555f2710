"""The data version: a number that grows with each change of the catalogue, in the change's own transaction.

A transaction that reads a number also reads the catalogue in the state that the number stands for.  Caches
store the number beside everything that they made from the catalogue.
"""

from __future__ import annotations

from django.db import connection

from cosmodrome.changes.models import DataVersion
from cosmodrome.time.clock import epoch_microseconds, real_now

STATEMENT = f"SELECT number FROM {DataVersion._meta.db_table}"  # noqa: S608 - the name of our own table


def data_version() -> int:
    """Returns the version that this thread's connection sees; in a transaction, that of its snapshot.

    Returns 0 if the catalogue has never changed.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        # Django's own cursor would cost ten times what the statement does
        found = connection.connection.execute(STATEMENT).fetchone()
    return int(found[0]) if found else 0


def raise_data_version() -> int:
    """Raises the version and returns the new one.  Each change calls this once, as the only writer.

    The new number is the real time in microseconds if that is greater than the next number, so that no number
    is used twice: not after a change that was rolled back, nor after a database was restored from a backup.
    """
    number = max(data_version() + 1, real_microseconds())
    DataVersion.objects.bulk_create(
        [DataVersion(pk=1, number=number)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["number"],
    )
    return number


def age_of(version: int) -> float:
    """Returns the seconds since the change that made a version."""
    return (real_microseconds() - version) / 1_000_000


def real_microseconds() -> int:
    """Returns the real time in microseconds since the epoch, the unit of version numbers."""
    return epoch_microseconds(real_now())
