"""The form of a row: the name of a variable, its reader, its default and its line of help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

PREFIX = "COSMODROME_"
Value = TypeVar("Value")


class SettingsError(Exception):
    """A variable is unknown or makes no sense; the text is for the person who set it."""


@dataclass(frozen=True)
class Setting:
    """A variable: its name without the prefix, the reader of its text, its default, a line of help."""

    name: str
    read: Callable[[str], Any]
    default: str
    """The text that is read where the variable is not set or empty."""
    help: str

    @property
    def meaning(self) -> str:
        """The meaning of the setting, and its default, in a line."""
        return f"{self.help}; {self.default} if not given" if self.default else self.help

    def value(self, variables: Mapping[str, str]) -> Any:
        """Reads the variable.  Raises SettingsError."""
        text = variables.get(PREFIX + self.name, "").strip()
        try:
            return self.read(text or self.default)
        except ValueError as error:
            raise self.refusal(error) from None

    def refusal(self, error: ValueError) -> SettingsError:
        """Returns the sentence of a reader behind the name of the variable."""
        sentence = str(error)
        joint = ": " if sentence[:1] in "'\"" else " "  # a value that is quoted stands after a colon
        return SettingsError(f"{PREFIX}{self.name}{joint}{sentence}.")


def setting(name: str, read: Callable[[str], Value], default: str, help_line: str) -> Value:
    """Declares a row of `Environment`: a field whose value `read` makes of the variable's text."""
    row: Value = field(metadata={"setting": Setting(name, read, default, help_line)})
    return row
