"""Every example of `cosmodrome … --help` is run, as it stands there, in a folder with what it names."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import test_backup_under_load
import test_demo
import test_doctor
import test_mirror_process
import test_mirror_scenarios as scenarios
import test_processes
import test_serving
from conftest import INVENTED, FirstStart
from cosmodrome.cli.commands import examples
from forks import Forks, forks
from servers import environment
from test_command_line import ALL
from upstreams import Reply, scripted

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("started")]

EXAMPLES = sorted({line.split(" #")[0].rstrip() for each in ALL for line in examples(each.command.help)})
ELSEWHERE: dict[str, Callable[..., Any]] = {
    "cosmodrome serve": test_serving.test_the_first_start_needs_nothing_and_serves_the_sample,
    "cosmodrome serve --demo --port 8001": test_demo.test_a_demo_is_served_and_leaves_nothing_behind,
    "cosmodrome serve --host 0.0.0.0 --anonymous-rate 15/h": (
        test_processes.test_on_all_addresses_those_that_it_tells_answer_and_are_allowed
    ),
    "cosmodrome check": test_doctor.TestTheCommand.test_says_so_when_there_is_nothing_to_say,
    "cosmodrome check --all --format json": (
        test_backup_under_load.test_a_backup_under_load_is_restored_to_a_version_that_there_was
    ),
    "cosmodrome sync": scenarios.test_within_a_rate_all_of_it_is_mirrored_by_the_calls_that_were_planned,
    "cosmodrome sync --watch": test_mirror_process.test_a_server_waits_for_another_that_syncs,
}
"""Examples that other tests run, by the test; each takes seconds."""

HERE = [each for each in EXAMPLES if each not in ELSEWHERE]
EMPTY = ("cosmodrome synth",)
"""Commands that want a catalogue without a record."""

FIRST = {
    "cosmodrome restore": "cosmodrome backup monday.sqlite3",
    "cosmodrome token remove": "cosmodrome token add bot",
    "cosmodrome admin-user ada --remove": "cosmodrome admin-user ada",
}
"""Commands that have to be run before others, by the beginning of the other."""

REFUSED = {
    "cosmodrome copy --to postgresql:": (1, "Connection refused"),
    "cosmodrome status --max-age 36h": (1, "53"),
}
"""Commands that end with a sentence here: there is no such server, and no mirror that is complete."""
PADS = Path(__file__).parent / "golden" / "pages" / "pads.normal.json"
PASSWORD = "Correct-horse-7-battery"  # noqa: S105 - an invented one
NOWHERE = "127.0.0.1:1"
"""An address without a server."""


class Place(NamedTuple):
    """A working folder, the catalogue that its commands use, and a service to ask and to mirror."""

    folder: Path
    data: Path
    upstream: str
    forks: Forks


def meant(table: dict[str, Any], example: str) -> Any:
    """Returns what a table has for an example, by the beginning of it."""
    return next((found for beginning, found in table.items() if example.startswith(beginning)), None)


def page(path: str) -> Reply:
    """Returns a saved page of pads, which has a next one no longer; or what may be asked."""
    if path.startswith("/2.3.0/api-throttle/"):
        limit = {"your_request_limit": 15, "limit_frequency_secs": 3600, "current_use": 0}
        return Reply({**limit, "next_use_secs": 0, "ident": "127.0.0.1"})
    assert path.startswith("/2.3.0/pads/")
    return Reply(json.loads(PADS.read_text(encoding="utf-8")) | {"next": None})


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Forks, Path, str]]:
    """The process that runs the commands, the data folder that it has for all of them, and an upstream."""
    data = tmp_path_factory.mktemp("examples") / "data"
    with (
        scripted(page) as upstream,
        forks(environment(data, UPSTREAM=upstream.url, UPSTREAM_RATE="none")) as process,
    ):
        yield process, data, upstream.url


@pytest.fixture
def place(tmp_path: Path, first_start: FirstStart, forked: tuple[Forks, Path, str]) -> Iterator[Place]:
    """A folder with the files that examples name, and the sample in the data folder."""
    process, data, upstream = forked
    shutil.copytree(first_start.folder, data)
    for name in ("launches.json", "list.json"):
        (tmp_path / name).write_text("[]")
    with zipfile.ZipFile(tmp_path / "pages.zip", "w") as archive:
        archive.write(INVENTED[0], INVENTED[0].name)
    (tmp_path / "saved").mkdir()
    shutil.copy(INVENTED[0], tmp_path / "saved")
    yield Place(tmp_path, data, upstream, process)
    shutil.rmtree(data)


def run(place: Place, example: str) -> tuple[int, str]:
    """Runs an example: what is before a pipe in a shell, and the command in a fork."""
    for there, here in {"https://ll.thespacedevs.com": place.upstream, "db.example": NOWHERE}.items():
        example = example.replace(there, here)
    before, _, command = example.rpartition("|")
    shell = f"pass() {{ echo {PASSWORD}; }}\nKEY={PASSWORD}\n{before}"
    text = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True).stdout
    name, *words = shlex.split(command)
    assert name == "cosmodrome"
    asks = words[0] == "admin-user" and not before and "--remove" not in words
    return place.forks.run(place.folder, words, text, typed=PASSWORD if asks else "")


@pytest.mark.parametrize("example", HERE)
def test_an_example_does_what_it_is_there_for(place: Place, example: str) -> None:
    if example.startswith(EMPTY):
        shutil.rmtree(place.data)
    if first := meant(FIRST, example):
        code, printed = run(place, first)
        assert code == 0, printed
    expected, sentence = meant(REFUSED, example) or (0, "")
    code, printed = run(place, example)
    assert (code, "Traceback" in printed) == (expected, False), printed
    assert sentence in printed
    assert printed


def test_what_is_said_of_examples_is_said_of_some() -> None:
    assert {*ELSEWHERE} <= {*EXAMPLES}
    for beginning in (*EMPTY, *FIRST, *REFUSED):
        assert any(each.startswith(beginning) for each in EXAMPLES), beginning
