"""What tables are called in the admin: in small letters, whatever the contract writes of each.

The contract has `Space Station`, but `space station type`; the document of the API keeps to that.
"""

from __future__ import annotations

from typing import Any

from cosmodrome.changes.rowset import Model

ABBREVIATIONS = {"url": "URL", "urls": "URLs"}
"""Words that are written in capitals, by how they are written in small letters."""


def table_name(model: Model) -> str:
    """Returns what a record of a table is called: `info URL type`."""
    return small(model._meta.verbose_name)


def table_plural(model: Model) -> str:
    """Returns what the records of a table are called: `info URL types`."""
    return small(model._meta.verbose_name_plural)


def small(words: Any) -> str:
    """Returns words in small letters, but for abbreviations."""
    return " ".join(ABBREVIATIONS.get(word, word) for word in str(words).lower().split())


class NamedOptions:
    """The options of a table for Django's pages, with its names as the admin writes them."""

    def __init__(self, model: Model) -> None:
        self._options: Any = model._meta
        self.verbose_name, self.verbose_name_plural = table_name(model), table_plural(model)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._options, name)
