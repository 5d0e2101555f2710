"""The data doctor: goes over the catalogue and tells what contradicts itself.  It mends nothing."""

from cosmodrome.doctor import counters, dockings, missions, totals
from cosmodrome.doctor.rules import RULES, Finding, Rule, Severity, in_order

__all__ = ["RULES", "Finding", "Rule", "Severity", "counters", "dockings", "in_order", "missions", "totals"]
