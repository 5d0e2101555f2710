"""Finds the documents to load: a file, standard input, a folder, or what is packed in any of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from django.conf import settings

from cosmodrome.database.paths import Kind, is_open_already, kind_at
from cosmodrome.ingest.archives import CHUNK, Document, is_hidden, unpacked
from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.time import clock

STANDARD_INPUT = "-"


def documents(source: str) -> Iterator[Document]:
    """Yields the documents at a path, or in standard input for `-`.  Those that can't be read say why.

    A folder is searched in the order of the names, with the folders in it, but for hidden files.
    """
    for file in read(source):
        yield from [file] if file.error else unpacked(file)


def read(source: str) -> Iterator[Document]:
    """Yields the files at a path, or standard input for `-`, as they are."""
    if source == STANDARD_INPUT:
        yield read_standard_input()
        return
    try:
        is_folder = kind_at(source) is Kind.FOLDER
    except OSError as error:
        yield unreadable(source, error)
        return
    yield from read_folder(source) if is_folder else [read_file(source)]


def read_folder(name: str) -> Iterator[Document]:
    """Yields the files in a folder and in those below, in the order of their names, but for hidden ones."""
    failed: list[OSError] = []
    paths = []
    for folder, _, names in os.walk(name, onerror=failed.append):
        paths += [Path(folder) / each for each in names]
    shown = [path for path in sorted(paths) if path.is_file() and not is_hidden(path.relative_to(name))]
    if not (shown or failed):
        yield broken(name, "There is no file in the folder.")
    yield from (unreadable(str(error.filename), error) for error in failed)
    yield from (read_file(str(path)) for path in shown)


def read_file(name: str) -> Document:
    """Reads a file: a regular one, or what is open already, as with `cosmodrome load <(...)` in a shell."""
    path = Path(name)
    try:
        if kind_at(path) is Kind.OTHER:
            return read_open(name)
        return Document(name, path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC))
    except OSError as error:
        return unreadable(name, error)


def read_standard_input() -> Document:
    """Reads standard input, which has no time of its own."""
    name = "standard input"
    try:
        if sys.stdin is None:
            return broken(name, "It is closed.")
        return read_stream(name, sys.stdin.buffer)
    except OSError as error:
        return unreadable(name, error)


def read_open(name: str) -> Document:
    """Reads what is no regular file, if it is open already: any other pipe or device may have no end."""
    if not is_open_already(name):
        return broken(name, "It is no regular file: use - for standard input.")
    with Path(name).open("rb") as stream:
        return read_stream(name, stream)


def read_stream(name: str, stream: IO[bytes]) -> Document:
    """Reads a stream to its end, which has no time of its own; refuses one of too many bytes."""
    content = BytesIO()
    while chunk := stream.read(CHUNK):
        if content.tell() + len(chunk) > settings.LOAD_BYTES:
            return broken(
                name,
                f"It has more than {settings.LOAD_BYTES} bytes: load it from a file, or "
                "set COSMODROME_LOAD_BYTES to what it may take.",
            )
        content.write(chunk)
    return Document(name, content.getvalue(), None)


def unreadable(name: str, error: OSError) -> Document:
    """Returns the document of a file that the system does not let read."""
    return broken(name, f"The file can't be read: {error.strerror or error}.")


def broken(name: str, sentence: str) -> Document:
    """Returns the document of a file of which nothing is read; the sentence says why."""
    return Document(name, b"", clock.now(), BrokenFile(sentence))
