"""Lanes: requests that take longer than an instant wait for their turn, cheap ones apart from dear ones.

A lane has one thread, which does one thing after another, and so one connection to each database, however
many requests wait; the lane of calls to an upstream has a few.  Addresses take turns: a client with a
thousand requests delays another by one of them.  Which requests are dear is learned from how long requests of
their kind have taken.

A lane and `Costs` belong to the event loop: only its thread calls them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from math import inf
from typing import TypeVar
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

from cosmodrome.http_cache.entries import best_coding

T = TypeVar("T")

LANE = "cosmodrome.lane"
"""Key of the WSGI environ for the lane in which the answer was made; not there if it was given at once."""
PLACES = 200
"""Requests that wait in one lane.  Each takes about 10 KB."""
PATIENCE = 10.0
"""Seconds that a request waits for its turn."""
UPSTREAM_THREADS = 4
"""Calls to an upstream that a worker makes at once."""
DEAR = 0.02
"""Seconds of processor from which on a kind of request is dear: a cheap one waits for no longer than this."""
AT_ONCE = 0.002
"""Seconds up to which a kind of request is answered on the event loop's own thread, in no lane."""
FORGETTING = 0.8
"""A kind's cost falls to this part of what it was with each request that takes less."""
MOST_KINDS = 1000
LONGEST_QUERY = 1000
"""Characters of a query whose parameters tell kinds apart; requests with longer ones are of one kind."""
LONGEST_WORD = 40
"""Characters of a word that tells kinds apart."""


class Busy(Exception):
    """A request has no place in a lane, or its turn has not come in time."""


class Lane:
    """A thread, or a few, and the requests that wait for one."""

    def __init__(self, name: str, places: int = PLACES, patience: float = PATIENCE, threads: int = 1) -> None:
        """`patience` is in seconds."""
        self.places, self.patience = places, patience
        self._threads = ThreadPoolExecutor(threads, f"lane-{name}")
        self._free = threads
        self._waiting: OrderedDict[str, deque[asyncio.Future[bool]]] = OrderedDict()
        """By address; the first address is next."""

    def begin(self, work: Callable[[], object]) -> None:
        """Calls `work` in the lane's thread before any request, and lets it fail."""
        self._threads.submit(work)

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return sum(map(len, self._waiting.values()))

    async def run(self, address: str, work: Callable[[], T]) -> T:
        """Returns what `work` returns, called in the lane's thread when the turn of the address has come.

        Raises Busy, and what `work` raises.
        """
        if self._free:
            self._free -= 1
        else:
            await self._turn(address)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, Context().run, work)
        finally:
            self._pass_on()

    async def _turn(self, address: str) -> None:
        """Waits for a turn.  Raises Busy."""
        if self.waiting >= self.places:
            self._refuse_one(address)
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(turn)
        try:
            await asyncio.wait([turn], timeout=self.patience)
        except asyncio.CancelledError:
            self._give_back(address, turn)
            raise
        if not turn.done():
            self._leave(address, turn)
            raise Busy
        if not turn.result():
            raise Busy

    def _give_back(self, address: str, turn: asyncio.Future[bool]) -> None:
        """Leaves a turn, which may have come, to others."""
        if not turn.done():
            self._leave(address, turn)
        elif turn.result():
            self._pass_on()

    def _refuse_one(self, address: str) -> None:
        """Makes room: refuses the last request of the address that has the most.

        Raises Busy if that is this request.
        """
        longest = max(self._waiting, key=lambda each: len(self._waiting[each]))
        if len(self._waiting[longest]) <= len(self._waiting.get(address, ())) + 1:
            raise Busy
        last = self._waiting[longest][-1]
        self._leave(longest, last)
        last.set_result(False)

    def _leave(self, address: str, turn: asyncio.Future[bool]) -> None:
        self._waiting[address].remove(turn)
        if not self._waiting[address]:
            del self._waiting[address]

    def _pass_on(self) -> None:
        """Gives the next address its turn; it then goes to the end."""
        if not self._waiting:
            self._free += 1
            return
        address, turns = self._waiting.popitem(last=False)
        turns.popleft().set_result(True)
        if turns:
            self._waiting[address] = turns


Kind = tuple[object, ...]
"""The common parts of requests of about the same cost."""


def kind_of(environ: WSGIEnvironment) -> Kind:
    """Returns the kind of a request."""
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    route = (path.count("/"), *(each[:LONGEST_WORD] for each in path.split("/", 3)[:3]))
    coding = best_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
    is_page = "text/html" in environ.get("HTTP_ACCEPT", "")
    if len(query) > LONGEST_QUERY:
        return *route, coding, is_page
    asked = dict(parse_qsl(query, keep_blank_values=True))
    words = tuple(asked.get(name, "")[:LONGEST_WORD] for name in ("mode", "format"))
    limit = asked.get("limit", "")
    size = min(len(limit), 3) if limit.isdecimal() else 0  # up to 9, up to 99, more
    names = tuple(sorted(name[:LONGEST_WORD] for name in asked))
    return *route, coding, is_page, *words, size, names


class Costs:
    """The cost of each kind of request, in seconds of processor: the most of late, falling with time."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[Kind, float] = OrderedDict()

    def of(self, kind: Kind) -> float:
        """Returns the cost of a kind; infinity if it is not known."""
        return self._seconds.get(kind, inf)

    def note(self, kind: Kind, seconds: float) -> None:
        """Notes what a request has taken."""
        before = self._seconds.pop(kind, 0.0)
        self._seconds[kind] = max(seconds, before * FORGETTING)
        if len(self._seconds) > MOST_KINDS:
            self._seconds.popitem(last=False)
