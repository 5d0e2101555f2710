"""The one who changes a catalogue that is being served, as a process of its own: `python writer.py ROUNDS HOST`.

After each change it says on a line of its own when the change had been committed, by the machine's clock
that never goes back, and what the reference answers at that version to what the readers ask.  Then it waits
for a line: to go on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

AGENCY = 121
MADE = 987654
TARGETS = [
    f"/2.3.0/agencies/{AGENCY}/?format=json",
    f"/2.3.0/agencies/{MADE}/?format=json",
    "/2.3.0/agencies/?mode=list&ordering=-id&limit=2",
    "/2.3.0/spacecraft/?mode=detailed&limit=3",
]


def say(line: str) -> None:
    """A line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def digest(status: int, body: bytes) -> str:
    """What an answer is compared by."""
    return f"{status} {sha256(body).hexdigest()}"


def rename(number: int) -> None:
    from cosmodrome.catalogue.agencies import Agency
    from cosmodrome.changes.transactions import atomic_change

    with atomic_change() as change:
        change.before_write(Agency, [AGENCY])
        Agency.objects.filter(pk=AGENCY).update(name=f"Renamed {number}")
        change.after_write(Agency, [AGENCY])


def add(number: int) -> None:
    from cosmodrome.catalogue.agencies import Agency
    from cosmodrome.changes.transactions import atomic_change

    with atomic_change() as change:
        made = Agency.objects.get(pk=AGENCY)
        made.pk, made.name = MADE, f"Made {number}"
        made.save()
        change.after_write(Agency, [MADE])


def delete(number: int) -> None:
    from cosmodrome.catalogue.agencies import Agency
    from cosmodrome.changes.transactions import atomic_change

    del number
    with atomic_change() as change:
        change.delete(Agency.objects.filter(pk=MADE))


def load(number: int) -> None:
    from cosmodrome.ingest.loader import load_file

    with TemporaryDirectory() as folder:
        file = Path(folder) / "countries.json"
        file.write_text(json.dumps([{"id": MADE, "name": f"Loaded {number}"}]))
        load_file(str(file), "config/countries")


def roll_back(number: int) -> None:
    from django.db import transaction

    with transaction.atomic():
        rename(-number)
        transaction.set_rollback(True)


def be_killed() -> None:
    """Waits, in the midst of a change, for the one who kills this process."""
    from django.db import transaction

    with transaction.atomic():
        rename(0)
        say("killable")
        time.sleep(60)


STEPS: list[Callable[[int], None]] = [rename, add, rename, load, roll_back, delete]


def main(rounds: int, host: str) -> None:
    """Changes the catalogue, each step so many times, and then waits to be killed in the midst of a change."""
    import django

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler

    from cosmodrome.changes.versions import data_version
    from wsgi import ask

    reference = WSGIHandler()

    def tell() -> None:
        committed_at, answers = time.monotonic(), dict[str, str]()
        for target in TARGETS:
            answer = ask(reference, target, host=host)
            answers[target] = digest(answer.status, answer.body)
        line: dict[str, Any] = {"version": data_version(), "at": committed_at, "answers": answers}
        say(json.dumps(line))
        sys.stdin.readline()

    tell()
    for number, step in enumerate(STEPS * rounds, start=1):
        step(number)
        tell()
    be_killed()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
