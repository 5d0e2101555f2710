"""Rules, and their checks: SQL queries for rows that break a rule, with a sentence for each such row.

    rule(
        "died-before-birth",
        ERROR,
        "A person died before birth.",
        "Correct the date that is wrong.",
        Check(
            Astronaut,
            Q(date_of_death__lt=F("date_of_birth")),
            "{id} was born on {date_of_birth}, but died on {date_of_death}.",
        ),
    )

In a sentence, `{id}` is the row and `{spacecraft}`, a foreign key, is the row that it refers to: each by its
name and the path of its url.  Any other name in braces is a value: a column, a path as in queries, or an
annotation of the rows.  `values` gives a path a shorter name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import islice
from string import Formatter
from typing import Any

from django.db.models import Q, QuerySet

from cosmodrome.doctor.records import Key, Record, Table, named, target
from cosmodrome.shapes.fields import to_wire

Values = dict[str, Any]
CHUNK = 500
"""Rows at fault whose records are named together."""


class Severity(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    """Cannot be true at any time, whatever else becomes known."""
    WARNING = "warning"
    """Doubtful: hard to believe, out of date, or a published total against its parts."""


ERROR, WARNING = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True)
class Finding:
    """A row, or two of one table, that contradict themselves or each other."""

    rule: str
    severity: Severity
    table: Table
    ids: list[Any]
    values: Values
    """The values that contradict, as on the wire: durations in ISO 8601, instants in UTC."""
    records: list[Record]
    """The rows that the sentence names, and those of `ids`."""
    sentence: str

    @property
    def keys(self) -> set[Key]:
        """The rows that the finding is about."""
        return {(record.table, record.id) for record in self.records}

    def as_json(self) -> Values:
        """The object that `--format json` prints; keys are only ever added."""
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "table": self.table.__name__,
            "ids": [to_wire(key) for key in self.ids],
            "values": self.values,
            "sentence": self.sentence,
            "records": [record.as_json() for record in self.records],
        }


@dataclass(frozen=True)
class Check:
    """One way to break a rule.  The database finds the rows: no table is read whole."""

    table: Table
    rows: Q | Callable[[datetime], Q | QuerySet[Any]]
    """The rows that break the rule: a condition on the table, or what makes one, or a query, of the present
    instant.  A condition may follow lists: rows alike in all values are one."""
    sentence: str
    """A format: see the module.  `{other}` is the second row."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Names of paths: those that the sentence uses, and others that programs may want."""
    other: str | None = None
    """The path to the id of the second row, where two contradict each other."""
    refers: Mapping[str, Table] = field(default_factory=dict)
    """The tables whose ids annotations hold, by the annotation."""
    tolerated: Callable[[Values], bool] = lambda _row: False
    """Returns true for the values of a row that is no finding after all."""

    @cached_property
    def paths(self) -> dict[str, str]:
        """The paths of all values, by their names in the sentence."""
        used = [name for _, name, _, _ in Formatter().parse(self.sentence) if name]
        named_here = {name: name for name in used if name not in ("id", "other", *self.values)}
        return {**self.values, **named_here}

    def tables(self) -> dict[str, Table]:
        """The tables whose ids values are, by the values' names."""
        found = {name: target(self.table, path) for name, path in self.paths.items()} | dict(self.refers)
        return {name: table for name, table in found.items() if table is not None}

    def queryset(self, now: datetime) -> QuerySet[Any]:
        """The rows that break the rule."""
        rows = self.rows if isinstance(self.rows, Q) else self.rows(now)
        return self.table._default_manager.filter(rows) if isinstance(rows, Q) else rows

    def found(self, now: datetime) -> Iterator[tuple[list[Any], Values]]:
        """Yields the ids and the values of each row that breaks the rule."""
        keys = ["pk", *([self.other] if self.other else [])]
        rows = self.queryset(now).order_by(*keys).values_list(*keys, *self.paths.values()).distinct()
        for row in rows.iterator(chunk_size=1000):
            values = dict(zip(self.paths, row[len(keys) :], strict=True))
            if not self.tolerated(values):
                yield list(row[: len(keys)]), values


@dataclass(frozen=True)
class Rule:
    """A condition that holds in any catalogue that does not contradict itself."""

    name: str
    severity: Severity
    heading: str
    """A sentence that describes the findings of this rule."""
    advice: str
    """A sentence that says what to do about them."""
    checks: tuple[Check, ...]
    symptom_of: tuple[str, ...] = ()
    """Rules whose findings explain those of this one, where they are about a row in common."""
    cosmetic: bool = False
    """About texts and links only, so that a finding explains no other."""
    once: bool = False
    """Whether all findings of a row have one cause, so that the first is enough."""

    def find(self, now: datetime) -> Iterator[Finding]:
        """Yields everything that breaks the rule, symptoms of other findings among it."""
        for check in self.checks:
            rows = check.found(now)
            while some := list(islice(rows, CHUNK)):
                yield from self.findings(check, some)

    def findings(self, check: Check, rows: list[tuple[list[Any], Values]]) -> Iterator[Finding]:
        """Makes the findings of some rows of one check."""
        tables = check.tables()
        keys = [
            list(
                dict.fromkeys(
                    [(check.table, key) for key in ids]
                    + [(table, values[name]) for name, table in tables.items() if values[name] is not None]
                )
            )
            for ids, values in rows
        ]
        records = named(key for own in keys for key in own)
        for (ids, values), own in zip(rows, keys, strict=True):
            in_words = {
                name: str(records[tables[name], value])
                if name in tables and value is not None
                else value_text(to_wire(value))
                for name, value in values.items()
            }
            for name, key in zip(("id", "other"), ids, strict=False):
                in_words[name] = str(records[check.table, key])
            sentence = check.sentence.format_map(in_words)
            if not records[own[0]].name:
                sentence = sentence[0].upper() + sentence[1:]
            wire_values = {name: to_wire(value) for name, value in values.items()}
            found = [records[key] for key in own]
            yield Finding(self.name, self.severity, check.table, ids, wire_values, found, sentence)


RULES: dict[str, Rule] = {}
"""Every rule, by name."""


def rule(
    name: str,
    severity: Severity,
    heading: str,
    advice: str,
    *checks: Check,
    symptom_of: tuple[str, ...] = (),
    cosmetic: bool = False,
    once: bool = False,
) -> Rule:
    """Declares a rule."""
    RULES[name] = Rule(name, severity, heading, advice, checks, symptom_of, cosmetic, once)
    return RULES[name]


def rules_by_severity() -> list[Rule]:
    """All rules, errors first."""
    return sorted(RULES.values(), key=lambda rule: list(Severity).index(rule.severity))


def value_text(value: Any) -> str:
    """A value, as sentences write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "unknown" if value is None else str(value)
