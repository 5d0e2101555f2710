"""The proxies' settings in deploy/, tried with the proxies: only names, ports and certificates differ."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import FirstStart
from documents import block
from servers import PATIENCE, ROOT, Server, own_port, serving

pytestmark = pytest.mark.slow

HOST = "space.example.org"
PATHS = ["", "/library"]
"""Paths of the public address: the settings are as they are, or changed as docs/running.md tells for a path."""

PLAIN = b"GET /healthz HTTP/1.1\r\nHost: " + HOST[:10].encode()
UNFINISHED = {
    "nothing": b"",
    "header": PLAIN,
    "body": b"POST %b/admin/login/ HTTP/1.1\r\nHost: space.example.org\r\nContent-Length: 100\r\n\r\nuser",
}
MOST = 100
"""Connections of one address that nginx and HAProxy let ask at once."""
BOUNDED = {"nginx.conf", "haproxy.cfg"}

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

    name: str
    port: int
    path: str
    addresses: list[str]
    trust: ssl.SSLContext

    @property
    def public(self) -> str:
        """The address that people see."""
        return f"https://{HOST}{self.path}"

    def connection(self, address: str) -> ssl.SSLSocket:
        """An encrypted connection from an address; fails for a certificate of anybody else's."""
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE, (address, 0))
        return self.trust.wrap_socket(plain, server_hostname=HOST)

    def ask(self, path: str, address: str, method: str = "GET", **headers: str) -> Answer:
        """The answer to a client at an address, for a path below the public one."""
        client = http.client.HTTPConnection(HOST)
        with self.connection(address) as client.sock:
            client.request(method, self.path + path, headers=headers)
            answer = client.getresponse()
            return Answer(answer.status, answer.headers["Location"] or "", answer.read())

    def seconds(self, unfinished: str) -> tuple[float, bytes]:
        """How long a connection lasts on which no more than this is sent, and what it gets."""
        before, found = time.monotonic(), b""
        sent = UNFINISHED[unfinished]
        with suppress(OSError), self.connection("127.0.0.1") as client:
            client.sendall(sent.replace(b"%b", self.path.encode()))
            while part := client.recv(65536):
                found += part
        return time.monotonic() - before, found


class Answer(NamedTuple):
    """The answer that a client gets."""

    status: int
    location: str
    body: bytes


