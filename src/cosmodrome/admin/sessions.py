"""The admin's sessions: Django's, in the database, which cost nobody an answer when they can't be saved."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.sessions.backends import db
from django.db import DatabaseError

from cosmodrome.time.clock import real_now

logger = logging.getLogger(__name__)


class SessionStore(db.SessionStore):
    """Sessions of people who are logged in.  Only logging in fails when nothing can be saved."""

    def save(self, must_create: bool = False) -> None:
        """Saves the session; a new one has to be saved, and of others the log says that they were not."""
        try:
            super().save(must_create)
        except DatabaseError:
            if must_create:
                raise
            logger.warning("A session was not saved", exc_info=True)

    def create(self) -> None:
        """Makes a session, and deletes those that are over."""
        try:
            self.model.objects.filter(expire_date__lt=real_now()).delete()
        except DatabaseError:
            logger.debug("another process is deleting the same sessions")
        super().create()

    @classmethod
    def get_model_class(cls) -> Any:
        """Django's own table."""
        return db.SessionStore.get_model_class()
