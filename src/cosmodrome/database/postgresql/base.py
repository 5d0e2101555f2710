"""The engine: Django's own, whose connections are not tried again and again while the server is away.

While an outage lasts, connecting fails at once: a host that does not answer would else hold each request for
the whole of `connect_timeout`.  A thread tries every second, and ends the outage.
"""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe

from cosmodrome.database.outages import OUTAGE


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL."""

    @async_unsafe
    def connect(self) -> None:
        """Connects; of the catalogue, fails at once while an outage lasts, and begins one if it is away."""
        if self.alias != DEFAULT_DB_ALIAS:  # what is copied into: no outage of the catalogue
            super().connect()
            return
        if OUTAGE.is_on:
            raise self.Database.OperationalError(OUTAGE.reason)
        try:
            super().connect()
        except self.Database.OperationalError as error:
            if OUTAGE.is_waited_for:
                OUTAGE.begin(str(error), self.answers)
            raise

    def answers(self) -> bool:
        """Whether a connection of its own can be made, which is closed again."""
        try:
            self.Database.connect(**self.get_connection_params()).close()
        except self.Database.Error:
            return False
        return True
