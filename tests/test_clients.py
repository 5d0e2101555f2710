"""A client that no one here wrote, unchanged but for the base url."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import STRICT
from cosmodrome.resources.registry import RESOURCES
from servers import Server, run, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an invented catalogue, nulls wherever they may be."""
    data_dir = tmp_path_factory.mktemp("clients") / "data"
    made = run(data_dir, "synth", "--spacecraft", "60", "--seed", "1", "--hostile")
    assert made.returncode == 0, made.stderr
    with serving(data_dir) as server:
        yield server


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The client that openapi-python-client makes of the contract."""
    folder = tmp_path_factory.mktemp("generated")
    config = folder / "config.yml"
    config.write_text("post_hooks: []\n")
    command = ["generate", "--path", str(STRICT), "--output-path", str(folder / "ll2_client")]
    subprocess.run(
        [sys.executable, "-m", "openapi_python_client", *command, "--meta", "none", "--config", str(config)],
        check=True,
        capture_output=True,
    )
    sys.path.insert(0, str(folder))
    yield importlib.import_module("ll2_client")
    sys.path.remove(str(folder))


def lists() -> Iterator[tuple[str, str, str]]:
    """Of each list in each mode: its path, the mode, and the module of the generated client that asks for it."""
    document = json.loads(STRICT.read_text())
    for path, resource in RESOURCES.items():
        operation = document["paths"].get(f"/2.3.0/{path}/", {}).get("get")
        if operation:
            package = next(iter(operation["tags"]), "default").lower().replace(" ", "_").replace("-", "_")
            for mode in resource.modes:
                yield path, mode, f"ll2_client.api.{package}.{operation['operationId']}"


def test_the_contract_has_every_list() -> None:
    assert {path for path, _, _ in lists()} == set(RESOURCES)


@pytest.mark.parametrize(("path", "mode", "module"), list(lists()), ids=str)
def test_a_generated_client_reads_every_list(
    server: Server, generated: Any, path: str, mode: str, module: str
) -> None:
    asked = {"params": {"mode": mode, "limit": "100"}}
    with generated.Client(base_url=server.url, httpx_args=asked, raise_on_unexpected_status=True) as client:
        page = importlib.import_module(module).sync(client=client)
    _, _, body = server.get(f"/2.3.0/{path}/?mode={mode}&limit=100")
    served = json.loads(body)
    assert page.count == served["count"] > 0
    assert [str(record.id) for record in page.results] == [str(record["id"]) for record in served["results"]]
