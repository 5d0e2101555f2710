"""One Cosmodrome mirrors another: in the end all answers are the same, host aside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import stamina

from conftest import Api
from cosmodrome.changes.versions import data_version
from cosmodrome.mirror import dashboard
from cosmodrome.mirror.budget import Budget
from cosmodrome.mirror.models import UpstreamCall
from cosmodrome.mirror.pages import page_path
from cosmodrome.mirror.plan import chosen
from cosmodrome.mirror.sync import Sync
from cosmodrome.mirror.upstream import Upstream
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.synth.catalogue import NOW as SYNTH_NOW
from pages import emptied
from servers import COSMODROME, Server, environment, run, serving
from upstreams import THROTTLE, Reply, every_page, record_calls_within, scripted
from worlds import invented

RECORDED = "http://testserver"


def recorded(api: Api, paths: tuple[str, ...]) -> dict[str, bytes]:
    """The answers that a sync asks for."""
    answers = {
        "/2.3.0/api-throttle/": json.dumps(THROTTLE).encode(),
        dashboard.PATH: api.get(dashboard.PATH).content,
    }
    for path in [each for each in chosen(paths) if each != dashboard.DASHBOARD]:
        offset: int | None = 0
        while offset is not None:
            url = page_path(RESOURCES[path], offset)
            answers[url] = body = api.get(url).content
            offset = offset + 99 if json.loads(body)["next"] else None
    return answers


SOME = ("config/countries", "config/orbits", "spacecraft", "programs")


@pytest.mark.parametrize(
    ("craft", "paths"),
    [(2, SOME), pytest.param(20, (), marks=[pytest.mark.slow, pytest.mark.postgresql])],
    ids=["some", "all"],
)
@pytest.mark.django_db(databases="__all__")
def test_a_mirror_answers_as_its_upstream_does(craft: int, paths: tuple[str, ...], api: Api) -> None:
    with invented(craft):
        expected, answers = dict(every_page(lambda url: api.get(url).content, paths)), recorded(api, paths)
        with (
            emptied(),
            scripted(
                lambda path: Reply(answers[path].replace(RECORDED.encode(), server.url.encode()))
            ) as server,
            stamina.set_testing(True),
        ):
            record_calls_within()
            client = Upstream(server.url, "", Budget(None))
            sync = Sync(client, paths)
            sync.begin()
            planned = []
            while sync.step():
                planned.append(sync.totals.calls + sync.plan().calls)
            assert not sync.totals.aside
            assert not sync.totals.refused
            assert dict(every_page(lambda url: api.get(url).content, paths)) == expected
            assert (
                sync.totals.calls == planned[-1] == UpstreamCall.objects.exclude(purpose="throttle").count()
            )

            version = data_version()
            again = Sync(client, paths)
            again.begin()
            while again.step():
                pass
            client.close()
            assert again.totals.records == 0
            assert data_version() == version


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second Cosmodrome with an invented catalogue, whose clock stands still."""
    folder = tmp_path_factory.mktemp("upstream") / "data"
    assert run(folder, "synth", "--spacecraft", "12").returncode == 0
    with serving(folder, NOW=SYNTH_NOW.isoformat()) as server:
        yield server


