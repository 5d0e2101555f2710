"""The unit of systemd, the container, and what docs/deploying.md says of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from cosmodrome.environment import PREFIX
from cosmodrome.environment.variables import SETTINGS
from documents import block
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


DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_docker_is_given_what_the_dockerfile_copies_and_nothing_else() -> None:
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for name in line.split()[:-1]
    }
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied
    assert {name for name in copied if not (ROOT / name).exists()} == set()


def test_a_container_may_do_no_more_than_it_needs() -> None:
    assert re.search(r"^USER [1-9]\d+$", DOCKERFILE, re.MULTILINE)
    service = COMPOSE["services"]["cosmodrome"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["ports"] == ["127.0.0.1:8000:8000"]
    assert service["image"] == f"cosmodrome:{version('cosmodrome')}"
    assert [name for name, each in COMPOSE["services"].items() if "profiles" not in each] == ["cosmodrome"]


def test_the_profiles_and_their_variables_are_documented() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    for name, service in COMPOSE["services"].items():
        for profile in service.get("profiles", []):
            assert profile == name
            assert f"docker compose --profile {profile} up -d" in DEPLOYING
    variables = set(re.findall(r"\$\{(\w+)", text))
    assert variables == {"SITE", "POSTGRES_PASSWORD"}
    assert {name for name in variables if f"{name}=" not in DEPLOYING} == set()
    assert set(re.findall(r"\{\$(\w+)", CADDY)) == set(COMPOSE["services"]["caddy"]["environment"])


CADDY = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed: apt-get install caddy")
def test_caddy_takes_its_name_and_the_server_from_the_variables_of_compose() -> None:
    names = {"SITE": "there.example.org", "SERVER": "cosmodrome:8000", "PATH": "/usr/bin", "HOME": "/nowhere"}
    command = ["caddy", "adapt", "--config", str(ROOT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"]
    adapted = subprocess.run(command, env=names, capture_output=True, text=True, check=True).stdout
    assert '"host":["there.example.org"]' in adapted
    assert '"dial":"cosmodrome:8000"' in adapted
    names = {"PATH": "/usr/bin", "HOME": "/nowhere"}
    adapted = subprocess.run(command, env=names, capture_output=True, text=True, check=True).stdout
    assert '"host":["space.example.org"]' in adapted
    assert '"dial":"127.0.0.1:8000"' in adapted


def composes() -> bool:
    """Whether Docker's plugin Compose is here; to read a file it needs no engine."""
    command = ["docker", "compose", "version"]
    return bool(shutil.which("docker")) and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not composes(), reason="Docker's plugin Compose is not installed")
def test_compose_reads_the_settings_and_starts_what_a_profile_names(tmp_path: Path) -> None:
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    example = block(DEPLOYING, "sh", "SITE=")

    def services(*arguments: str) -> dict[str, Any]:
        command = ["docker", "compose", *arguments, "config", "--format", "json"]
        read = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert read.stderr == ""
        found: dict[str, Any] = json.loads(read.stdout)["services"]
        return found

    assert set(services()) == {"cosmodrome"}
    (tmp_path / ".env").write_text(example)
    found = services("--profile", "caddy", "--profile", "postgres")
    assert set(found) == {"cosmodrome", "caddy", "postgres"}
    assert found["caddy"]["environment"]["SITE"] == "space.example.org"
    assert found["postgres"]["environment"]["POSTGRES_PASSWORD"] == "secret"  # noqa: S105 - of the example
    given = dict(line.split("=", 1) for line in example.splitlines() if line.startswith(PREFIX))
    assert given.items() <= found["cosmodrome"]["environment"].items()
    assert [each["host_ip"] for each in found["cosmodrome"]["ports"]] == ["127.0.0.1"]
