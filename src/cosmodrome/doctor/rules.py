"""Rules, and their checks: SQL queries for rows that break a rule, with a sentence for each such row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models

from cosmodrome.shapes.fields import to_wire

Values = dict[str, Any]


class Severity(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    """The data can't be true."""
    WARNING = "warning"
    """The data is hard to believe, or a published value may be right and its parts wrong."""


@dataclass(frozen=True)
class Finding:
    """A row, or two of one table, that contradict themselves or each other."""

    rule: str
    severity: Severity
    table: str
    ids: list[Any]
    values: Values
    """The values that contradict, as on the wire: durations in ISO 8601, instants in UTC."""
    sentence: str

    def as_json(self) -> Values:
        """The object that `--format json` prints; keys are only ever added."""
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "table": self.table,
            "ids": self.ids,
            "values": self.values,
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class Check:
    """One way to break a rule.  The database finds the rows: no table is read whole."""

    table: type[models.Model]
    violations: Callable[[datetime], models.QuerySet[Any]]
    """Selects the rows that break the rule, as of the present instant."""
    sentence: str
    """A format with `{id}`, `{other}` and the names of the values in braces."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The values of each row in a finding, by name: a column, a path or an annotation."""
    other: str | None = None
    """The path to the id of the second row, where two contradict each other."""
    tolerated: Callable[[Values], bool] = lambda _row: False
    """Returns true for the values of a row that is no finding after all."""

    def rows(self, now: datetime) -> Iterator[tuple[list[Any], Values]]:
        """Yields the ids and the values of each row that breaks the rule."""
        keys = ["pk", *([self.other] if self.other else [])]
        paths = [*keys, *self.values.values()]
        found = self.violations(now).order_by(*keys).values_list(*paths)
        for row in found.iterator(chunk_size=1000):
            values = dict(zip(self.values, row[len(keys) :], strict=True))
            if not self.tolerated(values):
                yield list(row[: len(keys)]), values


@dataclass(frozen=True)
class Rule:
    """A condition that holds in any catalogue that does not contradict itself."""

    name: str
    severity: Severity
    heading: str
    """A sentence that describes the findings of this rule."""
    checks: tuple[Check, ...]

    def find(self, now: datetime) -> Iterator[Finding]:
        """Yields everything that breaks the rule."""
        for check in self.checks:
            for ids, values in check.rows(now):
                wire_values = {name: to_wire(value) for name, value in values.items()}
                numbers = dict(zip(("id", "other"), ids, strict=False))
                words = {name: value_text(to_wire(value)) for name, value in {**numbers, **values}.items()}
                yield Finding(
                    rule=self.name,
                    severity=self.severity,
                    table=check.table.__name__,
                    ids=[to_wire(number) for number in ids],
                    values=wire_values,
                    sentence=check.sentence.format_map(words),
                )


RULES: dict[str, Rule] = {}
"""Every rule, by name."""


def rule(name: str, severity: Severity, heading: str, *checks: Check) -> Rule:
    """Declares a rule."""
    RULES[name] = Rule(name, severity, heading, checks)
    return RULES[name]


def rules_by_severity() -> list[Rule]:
    """All rules, errors first."""
    return sorted(RULES.values(), key=lambda rule: list(Severity).index(rule.severity))


def row_kind(table: type[models.Model]) -> str:
    """The kind of row that a table has, as sentences name it: `launch vehicle`."""
    return str(table._meta.verbose_name).lower()


def value_text(value: Any) -> str:
    """A value, as sentences write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
