"""Answers that were given within the last second: who asks by the same words gets them as they are.

What is asked over and over, as a front page is, has nothing to be found out about it each time: neither
what exactly is asked, nor in which coding, nor whether the client has it already.  Counting each would take
longer than finding it: they are told together, a second later at the latest.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Timer
from typing import Self

from cosmodrome.changes.snapshots import Validity
from cosmodrome.http_cache.entries import Headers, size_of
from cosmodrome.time import clock

Words = tuple[str | None, ...]
DECIDING = (
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_ACCEPT",
    "HTTP_HOST",
    "wsgi.url_scheme",
    "SCRIPT_NAME",
    "REQUEST_METHOD",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_NONE_MATCH",
    "HTTP_AUTHORIZATION",
)
"""All of a request that decides what is given, and whether it is."""
ASKED, ADDRESS = slice(6), slice(3, 6)
"""Which of these Django's answer to GET hangs on, and which of those are the server's address."""
OVERHEAD = 4000
"""Bytes that Python takes for an answer here, beside its body: a test holds this."""
LARGEST_SHARE = 0.25
"""How much of the room one answer may take."""
GRACE = 0.1
"""Seconds after which whoever was still given an answer of a second has got it."""

Told = Callable[[int, float | None], None]
"""Who is told of so many more answers of one kind, and of the seconds that one took if they were taken."""
Telling = Callable[[str, str, str, int], Told]
"""Who that is, of answers of one kind: by whom they are given, their route, method and status."""


@dataclass(slots=True)
class Given:
    """An answer as it was given."""

    version: int
    ends: float
    """Until when it is right, by `time.monotonic()`."""
    course: clock.Setting
    """How the clock went: a test may set it."""
    status: str
    headers: Headers
    body: list[bytes]
    """Empty where the client has it or wants the headers alone."""
    told: Told
    times: int = 0
    """How often it was given again."""
    told_times: int = 0

    @classmethod
    def at(
        cls,
        now: float,
        reading: Validity,
        older_at: float,
        status: str,
        headers: Headers,
        body: list[bytes],
        told: Told,
    ) -> Self:
        """An answer that is given at `now`, and whose `Age` grows at `older_at`, by `time.monotonic()`."""
        ends = min(older_at, now + clock.seconds_until(reading.until))
        return cls(reading.version, ends, clock.setting(), status, headers, body, told)

    def holds(self, version: int | None, now: float) -> bool:
        """Whether it would be given again at `now`, by `time.monotonic()`."""
        return now < self.ends and version == self.version and clock.setting() is self.course

    def tell(self) -> None:
        """Tells how often it was given since this was told last."""
        times = self.times
        if times > self.told_times:
            self.told(times - self.told_times, None)
            self.told_times = times

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return OVERHEAD + sum(map(len, self.body))


class Again:
    """What was given, by the words of the request, until a second after the first of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._given: dict[Words, Given] = {}
        self._room = limit
        self._ends = 0.0
        self._lock = Lock()
        self.get = self._given.get
        """What was given to who asked by these words: it may hold no longer."""

    def has_room(self, now: float) -> bool:
        """Whether one more may be remembered in this second: once there was no room for one, none is."""
        return now >= self._ends or self._room > 0

    def put(self, words: Words, given: Given, now: float) -> None:
        """Remembers an answer if there is room: in each second for those that come first."""
        size = given.size + size_of(words)
        if size > self.limit * LARGEST_SHARE:
            return
        with self._lock:
            if now >= self._ends:
                self._begin_second(now)
            if size > self._room:
                self._room = 0
                return
            self._room -= size
            if former := self._given.get(words):
                former.tell()
            given.ends = min(given.ends, self._ends)
            self._given[words] = given

    def _begin_second(self, now: float) -> None:
        """Forgets those of the second before."""
        self._tell()
        self._given.clear()
        self._room, self._ends = self.limit, now + 1
        timer = Timer(1 + GRACE, self.tell)  # nobody may ever ask again
        timer.daemon = True
        with suppress(RuntimeError):  # no thread can be had, as when the process ends: the next second tells
            timer.start()

    def tell(self) -> None:
        """Tells of all that were given and not told."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        for given in self._given.values():
            given.tell()
