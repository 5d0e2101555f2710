"""The unit of systemd, and what docs/deploying.md says of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cosmodrome.environment import PREFIX
from cosmodrome.environment.variables import SETTINGS
from servers import ROOT

UNIT = ROOT / "deploy" / "cosmodrome.service"
DEPLOYING = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed: apt-get install systemd"
)


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@needs_systemd
def test_the_service_is_confined() -> None:
    found = analyze("security", "--offline=true", "--no-pager", "--threshold=20", UNIT)
    assert found.returncode == 0, found.stdout
    exposure = re.search(r"exposure level for cosmodrome.service: ([\d.]+)", found.stdout)
    assert exposure
    assert f"calls it {exposure[1]} of 10" in DEPLOYING


@needs_systemd
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    (tmp_path / "true").symlink_to(shutil.which("true") or "")
    text = UNIT.read_text(encoding="utf-8").replace("/opt/cosmodrome/bin/cosmodrome", str(tmp_path / "true"))
    (tmp_path / UNIT.name).write_text(text, encoding="utf-8")
    found = analyze("verify", "--man=no", tmp_path / UNIT.name)
    assert (found.returncode, found.stderr) == (0, "")


def test_the_unit_and_the_documentation_name_the_same_places() -> None:
    unit = UNIT.read_text(encoding="utf-8")
    places = set(re.findall(r"(?:=|-)(/[\w/.-]+)", unit))
    assert places == {"/opt/cosmodrome/bin/cosmodrome", "/var/lib/cosmodrome", "/etc/cosmodrome.conf"}
    assert {place for place in places if place not in DEPLOYING} == set()
    assert f"--system --home-dir /var/lib/cosmodrome --shell /usr/sbin/nologin {user(unit)}\n" in DEPLOYING
    settings = set(re.findall(rf"{PREFIX}(\w+)=", DEPLOYING + unit))
    assert settings <= set(SETTINGS)


def user(unit: str) -> str:
    found = re.search(r"^User=(\w+)$", unit, re.MULTILINE)
    assert found
    return found[1]
