"""Repeated parts of a statement: moved to where SQLite computes each once a row.

The columns of a table as of an instant share conditions, which Django writes out in each of them, and SQLite
computes a condition as often as it is written.  A part that stands among the columns more than once, contains
a query, and depends on nothing but the row becomes a column of a table of its own, which is joined.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(r"%\(\w+\)s|'[^']*'|\"[^\"]*\"|[()]")
"""What has to be told apart: parameters and texts, whose brackets are none, names, and brackets."""
NAME = r"(?:\"(\w+)\"|\b([A-Z]+\d+)\b)"
USED = re.compile(rf"{NAME}\.")
"""A table by which a column is called."""
DECLARED = re.compile(rf"(?:FROM|JOIN) \"(\w+)\"(?: {NAME}(?!\.))?")
NO_VALUE = re.compile(r"(?:\w|\b(?:IN|EXISTS|FROM|JOIN|AS|OVER) )$")
"""What stands before a bracket that holds no value: the name of a function, or a word."""
WANTED = re.compile(r'"(\w+)"\."(\w+)" IN \(SELECT value FROM json_each\(%\(ids\)s\)\)')
"""The condition that chooses rows; see `Among`."""
DEEPEST = 8
"""Times that repeats are looked for, each of which may contain those found before."""
MOVED = "repeats"
"""The names of the tables that are made begin with this."""


@dataclass(eq=False)
class Group:
    """What stands between two brackets, or the whole statement."""

    start: int
    before: str
    end: int = 0
    inner: list[Group] = field(default_factory=list)
    own: str = ""
    """The text without that of the groups within."""
    outside: set[str] = field(default_factory=set)
    """The tables that it uses and does not declare."""

    def close(self, sql: str, end: int) -> None:
        """Ends the group before `end`."""
        self.end, place, pieces = end, self.start, []
        for each in self.inner:
            pieces.append(sql[place : each.start])
            place = each.end
        self.own = "".join([*pieces, sql[place:end]])
        used = {name or alias for name, alias in USED.findall(self.own)}
        declared = {quoted or alias or table for table, quoted, alias in DECLARED.findall(self.own)}
        self.outside = used.union(*(each.outside for each in self.inner)) - declared

    @property
    def is_value(self) -> bool:
        """Whether it stands for one value."""
        return not NO_VALUE.search(self.before) and (self.own.startswith("SELECT ") or "," not in self.own)

    @property
    def has_query(self) -> bool:
        """Whether it is a query, or contains one."""
        return self.own.startswith("SELECT ") or any(each.has_query for each in self.inner)

    def walk(self) -> Iterator[Group]:
        """Yields the groups within, outer ones first."""
        for each in self.inner:
            yield each
            yield from each.walk()


def parsed(sql: str) -> Group | None:
    """Returns a statement as groups; None if its brackets are not in pairs."""
    whole = Group(0, "")
    opened = [whole]
    for found in TOKEN.finditer(sql):
        if found[0] == "(":
            opened.append(Group(found.end(), sql[max(0, found.start() - 8) : found.start()]))
        elif found[0] == ")":
            if len(opened) == 1:
                return None
            group = opened.pop()
            group.close(sql, found.start())
            opened[-1].inner.append(group)
    whole.close(sql, len(sql))
    return whole if len(opened) == 1 else None


def without_repeats(sql: str, key: str) -> str:
    """Returns a statement of SQLite that yields the same, and computes once what it says more than once.

    `key` is the column of the table that tells rows apart.
    """
    whole, wanted = parsed(sql), WANTED.search(sql)
    source = f' FROM "{wanted[1]}"' if wanted else ""
    place = top_level(whole, sql, source) if whole and wanted else None
    if wanted is None or place is None:
        return sql
    columns, rest = sql[:place], sql[place:].removeprefix(source)
    tables, joins = "", ""
    for number in range(DEEPEST):
        found = repeated(columns, wanted[1])
        if not found:
            break
        name = f"{MOVED}{number}"
        values = ", ".join(f'({text}) AS "c{place}"' for place, text in enumerate(found))
        rows = f'SELECT "{wanted[1]}"."{key}" AS "k", {values}{source}{joins} WHERE {wanted[0]}'
        tables += f'{", " if tables else "WITH "}"{name}" AS MATERIALIZED ({rows})'
        joins += f' INNER JOIN "{name}" ON ("{name}"."k" = "{wanted[1]}"."{key}")'
        for place, text in enumerate(found):
            columns = columns.replace(f"({text})", f'"{name}"."c{place}"')
    return f"{tables} {columns}{source}{joins}{rest}" if tables else sql


def top_level(whole: Group, sql: str, text: str) -> int | None:
    """Returns where a text stands outside of all brackets; None: nowhere."""
    place = sql.find(text)
    while place >= 0 and any(each.start <= place < each.end for each in whole.inner):
        place = sql.find(text, place + 1)
    return place if place >= 0 else None


def repeated(columns: str, table: str) -> list[str]:
    """Returns what stands in brackets more than once among columns of a table, and contains no other such."""
    counts = Counter(movable(columns, table))
    several = [text for text, count in counts.items() if count > 1]
    return [text for text in several if not any(f"({each})" in text for each in several)]


def movable(sql: str, table: str) -> Iterator[str]:
    """Yields what stands in brackets, is a value of a row of a table, and takes a query to compute."""
    whole = parsed(sql)
    for group in whole.walk() if whole else ():
        outside = {each for each in group.outside if not each.startswith(MOVED)}
        if group.is_value and group.has_query and outside <= {table}:
            yield sql[group.start : group.end]
