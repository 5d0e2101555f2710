"""Replay: pages are taken in as if nobody had edited anything, and then the edits are made again.

All of it is within the one transaction of the change, so no reader ever sees the catalogue without the edits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps

from cosmodrome.changes.rowset import Model
from cosmodrome.changes.transactions import Change, by_table
from cosmodrome.edits.merge import Side, merged
from cosmodrome.edits.models import LocalEdit
from cosmodrome.edits.needs import delete_with_all, mend, needed_rows, take_unique_values
from cosmodrome.edits.recorder import Intent, Recorder
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.ingest.images import (
    Image,
    Row,
    Stated,
    decoded,
    key_of,
    read_images,
    read_stated,
    write_images,
    write_stated,
)
from cosmodrome.ingest.listings import end_unlisted, remove_unlisted
from cosmodrome.time.clock import read_instant

Edits = dict[Row, LocalEdit]


class EditListener(Recorder):
    """Records what people enter, and sets it aside while pages are taken in."""

    @contextmanager
    def taking_in(self, change: Change, loaded: Any) -> Iterator[None]:
        with without_edits(change, self, loaded):
            yield


@contextmanager
def without_edits(
    change: Change, recorder: Recorder, loaded: CollectedRows | None = None, released: Collection[Row] = ()
) -> Iterator[None]:
    """A block in which the catalogue is as it would be without the edits, which are made again after it.

    `loaded` as in `Change.taking_in`; `released` are the rows whose edits are not made again.
    """
    edits = all_edits()
    replay = Replay(change, recorder, edits, loaded, released) if edits else None
    recorder.is_idle = True
    if replay:
        put_back(change, edits)
    yield
    recorder.is_idle = False
    if replay:
        replay.run()


def all_edits() -> Edits:
    """Returns all local edits by their row, in the order in which they were made."""
    found: Edits = {}
    for edit in LocalEdit.objects.order_by("change", "pk"):
        table = apps.get_model(edit.table)
        found[table, key_of(table, edit.row)] = edit
    return found


def their_keys(table: Model, ours: Iterable[Any]) -> set[Any]:
    """Returns the ids that a table would have without the edits, where it has `ours`."""
    keys = set(ours)
    for edit in LocalEdit.objects.filter(table=table._meta.label_lower):
        (keys.discard if edit.theirs is None else keys.add)(key_of(table, edit.row))
    return keys


def put_back(change: Change, edits: Edits) -> None:
    """Makes all rows what they would be without the edits, of which none is left."""
    images = {row: decoded(row[0], edit.theirs) for row, edit in edits.items()}
    swap(change, images, {row: edit.stated for row, edit in edits.items()})
    LocalEdit.objects.all().delete()


def swap(change: Change, images: dict[Row, Image | None], stated: dict[Row, Stated]) -> None:
    """Makes rows what their images say, and announces it."""
    for table, keys in by_table(images).items():
        there = set(read_present(table, keys))
        change.before_write(table, [key for key in keys if key in there])
        write_images(table, {key: images[table, key] for key in keys})
        write_stated(table, {key: stated.get((table, key)) for key in keys})
    for table, keys in by_table(images).items():
        change.after_write(table, [key for key in keys if images[table, key] is not None])


def read_present(table: Model, keys: list[Any]) -> Iterator[Any]:
    """Yields those of these ids that the table has."""
    yield from table._default_manager.filter(pk__in=keys).values_list("pk", flat=True)


class Replay:
    """The edits as they stand before pages are taken in, to be made again after it."""

    def __init__(
        self,
        change: Change,
        recorder: Recorder,
        edits: Edits,
        loaded: CollectedRows | None,
        released: Collection[Row],
    ) -> None:
        self.change, self.recorder, self.loaded = change, recorder, loaded
        self.entered = {row: edit for row, edit in edits.items() if edit.entered and row not in released}
        self.deleted = {row: edit for row, edit in edits.items() if edit.deleted and row not in released}
        self.unmade = {row for row in released if row in edits and edits[row].theirs is None}
        self.ours: dict[Row, Side] = {
            (table, key): Side(image, stated.get(key))
            for table, keys in by_table(self.entered).items()
            for stated in [read_stated(table, keys)]
            for key, image in read_images(table, keys).items()
        }
        self.needed = needed_rows({row: side.image for row, side in self.ours.items()})

    def run(self) -> None:
        """Makes the edits again, and stores what they now stand on."""
        self.enter()
        self.delete()
        mend(self.change, self.recorder, list(self.entered), self.needed, swap)
        if self.loaded is not None:
            remove_unlisted(self.loaded, self.change)
            end_unlisted(self.loaded, self.change)
        self.recorder.store(0, self.recorder.images_now())

    def enter(self) -> None:
        """Writes what was entered over what pages tell, where that differs."""
        images: dict[Row, Image | None] = {}
        stated: dict[Row, Stated] = {}
        intents: dict[Row, Intent] = {}
        for table, keys in by_table(row for row in self.entered if row in self.ours).items():
            self.recorder.note(table, keys)
            for key in keys:
                row, edit = (table, key), self.entered[table, key]
                before = self.recorder.before[row]
                theirs = Side(before.image, before.stated) if before.image else None
                outcome = merged(row, edit, self.ours[row], theirs, self.loaded is not None, self.unmade)
                if outcome:
                    images[row], stated[row], left = outcome
                    intents[row] = Intent(left, None, edit.change)
        take_unique_values(self.change, images)
        swap(self.change, images, stated)
        self.recorder.intents |= intents
        for (table, key), intent in intents.items():
            self.change.stated(table, [key], read_instant(max(intent.entered.values())))

    def delete(self) -> None:
        """Deletes again what was deleted, with what goes with it now; a load brings back what it tells of."""
        told = self.loaded.rows if self.loaded is not None else {}
        rows = [(table, key) for table, key in self.deleted if key not in told.get(table, {})]
        there = {
            table: present
            for table, keys in by_table(rows).items()
            if (present := set(read_present(table, keys)))
        }
        for table, keys in there.items():
            for key in keys:
                edit = self.deleted[table, key]
                self.recorder.intents[table, key] = Intent({}, edit.deleted, edit.change)
        delete_with_all(self.change, there)
