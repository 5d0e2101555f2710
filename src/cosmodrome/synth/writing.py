"""Rows on their way into the database: numbered densely from 1 and written a table's chunk at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.db import models

from cosmodrome.ingest.upserting import CHUNK, count_on_from_here


class Writer:
    """Takes rows in any order; foreign keys are checked at the end of the transaction.

    Numbers are given here rather than by the database, so that the same seed makes the same rows even
    in a database that has held others before.
    """

    def __init__(self) -> None:
        self.written: Counter[type[models.Model]] = Counter()
        self._last: Counter[type[models.Model]] = Counter()
        self._waiting: dict[type[models.Model], list[models.Model]] = {}
        self._lists: dict[tuple[type[models.Model], str], tuple[type[models.Model], str, str]] = {}

    def number(self, model: type[models.Model]) -> int:
        """The next id of a table."""
        self._last[model] += 1
        return self._last[model]

    def numbers(self, model: type[models.Model]) -> range:
        """The ids that were given."""
        return range(1, self._last[model] + 1)

    def add(self, model: type[models.Model], **columns: Any) -> int:
        """Has a row written; answers its id, which is the next unless `id` is given."""
        number: int = columns.pop("id", None) or self.number(model)
        self.keep(model(pk=number, **columns))
        return number

    def keep(self, row: models.Model) -> None:
        """Has a row written that is made already."""
        waiting = self._waiting.setdefault(type(row), [])
        waiting.append(row)
        if len(waiting) >= CHUNK:
            self._write(type(row))

    def keep_all(self, rows: Iterable[models.Model]) -> None:
        """Has rows written that are made already."""
        for row in rows:
            self.keep(row)

    def link(self, model: type[models.Model], relation: str, key: Any, related: Iterable[Any]) -> None:
        """Has the list `relation` of the row `key` written, in this order."""
        found = self._lists.get((model, relation))
        if found is None:
            column: Any = model._meta.get_field(relation)
            here, there = f"{column.m2m_field_name()}_id", f"{column.m2m_reverse_field_name()}_id"
            found = self._lists[model, relation] = (column.remote_field.through, here, there)
        between, here, there = found
        for other in related:
            self.add(between, **{here: key, there: other})

    def finish(self) -> None:
        """Writes what is still waiting."""
        for model in list(self._waiting):
            self._write(model)
        count_on_from_here(self.written)

    def _write(self, model: type[models.Model]) -> None:
        waiting = iter(self._waiting.pop(model, []))
        while part := list(islice(waiting, CHUNK)):
            model._default_manager.bulk_create(part)
            self.written[model] += len(part)
