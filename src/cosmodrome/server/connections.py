"""The bounds of a worker's connections: how many, how many of one address, how long one may be silent.

Granian bounds all that needs no look at several connections at once: how many a worker accepts, and how long
one takes to send a request's header.  `Watch` sees to the rest, on Linux, where the system tells of each
connection when it was last used.
"""

from __future__ import annotations

import os
import resource
import socket
import struct
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

from cosmodrome.access.network import network_of, parse_address

MOST_CONNECTIONS = 4096
"""Connections that a worker accepts; more wait in the system's queue.  A silent one takes about 20 KB."""
SPARE_FILES = 256
"""Descriptors for all but connections: Granian 2.8 accepts none any more once accepting has failed."""
HEADER_SECONDS = 20
"""Until a request's header must have come, from the connection's beginning or the end of the last answer."""
HEADER_BYTES = 98_304
"""Bytes of a request's line and headers."""
SILENT_SECONDS = 60
"""After which a connection is closed on which nothing has come or gone."""
UNREAD_SECONDS = 30
"""In which a client must have read `LEAST_BYTES` of an answer that waits to be read."""
LEAST_BYTES = 10_000
INTERVAL = 1.0
"""Seconds between two looks at all connections."""
DESCRIPTORS = "/proc/self/fd"
INFORMATION = struct.Struct("=24xI16xI4xI64xQ16xI")
"""The five numbers of `TCP_INFO` that `Connection` takes; see `struct tcp_info` in linux/tcp.h."""


Peer = tuple[str, int]
"""The address and port of a client."""


@dataclass(frozen=True)
class Connection:
    """An accepted connection as the system sees it."""

    descriptor: int
    peer: Peer
    unacknowledged: int
    """Packets that the client has not confirmed."""
    sent_ago: int
    """Milliseconds since something was sent, or since the connection's beginning."""
    came_ago: int
    """Milliseconds since something has come, or since the connection's beginning."""
    acknowledged: int
    """Bytes that the client has confirmed."""
    unsent: int
    """Bytes that the system holds until the client has room for them."""

    @property
    def is_unread(self) -> bool:
        """Whether something waits for the client."""
        return bool(self.unsent or self.unacknowledged)

    @property
    def silent(self) -> float:
        """Seconds since anything has come or gone."""
        return min(self.sent_ago, self.came_ago) / 1000

    @property
    def network(self) -> str:
        """The client's address; of an IPv6 address the network."""
        address = parse_address(self.peer[0])
        return network_of(address) if address else self.peer[0]


def connections(port: int) -> Iterator[Connection]:
    """Yields this process' accepted connections to a port."""
    for name in os.listdir(DESCRIPTORS):  # noqa: PTH208 - names are numbers, and no paths are needed
        with suppress(OSError):  # it is no socket, or was closed meanwhile
            found = socket.socket(fileno=int(name))
            try:
                if found.type == socket.SOCK_STREAM and found.getsockname()[1:2] == (port,):
                    yield connection(found)
            finally:
                found.detach()  # it belongs to Granian


def connection(found: socket.socket) -> Connection:
    """Asks the system about a connection.  Raises OSError if it is none."""
    host, port = found.getpeername()[:2]
    told = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFORMATION.size)
    return Connection(found.fileno(), (host.partition("%")[0], port), *INFORMATION.unpack(told))


def connection_of(descriptor: int | None, peer: Peer) -> Connection | None:
    """Returns the connection with a client; None if the descriptor is another's by now."""
    if descriptor is None:
        return None
    with suppress(OSError):
        found = socket.socket(fileno=descriptor)
        try:
            told = connection(found)
            return told if told.peer == peer else None
        finally:
            found.detach()
    return None


def peer_of(client: str) -> Peer:
    """Returns the address and port that Granian tells, as the system tells them."""
    host, _, port = client.rpartition(":")
    return host.strip("[]").partition("%")[0], int(port)


def close(found: Connection) -> None:
    """Ends a connection; Granian then lets go of it, as if the client had closed it."""
    with suppress(OSError), socket.socket(fileno=os.dup(found.descriptor)) as copy:
        if connection(copy).peer == found.peer:  # else the descriptor is another connection's by now
            copy.shutdown(socket.SHUT_RDWR)


class Watch:
    """Closes connections beyond the bounds, in one worker."""

    def __init__(self, port: int, most_of_one: int | None) -> None:
        """`most_of_one` is the number of connections that an address may have; None for no limit."""
        self.port, self.most_of_one = port, most_of_one
        self._unread: dict[Peer, tuple[int, float]] = {}
        """By client: bytes confirmed, and when, of answers that wait to be read."""

    def start(self) -> None:
        """Looks again and again, in a thread that ends with the process."""
        if sys.platform == "linux":
            Thread(target=self._run, name="connections", daemon=True).start()

    def _run(self) -> None:
        while not Event().wait(INTERVAL):
            self.look()

    def look(self) -> None:
        """Closes what is beyond a bound now."""
        found = list(connections(self.port))
        for each in (*self.silent(found), *self.unread(found), *self.excess(found)):
            close(each)

    def silent(self, found: list[Connection]) -> list[Connection]:
        """Returns the connections on which nothing happens."""
        return [each for each in found if not each.is_unread and each.silent > SILENT_SECONDS]

    def unread(self, found: list[Connection]) -> list[Connection]:
        """Returns the connections whose clients do not read, or so slowly that it comes to the same."""
        now, before = monotonic(), self._unread
        self._unread = {each.peer: (each.acknowledged, now) for each in found if each.is_unread}
        stuck = []
        for each in found:
            confirmed, since = before.get(each.peer, (0, now))
            if each.is_unread and each.acknowledged < confirmed + LEAST_BYTES:
                self._unread[each.peer] = confirmed, since
                if now - since > UNREAD_SECONDS:
                    stuck.append(each)
        return stuck

    def excess(self, found: list[Connection]) -> list[Connection]:
        """Returns the connections of addresses that have too many: of each those longest silent."""
        if self.most_of_one is None or len(found) <= self.most_of_one:
            return []
        by_network: dict[str, list[Connection]] = defaultdict(list)
        for each in found:
            by_network[each.network].append(each)
        longest_first = (sorted(many, key=lambda each: -each.silent) for many in by_network.values())
        return [each for many in longest_first for each in many[: max(0, len(many) - self.most_of_one)]]


def room() -> int:
    """Returns how many connections a worker may accept, and lets the process have as many descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(soft, wanted) - SPARE_FILES)