@pytest.fixture(scope="module", params=PATHS)
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, first_start: FirstStart
) -> Iterator[tuple[Server, str]]:
    """The server as the settings say that it is started, with a rate that shows whom it takes for a caller."""
    path = str(request.param)
    folder = Path(shutil.copytree(first_start.folder, tmp_path_factory.mktemp("behind") / "data"))
    settings = {"PROXY_HEADER": "ClientAddress", "ANONYMOUS_RATE": "2/h", "METRICS": "public"}
    with serving(folder, PUBLIC_URL=f"https://{HOST}{path}", **settings) as server:
        yield server, path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority, `ca.pem`, and what it certifies: `pem`, `key`, and both in `both`."""
    folder = tmp_path_factory.mktemp("certificate")
    new = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    authority = "-subj /CN=Ours -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem"
    named = f"-subj /CN={HOST} -addext subjectAltName=DNS:{HOST} -addext basicConstraints=critical,CA:FALSE"
    for more in (authority, f"{named} -CA ca.pem -CAkey ca.key -keyout key -out pem"):
        subprocess.run([*new.split(), *more.split()], cwd=folder, check=True, capture_output=True)
    (folder / "both").write_bytes((folder / "pem").read_bytes() + (folder / "key").read_bytes())
    return folder


def nginx(settings: str, port: int, certificate: Path) -> tuple[str, list[str]]:
    found = settings.replace("443 ssl http2", f"127.0.0.1:{port} ssl http2")
    found = re.sub(r"/etc/ssl/\S+\.(\w+);", rf"{certificate}/\1;", found)
    return NGINX.format(settings=found), ["nginx", "-p", ".", "-c", "settings"]


def caddy(settings: str, port: int, certificate: Path) -> tuple[str, list[str]]:
    found = settings.replace("{\n\tservers", "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers")
    own = f"\tbind 127.0.0.1\n\ttls {certificate}/pem {certificate}/key"
    found = found.replace("\n{$SITE:space.example.org} {", f"\nhttps://{HOST}:{port} {{\n{own}")
    return found, ["caddy", "run", "--adapter", "caddyfile", "--config", "settings"]


def haproxy(settings: str, port: int, certificate: Path) -> tuple[str, list[str]]:
    found = settings.replace("bind :443", f"bind 127.0.0.1:{port}")
    found = re.sub(r"/etc/haproxy/\S+", f"{certificate}/both", found)
    return found, ["haproxy", "-db", "-f", "settings"]


PROXIES = {"nginx.conf": nginx, "Caddyfile": caddy, "haproxy.cfg": haproxy}


def below_a_path(name: str, settings: str) -> str:
    """Changes the settings of a proxy as docs/running.md tells for a server below a path."""
    running = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    title = f"--- deploy/{name}\n"
    for change in block(running, "diff", title).removeprefix(title).split("@@\n"):
        lines = change.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in f" {sign}") for sign in "-+")
        assert settings.count(old) == 1, old
        settings = settings.replace(old, new)
    return settings


@pytest.fixture(params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, behind: tuple[Server, str], certificate: Path, tmp_path: Path
) -> Iterator[Proxy]:
    """Each of the proxies, in front of the server."""
    (server, path), name, port = behind, str(request.param), own_port()
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    text = (below_a_path(name, text) if path else text).replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    settings, command = PROXIES[name](text, port, certificate)
    if not (program := shutil.which(command[0], path="/usr/sbin:/usr/bin:/usr/local/bin")):
        pytest.skip(f"{command[0]} is not installed: apt-get install {command[0]}")
    (tmp_path / "settings").write_text(settings, encoding="utf-8")
    first = 10 * (1 + list(PROXIES).index(name))
    with running([program, *command[1:]], tmp_path, port):
        addresses = [f"127.0.0.{first + number}" for number in range(5)]
        yield Proxy(name, port, path, addresses, ssl.create_default_context(cafile=certificate / "ca.pem"))


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


def test_links_lead_back_through_the_proxy(proxy: Proxy) -> None:
    address = proxy.addresses[3]
    page = json.loads(proxy.ask("/2.3.0/spacecraft/?limit=1", address).body)
    for url in (page["next"], page["results"][0]["url"]):
        assert url.startswith(f"{proxy.public}/2.3.0/spacecraft/")
    redirected = proxy.ask("/2.3.0/spacecraft?limit=1", address)
    assert redirected.location == f"{proxy.path}/2.3.0/spacecraft/?limit=1"
    followed = proxy.ask(page["next"].removeprefix(proxy.public), address, Accept="text/html")
    pages = followed.body + proxy.ask("/", address).body + proxy.ask("/docs/", address).body
    links = set(re.findall(r'(?:href|src|action)="((?:https://space\.example\.org|/)[^"#]*)', pages.decode()))
    assert len(links) > 10
    elsewhere = {link for link in links if not link.startswith((f"{proxy.path}/", f"{proxy.public}/"))}
    assert elsewhere == set()
    for link in sorted(link for link in links if "/2.3.0/" not in link):
        there = link.removeprefix(f"https://{HOST}").removeprefix(proxy.path)
        assert (link, proxy.ask(there, address).status) == (link, 200)
    if proxy.path:
        assert proxy.ask("", address).location.endswith(f"{proxy.path}/")


def test_a_proxy_tells_the_callers_address_and_bounds_what_callers_may_hold(proxy: Proxy) -> None:
    one, other, *_ = proxy.addresses
    assert proxy.ask("/2.3.0/spacecraft/?limit=1", one, ClientAddress="192.0.2.1").status == 200
    pretended = {"ClientAddress": "192.0.2.2", "Client_Address": "192.0.2.3", "X-Forwarded-For": "192.0.2.4"}
    assert proxy.ask("/2.3.0/spacecraft/?limit=2", one, **pretended).status == 200
    assert proxy.ask("/2.3.0/spacecraft/?limit=3", one, **pretended).status == 429
    assert proxy.ask("/2.3.0/spacecraft/?limit=3", other).status == 200
    for spelt in ("/metrics", "/%6detrics", "/metrics?x", "//metrics", "/metrics/"):
        assert (spelt, proxy.ask(spelt, other).body.count(b"cosmodrome_requests")) == (spelt, 0)
    assert proxy.ask("/metrics", other).status == 403
    # Caddy lets the server say what it thinks of a body, which here takes none: there is no account.
    assert proxy.ask("/admin/login/", other, "POST", **{"Content-Length": "9000000"}).status in (413, 404)


@pytest.mark.parametrize("behind", PATHS[:1], indirect=True)
def test_a_proxy_keeps_off_who_sends_slowly_and_who_floods(proxy: Proxy) -> None:
    flooder, other = proxy.addresses[4], proxy.addresses[1]
    with ThreadPoolExecutor(len(UNFINISHED)) as pool, ExitStack() as flood:
        slow = pool.map(proxy.seconds, UNFINISHED)
        for _ in range(MOST):
            flood.enter_context(proxy.connection(flooder)).sendall(UNFINISHED["body"].replace(b"%b", b""))
        refused = None
        with suppress(OSError, http.client.HTTPException):
            refused = proxy.ask("/healthz", flooder).status
        assert refused in ({None, 429} if proxy.name in BOUNDED else {200})
        assert proxy.ask("/healthz", other).status == 200
        for seconds, answer in slow:
            # Caddy hands on the server's answer, and lets the client ask again for 20 s.
            assert 8 < seconds < 50
            assert not answer.startswith(b"HTTP/1.1 200")
