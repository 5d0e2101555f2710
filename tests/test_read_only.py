"""`serve --read-only`: a catalogue on a read-only medium is served, and nothing is written beside it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from cosmodrome.environment import Environment
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.server.read_only_mode import catalogue_setting
from cosmodrome.server.startup import StartError, open_catalogue
from servers import COSMODROME, serving

PAGES = (
    *(f"{path}/?limit=20" for path in sorted([*RESOURCES, *ENDPOINTS])),
    "spacecraft_flights/?limit=30&mode=detailed",
    "launches/?search=soyuz&at=2020-01-01T00:00:00Z",
    "spacecraft/?ordering=-time_in_space",
)
LATER = "2031-02-03T04:05:06Z"
"""Years after the sample was settled: midnights have come since."""


def environment(folder: Path, **settings: str) -> Environment:
    given = {"DATA_DIR": str(folder), "READ_ONLY": "on", **settings}
    return Environment.read({f"COSMODROME_{name}": value for name, value in given.items()})


def test_changes_that_are_not_in_the_file_yet_are_not_left_out_in_silence(tmp_path: Path) -> None:
    assert catalogue_setting(environment(tmp_path)) == {
        "COSMODROME_DATABASE_URL": f"sqlite:///{tmp_path.resolve() / 'cosmodrome.sqlite3'}"
    }
    (tmp_path / "cosmodrome.sqlite3-wal").write_bytes(b"")
    assert catalogue_setting(environment(tmp_path))
    (tmp_path / "cosmodrome.sqlite3-wal").write_bytes(b"something")
    with pytest.raises(StartError, match="-wal is not empty"):
        catalogue_setting(environment(tmp_path))


def test_postgresql_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="Only an SQLite file"):
        catalogue_setting(environment(tmp_path, DATABASE_URL="postgres://u@h/n"))


def test_a_command_that_writes_says_why_it_does_not(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="COSMODROME_READ_ONLY is on"):
        open_catalogue(environment(tmp_path))


def test_sqlite_is_told_that_nobody_writes_and_counts_are_elsewhere(tmp_path: Path) -> None:
    url = "sqlite:////on/a medium/catalogue.sqlite3"
    databases = environment(tmp_path, DATABASE_URL=url).databases()
    assert databases["default"]["NAME"] == "file:/on/a%20medium/catalogue.sqlite3?mode=ro&immutable=1"
    assert "init_command" not in databases["default"]["OPTIONS"]
    assert databases["counts"]["NAME"] == str(tmp_path / "catalogue-counts.sqlite3")


def read_only_server(folder: Path, script: Path) -> Path:
    """A command that serves a folder mounted read-only, where this user may mount; else as it is."""
    place = shlex.quote(str(folder))
    mount = f"mount --bind {place} {place} && mount -o remount,ro,bind {place}"
    serve = f"exec {COSMODROME} serve --read-only"
    may_mount = (
        shutil.which("unshare")
        and not subprocess.run(
            ["unshare", "-m", "sh", "-c", mount], capture_output=True, check=False
        ).returncode
    )
    if may_mount:
        script.write_text(f'#!/bin/sh\nexec unshare -m sh -c \'{mount} && {serve} "$@"\' sh "$@"\n')
    else:
        script.write_text(f'#!/bin/sh\n{serve} "$@"\n')
    script.chmod(0o755)
    return script


@pytest.mark.slow
def test_it_answers_as_ever_and_leaves_the_folder_as_it_was(data_dir: Path, tmp_path: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {str(file): (file.stat().st_mtime_ns, file.stat().st_size) for file in data_dir.rglob("*")}

    before = state()
    command = read_only_server(data_dir, tmp_path / "serve")
    with serving(data_dir, command=str(command), NOW=LATER) as server:
        found = [server.get(f"/2.3.0/{page}") for page in PAGES]
        assert [answer[0] for answer in found] == [200] * len(PAGES)
        again = server.get(f"/2.3.0/{PAGES[0]}", If_None_Match=found[0][1]["etag"])
        assert again[0] == 304
        assert server.get("/readyz")[0] == 200
        assert server.get("/admin/")[0] == 403
        assert server.get("/2.3.0/agencies/", "POST")[0] == 405
        address = server.url.encode()
    assert state() == before
    with serving(data_dir, NOW=LATER) as server:
        for page, answer in zip(PAGES, found, strict=True):
            assert server.get(f"/2.3.0/{page}")[2] == answer[2].replace(address, server.url.encode())
