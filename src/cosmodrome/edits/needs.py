"""Needs: what an edited row can't be without stays with it, and what can't be without a deleted one goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Max

from cosmodrome.admin.deletion import Deletion, deletion_of
from cosmodrome.changes.rowset import Model
from cosmodrome.changes.transactions import Change, by_table
from cosmodrome.edits.recorder import Recorder
from cosmodrome.ingest.images import Image, Row, Stated, gone_rows, read_images, read_stated
from cosmodrome.shapes.relations import remove_links

Needed = dict[Row, tuple[Image, Stated]]
"""Rows that others point to, as they stood."""
Swap = Callable[[Change, dict[Row, Image | None], dict[Row, Stated]], None]


def pointers(table: Model) -> list[Any]:
    """Returns the foreign keys of a table."""
    return [column for column in table._meta.concrete_fields if column.is_relation]


def targets(row: Row, image: Image, with_lists: bool) -> Iterator[Row]:
    """Yields the rows that a row points to, and those that it lists."""
    yield from (target for _, target in related(row, image, with_lists))


def related(row: Row, image: Image, with_lists: bool = True) -> Iterator[tuple[Any, Row]]:
    """Yields the rows that a row points to, and those that it lists, each with its relation."""
    table, key = row
    for column in pointers(table):
        target = key if column.primary_key else image.columns[column.attname]
        if target is not None:
            yield column, (column.related_model, target)
    for relation in table._meta.many_to_many if with_lists else ():
        for target in image.lists.get(relation.name, ()):
            yield relation, (relation.related_model, target)


def needed_rows(images: dict[Row, Image]) -> Needed:
    """Returns all rows that these point to or list, and what those point to in turn."""
    found: Needed = {}
    ahead = {target for row, image in images.items() for target in targets(row, image, with_lists=True)}
    while ahead:
        further: set[Row] = set()
        for table, keys in by_table(ahead).items():
            stated = read_stated(table, keys)
            for key, image in read_images(table, keys).items():
                found[table, key] = image, stated.get(key)
                further.update(targets((table, key), image, with_lists=False))
        ahead = further - found.keys()
    return found


def missing(rows: Iterable[Row]) -> Iterator[tuple[Row, Any, Row]]:
    """Yields what is not there of what rows point to or list: the row, the relation, and the target."""
    wanted = [
        ((table, key), relation, target)
        for table, keys in by_table(rows).items()
        for key, image in read_images(table, keys).items()
        for relation, target in related((table, key), image)
    ]
    gone = gone_rows({target for _, _, target in wanted})
    yield from (each for each in wanted if each[2] in gone)


def mend(change: Change, recorder: Recorder, rows: list[Row], needed: Needed, swap: Swap) -> None:
    """Keeps what rows point to and pages tell of no more; a pointer to what is not to be had is emptied."""
    while lost := list(missing(rows)):
        kept = {target: needed[target] for _, _, target in lost if target in needed}
        for table, keys in by_table(kept).items():
            recorder.note(table, keys)
        swap(
            change, {row: each[0] for row, each in kept.items()}, {row: each[1] for row, each in kept.items()}
        )
        for row, relation, target in lost:
            if target not in kept:
                let_go(change, row, relation, target)
        rows = [*rows, *kept]


def let_go(change: Change, row: Row, relation: Any, target: Row) -> None:
    """Takes a target that is not there from a row; deletes the row if it can't be without one."""
    table, key = row
    if not relation.many_to_many and not relation.null:
        delete_with_all(change, {table: {key}})
        return
    change.before_write(table, [key])
    if relation.many_to_many:
        remove_links(relation, [(key, target[1])])
    else:
        table._default_manager.filter(pk=key).update(**{relation.attname: None})
    change.after_write(table, [key])


def delete_with_all(change: Change, rows: dict[Model, set[Any]]) -> None:
    """Deletes rows with what goes with them, and with what can't be without them."""
    wanted: dict[Model, set[Any]] = {table: set(keys) for table, keys in rows.items()}
    size = -1
    while size != (size := sum(map(len, wanted.values()))):
        for table, keys in list(wanted.items()):
            deletion = deletion_of(table, keys)
            for each in (deletion.rows, deletion.needed_by):
                for model, found in each.items():
                    wanted.setdefault(model, set()).update(found)
    Deletion(wanted).carry_out(change)


def take_unique_values(change: Change, images: dict[Row, Image | None]) -> None:
    """Takes what only one row can have, such as a landing, from rows that have it and are not in `images`.

    A number that no row can lack is given anew to the image.
    """
    for table, keys in by_table(row for row, image in images.items() if image is not None).items():
        for column in table._meta.concrete_fields:
            if column.primary_key or not column.unique:
                continue
            wanted: dict[Any, Image] = {}
            for key in keys:
                image = images[table, key]
                if image is not None and image.columns[column.attname] is not None:
                    wanted[image.columns[column.attname]] = image
            held = table._default_manager.filter(**{f"{column.attname}__in": list(wanted)}).exclude(
                pk__in=keys
            )
            if column.null:
                holders = list(held.values_list("pk", flat=True))
                change.before_write(table, holders)
                table._default_manager.filter(pk__in=holders).update(**{column.attname: None})
                change.after_write(table, holders)
            else:
                number_anew(
                    table,
                    column.attname,
                    [wanted[value] for value in held.values_list(column.attname, flat=True)],
                )


def number_anew(table: Model, column: str, images: list[Image]) -> None:
    """Gives the next free numbers to images."""
    highest = table._default_manager.aggregate(highest=Max(column))["highest"] or 0
    for number, image in enumerate(images, start=highest + 1):
        image.columns[column] = number
