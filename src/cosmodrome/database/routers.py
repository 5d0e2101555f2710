"""Routes what requests write to a database file of its own, where the catalogue is an SQLite file.

SQLite has one writer at a time for the whole file.  A load locks the catalogue for seconds, and every call
that is to be counted, and every log-in, would wait as long.  PostgreSQL locks single rows, and several
machines share its counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.db import models  # not loaded for `cosmodrome --help`, which reads COUNTS

COUNTS = "counts"
"""Django's alias of the database of counted calls and of sessions, where that is not the catalogue's."""
COUNTED_TABLES = {
    ("access", "use"),
    ("mirror", "passedanswer"),
    ("mirror", "syncholder"),
    ("mirror", "upstreamcall"),
    ("sessions", "session"),
}


def apps_in(database: str) -> tuple[str, ...]:
    """The labels of the apps whose migrations a database gets; () for all apps.

    The file of counts is made at once if the catalogue's migrations are not run for it.
    """
    return tuple(sorted({app for app, _ in COUNTED_TABLES})) if database == COUNTS else ()


def is_counted(app: str, model: str | None) -> bool:
    """Whether a table holds what requests count, log in with or pass on, and nothing of the catalogue."""
    return (app, model) in COUNTED_TABLES


class CountsRouter:
    """Routes the tables of `COUNTED_TABLES`, and no other, if there are two databases."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        """The alias of a table's database."""
        del hints
        counted = is_counted(model._meta.app_label, model._meta.model_name)
        return COUNTS if counted and COUNTS in settings.DATABASES else None

    db_for_write = db_for_read

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        """Whether a database gets a table."""
        del hints
        if COUNTS not in settings.DATABASES:
            return None
        return is_counted(app_label, model_name) == (db == COUNTS)
