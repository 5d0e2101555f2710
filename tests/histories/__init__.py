"""Small invented histories of spaceflight, and a plain Python reference for what they make of derived values.

`model` has the parts of a history and `strategies` the hypothesis strategies for them.  `reference` and
`counters` compute derived values, `knowledge` decides whether a value is known, and `writer` writes histories
into the tables.
"""

from histories.knowledge import known
from histories.model import BEGINNING, Docking, Flight, History, Walk, instant, span
from histories.reference import REFERENCE
from histories.strategies import histories_and_instant
from histories.writer import id_offset, stored

__all__ = [
    "BEGINNING",
    "REFERENCE",
    "Docking",
    "Flight",
    "History",
    "Walk",
    "histories_and_instant",
    "id_offset",
    "instant",
    "known",
    "span",
    "stored",
]
