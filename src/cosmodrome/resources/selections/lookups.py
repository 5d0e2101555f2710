"""Values and words, looked up in indexes: which records of a table have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cosmodrome.resources.selections.columns import Index, Path
from cosmodrome.resources.selections.conditions import Membership


class Unknown(Exception):
    """Only the backends can tell what a query selects."""


def members(membership: Membership, indexes: dict[Path, Index]) -> set[int]:
    """Returns the positions of the records that have one of the values in one of the columns."""
    found: set[int] = set()
    for path in membership.columns:
        for value in membership.values:
            found.update(indexes[path].having(value))
    if membership.must_exist and not found:
        raise Unknown
    return found


def found_by_words(words: Sequence[str], columns: Iterable[Path], indexes: dict[Path, Index]) -> set[int]:
    """Returns the positions of the records that have each word in one of the columns.

    What a record has nowhere else must stand in one of its rows, all of it, if it has several.
    """
    every = [indexes[path] for path in columns]
    if not all(index.texts.is_complete for index in every):
        raise Unknown
    rarest, *others = sorted({word.lower() for word in words}, key=len, reverse=True)
    found = {place for index in every for place in index.containing(rarest)}
    if not others:
        return found
    single = [indexes[path] for path in columns if isinstance(path, str)]
    rows = [indexes[path] for path in columns if not isinstance(path, str)]

    def has_all(place: int) -> bool:
        alone = [text for index in single for text in index.texts_of(place)]
        absent = [word for word in (rarest, *others) if not any(word in text for text in alone)]
        return not absent or any(
            all(word in row for word in absent) for index in rows for row in index.texts_of(place)
        )

    return set(filter(has_all, found))
