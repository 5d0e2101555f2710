"""`serve --demo`: an invented catalogue whose launches to come are to come, beside a folder that stays empty."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings
from typer.testing import CliRunner

from conftest import so_many
from cosmodrome.cli import app
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.server import demo
from cosmodrome.server.startup import StartError
from cosmodrome.time.clock import real_now
from pages import emptied
from servers import serving
from worlds import dump


@pytest.mark.slow
def test_a_demo_is_served_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the data folder nor in the database of the settings, and its own folder is gone."""
    data, temporary, database = tmp_path / "data", tmp_path / "temporary", tmp_path / "own.sqlite3"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with serving(data, "--demo", DATABASE_URL=f"sqlite:///{database}") as server:
        assert server.process.stdout
        first, second = (server.process.stdout.readline() for _ in range(2))
        count = json.loads(server.get("/2.3.0/spacecraft/?limit=1")[2])["count"]
        upcoming = json.loads(
            server.get("/2.3.0/launches/upcoming/?hide_recent_previous=true&mode=list&limit=100")[2]
        )
        made = list(temporary.iterdir())
        os.killpg(server.process.pid, signal.SIGTERM)
        server.process.wait(20)
    today = real_now().date()
    assert first in {
        f"All that is served is invented, as of {day}, and gone when the server stops.\n"
        for day in (today, today - timedelta(days=1))
    }
    assert second == f"{count} spacecraft at {server.url}/2.3.0/spacecraft/ (Ctrl-C stops)\n"
    assert min(datetime.fromisoformat(launch["net"]) for launch in upcoming["results"]) > real_now()
    assert len(made) == 1 and list(temporary.iterdir()) == []
    assert not data.exists() and not database.exists()


def test_every_list_has_records_and_what_is_to_come_lasts_for_long(db: None, settings: Settings) -> None:
    """Also where the server that was started at the end of a day has run for a year."""
    start = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    settings.CLOCK_STOPPED_AT = start
    with emptied():
        assert demo.invent_catalogue() == datetime(2026, 12, 31, tzinfo=UTC)
        assert [path for path, resource in RESOURCES.items() if not resource.rows().exists()] == []
        later = (0, 365, 7, 30, 90)[: so_many(2, of=5)]
        for days, path, least in product(later, ("launches", "events"), [4]):
            settings.CLOCK_STOPPED_AT = start + timedelta(days=days)
            query = {"hide_recent_previous": "true", "limit": "1", "format": "json"}
            assert Client().get(f"/2.3.0/{path}/upcoming/", query).json()["count"] >= least, (days, path)


def test_on_the_same_day_it_is_the_same(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "CRAFT", 3)
    dumps = []
    for hour, day in ((0, 1), (23, 1), (0, 2)):
        settings.CLOCK_STOPPED_AT = datetime(2026, 5, day, hour, 59, tzinfo=UTC)
        with emptied():
            demo.invent_catalogue()
            dumps.append({key: row["net"] for key, row in dump().tables["Launch"].items()})
    assert dumps[0] == dumps[1] != dumps[2]


def test_a_year_without_room_for_a_history_is_refused(db: None, settings: Settings) -> None:
    settings.CLOCK_STOPPED_AT = datetime(1850, 5, 1, tzinfo=UTC)
    with pytest.raises(StartError, match=r"in the year 1850: .* between the years 1900 and 2900"):
        demo.invent_catalogue()


def test_a_demo_is_never_empty() -> None:
    result = CliRunner().invoke(app, ["serve", "--demo", "--empty"], env={"COLUMNS": "80"})
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "A demo is never empty: give --demo or --empty, not both.\n"
