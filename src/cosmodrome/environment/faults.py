"""Faults: what a server does wrong on purpose, for those who test clients, and how often.

`429:0.1,reset:0.02` makes one of ten answers a 429, and resets the connection at one of fifty;
`html@launches:0.5` makes every other answer below `/2.3.0/launches/` a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

KINDS = {
    "429": "throttled, with `Retry-After` or without",
    "500": "an error of the service, as a page",
    "502": "an error of the gateway in front of it, as a page",
    "503": "the same while the service is away, with `Retry-After` or without",
    "504": "the same when the service takes too long",
    "html": "a challenge of a network in front, for browsers: a page with 403, 429 or 200",
    "slow": "the right answer, late",
    "reset": "half of the body, then a reset of the connection",
    "short": "half of the body, then the end of the connection: fewer bytes than `Content-Length` says",
    "truncate": "JSON that ends in the middle, with the `Content-Length` of what is left",
    "next": "a page whose `next` leads to another host, or to the page itself",
    "types": "a record in which one value is of a wrong type",
    "duplicate": "a page with one record twice, in place of another or beside all others",
    "redirect": "a redirect to another host, or to the same address without end",
    "large": "the right answer and blanks after it, a hundred million bytes in all",
    "drop": "no answer: the connection ends",
}
"""The kinds of faults, and what a client gets."""
SPARED = "api-throttle"
"""The path whose answers are right unless a fault names it: how clients learn what they may call."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault, and the probability of it."""

    kind: str
    probability: float
    path: str = ""
    """The first parts of the paths that it concerns, as `launches/upcoming`; empty for all but the spared."""

    def concerns(self, path: str) -> bool:
        """Whether answers at a path, as `launches/upcoming/` below the version, may have the fault."""
        return path.startswith(f"{self.path}/") if self.path else not path.startswith(f"{SPARED}/")

    def __str__(self) -> str:
        place = f" below {self.path}/" if self.path else ""
        return f"{100 * self.probability:.4g} % {self.kind}{place}"


def read_faults(text: str) -> tuple[Fault, ...]:
    """Parses `429:0.1,html@launches:0.02`.  Raises ValueError, with a sentence, for anything else."""
    faults = tuple(read_fault(part.strip()) for part in text.split(",")) if text else ()
    names = [(fault.kind, fault.path) for fault in faults]
    twice = next((fault for fault in faults if names.count((fault.kind, fault.path)) > 1), None)
    if twice:
        raise ValueError(f"{text[:200]!r} has {twice.kind!r} twice: write each kind once")
    if sum(fault.probability for fault in faults) > 1 + 1e-9:
        raise ValueError(f"{text[:200]!r} has a sum above 1: an answer has one fault at most")
    return faults


def read_fault(text: str) -> Fault:
    """Parses `429:0.1` or `html@launches:0.02`.  Raises ValueError."""
    written = re.fullmatch(r"([^:@]+)(?:@([^:@]+))?:([^:@]+)", text)
    if not written:
        raise ValueError(f"{text[:80]!r} is not a fault: write its kind and its probability, as in 429:0.1")
    kind, path, probability = written[1].strip(), (written[2] or "").strip(" /"), written[3].strip()
    if kind not in KINDS:
        near = get_close_matches(kind.lower(), KINDS, 1)
        hint = f"did you mean {near[0]}? There" if near else "there"
        raise ValueError(f"{kind[:80]!r} is not a kind of fault: {hint} are {', '.join(KINDS)}")
    if written[2] and not re.fullmatch(r"[a-z0-9_-]+(/[a-z0-9_-]+)*", path):
        raise ValueError(f"{text[:80]!r} names no path: write what follows /2.3.0/, as {kind}@launches:0.1")
    if not re.fullmatch(r"[0-9]*\.?[0-9]+", probability) or not float(probability) <= 1:
        raise ValueError(f"{text[:80]!r} has no probability: write a number from 0 to 1, as in {kind}:0.1")
    return Fault(kind, float(probability), path)
