"""Changes that are made to see what they do, and undone."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NoReturn

from django.http import HttpResponseBase

from cosmodrome.admin.history.recorder import HistoryRecorder
from cosmodrome.admin.history.revisions import Difference, differences_of
from cosmodrome.admin.history.values import Writer
from cosmodrome.admin.models import Revision

MOST_SHOWN = 200
"""Changed records that a preview lists; it counts all."""


class Undone(Exception):
    """Undoes the change under way; the request gets `response`."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response = response


def undone(response: HttpResponseBase) -> NoReturn:
    """Undoes the change under way, and answers the request with `response`."""
    raise Undone(response)


def answered(view: Callable[[], Any]) -> Any:
    """Returns the answer of a view, which may have undone its change."""
    try:
        return view()
    except Undone as end:
        return end.response


class Outcome:
    """What the change under way has done so far, to be shown."""

    def __init__(self, recorder: HistoryRecorder) -> None:
        writer = Writer()
        self.changes: list[tuple[Revision, list[Difference]]] = [
            (revision, list(differences_of(revision, writer))) for revision in recorder.revisions()
        ]
        self.made = sum(revision.before is None for revision, _ in self.changes)
        self.changed = sum(bool(revision.before and revision.after) for revision, _ in self.changes)
        self.shown = self.changes[:MOST_SHOWN]

    def digest(self) -> str:
        """Returns a text that is the same only for an outcome that a person would see as the same."""
        texts = [
            (revision.table, revision.before and revision.row, [(d.fact, d.old, d.new) for d in found])
            for revision, found in self.changes
        ]
        return sha256(repr(texts).encode()).hexdigest()
