"""What is noted during a run: answers, troubles and loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


def real_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Question:
    """A request, and which kind of client sends it."""

    kind: str
    target: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    judged: bool = True
    """Whether the reference can answer it: it is a read of the catalogue, without tokens and rates."""


@dataclass
class Answer:
    """What came back, or what happened instead."""

    question: Question
    start: datetime
    end: datetime
    status: int = 0
    """0: there was no answer."""
    version: int | None = None
    content_type: str = ""
    body: bytes | None = None
    """Without its coding; None where it is not kept."""
    retry_after: str = ""
    error: str = ""
    is_new_connection: bool = False

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end - self.start).total_seconds()

    def __str__(self) -> str:
        told = f"{self.status} of version {self.version}" if self.status else self.error
        return f"{self.question.kind}: {self.question.method} {self.question.target}: {told}, at {self.start}"


@dataclass
class Trouble:
    """Something that went wrong on purpose."""

    kind: str
    start: datetime
    end: datetime
    told: str = ""

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether it happened at some time between two instants."""
        return self.start <= end and start <= self.end


@dataclass
class Load:
    """A run of `cosmodrome load`."""

    path: str
    names: dict[str, str]
    """The names that it states of records, by `path/key`; also of those that are nested in its own."""
    start: datetime
    end: datetime
    is_done: bool = False
    """It has said that it was done; else it was killed or has failed."""
    was_killed: bool = False
    error: str = ""
