"""The clients: threads that ask, each on a connection of its own, and note what comes back."""

from __future__ import annotations

import gzip
import http.client
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from .questions import Asker
from .records import Answer, Question, real_now

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PATIENCE = 30
"""Seconds until an answer that has not come is lost."""
LONGEST_PAUSE = 0.008
"""Seconds between two requests of a client, at most: the server is busy, but not for want of processors."""
LARGEST_KEPT = 3_000_000
"""Bytes of a body that is kept to be judged."""
DECODED: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "zstd": zstd.decompress,
}
OPEN_BODIES = 20
"""Connections with unfinished bodies that are held open at once."""


@dataclass
class Samples:
    """The answers that are to be judged: of each kind as many at random, and as many of the slowest."""

    most: int
    """Answers of one kind, of each sort."""
    random: Random
    seen: dict[str, int] = field(default_factory=dict)
    by_chance: dict[str, list[Answer]] = field(default_factory=dict)
    slowest: dict[str, list[Answer]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, answer: Answer) -> None:
        """Keeps an answer, its body too, if the dice or its slowness want it; else drops the body."""
        body, kind = answer.body, answer.question.kind
        answer.body = None
        if body is None or len(body) > LARGEST_KEPT:
            return
        with self.lock:
            self.seen[kind] = seen = self.seen.get(kind, 0) + 1
            slowest = self.slowest.setdefault(kind, [])
            chosen = self.by_chance.setdefault(kind, [])
            answer.body = body
            if len(slowest) < self.most:
                slowest.append(answer)
                return
            fastest = min(slowest, key=lambda each: each.seconds)
            if answer.seconds > fastest.seconds:
                slowest[slowest.index(fastest)] = answer
                answer = fastest  # which gets its chance in the other sort
            if len(chosen) < self.most:
                chosen.append(answer)
            elif (place := self.random.randrange(seen)) < self.most:
                chosen[place].body = None
                chosen[place] = answer
            else:
                answer.body = None

    def all(self) -> list[Answer]:
        """All that are kept."""
        return [
            answer
            for sort in (self.slowest, self.by_chance)
            for answers in sort.values()
            for answer in answers
        ]


@dataclass
class Client(threading.Thread):
    """One client, until it is told to stop."""

    port: int
    asker: Asker
    samples: Samples
    stopping: threading.Event
    answers: list[Answer] = field(default_factory=list)
    failure: str = ""
    """Why it has given up; empty if it has not."""

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._connection: http.client.HTTPConnection | None = None
        self._open: list[socket.socket] = []
        self._etags: dict[str, tuple[str, bytes]] = {}

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        try:
            self.go_on_asking()
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise it to
            self.failure = repr(error)
        self.close()

    def go_on_asking(self) -> None:
        """Asks until it is told to stop."""
        while not self.stopping.is_set():
            question = self.asker.question()
            if question.kind == "unfinished":
                self.leave_unfinished(question)
            elif question.kind == "cut":
                self.cut(question)
            else:
                answer = self.ask(question)
                self.answers.append(answer)
                if question.judged and answer.status:
                    self.samples.add(answer)
                else:
                    answer.body = None
            self.stopping.wait(self.asker.random.uniform(0, LONGEST_PAUSE))

    def close(self) -> None:
        """Closes its connections."""
        for each in (self._connection, *self._open):
            if each:
                each.close()
        self._connection = None

    def ask(self, question: Question) -> Answer:
        """Asks, over the connection that is there or a new one."""
        random = self.asker.random
        if self._connection and random.random() < 0.1:
            self.close_connection()
        is_new = self._connection is None
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        self._connection = connection
        headers = {"Accept": "application/json", **question.headers}
        known = self._etags.get(question.target) if question.method == "GET" else None
        if known and random.random() < 0.3:
            headers["If-None-Match"] = known[0]
        start = real_now()
        try:
            connection.request(question.method, question.target, question.body or None, headers)
            found = connection.getresponse()
            raw = found.read()
        except (OSError, http.client.HTTPException) as error:
            self.close_connection()
            return Answer(question, start, real_now(), error=repr(error), is_new_connection=is_new)
        answer = Answer(question, start, real_now(), found.status, is_new_connection=is_new)
        answer.version = int(version) if (version := found.headers.get("X-Data-Version")) else None
        answer.content_type = found.headers.get("Content-Type", "")
        answer.retry_after = found.headers.get("Retry-After", "")
        self.read_body(answer, raw, found, known)
        if found.headers.get("Connection", "").lower() == "close":
            self.close_connection()
        return answer

    def read_body(
        self, answer: Answer, raw: bytes, found: http.client.HTTPResponse, known: tuple[str, bytes] | None
    ) -> None:
        """Notes the body; of a 304 the one that the client has already, so that it is judged as well."""
        if answer.status == 304 and known:
            answer.body, answer.content_type = known[1], ""
            return
        if answer.question.method == "HEAD":
            return
        try:
            answer.body = DECODED[found.headers.get("Content-Encoding", "identity")](raw)
        except (OSError, EOFError, KeyError, zstd.ZstdError) as error:
            answer.error, answer.body = f"a body that can't be read: {error!r}", raw
            return
        etag = found.headers.get("ETag")
        if etag and len(self._etags) < 50 and answer.question.method == "GET":
            self._etags[answer.question.target] = etag, answer.body

    def close_connection(self) -> None:
        """Closes the connection that answers come over."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def leave_unfinished(self, question: Question) -> None:
        """Sends the beginning of a body and leaves the connection open, for as long as the server likes."""
        head = f"POST {question.target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        told = "".join(f"{name}: {value}\r\n" for name, value in question.headers.items())
        self.send((head + told + "\r\n").encode() + question.body, stays_open=True)

    def cut(self, question: Question) -> None:
        """Asks, and is gone before the answer comes."""
        self.send(
            f"GET {question.target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode(),
            stays_open=False,
        )

    def send(self, sent: bytes, *, stays_open: bool) -> None:
        """Sends bytes on a connection of their own."""
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            connection.sendall(sent)
        except OSError:
            return
        if not stays_open:
            connection.close()
            return
        self._open.append(connection)
        while len(self._open) > OPEN_BODIES:
            self._open.pop(0).close()
