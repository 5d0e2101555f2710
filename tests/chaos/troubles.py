"""What goes wrong while clients ask: loads and their ends, killed workers, full disks, held locks."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from subprocess import TimeoutExpired
from typing import Any

from cosmodrome.time.clock import write_instant

from .records import Load, Trouble, real_now
from .stage import Stage, name_of

LOADED = {
    "agencies": "limit=6&mode=detailed",
    "launches/upcoming": "limit=8&mode=detailed",
    "spacecraft": "limit=5",
    "events/upcoming": "limit=4&mode=detailed",
    "astronauts": "limit=5",
}
"""The pages that loads are made from, by path."""
TROUBLES = ["kill", "fill", "lock"]
"""Kinds of troubles beside loads."""
RETURN = 15
"""Seconds until a killed worker is back."""


def plain(path: str) -> str:
    """The path of all records of a kind: `launches` for `launches/upcoming`."""
    return path.partition("/")[0]


@dataclass
class Loads(threading.Thread):
    """Loads pages with new names, one load after the other; kills some of them."""

    stage: Stage
    pages: dict[str, list[dict[str, Any]]]
    random: Random
    stopping: threading.Event
    ask: Callable[[str], Any]
    """The record at a path as a client gets it; None: there was no answer for good reasons."""
    done: list[Load] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._places = {str(each["name"]): f"{plain(path)}/{each['id']}" for path, each in self.records()}
        self._current: dict[str, str] = {}
        """The names that records have been given last, by `path/key`."""

    def __hash__(self) -> int:
        return id(self)

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The records of all pages, with their paths."""
        for path, page in self.pages.items():
            for record in page:
                yield path, record

    def run(self) -> None:
        number = 0
        while not self.stopping.wait(self.random.uniform(0.05, 0.5)):
            number += 1
            self.load(number)

    def load(self, number: int) -> None:
        """Makes a page and loads it."""
        path = self.random.choice(list(self.pages))
        records = self.random.sample(self.pages[path], self.random.randint(1, len(self.pages[path])))
        changed = [self.changed(path, record, number) for record in records]
        file = self.stage.scratch / "page.json"
        page = {"count": len(changed), "next": None, "previous": None, "results": changed}
        load = Load(path, {}, real_now(), real_now())
        changed = [self.current(record, load.names) for record in changed]
        page["results"] = changed
        file.write_text(json.dumps(page))
        self.play(load, file)
        load.end = real_now()
        self.done.append(load)
        if load.is_done:
            self.look(load)

    def changed(self, path: str, record: dict[str, Any], number: int) -> dict[str, Any]:
        """The record with another name; a launch is soon, or was just now."""
        self._current[f"{plain(path)}/{record['id']}"] = f"{record['name']} #{number}"
        changed = dict(record)
        if path.startswith("launches"):
            ahead = timedelta(seconds=self.random.uniform(-1, 6) * self.stage.clock.speed)
            changed["net"] = write_instant(self.stage.now() + ahead)
            changed["window_start"] = changed["window_end"] = changed["net"]
        return changed

    def current(self, content: Any, names: dict[str, str]) -> Any:
        """The content of a page with the names that records have now; notes those in `names`.

        A page that named a record as it was once called, nested in another, would rename it back.
        """
        if isinstance(content, dict):
            return {key: self.current(value, names) for key, value in content.items()}
        if isinstance(content, list):
            return [self.current(value, names) for value in content]
        place = self._places.get(content) if isinstance(content, str) else None
        if place is None:
            return content
        names[place] = self._current.get(place, content)
        return names[place]

    def play(self, load: Load, file: Path) -> None:
        """Runs the load to its end, or kills it."""
        endpoint = plain(load.path)
        moment = write_instant(self.stage.now())
        process = self.stage.command("load", str(file), "--endpoint", endpoint, "--as-of", moment)
        load.was_killed = self.random.random() < 0.35
        try:
            said, errors = process.communicate(
                timeout=self.random.uniform(0.5, 3.5) if load.was_killed else 120
            )
        except TimeoutExpired:
            process.kill()
            said, errors = process.communicate()
            if not load.was_killed:
                self.faults.append(f"a load of {load.path} takes more than two minutes")
        load.is_done = process.returncode == 0
        load.error = "" if load.is_done else (errors.strip() or said.strip())
        if "Traceback" in errors:
            self.faults.append(f"a load of {load.path} ends in a traceback: ...{errors[-300:]}")

    def look(self, load: Load) -> None:
        """Looks whether a record of a load that is done is there, at once."""
        key, name = self.random.choice(list(load.names.items()))
        path = load.path.partition("/")[0]
        found = self.ask(f"/2.3.0/{path}/{key}/")
        if found is not None and found.get("name") != name:
            self.faults.append(
                f"stale: {path}/{key} is {found.get('name')!r} after a load of {name!r} is done"
            )


@dataclass
class Troubles(threading.Thread):
    """Makes troubles of some kinds, one after the other."""

    stage: Stage
    kinds: list[str]
    random: Random
    stopping: threading.Event
    pauses: tuple[float, float]
    """Seconds between two troubles, at least and at most."""
    made: list[Trouble] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        makers = {"kill": self.kill, "fill": self.fill, "lock": self.lock}
        while self.kinds and not self.stopping.wait(self.random.uniform(*self.pauses)):
            kind = self.random.choice(self.kinds)
            start = real_now()
            trouble = Trouble(kind, start, start + timedelta(days=1))
            self.made.append(trouble)
            try:
                trouble.told = makers[kind]()
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise it to
                self.faults.append(f"{kind}: {error!r}")
            trouble.end = real_now()

    def kill(self) -> str:
        """Kills a worker, or another helper of the server, and waits until there are as many again."""
        self.stage.fail_if_ended()
        if not (children := self.stage.children()):
            return "there is nobody to kill"
        victim = self.random.choice(children)
        name = name_of(victim)
        self.stage.killed.add(victim)
        os.kill(victim, signal.SIGKILL)
        begun = time.monotonic()
        while len([pid for pid in self.stage.children() if pid != victim]) < self.stage.helpers:
            self.stage.fail_if_ended()
            if time.monotonic() > begun + RETURN:
                self.faults.append(f"{name} {victim} was killed and is not back within {RETURN} s")
                break
            time.sleep(0.05)
        return f"{name}, back after {time.monotonic() - begun:.1f} s"

    def fill(self) -> str:
        """Leaves no room on the disk for a while."""
        seconds = self.random.uniform(0.5, 3)
        with self.stage.volume.filled(self.stage.processes):
            self.stopping.wait(seconds)
        return f"{seconds:.1f} s"

    def lock(self) -> str:
        """Holds the lock of writers for a while."""
        seconds = self.random.uniform(0.5, 4)
        with closing(sqlite3.connect(self.stage.database, timeout=5, isolation_level=None)) as holder:
            try:
                holder.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                return f"not got: {error}"
            self.stopping.wait(seconds)
            with suppress(sqlite3.OperationalError):
                holder.execute("ROLLBACK")
        return f"{seconds:.1f} s"


def is_between(troubles: list[Trouble], kind: str, start: datetime, end: datetime) -> bool:
    """Whether there was a trouble of a kind between two instants."""
    return any(each.kind == kind and each.touches(start, end) for each in troubles)
