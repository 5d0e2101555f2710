"""The numbers of records of lists, for pages: counted by one statement, and once a data version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Value

from cosmodrome.changes.allowance import allowance
from cosmodrome.changes.editions import Edition
from cosmodrome.changes.snapshots import settled_snapshot
from cosmodrome.resources.registry import RESOURCES


class Counts:
    """The numbers of records that a process has counted last, of one edition of the catalogue."""

    def __init__(self) -> None:
        self._kept: tuple[Edition | None, Mapping[str, int]] = (None, {})

    def get(self, paths: Collection[str]) -> dict[str, int]:
        """Returns how many records the lists at `paths` have now, by path; others may be in it.

        Lists of the future and of the past, whose records the clock moves, are counted each time.
        """
        with settled_snapshot() as validity, allowance():
            edition, kept = self._kept
            if edition != validity.edition or not settings.CACHE_BYTES:
                kept = {}
            still = [path for path in paths if not RESOURCES[path].moving_bounds()]
            if missing := [path for path in still if path not in kept]:
                kept = {**kept, **counted(missing)}
                self._kept = (validity.edition, kept)
            return {**kept, **counted([path for path in paths if path not in kept])}

    def clear(self) -> None:
        """Forgets what has been counted."""
        self._kept = (None, {})


COUNTS = Counts()


def counted(paths: list[str]) -> dict[str, int]:
    """Counts the records of lists by one statement; by none if there are no lists."""
    if not paths:
        return {}
    first, *others = map(one_count, paths)
    return {**dict.fromkeys(paths, 0), **dict(first.union(*others, all=True))}


def one_count(path: str) -> QuerySet[Any, Any]:
    """Returns the query for a path and the number of its records."""
    rows = RESOURCES[path].candidates().order_by()
    named = rows.annotate(path=Value(path)).values("path")
    found: QuerySet[Any, Any] = named.annotate(records=Count("pk")).values_list("path", "records")
    return found
