"""What is a fault: of the answers, of the loads, of what the reference says, and of what the server logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from cosmodrome.time.clock import SimulatedClock
from servers import ROOT

from .judge import Case, Verdict
from .records import Answer, Load, Trouble
from .troubles import is_between
from .versions import Versions

GRACE = 1.1
"""Real seconds after an event in which an answer may be of the moment before it: the settler's, and a margin."""
AFTER_A_KILL = timedelta(seconds=1)
"""How long after the kill of a worker connections to it may still break."""
SLOWEST = 15
"""Seconds that no answer may take, whatever happens: ten of waiting, and the making of it."""
MOST_REFUSED = 0.05
"""The share of the requests of a kind that may be refused for a while, with 503 and `Retry-After`."""
NEVER_REFUSED = {"kept"}
"""Kinds that are answered whatever happens."""
FEWEST_JUDGED = 40
"""Answers that must have been compared with the reference, else the run has shown nothing."""
TIMES = ("slow", "refused too often")
"""Sorts of faults that say nothing where the machine has no processor left for the server."""
OVERLOADED = 4
"""Runnable processes for each processor from which on that is so; a run alone makes two of two processors."""
JUDGES = 2
"""Processes that judge at once."""


def faults_of_answers(answers: list[Answer], troubles: list[Trouble], versions: Versions) -> Iterator[str]:
    """What is wrong with answers at first sight."""
    for answer in answers:
        yield from faults_of_status(answer, troubles)
        if answer.seconds > SLOWEST:
            yield f"slow: {answer.seconds:.1f} s: {answer}"
        if answer.version is not None and answer.version < (least := versions.at(answer.start)):
            yield f"stale: version {least} had been committed: {answer}"
    yield from refusals(answers)


def faults_of_status(answer: Answer, troubles: list[Trouble]) -> Iterator[str]:
    """Whether there is an answer, and one that may be."""
    if not answer.status:
        if not is_between(troubles, "kill", answer.start - AFTER_A_KILL, answer.end):
            yield f"broken connection: {answer}"
    elif answer.error:
        yield f"unreadable: {answer}: {answer.error}"
    elif answer.status >= 500:
        if not is_documented(answer):
            yield f"{answer.status}: {answer}"
    elif answer.status not in EXPECTED.get(answer.question.kind, (200, 304)):
        yield f"unexpected: {answer}"


def refusals(answers: list[Answer]) -> Iterator[str]:
    """Kinds of requests that were refused for a while too often."""
    asked = Counter(answer.question.kind for answer in answers)
    refused = Counter(
        answer.question.kind for answer in answers if answer.retry_after and answer.status == 503
    )
    for kind, number in refused.items():
        most = 0 if kind in NEVER_REFUSED else max(3, MOST_REFUSED * asked[kind])
        if number > most:
            yield f"refused too often: {number} of {asked[kind]} requests of kind '{kind}' are 503"


EXPECTED = {
    "missing": (404,),
    "record": (200, 304, 404),
    "limited": (200, 304, 429),
    "admin": (200, 302, 403, 429),
}
"""The statuses that a kind of request may have, where they are not those of a page that is there."""


def is_documented(answer: Answer) -> bool:
    """Whether a 503 is one that is promised: with `Retry-After`, or by `/readyz`."""
    return bool(answer.retry_after) or answer.question.target == "/readyz"


def faults_of_loads(loads: list[Load], troubles: list[Trouble], final: dict[str, str]) -> Iterator[str]:
    """Loads that failed without a reason, and records that a load said it had loaded and that are not there.

    `final` has the names that the catalogue has in the end, by `path/key`.
    """
    for load in loads:
        if not (load.is_done or load.was_killed):
            yield from failure(load, troubles)
    for place, names in names_allowed(loads).items():
        if final.get(place) not in names:
            yield f"lost: {place} is {final.get(place)!r} in the end, not one of {sorted(names)}"


def failure(load: Load, troubles: list[Trouble]) -> Iterator[str]:
    """What is wrong with the failure of a load: it has no reason, or takes more than a sentence."""
    if not any(is_between(troubles, kind, load.start, load.end) for kind in ("fill", "lock")):
        yield f"a load of {load.path} fails: {load.error}"
    elif load.error.count("\n") > 1:
        yield f"a load of {load.path} fails in more than a sentence: {load.error[-300:]}"


def names_allowed(loads: list[Load]) -> dict[str, set[str]]:
    """The names that records may have after these loads, by `path/key`."""
    allowed: dict[str, set[str]] = {}
    for load in loads:
        for place, name in load.names.items():
            if load.is_done:
                allowed[place] = {name}
            elif place in allowed:
                allowed[place].add(name)  # a load that was killed may have been done
    return allowed


def cases_of(
    samples: list[Answer], versions: Versions, clock: SimulatedClock, folder: Path
) -> list[tuple[Answer, Case]]:
    """The samples as cases for the reference, by their versions and instants."""
    cases = []
    for number, answer in enumerate(samples):
        copy = versions.copies.get(answer.version or 0)
        if copy is None or answer.body is None:
            continue
        file = folder / f"body-{number}"
        file.write_bytes(answer.body)
        first, last = clock.at(answer.start), clock.at(answer.end)
        cases.append(
            (
                answer,
                Case(
                    answer.question.kind,
                    answer.question.target,
                    answer.question.headers,
                    answer.status,
                    answer.content_type,
                    str(file),
                    str(copy),
                    first.replace(microsecond=0).isoformat(),
                    last.isoformat(),
                    GRACE * clock.speed,
                ),
            )
        )
    chance = Random(len(cases))  # noqa: S311
    order = {case.copy: chance.random() for _, case in cases}
    return sorted(cases, key=lambda each: (order[each[1].copy], each[1].first))


def judge(
    cases: list[tuple[Answer, Case]], host: str, folder: Path, seconds: float
) -> list[tuple[Answer, Verdict]]:
    """Lets the reference judge cases, in some processes at once, as many as there is time for."""
    share = -(-len(cases) // JUDGES) or 1
    parts = [cases[start : start + share] for start in range(0, len(cases), share)]
    processes = []
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    for number, part in enumerate(parts):
        file = folder / f"cases-{number}.jsonl"
        file.write_text("".join(json.dumps(asdict(case)) + "\n" for _, case in part))
        command = [sys.executable, "-m", "chaos.judge", str(file), host, str(seconds)]
        processes.append(
            subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
            )
        )
    found = []
    for part, process in zip(parts, processes, strict=True):
        said, _ = process.communicate()
        verdicts: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
        if process.returncode:
            verdicts.append({"is_right": False, "tried": 0, "told": "this has ended the judge"})
        found += [(answer, Verdict(**verdict)) for (answer, _), verdict in zip(part, verdicts, strict=False)]
    return found
