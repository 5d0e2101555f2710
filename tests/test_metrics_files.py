"""The files of the metrics: off the data volume, of one size for ever, and dispensable."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cosmodrome.monitoring import folder
from servers import environment


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which metrics may be kept."""
    monkeypatch.setattr(folder, "places", lambda: [tmp_path / "place"])
    monkeypatch.setenv(folder.VARIABLE, "")
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_the_folder_is_for_its_owner_alone_and_gone_in_the_end(place: Path) -> None:
    abandoned, used = place / "cosmodrome-metrics-abandoned", place / "cosmodrome-metrics-used"
    for each in (abandoned, used):
        each.mkdir()
        (each / folder.LOCK).touch()
    with (used / folder.LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with folder.shared_metrics():
            made = Path(os.environ[folder.VARIABLE])
            assert stat.S_IMODE(made.stat().st_mode) == 0o700
            assert set(place.iterdir()) == {made, used}
        assert list(place.iterdir()) == [used]


def test_without_room_each_worker_counts_for_itself(place: Path) -> None:
    place.rmdir()
    with folder.shared_metrics():
        assert folder.VARIABLE not in os.environ
        folder.reserve_room()


def refuse(file: Path, data: bytes) -> int:
    """The second file finds no room."""
    if file.name.startswith("counter"):
        return os.write(os.open(file, os.O_CREAT | os.O_WRONLY), data[:10])
    raise OSError(28, "No space left on device")


def test_a_worker_without_room_counts_for_itself(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with folder.shared_metrics():
        made = Path(os.environ[folder.VARIABLE])
        monkeypatch.setattr(Path, "write_bytes", refuse)
        folder.reserve_room()
        assert folder.VARIABLE not in os.environ
        assert [file.name for file in made.iterdir()] == [folder.LOCK]


FILL = """
from cosmodrome.monitoring.folder import SIZES, VARIABLE, reserve_room, retire
from pathlib import Path
import os, sys
os.environ[VARIABLE] = sys.argv[1]
reserve_room()
from cosmodrome.server.startup import set_up
set_up()
from cosmodrome.monitoring import metrics
longest = "/2.3.0/config/spacecraft_configuration_families/<pk>/timeline/somewhere/beyond/all/"
for number in range(5000):
    metrics.measure("fragments", f"{longest}{number}", "OPTIONS", 200 + 100 * (number % 4))(1, 0.01)
metrics.report_sizes({"answers": 1, "fragments": 2, "selections": 3})
files = {file.stem.rpartition("_")[0]: file.stat().st_size for file in Path(sys.argv[1]).glob("*.db")}
assert files == SIZES, files
text = metrics.exposition().decode()
assert 'method="other",route="other",status="0xx"' in text
total = sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("cosmodrome_requests_total"))
assert total == 5000, total
retire(os.getpid())
assert "cosmodrome_requests_total" in metrics.exposition().decode()
assert sum(file.stat().st_size for file in Path(sys.argv[1]).glob("*.db")) < sum(SIZES.values())
"""


@pytest.mark.slow
def test_the_files_never_grow(tmp_path: Path) -> None:
    """Were they to grow, they would be mapped without room, and a full disk would end the worker."""
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)],
        env=environment(tmp_path / "data"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
