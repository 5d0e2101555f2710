"""The data doctor: reports rows that contradict themselves or each other, and changes nothing.

Start reading with `rules`, which says what a rule is, and `people`, which declares some.  `examination`
leaves out what is only a symptom of something else, and `report` prints what is found.
"""

from cosmodrome.doctor import (
    boosters,
    configurations,
    counters,
    craft,
    crews,
    dates,
    dockings,
    incomplete,
    launches,
    missions,
    people,
    places,
    stations,
    texts,
    totals,
    twins,
)
from cosmodrome.doctor.examination import Examination
from cosmodrome.doctor.rules import RULES, Finding, Rule, Severity, rules_by_severity

__all__ = [
    "RULES",
    "Examination",
    "Finding",
    "Rule",
    "Severity",
    "boosters",
    "configurations",
    "counters",
    "craft",
    "crews",
    "dates",
    "dockings",
    "incomplete",
    "launches",
    "missions",
    "people",
    "places",
    "rules_by_severity",
    "stations",
    "texts",
    "totals",
    "twins",
]
