"""One examination of the catalogue: what each rule finds, without the symptoms of what another one found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cosmodrome.derived.registry import DEPENDENCIES, EVERY_ROW
from cosmodrome.doctor.records import Key, Table
from cosmodrome.doctor.rules import RULES, Finding, Rule

ALL_OTHERS = "*"
"""In `symptom_of`: every rule that does not have this itself, and is not cosmetic."""


@dataclass
class Examination:
    """The findings as of one instant.  Each rule asks the database once."""

    now: datetime
    made: dict[str, list[Finding]] = field(default_factory=dict)

    def findings(self, rule: Rule) -> list[Finding]:
        """Returns the findings of a rule, but for symptoms of findings of another one."""
        if rule.name not in self.made:
            found = list(rule.find(self.now))
            if found and rule.symptom_of:
                at_fault = {
                    key for cause in self.causes(rule) for each in self.findings(cause) for key in each.keys
                }
                explained = at_fault | owners(at_fault, {each.table for each in found})
                found = [each for each in found if explained.isdisjoint(each.keys)]
            self.made[rule.name] = first_of_each_row(found) if rule.once else found
        return self.made[rule.name]

    def causes(self, rule: Rule) -> list[Rule]:
        """The rules whose findings explain those of this one."""
        if ALL_OTHERS in rule.symptom_of:
            return [
                each for each in RULES.values() if ALL_OTHERS not in each.symptom_of and not each.cosmetic
            ]
        return [RULES[name] for name in rule.symptom_of]


def first_of_each_row(findings: list[Finding]) -> list[Finding]:
    """The first finding of each row."""
    first: dict[Key, Finding] = {}
    for each in findings:
        first.setdefault((each.table, each.ids[0]), each)
    return list(first.values())


def owners(keys: Iterable[Key], tables: set[Table]) -> set[Key]:
    """The rows of some tables whose derived values have a row of `keys` among their parts."""
    ids: dict[Table, list[object]] = {}
    for table, key in keys:
        ids.setdefault(table, []).append(key)
    return {
        (table, owner)
        for table in tables
        for part, path in DEPENDENCIES.get(table, ())
        if part in ids and path != EVERY_ROW
        for owner in part._default_manager.filter(pk__in=ids[part]).values_list(path or "pk", flat=True)
    }
