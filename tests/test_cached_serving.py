"""Kept answers over a socket: what clients and floods see of a real server."""

from __future__ import annotations

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conftest import INVENTED, NOW
from cosmodrome.http_cache.entries import zstd
from cosmodrome.time.clock import write_instant
from cosmodrome.time.durations import read_duration
from servers import PATIENCE, Server, run, serving

LIST = "/2.3.0/agencies/?limit=3"


@pytest.mark.slow
def test_over_a_socket_it_is_as_in_the_process(data_dir: Path) -> None:
    with serving(data_dir, CACHE="off") as server:
        _, headers, plain = server.get(LIST)
        assert "etag" not in headers
        address = server.url.encode()
    with serving(data_dir) as server:
        plain = plain.replace(address, server.url.encode())
        for coding, open_up in (("identity", bytes), ("gzip", gzip.decompress), ("zstd", zstd.decompress)):
            status, headers, body = server.get(LIST, Accept_Encoding=coding)
            assert (status, open_up(body)) == (200, plain)
            assert headers.get("content-encoding", "identity") == coding
            head = server.get(LIST, "HEAD", Accept_Encoding=coding)
            assert head[0] == 200
            assert head[1]["content-length"] == headers["content-length"] == str(len(body))
            unchanged = server.get(LIST, Accept_Encoding=coding, If_None_Match=headers["etag"])
            assert unchanged[0::2] == (304, b"")
            assert unchanged[1]["etag"] == headers["etag"]


@pytest.mark.slow
def test_a_moving_value_is_never_more_than_a_second_off(data_dir: Path) -> None:
    craft = json.loads(INVENTED[-1].read_text())[0]
    read_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    loaded = run(data_dir, "load", *map(str, INVENTED), "--as-of", write_instant(read_at))
    assert loaded.returncode == 0, loaded.stderr
    closed = read_duration(craft["time_in_space"])
    with serving(data_dir) as server:
        begun, tags = time.monotonic(), list[str]()
        while len(set(tags)) < 5 and time.monotonic() < begun + PATIENCE:
            before = datetime.now(UTC)
            _, headers, body = server.get(f"/2.3.0/spacecraft/{craft['id']}/")
            after = datetime.now(UTC)
            shown = read_duration(json.loads(body)["time_in_space"])
            second = timedelta(seconds=1)
            assert closed + (before - read_at) - second <= shown <= closed + (after - read_at)
            tags.append(headers["etag"])
        assert 5 <= len(set(tags)) <= time.monotonic() - begun + 2  # one for each second that it was asked in
        assert len(tags) > 5 * len(set(tags))


def resident_bytes(server: Server) -> int:
    """What the server's processes hold in memory."""
    group = server.process.pid
    pages = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                pages += int(status.with_name("statm").read_text().split()[1])
        except OSError:
            continue  # it has ended meanwhile
    return pages * 4096


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameter", ["unknown{number}=x", "search=word{number}", "at=2001-{month:02}-{day:02}T{hour:02}:00:00Z"]
)
def test_a_flood_leaves_memory_in_bounds_and_others_served(data_dir: Path, parameter: str) -> None:
    def ask(number: int) -> int:
        (days, hour), day = divmod(number, 24), 28
        when = {"month": 1 + days // day, "day": 1 + days % day, "hour": hour}
        asked = parameter.format(number=number, **when)
        return server.get(f"/2.3.0/config/countries/?limit=100&{asked}")[0]

    # at an instant at which there is nothing to settle, in a process of its own
    settings = {"CACHE_BYTES": "2000000", "NOW": NOW.isoformat()}
    with serving(data_dir, **settings) as server, ThreadPoolExecutor(4) as flood:
        assert set(flood.map(ask, range(300))) == {200}
        before = resident_bytes(server)
        asked = [flood.submit(ask, number) for number in range(300, 1300)]
        others = 0
        while not all(one.done() for one in asked):
            assert server.get(LIST)[0] == 200
            others += 1
        assert others > len(asked) / 20  # with four that flood, a fifth would be a fair share
        assert {one.result() for one in asked} == {200}
        assert resident_bytes(server) - before < 20_000_000
