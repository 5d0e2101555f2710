"""The reference: what a quiet Cosmodrome answers that stores nothing, from a copy of a version, at an instant.

A process of its own, `python -m chaos.judge CASES HOST SECONDS`, which judges the cases of a file, a line of JSON each,
and prints a verdict for each, a line of JSON again.  The clock stands still; derived values are settled for
its instant, in the copy, before the reference is asked.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SECOND = timedelta(seconds=1)
SCANNED = 12
"""Instants that are tried one by one where nothing in an answer tells its own."""
OBVIOUS = {"kept", "moving", "after", "of agency", "search", "record"}
"""Kinds of requests that DRF's serializers over plain querysets answer as well: the most obvious reference."""
SHARE_BY_DRF = 10
"""Of so many of those, one is compared with DRF's answer too, which takes seconds."""
DURATION = re.compile(rb'(?:"|&quot;)(P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)(?:"|&quot;)')
STAMP = re.compile(rb"^DTSTAMP:(\d{8}T\d{6}Z)", re.MULTILINE)
"""The instant at which a calendar was made."""


@dataclass(frozen=True)
class Case:
    """An answer, and what it may be an answer to."""

    kind: str
    target: str
    headers: dict[str, str]
    status: int
    content_type: str
    body: str
    """The file of the body."""
    copy: str
    """The file of the catalogue at the version of the answer."""
    first: str
    last: str
    """The instants between which the answer was made, by the server's clock."""
    grace: float
    """Seconds after an event, by the server's clock, in which the answer may be of the moment before it."""


@dataclass(frozen=True)
class Verdict:
    """Whether a case is right, and what the reference answers where it is not."""

    is_right: bool
    tried: int
    """Instants at which the reference was asked."""
    told: str = ""


class Reference:
    """Answers from copies, at instants."""

    def __init__(self, host: str) -> None:
        from django.core.handlers.wsgi import WSGIHandler

        self.host = host
        self.handler = WSGIHandler()
        self.copy = ""
        self.latest = datetime.min.replace(tzinfo=UTC)
        self.latest_body = b""

    def answer(self, case: Case, instant: datetime, *, by_drf: bool = False) -> tuple[int, str, bytes]:
        """Status, content type and body; `by_drf`: those of DRF's serializers over plain querysets."""
        from django.test import override_settings

        from cosmodrome.changes import transactions
        from reference import answered_by_drf
        from wsgi import ask

        if case.copy != self.copy or instant < self.latest:
            self.open(case.copy)
        self.latest = instant
        headers = {name.lower().replace("-", "_"): value for name, value in case.headers.items()}
        headers.pop("accept_encoding", None)
        with override_settings(CLOCK_STOPPED_AT=instant, SIMULATED_CLOCK=None):
            transactions.settle()
            with answered_by_drf() if by_drf else nullcontext():
                found = ask(
                    self.handler, case.target, host=self.host, **{"accept": "application/json", **headers}
                )
        self.latest_body = found.body
        return found.status, found.headers.get("content-type", ""), found.body

    def open(self, copy: str) -> None:
        """Reads from a new copy of a copy: settling writes to it."""
        from django.db import connection

        connection.close()
        file = Path(str(connection.settings_dict["NAME"]))
        for old in file.parent.glob(f"{file.name}*"):
            old.unlink()
        shutil.copy(copy, file)
        self.copy = copy

    def until(self) -> datetime | None:
        """The first event after which the values that are derived in the copy are no longer right."""
        from cosmodrome.derived.materialised.models import DerivationState

        state = DerivationState.objects.first()
        return state.until if state else None


