"""What goes wrong with a database, in sentences that say what to do."""

from __future__ import annotations

from django.db import DatabaseError, DataError, IntegrityError, NotSupportedError, ProgrammingError

BUSY = "Another program is writing to the catalogue, a load for example: try again when it is done."
FULL = "The disk is full, so nothing was saved."
ONLY_READ = "The database can only be read, so nothing was saved."
OLD = "The database lacks a table of this version: start `cosmodrome serve` again, which adds it."
DOWN = "The database does not answer."

SENTENCES = {
    "is locked": BUSY,
    "lock timeout": BUSY,
    "statement timeout": "The database took too long for this: try again, or ask for less.",
    "is full": FULL,
    "No space left": FULL,
    "readonly database": ONLY_READ,
    "read-only": ONLY_READ,
    "no such table": OLD,
    "no such column": OLD,
    "not a database": "The database file is no database.",
    "malformed": "The database file is damaged: put back a backup with `cosmodrome restore`.",
    "unable to open": "The database file can't be opened.",
    "disk I/O": "The disk can't be read or written.",
}
"""A sentence for each error of SQLite and PostgreSQL that has one, by a part of its text."""

MISTAKES = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
"""Errors of our own statements, not of the database."""


def outage_sentence(error: BaseException) -> str:
    """A sentence about an error that is the database's, not ours; empty for any other error."""
    if not isinstance(error, DatabaseError) or isinstance(error, MISTAKES):
        return ""
    text = " ".join(str(error).split())
    return next((sentence for part, sentence in SENTENCES.items() if part in text), DOWN)
