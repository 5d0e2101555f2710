"""Paths: the kind of file at each, told before one is opened, and SQLite's addresses of files.

A pipe that is opened may wait, and /dev/zero has no end.
"""

from __future__ import annotations

import os
import re
import stat
from enum import Enum
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

NOBODY_WRITES = "mode=ro&immutable=1"
"""SQLite's parameters for a file on a read-only medium: no lock, no WAL, no file made beside it."""


class Kind(Enum):
    """The kinds of files that a path may lead to."""

    NOTHING = "nothing"
    FILE = "a file"
    FOLDER = "a folder"
    OTHER = "no regular file"
    """A pipe, a device, a socket."""


def kind_at(path: str | Path) -> Kind:
    """Returns the kind of file at a path.  Raises OSError where that can't be told, as for a long name."""
    try:
        mode = Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return Kind.NOTHING
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.FILE if stat.S_ISREG(mode) else Kind.OTHER


def is_open_already(name: str) -> bool:
    """Whether a name is that of a file that this process has open: `/dev/stdin`, `/dev/fd/63` of `<(...)`."""
    return bool(
        re.fullmatch(r"/dev/(stdin|stdout|stderr)|/(dev|proc/(self|\d+))/fd/\d+", os.path.normpath(name))
    )


def uri(path: str | Path, parameters: str) -> str:
    """The address of a file for SQLite, which has further parameters."""
    return f"file:{quote(str(path))}?{parameters}"


def file_of(name: str) -> Path:
    """The file that the name of an SQLite database means: a path, or an address as `uri` makes them."""
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)
