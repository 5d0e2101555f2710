"""The error of a file that can't be loaded, and how its message names places and values."""

from __future__ import annotations

from typing import Any

LONGEST_SHOWN_VALUE = 60
"""Characters of a wrong value that are shown."""


class BrokenFile(Exception):
    """A file can't be loaded.  The text is one sentence: file, record, field, what is wrong."""


class RecordPath:
    """A place in a record, as messages name it: `spacecraft 133: spacecraft_config.agency.name`."""

    __slots__ = ("key", "outer")

    def __init__(self, key: str, outer: RecordPath | None = None) -> None:
        self.key, self.outer = key, outer

    def __truediv__(self, key: str) -> RecordPath:
        return RecordPath(key, self)

    def __str__(self) -> str:
        if self.outer is None:
            return self.key
        dot = ": " if self.outer.outer is None else "" if self.key.startswith("[") else "."
        return f"{self.outer}{dot}{self.key}"

    def error(self, sentence: str) -> BrokenFile:
        """The error to raise about this place."""
        return BrokenFile(f"{self}: {sentence}")


def describe_value(value: Any) -> str:
    """A JSON value, as messages name it: `the number 5`, `null`, `the text 'abc'`."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {str(value)[:LONGEST_SHOWN_VALUE]}"
        case str():
            return f"the text {value[:LONGEST_SHOWN_VALUE]!r}" + "…" * (len(value) > LONGEST_SHOWN_VALUE)
        case list():
            return "a list"
        case _:
            return "an object"


def record_label(what: str, record: dict[str, Any], number: int) -> str:
    """A record, as messages name it: `spacecraft 133`, or its place in the file if it has no such id."""
    key = record.get("id")
    if isinstance(key, int | str) and not isinstance(key, bool):
        return f"{what} {str(key)[:LONGEST_SHOWN_VALUE]}"
    return f"{what} no. {number} of the file"


def printable(text: str) -> str:
    r"""Returns `text` on one line that does nothing to a terminal: invisible characters are escaped.

    printable("a\x1b[2J")   a\x1b[2J, as the eight characters that are written here
    """
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
