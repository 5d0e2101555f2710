"""Connections: how long they wait, and when they can't be used any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connections

from cosmodrome.database.sqlite.base import DatabaseWrapper


def use_options(options: Mapping[str, Mapping[str, Any]]) -> None:
    """Sets the options, by database, of all connections that this process makes from now on."""
    for database, chosen in options.items():
        connections.settings[database]["OPTIONS"] = dict(chosen)


def make_no_files() -> None:
    """Lets no connection of this process make a file: a catalogue that is gone is not an empty one."""
    DatabaseWrapper.makes_files = False


def discard_unusable() -> None:
    """Closes this thread's connections on which a statement has failed; none in the midst of a transaction.

    Django asks such a connection whether it can be used, and SQLite's always say so.
    """
    for wrapper in connections.all(initialized_only=True):
        if wrapper.errors_occurred and not wrapper.in_atomic_block:
            wrapper.close()
