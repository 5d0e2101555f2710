"""The doctor's report: findings as text for people, grouped by rule, or as JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime

from cosmodrome.doctor.examination import Examination
from cosmodrome.doctor.rules import Rule, Severity

EXAMPLES = 5
"""Findings of a rule that are printed unless `--all` is given."""

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}

Counts = Counter[Severity]


def as_text(now: datetime, counts: Counts, every: bool, rules: Collection[Rule]) -> Iterator[tuple[str, str]]:
    """Yields the lines of the report, each with its style, and counts the findings in `counts`."""
    examination = Examination(now)
    for rule in rules:
        findings = examination.findings(rule)
        if not findings:
            continue
        counts[rule.severity] += len(findings)
        yield (
            f"{rule.severity} {rule.name}: {rule.heading} {counted(len(findings), 'finding')}.",
            STYLES[rule.severity],
        )
        for finding in findings if every else findings[:EXAMPLES]:
            yield f"  {finding.sentence}", ""
        if not every and len(findings) > EXAMPLES:
            yield f"  … and {len(findings) - EXAMPLES} more: --rule {rule.name} --all prints every one", "dim"
        yield f"  To do: {rule.advice}", "dim"
    yield summary(counts), "bold"


def summary(counts: Counts) -> str:
    """The last line of the report."""
    if not counts:
        return "Nothing in the catalogue contradicts itself."
    found = [counted(number, severity) for severity in Severity if (number := counts[severity])]
    return f"{', '.join(found)} found."


def counted(number: int, what: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def as_json(now: datetime, counts: Counts, rules: Collection[Rule]) -> Iterator[str]:
    """Yields a JSON array in pieces, one finding a line, and counts the findings in `counts`."""
    before, examination = "[\n", Examination(now)
    for rule in rules:
        for finding in examination.findings(rule):
            counts[rule.severity] += 1
            yield before + json.dumps(finding.as_json(), ensure_ascii=False)
            before = ",\n"
    yield "\n]\n" if counts else "[]\n"


def rules_as_text(rules: Collection[Rule]) -> Iterator[tuple[str, str]]:
    """Yields two lines for each rule, each with its style: what it finds, and what to do."""
    for rule in rules:
        yield f"{rule.severity} {rule.name}: {rule.heading}", ""
        yield f"  {rule.advice}", "dim"


def rules_as_markdown(rules: Collection[Rule]) -> Iterator[str]:
    """Yields the rows of the table of rules in docs/checking.md."""
    for rule in rules:
        yield f"| `{rule.name}` | {rule.severity} | {rule.heading} | {rule.advice} |"


def rules_as_json(rules: Collection[Rule]) -> Iterator[str]:
    """Yields a JSON array in pieces, one rule a line."""
    before = "[\n"
    for rule in rules:
        tables = dict.fromkeys(check.table.__name__ for check in rule.checks)
        row = {
            "rule": rule.name,
            "severity": str(rule.severity),
            "heading": rule.heading,
            "advice": rule.advice,
            "tables": list(tables),
        }
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n"
