"""The terminal: output, error sentences and progress bars of all commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich import progress as rich_progress
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from cosmodrome.cli.commands import UNBROKEN
from cosmodrome.progress import Progress
from cosmodrome.server import startup


class Lines(Console):
    """A console whose lines, in a pipe or a file, end where their text does: tables fill them with blanks."""

    def print(self, *objects: Any, **options: Any) -> None:
        if self.is_terminal:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        self.file.write(re.sub(" +$", "", captured.get(), flags=re.MULTILINE))
        self.file.flush()


out = Lines(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else UNBROKEN)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def sentences() -> Iterator[None]:
    """A StartError in the block ends the command with its sentence and exit code 1."""
    try:
        yield
    except startup.StartError as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """Prints a sentence in red and ends the command with exit code 1."""
    err.print(sentence, style="red", markup=False)
    raise typer.Exit(1)


@contextmanager
def progress_bar(shown: bool) -> Iterator[Progress]:
    """Shows the progress of long work as a bar on standard error, where that is a terminal."""
    with rich_progress.Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not (err.is_terminal and shown),
    ) as bar:
        task = bar.add_task("opening", total=None)
        yield Progress(
            lambda stage, steps: bar.reset(task, description=stage, total=steps),
            lambda steps: bar.advance(task, steps),
        )
