"""The doctor's report: findings as text for people, grouped by rule, or as JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from cosmodrome.doctor import Severity, rules_by_severity

EXAMPLES = 5
"""Findings of a rule that are printed unless `--all` is given."""

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}

Counts = Counter[Severity]


def as_text(now: datetime, counts: Counts, every: bool) -> Iterator[tuple[str, str]]:
    """Yields the lines of the report, each with its style, and counts the findings in `counts`."""
    for rule in rules_by_severity():
        findings = rule.find(now)
        shown = list(findings if every else islice(findings, EXAMPLES))
        if not shown:
            continue
        more = sum(1 for _ in findings)
        counts[rule.severity] += len(shown) + more
        yield f"{rule.severity} {rule.name}: {rule.heading}", STYLES[rule.severity]
        for finding in shown:
            yield f"  {finding.sentence}", ""
        if more:
            yield f"  … and {more} more: --all prints every one", "dim"
    yield summary(counts), "bold"


def summary(counts: Counts) -> str:
    """The last line of the report."""
    if not counts:
        return "Nothing in the catalogue contradicts itself."
    found = [
        f"{number} {severity}{'' if number == 1 else 's'}"
        for severity in Severity
        if (number := counts[severity])
    ]
    return f"{', '.join(found)} found."


def as_json(now: datetime, counts: Counts) -> Iterator[str]:
    """Yields a JSON array in pieces, one finding a line, and counts the findings in `counts`."""
    before = "[\n"
    for rule in rules_by_severity():
        for finding in rule.find(now):
            counts[rule.severity] += 1
            yield before + json.dumps(finding.as_json(), ensure_ascii=False)
            before = ",\n"
    yield "\n]\n" if counts else "[]\n"
