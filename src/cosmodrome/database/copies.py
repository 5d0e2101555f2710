"""Copies of the whole catalogue: made while it is served and written to, and put back while it is not.

A copy of an SQLite catalogue is one file without a log beside it.  It is complete as of one instant, checked,
and there under its name only when all of that is done.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from cosmodrome.database.files import BESIDE, dated, migrations_of
from cosmodrome.database.migrations import known_migrations, newer_sentence
from cosmodrome.database.paths import Kind, kind_at, uri

HOLD_SECONDS = 2
"""The seconds for which `restore` waits for those who have the catalogue open."""


class CopyError(Exception):
    """A copy can't be made or put back; the text is a sentence."""


def back_up(catalogue: Path, target: Path, access: str = "mode=rw") -> None:
    """Copies an SQLite catalogue, whoever has it open.  Raises CopyError, and then there is no file.

    `access` is SQLite's parameters for the catalogue: others for one on a medium that can't be written to.
    """
    refuse_other_file(catalogue, target)
    with new_file(target, "The backup can't be made") as partial:
        with closing(sqlite3.connect(uri(catalogue, access), uri=True)) as database:
            copy_checked(database, partial)
        partial.replace(target)
        sync(target.parent)


@contextmanager
def new_file(target: Path, failure: str) -> Iterator[Path]:
    """Yields a name beside `target` for a file that is to take its place, and removes what is left of it.

    An error of the disk or of SQLite in the block is a CopyError, whose sentence begins with `failure`.
    """
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        yield new
    except (OSError, sqlite3.Error) as error:
        raise CopyError(f"{failure} ({getattr(error, 'strerror', None) or error}).") from None
    finally:
        with suppress(OSError):  # no such file, or a name that none can have
            new.unlink()


def make_private(file: Path) -> None:
    """Makes an empty file that only its owner reads and writes.  Raises OSError if there is one."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def copy_checked(database: sqlite3.Connection, target: Path) -> None:
    """Copies a database, as of one instant, into a file, and syncs it.  Raises CopyError if it is damaged."""
    target.unlink(missing_ok=True)
    make_private(target)
    with closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA synchronous=OFF")  # it is synchronised as a whole
        database.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        if (found := copy.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise CopyError(f"The database is damaged ({found}).")
    sync(target)


def sync(path: Path) -> None:
    """Waits until a file, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def kind_of(path: Path) -> Kind:
    """Returns the kind of file at a path.  Raises CopyError for a name that no file can have."""
    try:
        return kind_at(path)
    except OSError as error:
        raise CopyError(f"{str(path)[:200]} can't be used ({error.strerror}): name another file.") from None


def refuse_no_file(target: Path) -> None:
    """Raises CopyError if what is at a name can't be replaced by a file, or there is no folder for one."""
    if (kind := kind_of(target)) in (Kind.FOLDER, Kind.OTHER):
        raise CopyError(f"{target} is {kind.value}: write the name of a file, as FOLDER/NAME.")
    if not target.parent.is_dir():
        raise CopyError(f"There is no folder {target.parent}: make it, or name another.")


def refuse_other_file(catalogue: Path, target: Path) -> None:
    """Raises CopyError if a backup would overwrite something that is no backup."""
    refuse_no_file(target)
    if target.exists() and catalogue.exists() and target.samefile(catalogue):
        raise CopyError(f"{target} is the catalogue itself: write another name.")
    if target.exists() and not migrations_of(target):
        raise CopyError(f"{target} is there, and is no catalogue: write another name, or remove it.")


def put_back(copy: Path, catalogue: Path) -> Path | None:
    """Puts a copy in the place of an SQLite catalogue; returns the name under which that was kept, or None.

    Raises CopyError, and then changes nothing.
    """
    refuse_no_copy(copy)
    with new_file(catalogue, f"{copy} can't be restored") as new:
        with closing(sqlite3.connect(uri(copy.absolute(), "mode=ro"), uri=True)) as database:
            copy_checked(database, new)
        with held(catalogue):
            kept = keep_aside(catalogue)
            new.replace(catalogue)
            sync(catalogue.parent)
    return kept


def refuse_no_copy(copy: Path) -> None:
    """Raises CopyError if a file is no catalogue that this version can serve."""
    if (kind := kind_of(copy)) is Kind.NOTHING:
        raise CopyError(f"There is no file {copy}.")
    if kind is not Kind.FILE:
        raise CopyError(
            f"{copy} is {kind.value}: write the name of a file that `cosmodrome backup` has made."
        )
    applied = migrations_of(copy)
    if not any(app == "catalogue" for app, _ in applied):
        raise CopyError(f"{copy} is no catalogue of Cosmodrome: `cosmodrome backup` makes such a file.")
    if newer := min(applied - known_migrations(), default=None):
        raise CopyError(f"{copy}: {newer_sentence(newer)}")


@contextmanager
def held(catalogue: Path) -> Iterator[None]:
    """Keeps everyone else from opening a catalogue.  Raises CopyError if a server or a command has it open.

    SQLite needs the file for itself to go without a write-ahead log, which it puts into the file then.
    """
    if not catalogue.exists():
        yield
        return
    with closing(sqlite3.connect(uri(catalogue, "mode=rw"), uri=True, isolation_level=None)) as database:
        database.execute(f"PRAGMA busy_timeout={HOLD_SECONDS * 1000}")
        try:
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise CopyError(
                f"{catalogue} is open in a server or another command ({error}): stop it, and restore then."
            ) from None
        except sqlite3.DatabaseError:
            pass  # it is damaged, or no database: that is why it is replaced
        yield


def keep_aside(catalogue: Path) -> Path | None:
    """Renames what is there under a catalogue's name, and beside it; returns the new name of the file."""
    aside = dated(catalogue)
    for end in BESIDE:
        with suppress(FileNotFoundError):  # SQLite has removed those of a sound file
            Path(f"{catalogue}{end}").rename(f"{aside}{end}")
    try:
        catalogue.rename(aside)
    except FileNotFoundError:
        return None
    return aside


def dump(settings: dict[str, Any], target: Path) -> None:
    """Copies a PostgreSQL catalogue by `pg_dump`, in its custom format.  Raises CopyError."""
    refuse_no_file(target)
    command = ["pg_dump", "--format=custom", f"--dbname={settings['NAME']}"]
    for option, name in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER")):
        if settings[name]:
            command.append(f"{option}={settings[name]}")
    program = shutil.which("pg_dump")
    if program is None:
        raise CopyError(
            f"PostgreSQL's own program makes backups, and is not here: {' '.join(command)} > {target}"
        )
    environment = {**os.environ, "PGPASSWORD": settings["PASSWORD"] or ""}  # arguments can be read by others
    with new_file(target, "The backup can't be made") as partial:
        try:
            with partial.open("wb") as file:
                subprocess.run(  # noqa: S603 - the arguments are ours and the settings'
                    [program, *command[1:]], env=environment, stdout=file, stderr=subprocess.PIPE, check=True
                )
        except subprocess.CalledProcessError as error:
            said = " ".join(error.stderr.decode(errors="replace").split())
            raise CopyError(f"pg_dump says: {said}") from None
        partial.replace(target)
