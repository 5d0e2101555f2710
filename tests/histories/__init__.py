"""Small made-up histories, and what they add up to: told once more in plain Python, the slow and obvious way."""

from histories.knowing import known
from histories.making import several_at_once
from histories.reference import REFERENCE
from histories.told import BEGINNING, Docking, Flight, History, Walk, instant, span
from histories.writing import start_of, written

__all__ = [
    "BEGINNING",
    "REFERENCE",
    "Docking",
    "Flight",
    "History",
    "Walk",
    "instant",
    "known",
    "several_at_once",
    "span",
    "start_of",
    "written",
]
