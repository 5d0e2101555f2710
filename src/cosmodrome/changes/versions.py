"""The data version: a number that grows with each change of the catalogue, in the change's own transaction.

Who sees a number sees the catalogue that it stands for, and who keeps something that was made of the
catalogue keeps the number beside it.
"""

from __future__ import annotations

from django.db import connection

from cosmodrome.changes.models import DataVersion
from cosmodrome.time.clock import EPOCH, MICROSECOND, real_now

STATEMENT = f"SELECT number FROM {DataVersion._meta.db_table}"  # noqa: S608 - the name of our own table


def data_version() -> int:
    """The version that this thread's connection sees: in a transaction, the one that is right in it.

    0 while the catalogue has never changed.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        # Django's own cursor would cost ten times what the statement does
        found = connection.connection.execute(STATEMENT).fetchone()
    return int(found[0]) if found else 0


def raise_data_version() -> int:
    """Called once in each change, by the only one who writes; answers the new version.

    The next number is the real time in microseconds where that is greater, so that a number is not given
    again after a change that was rolled back, or after a database was restored from a copy.
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
    """Seconds since the change that made a version."""
    return (real_microseconds() - version) / 1_000_000


def real_microseconds() -> int:
    """The real time, as versions are numbered."""
    return (real_now() - EPOCH) // MICROSECOND
