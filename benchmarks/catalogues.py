"""The invented catalogues that are asked: made once, by `cosmodrome synth`, and kept beside this."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.contestants import BIN, environment
from benchmarks.load import BenchmarkError, ask

FOLDER = Path(__file__).parent / "catalogues"


def catalogue(craft: int) -> Path:
    """The data folder of a catalogue of so many craft; sixty thousand take minutes to make."""
    folder = FOLDER / str(craft)
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    made = subprocess.run(  # noqa: S603 - our own command
        [str(BIN / "cosmodrome"), "synth", "--spacecraft", str(craft), "--seed", "1", "--hostile"],
        env=environment(unfinished),
        check=False,
    )
    if made.returncode:
        raise BenchmarkError(f"The catalogue of {craft} craft could not be made.")
    return unfinished.rename(folder)


def records(port: int) -> list[dict[str, object]]:
    """All records of the list, read from our own server page by page."""
    found: list[dict[str, object]] = []
    while True:
        answer: dict[str, Any] = json.loads(ask(port, f"/2.3.0/spacecraft/?limit=100&offset={len(found)}"))
        found += answer["results"]
        if answer["next"] is None:
            return found
