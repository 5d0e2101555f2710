"""What a rule is: searches in SQL for rows that break it, each with a sentence to tell of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models

from cosmodrome.shapes.fields import to_wire

Row = dict[str, Any]


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """It can't be true."""
    WARNING = "warning"
    """It is hard to believe, or what is published may be right and the parts of it wrong."""


@dataclass(frozen=True)
class Finding:
    """A row, or two of one table, that contradict themselves or each other."""

    rule: str
    severity: Severity
    table: str
    ids: list[Any]
    values: Row
    """What contradicts, as on the wire: durations in ISO 8601, instants in UTC."""
    sentence: str

    def as_json(self) -> Row:
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
class Search:
    """One way to break a rule.  What it answers has been found by the database: no table is read whole."""

    table: type[models.Model]
    broken: Callable[[datetime], models.QuerySet[Any]]
    """The rows that break the rule, as of the instant that is now."""
    sentence: str
    """With `{id}`, `{other}` and the names of the values in braces."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What to tell of each row, by name: the column, the path or the annotation that holds it."""
    other: str | None = None
    """The path to the id of the second row, where two contradict each other."""
    tolerated: Callable[[Row], bool] = lambda _row: False
    """A last look at the values of a row that was found; it is no finding after all if this holds."""

    def rows(self, now: datetime) -> Iterator[tuple[list[Any], Row]]:
        """The ids and the values of each row that breaks the rule."""
        keys = ["pk", *([self.other] if self.other else [])]
        paths = [*keys, *self.values.values()]
        found = self.broken(now).order_by(*keys).values_list(*paths)
        for row in found.iterator(chunk_size=1000):
            values = dict(zip(self.values, row[len(keys) :], strict=True))
            if not self.tolerated(values):
                yield list(row[: len(keys)]), values


@dataclass(frozen=True)
class Rule:
    """Something that holds in any catalogue that does not contradict itself."""

    name: str
    severity: Severity
    says: str
    """What has been found, of a finding of this rule: a sentence for its heading."""
    searches: tuple[Search, ...]

    def find(self, now: datetime) -> Iterator[Finding]:
        """All that breaks the rule."""
        for search in self.searches:
            for ids, values in search.rows(now):
                told = {name: to_wire(value) for name, value in values.items()}
                numbers = dict(zip(("id", "other"), ids, strict=False))
                words = {name: in_words(to_wire(value)) for name, value in {**numbers, **values}.items()}
                yield Finding(
                    rule=self.name,
                    severity=self.severity,
                    table=search.table.__name__,
                    ids=[to_wire(number) for number in ids],
                    values=told,
                    sentence=search.sentence.format_map(words),
                )


RULES: dict[str, Rule] = {}
"""All of them, by name."""


def rule(name: str, severity: Severity, says: str, *searches: Search) -> Rule:
    """Declares a rule."""
    RULES[name] = Rule(name, severity, says, searches)
    return RULES[name]


def in_order() -> list[Rule]:
    """All rules, errors first."""
    return sorted(RULES.values(), key=lambda rule: list(Severity).index(rule.severity))


def kind_of(table: type[models.Model]) -> str:
    """What a row of the table is called in a sentence: `launch vehicle`."""
    return str(table._meta.verbose_name).lower()


def in_words(value: Any) -> str:
    """A value as a sentence has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
