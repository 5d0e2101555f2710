"""What columns mean, for people: in the contract's words, else in those that an upper package declares."""

from __future__ import annotations

from django.db import models

MEANINGS: dict[tuple[str, str], str] = {}
"""The meanings that packages declare, by table and column."""


def meaning_of(model: type[models.Model], column: str) -> str:
    """Returns what a column of a table means; empty if nobody has said it.

    The help text of a column is the description that the contract has of its key.
    """
    contract: str = getattr(model._meta.get_field(column), "help_text", "")
    return str(contract) or MEANINGS.get((model.__name__, column), "")
