"""As of when each fact of a row was stated, so that an older page never overwrites a newer one.

A fact is the value of a column, a list, or a listing: see `plans.Listing`.  Pages loaded in any order make
the same catalogue, since the newest statement of each fact stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, batches
from cosmodrome.changes.transactions import ChangeListener
from cosmodrome.ingest.models import Statement

Moments = dict[str, int]
"""By fact of a row: the rank of its newest statement, from `rank_of`."""

NEVER = 0
"""Below the rank of every statement."""

GONE = ""
"""In place of a fact: the row was taken back by a listing of this rank, which is without it.

The row is not there, then, unless a page told something of it at that moment or later.
"""

EPOCH = datetime(1, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BELOW_MOMENT = 34
"""Bits of a rank below the moment: two for `own` and `is_certain`, the others tell pages apart."""
CERTAIN = 1 << 32


def rank_of(moment: datetime, own: bool = True, page: str = "", is_certain: bool = True) -> int:
    """Returns the rank of a statement: the greater the newer, so that the greatest stands.

    Of statements as of one moment, a row's own record ranks above the copies that are nested in others, a
    moment that is certain above one that is guessed, and `page`, a text that names the page but not its
    values, puts pages in an order.  So the order of loading does not matter, and the same page as of the same
    moment, corrected, takes the place of the one before.
    """
    number = (moment - EPOCH) // MICROSECOND + 1
    return (
        (number << BELOW_MOMENT) | (own << (BELOW_MOMENT - 1)) | (CERTAIN * is_certain) | crc32(page.encode())
    )


def reading_of_same(one: int, other: int) -> int:
    """Returns which of two statements of the same growing totals was read at the right moment.

    They are never the same at another moment, so both come from one reading.  It is that whose moment is
    certain, else the earlier one, since the time of a file can only be too late.
    """
    return min(one, other, key=lambda rank: (not rank & CERTAIN, rank))


def moment_of(rank: int) -> datetime:
    """Returns the moment of a statement."""
    return EPOCH + ((rank >> BELOW_MOMENT) - 1) * MICROSECOND


def is_read_before(rank: int, other: int) -> bool:
    """Whether a statement was read at an earlier moment than another."""
    return rank >> BELOW_MOMENT < other >> BELOW_MOMENT


def read_moments(table: Model, keys: Iterable[Any]) -> dict[Any, Moments]:
    """Returns the moments of these rows; those of which no page has stated anything have none."""
    by_text = {str(key): key for key in keys}
    found: dict[Any, Moments] = {}
    for some in batches(by_text, ROWS_PER_STATEMENT):
        statements = Statement.objects.filter(table=table._meta.label_lower, row__in=some)
        for row, facts in statements.values_list("row", "facts"):
            found[by_text[row]] = {name: int(rank) for rank, names in facts.items() for name in names}
    return found


def write_moments(table: Model, rows: dict[Any, Moments]) -> None:
    """Writes the moments of these rows, all of each."""
    for some in batches(rows.items(), ROWS_PER_STATEMENT):
        Statement.objects.bulk_create(
            (
                Statement(table=table._meta.label_lower, row=str(key), facts=by_moment(moments))
                for key, moments in some
            ),
            update_conflicts=True,
            update_fields=["facts"],
            unique_fields=["table", "row"],
        )


def is_told_later(moments: Moments, rank: int) -> bool:
    """Whether some fact of a row was stated at the moment of `rank` or later."""
    return any(not is_read_before(each, rank) for name, each in moments.items() if name != GONE)


def mark_gone(table: Model, keys: Iterable[Any], rank: int) -> None:
    """Records that these rows, just deleted, were taken back by a listing of this rank."""
    listed = list(keys)
    known = read_moments(table, listed)
    write_moments(table, {key: {GONE: max(rank, known.get(key, {}).get(GONE, NEVER))} for key in listed})


def by_moment(moments: Moments) -> dict[str, list[str]]:
    """Returns the facts by the rank of their statement, as they are stored."""
    facts: dict[str, list[str]] = {}
    for name, rank in sorted(moments.items()):
        facts.setdefault(str(rank), []).append(name)
    return facts


class StatementListener(ChangeListener):
    """Records what people enter as statements of that moment: no page that was read before overwrites it."""

    def entered(self, model: Model, key: Any, facts: list[str], moment: datetime) -> None:
        known = read_moments(model, [key]).get(key, {})
        write_moments(model, {key: known | dict.fromkeys(facts, rank_of(moment))})
