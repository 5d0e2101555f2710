"""The proxies' settings in deploy/, tried with the proxies: only names, ports and certificates differ."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import FirstStart
from servers import PATIENCE, ROOT, Server, own_port, serving

pytestmark = pytest.mark.slow

PUBLIC = "https://space.example.org"
NGINX = """
user root; daemon off; pid nginx.pid; error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    {settings}
}}
"""


class Proxy(NamedTuple):
    """A running proxy, with addresses of this machine that no other test asks from."""

    port: int
    addresses: list[str]

    def get(self, path: str, address: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
        """Status and body for a client at an address."""
        client = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE, source_address=(address, 0)
        )
        try:
            client.request(method, path, headers={"Host": "space.example.org", **headers})
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def seconds(self, sent: bytes) -> tuple[float, bytes]:
        """How long a connection lasts on which no more than this is sent, and what it gets."""
        before, found = time.monotonic(), b""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as client, suppress(OSError):
            client.sendall(sent)
            while part := client.recv(65536):
                found += part
        return time.monotonic() - before, found


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory, first_start: FirstStart) -> Iterator[Server]:
    """The server as the settings say that it is started, with a rate that shows whom it takes for a caller."""
    folder = Path(shutil.copytree(first_start.folder, tmp_path_factory.mktemp("behind") / "data"))
    settings = {"PUBLIC_URL": PUBLIC, "PROXY_HEADER": "ClientAddress", "ANONYMOUS_RATE": "2/h"}
    with serving(folder, METRICS="public", **settings) as server:
        yield server


def nginx(settings: str, port: int) -> tuple[str, list[str]]:
    found = re.sub(r"ssl_certificate.*;", "", settings.replace("443 ssl http2", f"127.0.0.1:{port}"))
    return NGINX.format(settings=found), ["nginx", "-p", ".", "-c", "settings"]


def caddy(settings: str, port: int) -> tuple[str, list[str]]:
    found = settings.replace("{\n\tservers", "{\n\tadmin off\n\tservers")
    found = found.replace(
        "\n{$SITE:space.example.org} {", f"\nhttp://space.example.org:{port} {{\n\tbind 127.0.0.1"
    )
    return found, ["caddy", "run", "--adapter", "caddyfile", "--config", "settings"]


def haproxy(settings: str, port: int) -> tuple[str, list[str]]:
    found = re.sub(r"bind :443.*", f"bind 127.0.0.1:{port}", settings)
    return found, ["haproxy", "-db", "-f", "settings"]


PROXIES = {"nginx.conf": nginx, "Caddyfile": caddy, "haproxy.cfg": haproxy}


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest, behind: Server, tmp_path: Path) -> Iterator[Proxy]:
    """Each of the proxies, in front of the server."""
    name, port = str(request.param), own_port()
    text = (
        (ROOT / "deploy" / name)
        .read_text(encoding="utf-8")
        .replace("127.0.0.1:8000", f"127.0.0.1:{behind.port}")
    )
    settings, command = PROXIES[name](text, port)
    if not (program := shutil.which(command[0], path="/usr/sbin:/usr/bin:/usr/local/bin")):
        pytest.skip(f"{command[0]} is not installed: apt-get install {command[0]}")
    (tmp_path / "settings").write_text(settings, encoding="utf-8")
    first = 10 * (1 + list(PROXIES).index(name))
    with running([program, *command[1:]], tmp_path, port):
        yield Proxy(port, [f"127.0.0.{first + number}" for number in range(5)])


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """Runs a proxy until it accepts, and then until the block ends."""
    log = (folder / "log").open("w")
    environment = {"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while not accepts(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)
        log.close()


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_proxy_tells_the_callers_address_and_bounds_what_callers_may_hold(proxy: Proxy) -> None:
    one, other, *_ = proxy.addresses
    status, body = proxy.get("/2.3.0/spacecraft/?limit=1", one, ClientAddress="192.0.2.1")
    assert status == 200
    assert json.loads(body)["next"].startswith(f"{PUBLIC}/2.3.0/spacecraft/")
    pretended = {"ClientAddress": "192.0.2.2", "Client_Address": "192.0.2.3", "X-Forwarded-For": "192.0.2.4"}
    assert proxy.get("/2.3.0/spacecraft/?limit=2", one, **pretended)[0] == 200
    assert proxy.get("/2.3.0/spacecraft/?limit=3", one, **pretended)[0] == 429
    assert proxy.get("/2.3.0/spacecraft/?limit=3", other)[0] == 200
    assert proxy.get("/metrics", other)[0] == 403
    # Caddy lets the server say what it thinks of a body, which here takes none: there is no account.
    assert proxy.get("/admin/login/", other, "POST", **{"Content-Length": "9000000"})[0] in (413, 404)
    unfinished = [
        b"GET /healthz HTTP/1.1\r\nHost: space.exam",
        b"POST /admin/login/ HTTP/1.1\r\nHost: space.example.org\r\nContent-Length: 100\r\n\r\nuser",
    ]
    with ThreadPoolExecutor(2) as pool:
        for seconds, answer in pool.map(proxy.seconds, unfinished):
            assert (
                8 < seconds < 50
            )  # Caddy hands on the server's answer, and lets the client ask again for 20 s
            assert not answer.startswith(b"HTTP/1.1 200")
