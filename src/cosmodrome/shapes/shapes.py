"""Shapes: ordinary DRF serializers, one class for each component of the OpenAPI document.

A shape names another by its component name, as a ForeignKey may name a model, so that families
nest each other without importing each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers

from cosmodrome.shapes.fields import Duration
from cosmodrome.shapes.relations import related_rows

SHAPES: dict[str, type[Shape]] = {}


@dataclass(frozen=True)
class Subset:
    """Which rows of a relation a key shows: those that `only` holds for, at the moment of the answer."""

    relation: str
    only: Callable[[], models.Q]


class Nested(serializers.Field):
    """`agency = Nested("AgencyMini")`: the related object, or with `many=True` objects, in that shape.

    A key that shows part of a relation says which: `subset=Subset("expeditions", running)`; without `many`
    it shows the first of them, or null.  An object that no table has is given by its class.

    A placeholder: each instance of a shape puts the real serializer in its place.
    """

    def __init__(self, shape: str | type[Assembled], subset: Subset | None = None, **options: Any) -> None:
        super().__init__()
        self.shape, self.subset, self.options = shape, subset, options

    def serializer(self, narrowed: type[Assembled] | None) -> serializers.BaseSerializer[Any]:
        """A new serializer of the shape that is named, or of that one with fewer keys."""
        shape = SHAPES[self.shape] if isinstance(self.shape, str) else self.shape
        serializer: Any = (narrowed or shape)(**self.options)
        serializer.subset = self.subset
        return serializer  # type: ignore[no-any-return]


class Assembled(serializers.Serializer[Any]):
    """An object that shows no row of a table, but several shapes together: a dashboard."""

    keys: ClassVar[Mapping[str, type[Assembled] | None] | None] = None
    """The keys that `choosing` has left, and the narrowed shapes that they nest; None: all there are."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """DRF's fields, with the serializers of nested shapes in their places."""
        fields = super().get_fields()
        keys = dict.fromkeys(fields) if self.keys is None else self.keys
        return {
            name: field.serializer(keys[name]) if isinstance(field, Nested) else field
            for name, field in fields.items()
            if name in keys
        }


class Shape(Assembled, serializers.ModelSerializer[Any]):
    """What an object looks like on the wire: keys in the contract's order, values as it writes them.

    The class is called like its OpenAPI component; where a table has that name already, the word
    `Shape` is added (`class ImageShape` is the component `Image`).
    """

    component: ClassVar[str]
    graph: ClassVar[Any]
    """What its keys show; `graph.graph_of` finds it."""
    template: ClassVar[Any]
    """What renders its fragments; `rendering.templates.template_of` compiles it."""
    subset: Subset | None = None
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DurationField: Duration,
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.component = component_of(cls)
        if not hasattr(cls.Meta, "list_serializer_class"):
            cls.Meta.list_serializer_class = ShapeList  # DRF looks for it there
        if not hasattr(cls.Meta, "model") or cls.keys is not None:
            return  # a start for other shapes, or a part of one: not a component
        if cls.component in SHAPES:
            raise TypeError(f"two shapes are called {cls.component}")
        SHAPES[cls.component] = cls

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        """DRF's, but for those that are not asked for: making a field takes time."""
        names = super().get_field_names(declared_fields, info)
        return [name for name in names if self.keys is None or name in self.keys]

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """DRF's field; the document calls no key nullable that is null only until more is known."""
        kind, options = super().build_standard_field(field_name, model_field)
        if field_name in not_null_columns(shape_model(self)):
            options.pop("allow_null", None)
        return kind, options

    def get_attribute(self, instance: Any) -> Any:
        """Returns the related row, or None: where there is none, or none of which enough is known."""
        if self.subset:
            return next(iter(nested_rows(self, self, instance)), None)
        for name in self.source_attrs:
            instance = getattr(instance, name, None)
        return instance if instance is None or self.can_show(instance) else None

    def can_show(self, row: Any) -> bool:
        """Whether enough is known of the row: else it has only been named by another."""
        unknown_columns = getattr(row, "unknown_columns", ())
        return all(getattr(row, name) is not None or name in unknown_columns for name in self.needed)

    @cached_property
    def needed(self) -> list[str]:
        """The columns that a row must have to be shown."""
        lacking = required_columns(shape_model(self))
        return [name for name in lacking if name in self.columns_shown]

    @cached_property
    def columns_shown(self) -> set[str]:
        """The columns that the keys show."""
        model = shape_model(self)
        return {
            getattr(model._meta.get_field(str(field.source)), "attname", name)
            for name, field in self.fields.items()
            if str(field.source) in own_columns(model)
        }


class ShapeList(serializers.ListSerializer[Any]):
    """A nested list: the rows that a row lists and of which enough is known, in the order of the wire."""

    subset: Subset | None = None

    def get_attribute(self, instance: Any) -> Any:
        if isinstance(instance, models.Model) and isinstance(self.child, Shape):
            return nested_rows(self, self.child, instance)
        return super().get_attribute(instance)


def nested_rows(field: Shape | ShapeList, shape: Shape, row: models.Model) -> list[Any]:
    """Returns the rows of which a field of `row` shows a list, or the first, in `shape`."""
    subset = field.subset
    relation = row._meta.get_field(subset.relation if subset else str(field.source))
    rows = related_rows(row, relation, subset.only() if subset else None)
    return [each for each in rows if shape.can_show(each)]


def without(key: str, shape: type[Shape]) -> list[str]:
    """The keys of `shape` but for one: those of a shape that is nested where that one would go round."""
    return [name for name in shape.Meta.fields if name != key]


def component_of(shape: type[Assembled]) -> str:
    """What the OpenAPI document calls a shape."""
    return shape.__name__.removesuffix("Shape")


def required_columns(model: type[models.Model]) -> tuple[str, ...]:
    """Columns that a row lacks only while no more is known of it than another record's mention."""
    return getattr(model, "required_columns", ())


def not_null_columns(model: type[models.Model]) -> tuple[str, ...]:
    """Columns that a row lacks only until more is known of it: those, and what no brief list shows.

    Who has loaded nothing but a brief list gets null where the contract has a value: it is not known.
    """
    return (*required_columns(model), *getattr(model, "late_columns", ()))


def has_required(model: type[models.Model]) -> models.Q:
    """What holds for rows that are more than a mention: only those are listed."""
    return models.Q(**{f"{name}__isnull": False for name in required_columns(model)})


@cache
def own_columns(model: type[models.Model]) -> frozenset[str]:
    """The names of a table's own columns, relations among them."""
    return frozenset(column.name for column in model._meta.concrete_fields)


def shape_model(shape: Shape | type[Shape]) -> type[models.Model]:
    """The table that `shape` shows rows of."""
    model: type[models.Model] = shape.Meta.model
    return model


class LookupShape(Shape):
    """A name and an id, and no word on its mode."""

    class Meta:
        fields = ["id", "name"]
