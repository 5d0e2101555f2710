"""The records of one answer as texts, rendered a few at a time."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ValidationError

from cosmodrome.changes.editions import Edition
from cosmodrome.rendering.fragments import COMMA, FragmentStore, MakeRenderer
from cosmodrome.rendering.rows import RowRenderer
from cosmodrome.rendering.templates import template_of
from cosmodrome.resources.pagination import Pagination
from cosmodrome.resources.store import store
from cosmodrome.shapes.shapes import Shape
from cosmodrome.time.as_of import requested_as_of

FIRST_STEP = 10
"""Records that are rendered before anything is known about the size of one."""
MEAN_SIZES: dict[type[Shape], int] = {}
"""The bytes of a record of a declared shape, in the mean of the last answer: few answers take two steps."""
STEP_BYTES = 2_000_000
"""Bytes that are rendered at a time, about, while the store is locked.

Each step takes all statements of a page: steps of a fiftieth of a second took twice the processor.
"""
OWN_STEP_BYTES = 4 * STEP_BYTES
"""The same, where the store is the answer's own and nobody waits for it."""
UNLIMITED = 2**62
"""Bytes of a store that lasts for one answer."""
MOST_AT_ONCE = 25
"""Records that are rendered at once where it is not known how many are enough."""
GROWTH = 2
"""Records that are rendered at once there, for each before them: small ones may stand before large ones."""


def step_of(size: int | None, most: int) -> int:
    """Returns how many records of so many bytes come to `most` bytes; None: nobody knows their size."""
    return FIRST_STEP if size is None else max(1, most // max(size, 1))


class Records:
    """The records of one answer, rendered a few at a time: in between, others may lock the store."""

    def __init__(self, edition: Edition, now: datetime, can_render: bool = True) -> None:
        self.edition, self.now, self.can_render = edition, now, can_render
        self.is_momentary = False
        """Whether anything rendered so far is valid for the current second only."""
        self.size = 0
        """The bytes of all texts so far."""

    def rendered(self, shape: type[Shape], ids: Any) -> list[bytes]:
        """Returns the records of these ids as texts with commas between, as of the requested instant.

        Fragments of the present in a declared shape are stored; all others last for this answer.
        Raises ValidationError if the answer becomes too large.
        """
        as_of = requested_as_of()
        is_stored = as_of is None and shape.keys is None
        make_renderer = cache(lambda: RowRenderer([shape], as_of)) if self.can_render else None
        own, step_bytes = FragmentStore(UNLIMITED), STEP_BYTES if is_stored else OWN_STEP_BYTES
        texts: list[bytes] = []
        place, step, before = 0, step_of(MEAN_SIZES.get(shape), step_bytes), self.size
        while place < len(ids):
            some = ids[place : place + step]
            if is_stored:
                with store().at(self.edition, self.now) as stored:
                    more = self._joined(stored.fragments, shape, some, make_renderer)
            else:
                more = self._joined(own, shape, some, make_renderer)
            texts += [COMMA, *more] if texts and more else more
            place += step
            self._refuse_large(min(place, len(ids)), len(ids))
            step = step_of((self.size - before) // min(place, len(ids)), step_bytes)
        if ids and shape.keys is None:
            MEAN_SIZES[shape] = (self.size - before) // len(ids)
        return texts

    def _joined(
        self, fragments: FragmentStore, shape: type[Shape], ids: Any, make_renderer: MakeRenderer | None
    ) -> list[bytes]:
        found = fragments.page(template_of(shape), ids, make_renderer)
        texts, is_momentary = fragments.joined(found, self.now)
        self.is_momentary = self.is_momentary or is_momentary
        self.size += sum(map(len, texts))
        return texts

    def _refuse_large(self, done: int, wanted: int) -> None:
        """Raises ValidationError if the records so far are more than one answer may have."""
        most = settings.ANSWER_BYTES
        if self.size <= most or done == wanted == 1:
            return
        fitting = max(1, done * most // self.size)
        sentence = (
            f"The answer would have more than {most:,} bytes: ask for fewer records, as with "
            f"limit={fitting}, or for less of each, as with mode=list or fields=."
        )
        raise ValidationError({Pagination.limit_query_param: [sentence]})

    def first(self, shape: type[Shape], ids: Any, enough: int) -> tuple[list[bytes], int]:
        """Returns the first of these records, of about as many bytes and no fewer than one, like `rendered`.

        Then how many it has left out, which it has not rendered either.
        """
        texts: list[bytes] = []
        place, size, step = 0, 0, 1
        while place < len(ids) and size < enough:
            more = self.rendered(shape, ids[place : place + step])
            texts += [COMMA, *more] if texts and more else more
            place = min(place + step, len(ids))
            size += sum(map(len, more))
            step = min(max((enough - size) * place // max(size, 1), 1), GROWTH * place, MOST_AT_ONCE)
        return texts, len(ids) - place
