"""The sentences beside inputs and read-only values."""

from __future__ import annotations

from functools import cache

from django.db import models

from cosmodrome.admin import introspection
from cosmodrome.changes.rowset import Model
from cosmodrome.shapes.meanings import meaning_of

TOTALS_TEXT = (
    "As others have added them up. When you change one, all of them count as read at the moment you save, "
    "and a record in space goes on from there."
)
ACCRUAL_TEXT = "As of the moment below, and growing since. What you enter holds from the moment you save."
HELP_BY_SUFFIX = {
    "totals_read_at": "Derived: when the totals were read. Set when you save others.",
    "last_updated": "Derived: when something else was changed. Set when you save.",
    "_since": "Derived: since when the duration goes on growing; empty while it stands still.",
    "_name": "Derived: as it was read, while the record it names is not here. Set when you choose one.",
    "over_by": "Derived: when newer pages no longer listed it as under way, while none says how it ended.",
}
"""Help texts of read-only columns that people have a use for, by the end of their names."""


def shown_read_only(model: Model) -> list[str]:
    """The columns that the server sets by itself and a person has a use for: those that are explained.

    The others are bookkeeping: when parts were stated, by which rate a duration grows.
    """
    return [name for name in introspection.read_only_columns(model) if read_only_text(name)]


def read_only_text(name: str) -> str:
    """The explanation of a read-only column; empty if it is bookkeeping."""
    return next((text for end, text in HELP_BY_SUFFIX.items() if name.endswith(end)), "")


@cache
def help_texts(model: Model) -> dict[str, str]:
    """The sentences beside inputs and read-only values of a table, by column."""
    read_only = introspection.read_only_columns(model)
    texts = {name: input_text(model, name) for name in introspection.editable_columns(model)}
    for name in texts:
        if f"{name}_since" in read_only:
            texts[name] = sentences(texts[name], ACCRUAL_TEXT)
    return {**texts, **{name: read_only_text(name) for name in shown_read_only(model)}}


def input_text(model: Model, name: str) -> str:
    """The sentences beside an input: what the column means, how it is written, what is done without it."""
    is_duration = isinstance(model._meta.get_field(name), models.DurationField)
    return sentences(
        meaning_of(model, name).replace("Null:", "Empty:"),
        "ISO 8601, as in P11DT19H14M36S." if is_duration else "",
        "Left empty, it is made from the name." if name in introspection.slug_columns(model) else "",
        "Left empty, it is the next free number." if name in introspection.number_columns(model) else "",
    )


def sentences(*texts: str) -> str:
    """Texts one after the other, without those that are empty."""
    return " ".join(filter(None, texts))