def instants(case: Case, reference: Reference, answered: bytes) -> Iterator[datetime]:
    """The instants at which the answer may have been made, the likely ones first."""
    first, last = datetime.fromisoformat(case.first), datetime.fromisoformat(case.last)
    yield first
    told = told_instant(answered, reference.latest_body, first)
    if told is not None:
        yield told
    yield last
    reference.open(case.copy)
    event = reference.until()
    if event is not None and first - timedelta(seconds=case.grace) <= event <= last:
        yield event - timedelta(microseconds=1)
        yield event
    for number in range(1, SCANNED):
        if (instant := last - number * SECOND) < first:
            return
        yield instant


def told_instant(answered: bytes, expected: bytes, instant: datetime) -> datetime | None:
    """The instant that the durations of an answer tell of; `expected` are the bytes of `instant`."""
    from cosmodrome.time.durations import read_duration

    if stamp := STAMP.search(answered):
        return datetime.fromisoformat(stamp[1].decode())
    for ours, theirs in zip(DURATION.findall(answered), DURATION.findall(expected), strict=False):
        if ours != theirs:
            try:
                return instant + (read_duration(ours.decode()) - read_duration(theirs.decode()))
            except ValueError:
                return None
    return None


def judged(case: Case, reference: Reference, *, by_drf: bool) -> Verdict:
    """Compares an answer with the reference at each instant that is allowed; `by_drf`: with DRF's as well."""
    body = Path(case.body).read_bytes()
    first = datetime.fromisoformat(case.first) - timedelta(seconds=case.grace)
    last = datetime.fromisoformat(case.last)
    tried, told = set[datetime](), ""
    for instant in instants(case, reference, body):
        if instant in tried or not first <= instant <= last:
            continue
        tried.add(instant)
        found = reference.answer(case, instant)
        if is_same(case, body, found) and by_drf:
            found = reference.answer(case, instant, by_drf=True)
        if is_same(case, body, found):
            return Verdict(True, len(tried))
        told = told or difference(body, found, instant)
    return Verdict(False, len(tried), told)


def is_same(case: Case, body: bytes, found: tuple[int, str, bytes]) -> bool:
    """Whether an answer is what the reference answers; of a 304 the body was kept by the client."""
    status, content_type, expected = found
    return body == expected and (
        case.status == 304 or (case.status, case.content_type) == (status, content_type)
    )


def difference(body: bytes, found: tuple[int, str, bytes], instant: datetime) -> str:
    """Where an answer is not what it should be."""
    status, content_type, expected = found
    place = next(
        (at for at, (ours, theirs) in enumerate(zip(body, expected, strict=False)) if ours != theirs),
        min(len(body), len(expected)),
    )
    around = slice(max(0, place - 60), place + 60)
    return f"at {instant} byte {place} is ...{body[around]!r}..., not ...{expected[around]!r}... ({status} {content_type})"


@contextmanager
def quiet_catalogue(folder: Path) -> Iterator[None]:
    """Sets Django up over a folder of its own, with everything off that stores."""
    for name in [name for name in os.environ if name.startswith("COSMODROME_")]:
        del os.environ[name]
    os.environ |= {
        "COSMODROME_DATA_DIR": str(folder),
        "COSMODROME_CACHE": "off",
        "DJANGO_SETTINGS_MODULE": "cosmodrome.server.settings",
    }
    folder.mkdir()
    import django

    django.setup()
    yield
    shutil.rmtree(folder)


def main(cases: str, host: str, seconds: str) -> None:
    """Judges the cases of a file, as many as there is time for."""
    with quiet_catalogue(Path(f"{cases}.catalogue")):
        reference, deadline = Reference(host), time.monotonic() + float(seconds)
        for number, line in enumerate(Path(cases).read_text().splitlines()):
            if time.monotonic() > deadline:
                break
            case = Case(**json.loads(line))
            by_drf = case.kind in OBVIOUS and not number % SHARE_BY_DRF
            try:
                verdict = judged(case, reference, by_drf=by_drf)
            except Exception as error:  # noqa: BLE001 - told with the case
                verdict = Verdict(False, 0, f"the reference fails: {error!r}")
            said: dict[str, Any] = vars(verdict)
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4])
