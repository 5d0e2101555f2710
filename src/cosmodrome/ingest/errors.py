"""The error of a file that can't be loaded, and how its message names places and values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

LONGEST_SHOWN_VALUE = 60
"""Characters of a wrong value that are shown."""
MOST_SHOWN_FAULTS = 20


class BrokenFile(Exception):
    """A file can't be loaded.  Each argument is one fault, in a sentence: record, field, what is wrong."""

    def __str__(self) -> str:
        """Returns a line for each fault: the first few, and how many more there are."""
        shown, more = self.args[:MOST_SHOWN_FAULTS], len(self.args) - MOST_SHOWN_FAULTS
        return "\n".join([*shown, f"and {more} more."] if more > 0 else shown)

    def of_file(self, name: str) -> BrokenFile:
        """Returns the same error behind the name of the file, without characters that command a terminal."""
        sentences = [printable(sentence) for sentence in self.args]
        if len(sentences) == 1:
            return BrokenFile(f"{printable(name)}: {sentences[0]}")
        heading = f"{printable(name)}: {len(sentences)} faults, and nothing of it is loaded:"
        return BrokenFile(
            "\n".join([heading, *f"{BrokenFile(*sentences)}".split("\n")]).replace("\n", "\n  ")
        )


WHOLE_FILE = 0
"""Stands for the number of a record in a fault after which the rest of the file can't be trusted."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file: the number of the record in the file, and a sentence."""

    record: int
    sentence: str


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


def near_miss(name: str, known: Collection[str]) -> str:
    """Returns the end of a sentence about a name that is none of `known`: which one was meant, or all.

    near_miss("agencis", ["agencies", "pads"])   did you mean agencies?
    near_miss("x", ["agencies", "pads"])         there are agencies, pads.
    """
    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."


def printable(text: str) -> str:
    r"""Returns `text` on one line that does nothing to a terminal: invisible characters are escaped.

    printable("a\x1b[2J")   a\x1b[2J, as the eight characters that are written here
    """
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
