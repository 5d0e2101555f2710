"""Parameters that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import typer

Value = TypeVar("Value")


def parser(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """Returns Typer's parser for a reader that raises ValueError with a sentence, which Typer alone drops."""

    def parse(text: str) -> Value:
        try:
            return read(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return parse


def as_written(read: Callable[[str], object]) -> Callable[[str], str]:
    """Returns a reader of the text that `read` accepts: for an option that becomes a setting."""

    def check(text: str) -> str:
        read(text)
        return text

    return check
