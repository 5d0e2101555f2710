"""The graph of shapes: what each key of a shape shows, found by one walk.

Rendering, loading, the admin and the documentation all read these keys; nobody else looks at the fields of a
serializer to find out which relation a key follows or which shape it nests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from rest_framework import serializers

from cosmodrome.shapes.fields import Accruing, RelatedName, ResponseMode
from cosmodrome.shapes.relations import is_to_many, related_table
from cosmodrome.shapes.shapes import SHAPES, Assembled, Shape, Subset, shape_model


@dataclass(frozen=True, eq=False, slots=True)
class Key:
    """A key of a shape."""

    name: str
    field: Any
    """The serializer's field, bound to the graph's serializer."""


@dataclass(frozen=True, eq=False, slots=True)
class Constant(Key):
    """A key that says which shape it stands in."""


@dataclass(frozen=True, eq=False, slots=True)
class Value(Key):
    """A key that shows a column of the row."""


@dataclass(frozen=True, eq=False, slots=True)
class Name(Key):
    """A key that shows another record by its name alone."""

    relation: Any

    @property
    def name_column(self) -> str:
        """The column that keeps the name as it was read."""
        return str(self.field.name_column)


@dataclass(frozen=True, eq=False, slots=True)
class Url(Key):
    """A key that shows the address of the record."""


@dataclass(frozen=True, eq=False, slots=True)
class Growing(Value):
    """A key that shows a duration that may grow."""


@dataclass(frozen=True, eq=False, slots=True)
class Nesting(Key):
    """A key that nests other records."""

    owner: type[models.Model]
    """The table whose rows have the key."""
    via: tuple[str, ...]
    """The relations on the way to the nested one, as a flight's `rocket` on the way to its `launch`."""
    relation: Any
    shape: type[Shape]
    subset: Subset | None

    @property
    def is_pointer(self) -> bool:
        """Whether a column of the row points to the record, instead of rows that point or link to the row."""
        return not is_to_many(self.relation)

    @property
    def table(self) -> type[models.Model]:
        """The table of the nested records."""
        return shape_model(self.shape)


@dataclass(frozen=True, eq=False, slots=True)
class One(Nesting):
    """A key that nests one record, or null; of a subset, the first."""


@dataclass(frozen=True, eq=False, slots=True)
class Many(Nesting):
    """A key that nests a list of records."""


class Graph:
    """The keys of one shape, in its order."""

    def __init__(self, shape: type[Shape]) -> None:
        self.shape = shape
        self.model = shape_model(shape)
        self.serializer = shape(context={})
        self.keys: tuple[Key, ...] = tuple(
            self._key(name, field) for name, field in self.serializer.fields.items() if not field.write_only
        )

    def _key(self, name: str, field: Any) -> Key:
        child = nested_shape(field)
        if child is not None:
            return self._nesting(name, field, type(child))
        if isinstance(field, ResponseMode):
            return Constant(name, field)
        if isinstance(field, RelatedName):
            return Name(name, field, self.model._meta.get_field(str(field.source)))
        if isinstance(field, serializers.HyperlinkedIdentityField):
            return Url(name, field)
        return (Growing if isinstance(field, Accruing) else Value)(name, field)

    def _nesting(self, name: str, field: Any, shape: type[Shape]) -> Nesting:
        subset: Subset | None = getattr(field, "subset", None)
        *via, last = (subset.relation if subset else str(field.source)).split(".")
        relation = related_table(self.model, via)._meta.get_field(last)
        where = f"{self.shape.__name__}.{name}"
        if subset and not relation.one_to_many:
            raise TypeError(f"{where} can't take part of what is not a list of pointing rows")
        if via and is_to_many(relation):
            raise TypeError(f"{where}: a list of another record's can't be nested")
        kind = Many if isinstance(field, serializers.ListSerializer) else One
        return kind(name, field, self.model, tuple(via), relation, shape, subset)

    @property
    def nested(self) -> Iterator[Nesting]:
        """The keys that nest other records."""
        return (key for key in self.keys if isinstance(key, Nesting))

    @property
    def reads(self) -> frozenset[str]:
        """The columns and relations of the row that the keys show, by name."""
        return frozenset(str(key.field.source) for key in self.keys)


def graph_of(shape: type[Shape]) -> Graph:
    """The graph of a shape, found once: the walk takes a millisecond.

    The class itself holds it, so that the graph of a narrowed shape goes with that shape.
    """
    graph: Graph | None = vars(shape).get("graph")
    if graph is None:
        graph = Graph(shape)
        shape.graph = graph
    return graph


def reached_from(shape: type[Shape]) -> Iterator[type[Shape]]:
    """The shape itself and all that it nests, at any depth, each once."""
    ahead, seen = [shape], {shape}
    while ahead:
        each = ahead.pop()
        yield each
        for key in graph_of(each).nested:
            if key.shape not in seen:
                seen.add(key.shape)
                ahead.append(key.shape)


@cache
def shapes_of(model: type[models.Model]) -> tuple[type[Shape], ...]:
    """The declared shapes that show rows of a table."""
    return tuple(shape for shape in SHAPES.values() if shape_model(shape) is model)


def nested_shape(field: serializers.Field) -> Shape | None:
    """The shape that a field nests, once or as a list; None for a value."""
    child = getattr(field, "child", field)
    return child if isinstance(child, Shape) else None


@cache
def nested_shapes(shape: type[Assembled]) -> Mapping[str, type[Assembled] | None]:
    """The keys of a declared shape, in its order; with each the shape that it nests, if it nests one."""
    children = {name: getattr(field, "child", field) for name, field in shape().fields.items()}
    return {name: type(child) if isinstance(child, Assembled) else None for name, child in children.items()}
