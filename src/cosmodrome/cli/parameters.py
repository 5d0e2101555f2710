"""Parameters that several commands take."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import typer

from cosmodrome.access.rates import PERIOD_SECONDS
from cosmodrome.environment import PREFIX, SETTINGS
from cosmodrome.time.durations import read_duration

Value = TypeVar("Value")


def parser(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """Returns Typer's parser for a reader that raises ValueError with a sentence, which Typer alone drops."""

    def parse(text: str) -> Value:
        try:
            return read(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return parse


def read_age(text: str) -> timedelta:
    """Parses an age, as `90m`, `36h` or `P1D`.  Raises ValueError, with a sentence, for anything else."""
    if short := re.fullmatch(r"([0-9]{1,7})\s*([smhd])", text.strip().lower()):
        return int(short[1]) * timedelta(seconds=PERIOD_SECONDS[short[2]])
    try:
        age = read_duration(text.strip())
    except ValueError:
        age = timedelta(-1)
    if age < timedelta(0):
        raise ValueError(f"{text[:80]!r} is no age: write one like 36h, 90m or P1DT12H")
    return age


def as_written(read: Callable[[str], object]) -> Callable[[str], str]:
    """Returns a reader of the text that `read` accepts: for an option that becomes a setting."""

    def check(text: str) -> str:
        read(text)
        return text

    return check


def setting_option(name: str, *words: str, text: str = "", **more: Any) -> Any:
    """Returns Typer's option that gives a setting, whose help is the setting's own, with its variable.

    `text` is a help of the option's own: for a switch, or another default.
    """
    meaning = SETTINGS[name].meaning
    own = text or f"{meaning[0].upper()}{meaning[1:]}."
    return typer.Option(*words, help=f"{own} [{PREFIX}{name}]", callback=refuse_empty, **more)


def refuse_empty(value: Any) -> Any:
    """Returns the value of an option that is not empty.  An empty text would mean the default."""
    if value == "" or (isinstance(value, (list, tuple)) and "" in value):
        raise typer.BadParameter("it is empty: write a value, or leave the option out")
    return value
