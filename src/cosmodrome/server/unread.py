"""Large answers that nobody has read yet: how many bytes of them an address has, and all together.

Granian takes an answer whole, and keeps it in memory until the client has read it; it tells nobody when that
is.  On Linux the system tells: of each connection it knows how many bytes the client has confirmed.  So a
large answer is handed over when there is room, and waits for its turn, or is refused, when there is none.

An `Unread` belongs to the event loop: only its thread calls it.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

from cosmodrome.server.connections import (
    LEAST_BYTES,
    Connection,
    Peer,
    close,
    connection_of,
    connections,
    peer_of,
)
from cosmodrome.server.lanes import Busy

LARGE = 100_000
"""Bytes of an answer that is counted; of smaller ones a worker has no more than it accepts connections."""
MOST_OF_ONE = 40_000_000
"""Bytes of unread answers that an address may have: the largest answer, and some."""
MOST_UNREAD = 160_000_000
"""Bytes of unread answers in a worker."""
MOST_WAITING = 40_000_000
"""Bytes of answers that wait for room; one that several wait for counts once, as it is in memory once."""
PATIENCE = 10.0
"""Seconds that an answer waits for room."""
HURRY_SECONDS = 5.0
"""In which a client must have read `LEAST_BYTES` while the worker has no room and others wait."""
LOOK_SECONDS = 0.05
"""Between two looks while answers wait."""


@dataclass(eq=False)
class Answer:
    """A large answer that waits, or that is handed over."""

    address: str
    peer: Peer
    body: bytes | None
    """None once it is handed over: Granian has a copy."""
    size: int
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    descriptor: int | None = None
    """None until the connection is found."""
    end: int = 0
    """Bytes that the client has confirmed when it has read all of this."""
    confirmed: int = 0
    since: float = field(default_factory=monotonic)
    """When the client had confirmed so many."""

    def is_read(self, found: Connection) -> bool:
        """Whether its client has read it; notes how far it has come."""
        if found.acknowledged >= self.confirmed + LEAST_BYTES:
            self.confirmed, self.since = found.acknowledged, monotonic()
        return found.acknowledged >= self.end


class Unread:
    """The large answers of a worker that are not read yet."""

    def __init__(self) -> None:
        self._handed: list[Answer] = []
        self._of: Counter[str] = Counter()
        """Bytes handed over by address, as of the last look."""
        self._waiting: list[Answer] = []
        self._pump: asyncio.Task[None] | None = None
        self._descriptors: dict[Peer, int] = {}
        self._search = asyncio.Lock()

    async def take(self, address: str, client: str, port: int, body: bytes) -> None:
        """Returns when the answer to a client, told as Granian does, may be handed over.  Raises Busy."""
        if len(body) < LARGE or sys.platform != "linux":
            return
        answer = Answer(address, peer_of(client), body, len(body))
        if not self._has_room(answer):
            self.look()
        if self._has_room(answer) and not any(map(self._fits, self._waiting)):
            self._count(answer)
        else:
            await self._turn(answer)
        try:
            await self._begin(answer, port)
        except BaseException:
            self._forget(answer)
            raise

    def _has_room(self, answer: Answer) -> bool:
        return self._fits(answer) and self._of.total() + answer.size <= max(MOST_UNREAD, answer.size)

    def _fits(self, answer: Answer) -> bool:
        """Whether its address may have it; alone, an answer may be of any size."""
        return self._of[answer.address] + answer.size <= max(MOST_OF_ONE, answer.size)

    def _count(self, answer: Answer) -> None:
        answer.body = None
        self._handed.append(answer)
        self._of[answer.address] += answer.size

    def _forget(self, answer: Answer) -> None:
        self._handed.remove(answer)
        self._of[answer.address] -= answer.size

    async def _begin(self, answer: Answer, port: int) -> None:
        """Notes what its client has confirmed before it."""
        found = await self._connection(answer.peer, port)
        if found is None:  # the client has gone
            self._forget(answer)
            return
        before = max((each.end for each in self._handed if each.peer == answer.peer), default=0)
        answer.confirmed = found.acknowledged
        answer.end = max(found.acknowledged, before) + answer.size
        answer.descriptor = found.descriptor

    async def _connection(self, peer: Peer, port: int) -> Connection | None:
        """Returns the connection with a client.  Who does not know its descriptor looks through all."""
        async with self._search:
            if found := connection_of(self._descriptors.get(peer), peer):
                return found
            self._descriptors = await asyncio.to_thread(descriptors, port)
        return connection_of(self._descriptors.get(peer), peer)

    def look(self) -> list[Answer]:
        """Forgets the answers that have been read; returns those of which nothing has been for too long."""
        still, stuck, now = [], [], monotonic()
        for each in self._handed:
            found = connection_of(each.descriptor, each.peer)
            if each.descriptor is None or (found and not each.is_read(found)):
                still.append(each)
                if found and now - each.since > HURRY_SECONDS:
                    stuck.append(each)
        self._handed = still
        self._of = Counter()
        for each in still:
            self._of[each.address] += each.size
        return stuck

    async def _turn(self, answer: Answer) -> None:
        """Waits until there is room.  Raises Busy."""
        bodies = {id(each.body): each.size for each in (*self._waiting, answer)}
        if sum(bodies.values()) > max(MOST_WAITING, answer.size):
            raise Busy
        self._waiting.append(answer)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._let_in())
        try:
            await asyncio.wait([answer.turn], timeout=PATIENCE)
        finally:
            if answer in self._waiting:
                self._waiting.remove(answer)
        if not answer.turn.done():
            raise Busy

    async def _let_in(self) -> None:
        """Gives turns, in the order of asking, until nothing waits."""
        while self._waiting:
            await asyncio.sleep(LOOK_SECONDS)
            stuck = self.look()
            for each in tuple(self._waiting):
                if not self._fits(each):
                    continue
                if not self._has_room(each):
                    self._end(stuck)
                    break
                self._waiting.remove(each)
                self._count(each)
                each.turn.set_result(None)

    def _end(self, stuck: list[Answer]) -> None:
        """Closes connections whose clients do not read."""
        for each in stuck:
            if found := connection_of(each.descriptor, each.peer):
                close(found)


def descriptors(port: int) -> dict[Peer, int]:
    """Returns the descriptors of this process' connections to a port."""
    return {each.peer: each.descriptor for each in connections(port)}
