"""Counts in a file of their own, where the database is a file.

SQLite has one writer at a time, for the whole file.  A catalogue that is being loaded is held for
seconds, and every call that is to be counted would wait as long.  PostgreSQL locks single rows, and
several machines share its counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.db import models  # not loaded for `cosmodrome --help`, which reads COUNTS

COUNTS = "counts"
"""Django's name for the database of the counted calls, where that is not the catalogue's."""
COUNTED = ("access", "use")


def apps_in(database: str) -> tuple[str, ...]:
    """The labels of the apps that a database is migrated for; () for all of them.

    A file with one table is made in no time if the tables of the catalogue are not gone through for it.
    """
    return COUNTED[:1] if database == COUNTS else ()


class CountsApart:
    """Leads the one table to its file, and nothing else there; has no opinion where there is no such file."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        """The database of a table."""
        del hints
        counted = (model._meta.app_label, model._meta.model_name) == COUNTED
        return COUNTS if counted and COUNTS in settings.DATABASES else None

    db_for_write = db_for_read

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        """Whether a table is made in a database."""
        del hints
        if COUNTS not in settings.DATABASES:
            return None
        return ((app_label, model_name) == COUNTED) == (db == COUNTS)
