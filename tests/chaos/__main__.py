"""Plays a chaos run: `scripts/chaos [--seconds N] [--seed S]`; CONTRIBUTING.md says what it shows.

Exit code 0: nothing was wrong.  1: something was, and is said, with the seed that tries it again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

from .clients import Client, Samples
from .questions import KINDS, Asker, Catalogue
from .records import Answer, real_now
from .stage import Stage, StageError, name_of, stage
from .troubles import LOADED, TROUBLES, Loads, Troubles
from .verdict import FEWEST_JUDGED, OVERLOADED, TIMES, cases_of, faults_of_answers, faults_of_loads, judge
from .versions import Versions

CLIENTS = 6
SPEED = 3600
"""Seconds of the server's clock in one: a run of 75 s passes three midnights."""
BEGIN = datetime(2026, 5, 1, 21, tzinfo=UTC)
A_WHILE = timedelta(seconds=1)
SLOW_SHOWN = 5
SHOWN = 12
"""Faults of one sort that are shown."""


def say(line: str) -> None:
    """A line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Run:
    """A run of some seconds."""

    stage: Stage
    seconds: float
    seed: int
    most_judged: int
    kinds: list[str]
    """Kinds of troubles."""
    seconds_of_judging: float
    left_out: list[str]
    """Kinds of requests that nobody sends."""
    stopping: Event = field(default_factory=Event)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What would be a fault if others had left the machine some time."""
    ended: datetime | None = None
    """When the server was found to have ended."""

    def __post_init__(self) -> None:
        catalogue = Catalogue.of(self.stage)
        samples = Samples(max(1, self.most_judged // (2 * len(KINDS))), Random(self.seed))  # noqa: S311
        self.samples = samples
        self.clients = [
            Client(self.stage.port, self.asker(catalogue, number), samples, self.stopping)
            for number in range(CLIENTS)
        ]
        folder = self.stage.scratch / "copies"
        folder.mkdir()
        self.versions = Versions(self.stage.database, folder, self.stopping)
        pages: dict[str, Any] = {path: self.stage.records(path, query) for path, query in LOADED.items()}
        pages = {path: page for path, page in pages.items() if page}
        self.loads = Loads(self.stage, pages, self.dice("loads"), self.stopping, self.record)
        kills, others = [[kind for kind in self.kinds if (kind == "kill") is so] for so in (True, False)]
        self.kills = Troubles(self.stage, kills, self.dice("kills"), self.stopping, (6, 14))
        self.others = Troubles(self.stage, others, self.dice("others"), self.stopping, (1, 5))

    def dice(self, name: str) -> Random:
        """Chance, of its own for each part of the run."""
        return Random(f"{self.seed} {name}")  # noqa: S311

    def asker(self, catalogue: Catalogue, number: int) -> Asker:
        """Who makes up the requests of a client."""
        kinds = [kind for kind in KINDS if kind not in self.left_out]
        token = self.stage.tokens["limited"]
        return Asker(self.dice(f"client {number}"), catalogue, self.stage.now, token, kinds)

    def record(self, target: str) -> Any:
        """A record, as a client gets it; None if there is no answer, or a refusal for a while."""
        for _ in range(20):
            try:
                status, body = self.stage.get(target)
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
                continue
            return json.loads(body) if status == 200 else None
        return None

    def play(self) -> None:
        """Lets everybody go, and stops them when time is up or the server has ended."""
        everybody = [self.versions, *self.clients, self.loads, self.kills, self.others]
        for each in everybody:
            each.start()
        deadline, before = time.monotonic() + self.seconds, dict[int, str]()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            try:
                self.stage.fail_if_ended()
                before = self.who_ended(before)
            except StageError as error:
                self.faults.append(f"{error}; all that was asked after its end is left out")
                self.ended = real_now()
                break
        self.load_of_the_machine = os.getloadavg()[0] / (os.cpu_count() or 1)
        self.stopping.set()
        for each in everybody:
            each.join(60)
            if each.is_alive():
                self.faults.append(f"{type(each).__name__} does not come to an end")

    def who_ended(self, before: dict[int, str]) -> dict[int, str]:
        """Notes processes of the server that have ended by themselves; returns those that are there, by name."""
        there = {process: name_of(process) for process in self.stage.children()}
        for process in before.keys() - there.keys() - self.stage.killed:
            self.faults.append(f"ended by itself: {before[process]} {process}, before {real_now():%H:%M:%S}")
        return there

    @property
    def answers(self) -> list[Answer]:
        """All answers of all clients; of a server that has ended, those until a while before that was found."""
        before = self.ended - A_WHILE if self.ended else None
        return [
            answer
            for client in self.clients
            for answer in client.answers
            if before is None or answer.end < before
        ]

    def judge(self) -> None:
        """Notes all that was wrong."""
        self.restart()
        troubles = self.kills.made + self.others.made
        for part in (self.loads, self.kills, self.others):
            self.faults += part.faults
        self.faults += [f"a client gave up: {each.failure}" for each in self.clients if each.failure]
        if self.versions.failure:
            self.faults.append(f"versions can't be watched: {self.versions.failure}")
        found = list(faults_of_answers(self.answers, troubles, self.versions))
        if self.load_of_the_machine > OVERLOADED:
            self.notes = [fault for fault in found if fault.startswith(TIMES)]
        self.faults += [fault for fault in found if fault not in self.notes]
        self.faults += faults_of_loads(self.loads.done, troubles, self.final_names())
        self.faults += self.wrong_answers()

    def restart(self) -> None:
        """Starts a server that has ended, to see what is left."""
        try:
            self.stage.fail_if_ended()
        except StageError:
            self.stage.start()

    def final_names(self) -> dict[str, str]:
        """The names of the records that were loaded, as they are in the end."""
        places = sorted({place for load in self.loads.done for place in load.names})
        found = {place: self.record(f"/2.3.0/{place}/") for place in places}
        return {place: str(record and record.get("name")) for place, record in found.items()}

    def wrong_answers(self) -> Iterator[str]:
        """Samples of answers that the reference answers otherwise."""
        samples = self.samples.all()
        cases = cases_of(samples, self.versions, self.stage.clock, self.stage.scratch)
        host = f"127.0.0.1:{self.stage.port}"
        verdicts = judge(cases, host, self.stage.scratch, self.seconds_of_judging)
        self.judged = len(verdicts)
        self.tried = sum(verdict.tried for _, verdict in verdicts)
        self.samples_taken = len(samples)
        if len(verdicts) < min(FEWEST_JUDGED, self.seconds):
            yield f"judged: only {len(verdicts)} answers, of {len(cases)} that could have been"
        for answer, verdict in verdicts:
            if not verdict.is_right:
                yield f"wrong: {answer}: {verdict.told} ({verdict.tried} instants tried)"

    def report(self) -> Iterator[str]:
        """What happened, in some lines."""
        answers = self.answers
        statuses = Counter(answer.status or "broken" for answer in answers)
        told = ", ".join(f"{number} of {status}" for status, number in statuses.most_common())
        yield f"{len(answers)} answers in {self.seconds:.0f} s: {told}"
        for kind in KINDS:
            if line := times_of(kind, [answer for answer in answers if answer.question.kind == kind]):
                yield line
        for slow in sorted(answers, key=lambda answer: -answer.seconds)[:SLOW_SHOWN]:
            yield f"  {slow.seconds:.1f} s: {slow}"
        loads = self.loads.done
        done, killed = (sum(load.is_done for load in loads), sum(load.was_killed for load in loads))
        yield f"{len(loads)} loads: {done} done, {killed} meant to be killed, {len(self.versions.committed)} versions"
        for load in loads:
            if load.error:
                yield f"  a load that was not done: {load.error.splitlines()[-1][:160]}"
        for trouble in self.kills.made + self.others.made:
            yield f"  {trouble.start:%H:%M:%S} {trouble.kind}: {trouble.told}"
        yield f"the clock went from {BEGIN} to {self.stage.now():%Y-%m-%d %H:%M:%S}"
        yield f"{self.judged} answers were compared with the reference at {self.tried} instants, of {self.samples_taken} samples"
        yield f"{self.load_of_the_machine:.1f} processes a processor wanted to run; {len(self.notes)} faults of time overlooked"
        log = self.stage.log.read_text(errors="replace")
        yield f"the server logged {log.count(chr(10))} lines, {log.count('Traceback')} tracebacks"


def times_of(kind: str, answers: list[Answer]) -> str:
    """How long the answers of a kind took."""
    times = sorted(answer.seconds * 1000 for answer in answers if answer.status)
    if not times:
        return ""
    half, most = times[len(times) // 2], times[int(len(times) * 0.99)]
    return f"  {kind:12} {len(times):6}: half within {half:.1f} ms, 99 % within {most:.0f} ms, all within {times[-1]:.0f} ms"


def main() -> int:
    """Plays a run and says what was wrong."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=75, help="how long the run is; 75")
    parser.add_argument("--seed", type=int, default=None, help="the seed of a run that is to be tried again")
    parser.add_argument("--judged", type=int, default=300, help="answers compared with the reference; 300")
    parser.add_argument("--judging", type=float, default=30, help="seconds for that at most; 30")
    parser.add_argument("--craft", type=int, default=12, help="craft of the invented catalogue; 12")
    parser.add_argument(
        "--only", nargs="*", default=TROUBLES, choices=TROUBLES, help="kinds of troubles; all"
    )
    parser.add_argument("--leave-out", nargs="*", default=[], choices=KINDS, help="kinds of requests; none")
    parser.add_argument("--keep", type=Path, help="a file to keep the server's log in")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else int(time.time()) % 1_000_000
    say(f"chaos with seed {seed}")
    times = [time.monotonic()]
    try:
        with stage(given.craft, seed, SPEED, BEGIN) as built:
            run = Run(built, given.seconds, seed, given.judged, given.only, given.judging, given.leave_out)
            times.append(time.monotonic())
            run.play()
            times.append(time.monotonic())
            run.judge()
            times.append(time.monotonic())
            for line in run.report():
                say(line)
            begun, played, judged = (after - before for before, after in pairwise(times))
            say(f"beginning took {begun:.0f} s, the run {played:.0f} s, judging {judged:.0f} s")
            if given.keep:
                given.keep.write_bytes(built.log.read_bytes())
    except StageError as error:
        say(f"the run can't be played: {error}")
        return 1
    for line in shown(run.faults):
        say(line)
    say(f"{len(run.faults)} faults: scripts/chaos --seconds {given.seconds:.0f} --seed {seed}")
    return 1 if run.faults else 0


def shown(faults: list[str]) -> Iterator[str]:
    """The faults, of each sort the first ones."""
    seen: Counter[str] = Counter()
    for fault in faults:
        sort = fault.partition(":")[0]
        seen[sort] += 1
        if seen[sort] <= SHOWN:
            yield f"FAULT {fault}"
    for sort, number in seen.items():
        if number > SHOWN:
            yield f"FAULT {sort}: {number} in all"


if __name__ == "__main__":
    sys.exit(main())
