"""Rows of one answer, fetched a table at a time, in the present or as of an earlier instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import models

from cosmodrome.changes.allowance import check
from cosmodrome.changes.rowset import Model, batches
from cosmodrome.rendering.fragments import Fragment, Refer
from cosmodrome.rendering.statements import STATEMENTS, Among, Statement
from cosmodrome.rendering.tables import tables_of
from cosmodrome.rendering.templates import FragmentTemplate, ListKey, Lists
from cosmodrome.shapes.history import HISTORIES, NOTHING, AsOfColumns, existing
from cosmodrome.shapes.relations import list_place, table_order, through_columns, through_rows
from cosmodrome.shapes.shapes import Shape, Subset
from cosmodrome.time import clock
from cosmodrome.time.as_of import present, requested_as_of

LINKED = 1000
"""Owners of which one statement reads the links: each stands in it once for each relation."""


class RowRenderer:
    """Renders the fragments of one answer from rows, each fetched once, whatever shapes show it."""

    def __init__(self, shapes: Iterable[type[Shape]], as_of: datetime | None = None) -> None:
        """`shapes` are those of the answer; with `as_of`, rows are what they were at that instant."""
        self.as_of = as_of
        self.tables = tables_of(tuple(shapes), as_of is not None)
        self.rows: dict[Model, dict[Any, Any]] = defaultdict(dict)
        """By table and id, the rows fetched so far; None where there is none."""
        self._histories: dict[Model, AsOfColumns] = {}

    def render(self, missing: dict[Any, list[Fragment]], refer: Refer) -> set[Any]:
        """Gives each fragment its parts; `missing` are fragments by template, all of one table.

        Returns the templates of which the fragments are valid only for the current second.
        """
        check()
        model: Model = next(iter(missing)).model
        rows = self._fetch(model, {each.key for fragments in missing.values() for each in fragments})
        shown: dict[FragmentTemplate, dict[Any, Any]] = {}
        for template, fragments in missing.items():
            found = {each.key: rows.get(each.key) for each in fragments}
            can_show = template.serializer.can_show
            shown[template] = {key: row for key, row in found.items() if row is not None and can_show(row)}
        lists, momentary = self._lists(shown)
        for template, fragments in missing.items():
            with clock.recorded_reads() as reads:
                for fragment in fragments:
                    row = shown[template].get(fragment.key)
                    fragment.parts = () if row is None else template.parts(row, lists, refer)
            if reads.first:
                momentary.add(template)
        return momentary

    def _fetch(self, model: Model, keys: set[Any]) -> dict[Any, Any]:
        """Returns the rows of a table by their ids, by one statement for those not fetched before."""
        known = self.rows[model]
        new = keys - known.keys()
        if new:
            known.update(dict.fromkeys(new))
            self._take(model, self._statement(model, "pk").execute(new))
        return known

    def _lists(
        self, shown: dict[FragmentTemplate, dict[Any, Any]]
    ) -> tuple[dict[ListKey, Lists], set[FragmentTemplate]]:
        """Returns what the rows of one table list, and the templates whose lists depend on the clock.

        Two shapes that show the same list of a row share the statement.
        """
        owners: dict[ListKey, dict[Any, None]] = defaultdict(dict)
        for template, rows in shown.items():
            for slot in template.lists if rows else ():
                owners[slot.list_key].update(dict.fromkeys(rows))
        found: dict[ListKey, Lists] = {
            list_key: {key: [] for key in keys} for list_key, keys in owners.items()
        }
        self._fill_linked({key[0]: lists for key, lists in found.items() if key[0].many_to_many})
        momentary: set[ListKey] = set()
        for (relation, subset), lists in found.items():
            with clock.recorded_reads() as reads:
                if not relation.many_to_many:
                    self._fill_pointing(relation, subset, lists)
            if reads.first:
                momentary.add((relation, subset))
        depending = {each for each in shown if any(slot.list_key in momentary for slot in each.lists)}
        return found, depending

    def _fill_pointing(self, relation: Any, subset: Subset | None, lists: Lists) -> None:
        """Adds to the lists, by owner, the ids of the rows that point to the owners."""
        table, column = relation.related_model, relation.field.attname
        if relation.name in self.tables[relation.model].along:  # one row, which has come along with its owner
            owners = self.rows[relation.model]
            for key, listed in lists.items():
                listed += [related.pk for related in reached([owners[key]], [relation.name])]
            return
        for row in self._take(table, self._statement(table, column, subset, is_list=True).execute(lists)):
            lists[getattr(row, column)].append(row.pk)

    def _statement(
        self, model: Model, column: str, subset: Subset | None = None, is_list: bool = False
    ) -> Statement:
        """Returns what fetches rows of a table, with what is joined to them, by the values of a column."""
        columns, joined = self._columns(model), tuple(self.tables[model].joined)
        key = "rows", model, column, subset, is_list, joined, tuple(columns.columns)
        make = partial(rows_among, columns, model, column, joined, subset, is_list)
        ids = model._meta.pk if column == "pk" else model._meta.get_field(column)
        return STATEMENTS.get(key, make, ids)

    def _take(self, model: Model, rows: Iterable[Any]) -> list[Any]:
        """Stores rows that were fetched, as they were at the instant; returns them."""
        taken = list({row.pk: row for row in rows}.values())  # the joins of what existed repeat rows
        if self.as_of:
            columns = self._columns(model)
            for row in taken:
                columns.apply(row)
            self._cut_off(model, taken)
        self.rows[model].update((row.pk, row) for row in taken)
        for path, table in self.tables[model].along.items():
            for related in reached(taken, path.split("__")):
                self.rows[table].setdefault(related.pk, related)
        return taken

    def _columns(self, model: Model) -> AsOfColumns:
        """Returns the columns that are shown as of another instant; of the present, none."""
        if model not in self._histories:
            self._histories[model] = AsOfColumns(model, self.tables[model].shown if self.as_of else ())
        return self._histories[model]

    def _cut_off(self, model: Model, rows: list[Any]) -> None:
        """Cuts rows off from the joined rows that did not exist at the instant."""
        read = {"": rows}
        for path in self.tables[model].read:
            before, _, name = path.rpartition("__")
            pairs = [
                (owner, related) for owner in read[before] if (related := getattr(owner, name)) is not None
            ]
            gone = not_existing([related for _, related in pairs])
            for owner, related in pairs:
                if related.pk in gone:
                    owner._meta.get_field(name).set_cached_value(owner, None)
                    if hasattr(owner, f"{name}_name"):
                        setattr(owner, f"{name}_name", None)
            read[path] = [related for _, related in pairs if related.pk not in gone]

    def _fill_linked(self, found: dict[Any, Lists]) -> None:
        """Adds to the lists, by many-to-many relation and owner, the ids that are linked to the owners.

        One statement serves all relations of the table whose ids are of one kind.
        """
        alike: dict[Any, list[Any]] = defaultdict(list)
        for relation in found:
            alike[type(relation.related_model._meta.pk)].append(relation)
        for relations in alike.values():
            for batch in batches(dict.fromkeys(key for each in relations for key in found[each]), LINKED):
                for number, owner, listed in linked(relations, batch):
                    if owner in found[relations[number]]:
                        found[relations[number]][owner].append(listed)
        for relation, lists in found.items():
            self._cut_links(relation, lists)

    def _cut_links(self, relation: Any, lists: Lists) -> None:
        """Leaves of the lists what was linked at the instant."""
        existed = HISTORIES.get(relation.model, NOTHING).lists.get(relation.name)
        if self.as_of is None or existed is None or relation.auto_created:
            return
        links = STATEMENTS.get(
            ("links", relation), partial(existing_links, relation), relation.model._meta.pk
        )
        there = set(links.execute(lists))
        for owner, listed in lists.items():
            listed[:] = [each for each in listed if (owner, each) in there]


def rows_among(
    columns: AsOfColumns,
    model: Model,
    column: str,
    joined: tuple[str, ...],
    subset: Subset | None,
    is_list: bool,
) -> models.QuerySet[Any]:
    """Returns rows of a table that have some value in a column, as of the instant of the answer."""
    rows, at = model._default_manager.all(), requested_as_of()
    if at:
        rows = columns.annotated(existing(rows, at), at)
    if joined:  # without a name it joins all there is
        rows = rows.select_related(*joined)
    if subset:
        rows = rows.filter(subset.only())
    if is_list:
        rows = rows.order_by(*table_order(model))
    return rows.filter(Among(column))


def existing_links(relation: Any) -> models.QuerySet[Any]:
    """Returns the pairs of ids of a many-to-many list that were linked at the instant of the answer."""
    at = requested_as_of() or present()
    owners = relation.model._default_manager.filter(HISTORIES[relation.model].lists[relation.name](at))
    pairs: models.QuerySet[Any] = owners.filter(Among("pk")).values_list("pk", relation.name)
    return pairs


def linked(relations: list[Any], owners: list[Any]) -> Iterable[tuple[int, Any, Any]]:
    """Returns the number of a relation, an owner and the id that it lists, each list in its order."""
    here, _ = through_columns(relations[0])
    column = through_rows(relations[0]).model._meta.get_field(here)
    statement = STATEMENTS.get(("linked", *relations), partial(links_among, relations), column)
    found = sorted(statement.execute(owners), key=lambda row: (row[0], row[3]))
    return (row[:3] for row in found)


def links_among(relations: list[Any]) -> models.QuerySet[Any]:
    """Returns the number of a relation, an owner, the id that it lists and its place, for some owners."""
    queries = []
    for number, relation in enumerate(relations):
        here, there = through_columns(relation)
        rows = through_rows(relation).filter(Among(here))
        queries.append(rows.values_list(models.Value(number), here, there, list_place(relation)))
    first, *others = queries
    links: models.QuerySet[Any] = first.union(*others, all=True) if others else first
    return links


def reached(rows: Iterable[Any], names: Iterable[str]) -> list[Any]:
    """Returns the rows to which joined relations lead, one after the other."""
    for name in names:
        rows = [related for row in rows if (related := getattr(row, name, None)) is not None]
    return list(rows)


def not_existing(rows: list[Any]) -> set[Any]:
    """Returns the ids of those of a table's rows that did not exist at the instant of the answer."""
    ids = {row.pk for row in rows}
    model = type(rows[0]) if rows else None
    if model is None or HISTORIES.get(model, NOTHING).existed is None:
        return set()
    there = STATEMENTS.get(("existing", model), partial(existing_among, model), model._meta.pk)
    return ids - set(there.execute(ids))


def existing_among(model: Model) -> models.QuerySet[Any]:
    """Returns the ids of rows that existed at the instant of the answer."""
    at = requested_as_of() or present()
    return existing(model._default_manager.filter(Among("pk")), at).values_list("pk", flat=True)
