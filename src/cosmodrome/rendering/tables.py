"""Tables of an answer, and the rows of other tables that come along with their rows, to save statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cosmodrome.changes.rowset import Model
from cosmodrome.rendering.templates import FragmentTemplate, templates_reached
from cosmodrome.shapes.graph import Nesting
from cosmodrome.shapes.history import HISTORIES
from cosmodrome.shapes.shapes import Shape

MOST_JOINED = 50
"""Tables joined to a row.  SQLite joins 64 at most."""


@dataclass
class TablePlan:
    """The rows that the shapes of an answer need with each row of one table."""

    read: list[str] = field(default_factory=list)
    """Look-up paths of related rows of which the row shows a value, shorter ones first."""
    shown: set[str] = field(default_factory=set)
    """The columns and relations that are shown."""
    along: dict[str, Model] = field(default_factory=dict)
    """Look-up paths of related rows that take no statement of their own, since they are joined."""
    joined: list[str] = field(default_factory=list)
    """Look-up paths of all rows that are joined: both, and what the rows along read in turn."""


@lru_cache(512)  # narrowed shapes come and go
def tables_of(shapes: tuple[type[Shape], ...], is_historic: bool) -> dict[Model, TablePlan]:
    """Returns what these shapes, and all that they nest, need of each table.

    A row that was other than it is comes by a statement of its own: `is_historic` says that this matters.
    """
    reached = templates_reached(shapes)
    tables: dict[Model, TablePlan] = defaultdict(TablePlan)
    for template in reached:
        table = tables[template.model]
        table.read = sorted({*table.read, *template.joined}, key=lambda path: (path.count("__"), path))
        table.shown |= template.reads
    steps = joined_steps(reached, HISTORIES.keys() if is_historic else ())
    for model, table in [*tables.items()]:
        table.joined += table.read
        for path, end in paths_along(model, steps, (model,)):
            needed = [path, *(f"{path}__{read}" for read in tables[end].read)]
            if len(table.joined) + len(needed) <= MOST_JOINED:
                table.along[path] = end
                table.joined += needed
    return tables


def joined_steps(reached: list[FragmentTemplate], apart: Iterable[Model]) -> dict[Model, dict[str, Model]]:
    """Returns, by table, the relations to one row that comes along.

    These lead to look-ups and other tables that nest nothing, to the row that shares its life with the one
    that nests it, and to tables that nothing else in the answer shows; but to no table that is `apart`.
    """
    ways: dict[Model, set[Any]] = defaultdict(set)
    for key in nesting_keys(reached):
        ways[key.table].add((key.owner, key.via, key.relation.name))
    branching = {each.model for each in reached if each.height > 1 or each.joined}
    steps: dict[Model, dict[str, Model]] = defaultdict(dict)
    for key in nesting_keys(reached):
        relation = key.relation
        one = not key.via and (key.is_pointer or relation.one_to_one) and key.table not in apart
        alone = key.table not in branching or relation.one_to_one or len(ways[key.table]) == 1
        if one and alone:
            steps[key.owner][relation.name] = key.table
    return steps


def nesting_keys(reached: list[FragmentTemplate]) -> Iterator[Nesting]:
    """Returns the keys by which these templates nest others."""
    return (key for template in reached for key in template.nested)


def paths_along(
    model: Model, steps: dict[Model, dict[str, Model]], passed: tuple[Model, ...]
) -> Iterator[tuple[str, Model]]:
    """Returns the paths of all rows that come along with a row, and the tables at which they end."""
    for name, table in steps.get(model, {}).items():
        if table not in passed:
            yield name, table
            for path, end in paths_along(table, steps, (*passed, table)):
                yield f"{name}__{path}", end
