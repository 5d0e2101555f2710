"""What is at a path: asked before it is opened, since a pipe may wait, and /dev/zero has no end."""

from __future__ import annotations

import os
import re
import stat
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What is at a path."""

    NOTHING = "nothing"
    FILE = "a file"
    FOLDER = "a folder"
    OTHER = "no regular file"
    """A pipe, a device, a socket."""


def kind_at(path: str | Path) -> Kind:
    """Returns what is at a path.  Raises OSError where that can't be told, as for a long name."""
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
