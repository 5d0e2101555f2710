"""Notes of rows before a change writes them, with which they can be compared after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, batches
from cosmodrome.changes.transactions import ChangeListener, by_table
from cosmodrome.ingest.images import (
    Image,
    Row,
    Stated,
    list_between,
    owners_of_parts,
    part_relations,
    read_images,
    read_parts,
    read_stated,
)


@dataclass
class Before:
    """A row as it was before the change."""

    image: Image | None
    """None: there was no such row."""
    stated: Stated


class RowNotes(ChangeListener):
    """Notes the rows of one change before they are written."""

    def __init__(self) -> None:
        self.before: dict[Row, Before] = {}
        self.is_idle = False
        """Whether rows are written that are not to be noted."""

    def before_write(self, model: Model, keys: list[Any]) -> None:
        if not self.is_idle:
            self.note(model, keys)

    def note(self, model: Model, keys: Iterable[Any]) -> None:
        """Notes rows as they are now, unless the change has noted them before."""
        for owner, owners in owning_rows(model, keys):
            self.note(owner, owners)
        if not is_noted(model):
            return
        fresh = [key for key in keys if (model, key) not in self.before]
        images, stated = read_images(model, fresh), read_stated(model, fresh)
        for key in fresh:
            self.before[model, key] = Before(images.get(key), stated.get(key))

    def created(self, model: Model, keys: list[Any]) -> None:
        for owner, name, back in owners_of_parts(model):
            rows = model._default_manager.filter(pk__in=keys).exclude(**{back: None})
            owners = {key for key in rows.values_list(back, flat=True) if (owner, key) not in self.before}
            self.note(owner, owners)
            for key, parts in read_parts(part_relations(owner)[name], owners, keys).items():
                if image := self.before[owner, key].image:
                    image.parts[name] = parts
        if is_noted(model):
            stated = read_stated(model, keys)
            for key in keys:
                self.before.setdefault((model, key), Before(None, stated.get(key)))

    def images_now(self) -> dict[Row, Image | None]:
        """Returns the images of all noted rows as they are now."""
        found: dict[Row, Image | None] = {}
        for table, keys in by_table(self.before).items():
            images = read_images(table, keys)
            found |= {(table, key): images.get(key) for key in keys}
        return found


def is_noted(model: Model) -> bool:
    """Whether rows of a table are noted by themselves: not those that are part of an image."""
    own = model._meta.app_label == "catalogue" and not model._meta.auto_created
    return own and not owners_of_parts(model)


def owning_rows(model: Model, keys: Iterable[Any]) -> Iterator[tuple[Model, list[Any]]]:
    """Yields the rows in whose images these rows are, as links of a list or as parts."""
    pointers = [(owner, back) for owner, _, back in owners_of_parts(model)]
    if model._meta.auto_created and (between := list_between(model)):
        pointers.append(between)
    for owner, back in pointers:
        found: set[Any] = set()
        for some in batches(keys, ROWS_PER_STATEMENT):
            found |= set(model._default_manager.filter(pk__in=some).values_list(back, flat=True))
        yield owner, list(found - {None})
