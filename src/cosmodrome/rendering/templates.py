"""Recipes: how documents of a shape are made, found by walking it; its own fields render them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.db import models
from django.urls import get_script_prefix
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from cosmodrome.changes.rowset import rows_in_batches
from cosmodrome.rendering.fragments import (
    BASE,
    FORMAT,
    NULL,
    Document,
    First,
    Moment,
    Piece,
    Refer,
    Several,
)
from cosmodrome.shapes.fields import Motion, Moving
from cosmodrome.shapes.relations import between, ends, is_list, ways
from cosmodrome.shapes.shapes import SHAPES, Shape, Subset, nested_shape, nesting_of, shape_model
from cosmodrome.time import clock

Lists = dict[Any, list[Any]]
"""Ids of the records that a record lists, by its id."""


class AnyRequest:
    """Stands for the request when urls are rendered: what each has its own of is filled in later."""

    GET: dict[str, str] = {}
    versioning_scheme = None

    def build_absolute_uri(self, location: str) -> str:
        """The address below the server's, which is filled in later."""
        return location.removeprefix(get_script_prefix())


def as_json(value: Any) -> bytes:
    """`value` as DRF writes it."""
    if isinstance(value, str) and value.isascii() and value.isalnum():
        return b'"%b"' % value.encode()  # nothing to escape: durations, of which each second has others
    return NULL if value is None else bytes(JSONRenderer().render(value))


@dataclass(frozen=True)
class Plain:
    """A key that shows a value."""

    field: Any

    def piece(self, row: Any, lists: Lists, refer: Refer) -> Piece:
        del lists, refer
        value = self.field.get_attribute(row)
        return NULL if value is None else as_json(self.field.to_representation(value))


@dataclass(frozen=True)
class Link:
    """A key that shows where the record is."""

    field: Any

    def piece(self, row: Any, lists: Lists, refer: Refer) -> Piece:
        del lists, refer
        quote, path = b'"', as_json(str(self.field.to_representation(row)))[1:-1]
        return quote + BASE + path + FORMAT + quote


@dataclass(frozen=True)
class Growing:
    """A key that shows a duration, which may grow."""

    field: Moving

    def piece(self, row: Any, lists: Lists, refer: Refer) -> Piece:
        del lists, refer
        motion = self.field.motion(row)
        if motion is None:
            standing = self.field.standing(row)
            return NULL if standing is None else as_json(self.field.to_representation(standing))
        return Moment(partial(grown, self.field, motion))


def grown(field: Moving, motion: Motion, now: datetime) -> bytes:
    """What a moving field shows at an instant."""
    value = motion(now)
    return NULL if value is None else as_json(field.to_representation(value))


@dataclass(frozen=True)
class Pointed:
    """A key that nests the record that another points to."""

    via: tuple[str, ...]
    relation: Any
    shape: type[Shape]

    def piece(self, row: Any, lists: Lists, refer: Refer) -> Piece:
        del lists
        for name in self.via:
            row = getattr(row, name, None)
        key = getattr(row, self.relation.attname, None)
        if key is None:
            return NULL
        document = refer(recipe_of(self.shape), key)
        document.is_shared = document.is_shared or self.relation.many_to_one
        return document


@dataclass(frozen=True, eq=False)
class Listed:
    """A key that nests those that point or are linked to the record: all of them, or the first."""

    relation: Any
    shape: type[Shape]
    subset: Subset | None
    kind: type[Several] | type[First]

    def lists(self, keys: list[Any]) -> Lists:
        """What each of these records lists, in order."""
        lists: Lists = {key: [] for key in keys}
        here, there = self.ends
        rows = between(self.relation) if self.relation.many_to_many else self.pointing()
        rows = rows.order_by(there if self.relation.auto_created else "pk").values_list(here, there)
        for key, listed in rows_in_batches(rows, here, keys):
            lists[key].append(listed)
        return lists

    @property
    def ends(self) -> tuple[str, str]:
        """The columns of a link: the one that lists, and what is listed."""
        return ends(self.relation) if self.relation.many_to_many else (self.relation.field.attname, "pk")

    def pointing(self) -> models.QuerySet[Any]:
        """The rows of the pointing table that may be listed."""
        rows = self.relation.related_model._default_manager.all()
        return rows.filter(self.subset.only()) if self.subset else rows  # type: ignore[no-any-return]

    def piece(self, row: Any, lists: Lists, refer: Refer) -> Piece:
        recipe = recipe_of(self.shape)
        documents = [refer(recipe, key) for key in lists[row.pk]]
        if self.relation.many_to_many:
            for document in documents:
                document.is_shared = True
        return self.kind(documents)


