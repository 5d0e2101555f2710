"""What is said when a file can't be taken in."""

from __future__ import annotations

from typing import Any

LONGEST = 60
"""Characters of a wrong value that are shown."""


class BrokenFile(Exception):
    """A file that can't be taken in.  The text is one sentence: file, record, field, what is wrong."""


class Where:
    """A place in a record, for messages: `spacecraft 133: spacecraft_config.agency.name`."""

    __slots__ = ("key", "outer")

    def __init__(self, key: str, outer: Where | None = None) -> None:
        self.key, self.outer = key, outer

    def __truediv__(self, key: str) -> Where:
        return Where(key, self)

    def __str__(self) -> str:
        if self.outer is None:
            return self.key
        dot = ": " if self.outer.outer is None else "" if self.key.startswith("[") else "."
        return f"{self.outer}{dot}{self.key}"

    def wrong(self, sentence: str) -> BrokenFile:
        """The error to raise about this place."""
        return BrokenFile(f"{self}: {sentence}")


def shown(value: Any) -> str:
    """A JSON value as a message names it: `the number 5`, `null`, `the text 'abc'`."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {str(value)[:LONGEST]}"
        case str():
            return f"the text {value[:LONGEST]!r}" + "…" * (len(value) > LONGEST)
        case list():
            return "a list"
        case _:
            return "an object"


def identified(what: str, record: dict[str, Any], number: int) -> str:
    """How messages call a record: `spacecraft 133`, or by its place in the file if it has no such id."""
    key = record.get("id")
    if isinstance(key, int | str) and not isinstance(key, bool):
        return f"{what} {str(key)[:LONGEST]}"
    return f"{what} no. {number} of the file"


def printable(text: str) -> str:
    r"""`text` on one line that does nothing to a terminal: whatever is no visible character is escaped.

    printable("a\x1b[2J")   a\x1b[2J, as the eight characters that are written here
    """
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
