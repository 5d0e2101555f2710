"""The engine: Django's own, whose connections know their file, and commit nothing once it was moved away."""

from __future__ import annotations

import sqlite3
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.sqlite3 import base
from django.utils.asyncio import async_unsafe

from cosmodrome.database.files import FILE, Identity, identity_of
from cosmodrome.database.paths import uri

MOVED = "the database file was replaced"
"""The text of the error of a commit to a file that has lost its name."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to an SQLite file."""

    generation = 0
    makes_files = True
    """Whether a file that is not there is made.  A server's requests make none: see `make_no_files()`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.file = ""
        self.identity: Identity | None = None
        self._changes = 0

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        name = str(params["database"])
        self.file = "" if self.is_in_memory_db() or name.startswith("file:") else name
        if self.file and not self.makes_files:
            params["database"] = uri(name, "mode=rw")
        return params

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.generation = FILE.generation
        made = super().get_new_connection(conn_params)
        self._changes = made.total_changes
        if self.file:
            self.identity = identity_of(self.file)
            if self.alias == DEFAULT_DB_ALIAS:
                FILE.opened(self.file)
        return made

    @async_unsafe
    def ensure_connection(self) -> None:
        """Connects, also anew if the file was replaced since; not in the midst of a transaction."""
        if self.is_outdated() and self.connection is not None and not self.in_atomic_block:
            self.close()
        super().ensure_connection()

    def is_outdated(self) -> bool:
        """Whether the connection is to a file that another catalogue has replaced."""
        return bool(self.file) and self.generation != FILE.generation

    def _commit(self) -> None:
        if self.connection is not None and self.connection.total_changes != self._changes:
            self._changes = self.connection.total_changes
            if self.file and identity_of(self.file) != self.identity:
                with self.wrap_database_errors:
                    raise sqlite3.OperationalError(MOVED)
        super()._commit()  # type: ignore[misc] # the stubs lack it
