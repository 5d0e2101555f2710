"""Finds the documents to load: a file, standard input, a folder, or what is packed in any of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cosmodrome.ingest.archives import Document, is_hidden, unpacked
from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.time import clock

STANDARD_INPUT = "-"


def documents(source: str) -> Iterator[Document]:
    """Yields the documents at a path, or in standard input for `-`.  Those that can't be read say why.

    A folder is searched in the order of the names, with the folders in it, but for hidden files.
    """
    if source == STANDARD_INPUT:
        files = iter([read_standard_input()])
    else:
        files = read_folder(source) if Path(source).is_dir() else iter([read_file(source)])
    for file in files:
        yield from [file] if file.error else unpacked(file)


def read_folder(name: str) -> Iterator[Document]:
    """Yields the files in a folder and in those below, in the order of their names, but for hidden ones."""
    failed: list[OSError] = []
    paths = []
    for folder, _, names in os.walk(name, onerror=failed.append):
        paths += [Path(folder) / each for each in names]
    shown = [path for path in sorted(paths) if path.is_file() and not is_hidden(path.relative_to(name))]
    if not (shown or failed):
        yield Document(name, b"", clock.now(), BrokenFile("There is no file in the folder."))
    yield from (unreadable(str(error.filename), error) for error in failed)
    yield from (read_file(str(path)) for path in shown)


def read_file(name: str) -> Document:
    """Reads a file."""
    path = Path(name)
    try:
        return Document(name, path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC))
    except OSError as error:
        return unreadable(name, error)


def read_standard_input() -> Document:
    """Reads standard input, which has no time of its own."""
    name = "standard input"
    try:
        if sys.stdin is None:
            return Document(name, b"", clock.now(), BrokenFile("It is closed."))
        return Document(name, sys.stdin.buffer.read(), None)
    except OSError as error:
        return unreadable(name, error)


def unreadable(name: str, error: OSError) -> Document:
    """Returns the document of a file that the system does not let read."""
    sentence = f"The file can't be read: {error.strerror or error}."
    return Document(name, b"", clock.now(), BrokenFile(sentence))
