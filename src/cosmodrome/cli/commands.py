"""The classes of commands and groups: help that a pipe shows whole, and sentences about misspelt words.

The help of a command is its docstring; lines in it that are indented are examples.
"""

from __future__ import annotations

import re
import sys
from inspect import cleandoc
from os import environ
from textwrap import dedent
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from cosmodrome.environment import Environment, SettingsError

HELP_NAMES = ["--help", "-h"]
UNBROKEN = 100_000
"""Columns of what is no terminal: nothing that is printed there is cut or wrapped."""
EXAMPLE = "    "
"""The indentation of the lines of help that are examples."""


def is_terminal() -> bool:
    """Whether a person reads both the output and the errors on a terminal."""
    return sys.stdout.isatty() and sys.stderr.isatty()


def catalogue_sentence() -> str:
    """Returns which catalogue a command works on here, in Markdown; or the sentence about a wrong setting."""
    try:
        place = Environment.read(environ).database_place
    except SettingsError as error:
        return str(error)
    return f"The catalogue is in `{place}` (COSMODROME_DATA_DIR, COSMODROME_DATABASE_URL)."


class Whole:
    """A command whose help is in colours on a terminal, and else plain text of unbroken lines."""

    rich_markup_mode: Any
    help: str | None
    epilog: str | None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Writes the help, and in which place the catalogue is."""
        docstring, self.epilog = self.help, catalogue_sentence()
        self.rich_markup_mode = "markdown" if is_terminal() else None
        if self.rich_markup_mode:
            self.help = "\n\n".join(fenced(each) for each in paragraphs(docstring))
        write_rows = formatter.write_dl
        formatter.write_dl = lambda rows: write_rows(rows, col_max=UNBROKEN)
        super().format_help(ctx, formatter)  # type: ignore[misc] # of the class that this is mixed into
        self.help = docstring

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Writes the docstring as plain text, the lines of examples one by one."""
        del ctx
        for paragraph in paragraphs(self.help):
            mark = "\b\n" if paragraph.startswith(EXAMPLE) else ""  # Click leaves the lines after it alone
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(mark + paragraph)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the words of a command line; a misspelt one is refused with the one that was meant."""
        words = list(args)
        try:
            parsed: list[str] = super().parse_args(ctx, args)  # type: ignore[misc] # as above
        except typer.TyperException as error:
            if (
                sentence := misspelt_option(error, words, ctx)
                or misspelt_choice(error)
                or wrong_number(error)
            ):
                ctx.fail(sentence)
            raise
        return parsed


def paragraphs(docstring: str | None) -> list[str]:
    """Returns the paragraphs of a docstring, those of examples indented."""
    return cleandoc(docstring or "").split("\n\n")


def fenced(paragraph: str) -> str:
    """Returns a paragraph as Markdown, whose indented blocks Typer would run together."""
    return f"```\n{dedent(paragraph)}\n```" if paragraph.startswith(EXAMPLE) else paragraph


def examples(docstring: str | None) -> list[str]:
    """Returns the lines of a docstring that are examples."""
    found = (each for each in paragraphs(docstring) if each.startswith(EXAMPLE))
    return [line for each in found for line in dedent(each).splitlines()]


class Command(Whole, TyperCommand):
    """A command."""


class Group(Whole, TyperGroup):
    """A command with commands of its own."""

    def main(self, *args: Any, **extra: Any) -> Any:
        self.rich_markup_mode = "markdown" if is_terminal() else None  # of errors
        return super().main(*args, **extra)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Finds the command that the first word names; a misspelt one is refused in a sentence."""
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"{name!r} is not a command of {ctx.command_path}: {hint(name, list(self.commands))}")
        return super().resolve_command(ctx, args)


def hint(name: str, known: list[str]) -> str:
    """Returns the end of a sentence about a name that is none of `known`."""
    from cosmodrome.ingest.errors import near_miss

    return near_miss(name, known)


def misspelt_option(error: Exception, words: list[str], ctx: Any) -> str:
    """Returns a sentence about an option that there is not; an empty one if the error is another."""
    if not hasattr(error, "possibilities"):
        return ""
    option = str(getattr(error, "option_name", ""))
    word = next((word for word in words if word.startswith(option)), option).partition("=")[0]
    known = [name for each in options(ctx) for name in (*each.opts, *each.secondary_opts)]
    return f"{word!r} is not an option of {ctx.command_path}: {hint(word, known)}"


def options(ctx: Any) -> list[TyperOption]:
    """Returns the options of a command."""
    return [each for each in ctx.command.get_params(ctx) if isinstance(each, TyperOption)]


def misspelt_choice(error: Exception) -> str:
    """Returns a sentence about a value that an option does not have; an empty one if the error is another."""
    param = getattr(error, "param", None)
    choices = getattr(getattr(param, "type", None), "choices", ())
    given = re.match("'(.*)' is not one of '", str(error), re.DOTALL)
    if param is None or not given:
        return ""
    values = [str(getattr(each, "value", each)) for each in choices]
    return f"{given[1]!r} is not a value of {param.opts[0]}: {hint(given[1], values)}"


def wrong_number(error: Exception) -> str:
    """Returns a sentence about what is no number for an option; an empty one if the error is another."""
    param = getattr(error, "param", None)
    kind: Any = getattr(param, "type", None)
    given = re.match("(.*) is not (a valid|in the range) ", str(error), re.DOTALL)
    if param is None or not given or not re.match("int|float", getattr(kind, "name", "")):
        return ""
    whole = "whole " if kind.name.startswith("int") else ""
    bounds = [
        f" {word} {bound}"
        for word, bound in (("from", getattr(kind, "min", None)), ("to", getattr(kind, "max", None)))
        if bound is not None
    ]
    text = given[1].strip("'\"")
    return f"{text!r} is no value of {param.opts[0]}: write a {whole}number{''.join(bounds)}"
