"""The data doctor: reports rows that contradict themselves or each other, and changes nothing.

Start reading with `rules`, which says what a rule is.  `counters`, `dockings`, `missions` and `totals`
declare the rules, and `report` prints what they find.
"""

from cosmodrome.doctor import counters, dockings, missions, totals
from cosmodrome.doctor.rules import RULES, Finding, Rule, Severity, rules_by_severity

__all__ = [
    "RULES",
    "Finding",
    "Rule",
    "Severity",
    "counters",
    "dockings",
    "missions",
    "rules_by_severity",
    "totals",
]
