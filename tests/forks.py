"""Runs `cosmodrome` commands in forks of one process that has loaded what each of them loads.

Started by itself a command takes a second of processor before it begins; a fork takes what the command does.
"""

from __future__ import annotations

import gc
import json
import os
import pty
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryFile
from typing import NamedTuple, NoReturn


class Ended(NamedTuple):
    """The exit code of a command, and what it has printed."""

    code: int
    printed: str


@dataclass
class Forks:
    """The process that is forked."""

    process: subprocess.Popen[str]

    def run(self, folder: Path, words: list[str], text: str = "", typed: str = "") -> Ended:
        """Runs a command in a folder, with a text on its standard input; or typed where it asks on a terminal."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([str(folder), words, text, typed]) + "\n")
        self.process.stdin.flush()
        return Ended(*json.loads(self.process.stdout.readline()))


@contextmanager
def forks(environment: dict[str, str]) -> Iterator[Forks]:
    """Starts the process, with an environment that all its forks have, and ends it."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Forks(process)


def serve() -> None:
    """Forks for each line of standard input."""
    from cosmodrome.database.migrations import known_migrations
    from cosmodrome.server import startup

    startup.set_up()
    startup.check_declarations()
    for package in [
        "access",
        "admin",
        "database",
        "doctor",
        "edits",
        "ingest",
        "mirror",
        "resources",
        "synth",
    ]:
        name = f"cosmodrome.{package}"
        for module in walk_packages(import_module(name).__path__, f"{name}."):
            import_module(module.name)
    known_migrations()
    gc.freeze()  # else each fork would copy all of it when it is looked through
    for line in sys.stdin:
        folder, words, text, typed = json.loads(line)
        with TemporaryFile("w+") as given, TemporaryFile("w+") as printed:
            given.write(text)
            given.seek(0)
            pid, terminal = pty.fork() if typed else (os.fork(), -1)
            if not pid:
                for number, file in enumerate(() if typed else (given, printed, printed)):
                    os.dup2(file.fileno(), number)
                run_command(folder, words)
            said = answered(terminal, typed) if typed else ""
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            printed.seek(0)
            sys.stdout.write(json.dumps([code, said or printed.read()]) + "\n")
            sys.stdout.flush()


def run_command(folder: str, words: list[str]) -> NoReturn:
    """Runs a command, and ends this process."""
    from cosmodrome.cli import main

    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - the other one has read ahead
    sys.argv = ["cosmodrome", *words]
    os.chdir(folder)
    code = 1
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - whatever it is, it is seen
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def answered(terminal: int, typed: str) -> str:
    """Types a line at each question on a terminal; returns all that it shows until the program ends."""
    shown = ""
    with suppress(OSError):  # Linux says so that the other end is closed
        while part := os.read(terminal, 4096).decode():
            shown += part
            if shown.endswith(": "):
                os.write(terminal, f"{typed}\n".encode())
    os.close(terminal)
    return shown


if __name__ == "__main__":
    serve()