def sync(folder: Path, server: Server, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    given = {"UPSTREAM_RATE": "none", "NOW": SYNTH_NOW.isoformat(), **settings}
    return run(folder, "sync", *arguments, UPSTREAM=server.url, text="", cwd=None, **given)


@pytest.mark.slow
@pytest.mark.xdist_group("mirror")
class TestCommand:
    def test_it_says_what_it_does(self, upstream: Server, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        plan = sync(folder, upstream, "--dry-run")
        assert plan.returncode == 0, plan.stderr
        assert plan.stdout.startswith(
            "at least 56 calls, complete as fast as the upstream answers\n  config/"
        )
        done = sync(folder, upstream, "spacecraft", "config/countries")
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines[0] == f"{upstream.url}: at least 2 calls, complete as fast as the upstream answers"
        assert lines[2] == "2 of 2: spacecraft: 12 of 12, 12 new, complete"
        assert lines[3].endswith("0 deleted, 0 set aside, 0 pages refused")
        again = sync(folder, upstream, "spacecraft")
        assert "1 calls: 0 records taken in, 12 as they were" in again.stdout

    @pytest.mark.parametrize(
        ("arguments", "code", "sentence"),
        [
            (["spacecrafts"], 2, "'spacecrafts' is no resource that can be mirrored: did you mean spacecraft?"),
            (["--upstream", "http://127.0.0.1:9"], 3, "can't be reached"),
            (["--upstream", "nowhere"], 1, "COSMODROME_UPSTREAM is 'nowhere': write the address of a service"),
            (["--rate", "often"], 1, "COSMODROME_UPSTREAM_RATE: 'often' is not a rate"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_has_a_sentence_and_a_code(
        self, arguments: list[str], code: int, sentence: str, upstream: Server, tmp_path: Path
    ) -> None:
        done = sync(tmp_path / "data", upstream, *arguments, CLOCK_SPEED="100000", NOW="")
        assert done.returncode == code
        assert sentence in " ".join(done.stderr.replace("│", " ").split())
        assert "Traceback" not in done.stderr

    def test_a_wrong_token(self, tmp_path: Path) -> None:
        folder = tmp_path / "strict"
        assert run(folder, "synth", "--spacecraft", "2").returncode == 0
        with serving(folder, ANONYMOUS_RATE="15/h") as strict:
            done = sync(tmp_path / "data", strict, "--token", "-", "spacecraft")
            assert done.returncode == 0, "an empty one is none"
            done = sync(tmp_path / "data", strict, "spacecraft", UPSTREAM_TOKEN="not-a-key")  # noqa: S106
        assert done.returncode == 4
        assert "does not let us in (HTTP 401): see COSMODROME_UPSTREAM_TOKEN" in done.stderr
        assert "not-a-key" not in done.stderr + done.stdout

    def test_one_is_enough(self, upstream: Server, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        first = start(folder, upstream)
        assert first.stdout
        first.stdout.readline()
        second = sync(folder, upstream, "spacecraft")
        first.send_signal(signal.SIGKILL)
        first.communicate()
        assert second.returncode == 5
        assert f"Process {first.pid} on " in second.stderr
        assert " syncs this catalogue since 2" in second.stderr
        assert sync(folder, upstream, "spacecraft").returncode == 0, "that one is dead"

    def test_killed_at_any_instant_it_ends_the_same(self, upstream: Server, tmp_path: Path) -> None:
        """At each line that it prints: a page is committed then, and the next one is on its way."""
        whole, folder = tmp_path / "whole", tmp_path / "data"
        for _ in sync(whole, upstream, *FEW).stdout.splitlines():
            process = start(folder, upstream, *FEW)
            assert process.stdout
            process.stdout.readline()
            process.stdout.readline()
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        assert sync(folder, upstream, *FEW).returncode == 0
        assert answers_of(folder) == answers_of(whole)


FEW = ("config/countries", "spacecraft", "agencies", "updates")


def start(folder: Path, server: Server, *paths: str) -> subprocess.Popen[str]:
    settings = {"UPSTREAM": server.url, "UPSTREAM_RATE": "none", "NOW": SYNTH_NOW.isoformat()}
    return subprocess.Popen(
        [str(COSMODROME), "sync", *paths],
        env={**environment(folder, **settings), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def answers_of(folder: Path) -> dict[str, Any]:
    with serving(folder, NOW=SYNTH_NOW.isoformat()) as server:
        return {
            path: server.get(f"/2.3.0/{path}/?mode=detailed&limit=100", Host="localhost")[2]
            for path in (*RESOURCES, *ENDPOINTS)
        }