Part = Plain | Link | Growing | Pointed | Listed


class Recipe:
    """How the documents of one shape are made."""

    def __init__(self, shape: type[Shape]) -> None:
        self.shape = shape(context={"request": AnyRequest()})
        self.model = shape_model(shape)
        self.joined: list[str] = []
        self.parts: list[tuple[bytes, Part]] = []
        for key, field in self.shape.fields.items():
            if not field.write_only:
                self.parts.append((as_json(key) + b":", self.part(key, field)))
        nested = [part.shape for part in self.nested()]
        self.height: int = 1 + max((recipe_of(shape).height for shape in nested), default=0)

    def nested(self) -> list[Pointed | Listed]:
        """The keys that nest other records."""
        return [part for _, part in self.parts if isinstance(part, Pointed | Listed)]

    def part(self, key: str, field: Any) -> Part:
        """What a key shows, and how."""
        child = nested_shape(field)
        if child is not None:
            return self.nesting(key, field, type(child))
        self.join(getattr(field, "reads", ()))
        if isinstance(field, serializers.HyperlinkedIdentityField):
            return Link(field)
        return Growing(field) if isinstance(field, Moving) else Plain(field)

    def nesting(self, key: str, field: Any, shape: type[Shape]) -> Part:
        """How a key nests other records: by which relation, in which shape."""
        subset, via, relation = nesting_of(self.model, field)
        if not is_list(relation):
            self.join(ways(via))
            return Pointed(via, relation, shape)
        if via:
            raise TypeError(f"{self.shape.component}.{key}: a list of another record's can't be nested")
        kind = Several if isinstance(field, serializers.ListSerializer) else First
        return Listed(relation, shape, subset, kind)

    def join(self, paths: Iterable[str]) -> None:
        """Has what a field reads of other tables joined."""
        self.joined += [path for path in paths if path not in self.joined]

    def fill(self, documents: list[Document], refer: Refer) -> bool:
        """Gives each its pieces; answers whether they hold for no longer than the moment."""
        with clock.recorded_reads() as reads:
            wanted = [document.key for document in documents]
            rows: Any = self.model._default_manager.all()
            rows = rows.select_related(*self.joined) if self.joined else rows
            found = [row for row in rows_in_batches(rows, "pk", wanted) if self.shape.can_show(row)]
            keys = [row.pk for row in found]
            lists = {part: part.lists(keys) for part in self.nested() if isinstance(part, Listed)}
            made = {row.pk: tuple(self.pieces(row, lists, refer)) for row in found}
        for document in documents:
            document.pieces = made.get(document.key, ())
        return reads.first is not None

    def pieces(self, row: Any, lists: dict[Listed, Lists], refer: Refer) -> list[Piece]:
        """What the document of a row consists of."""
        text = bytearray(b"{")
        pieces: list[Piece] = []
        for number, (label, part) in enumerate(self.parts):
            text += b"," + label if number else label
            piece = part.piece(row, lists.get(part, {}) if isinstance(part, Listed) else {}, refer)
            if isinstance(piece, bytes):
                text += piece
            else:
                pieces += [bytes(text), piece]
                text.clear()
        text += b"}"
        return [*pieces, bytes(text)]


@cache
def recipe_of(shape: type[Shape]) -> Recipe:
    """The recipe of a shape, found once."""
    return Recipe(shape)


@cache
def recipes_of(model: type[models.Model]) -> list[Recipe]:
    """The recipes of all shapes that show rows of a table."""
    return [recipe_of(shape) for shape in SHAPES.values() if shape_model(shape) is model]
