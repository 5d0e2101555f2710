"""Shapes: ordinary DRF serializers, one class for each component of the OpenAPI document.

A shape names a nested shape by its component name, as a ForeignKey may name a model by a string, so that
families nest each other's shapes without importing each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers

from cosmodrome.shapes.fields import Duration, Instant
from cosmodrome.shapes.relations import related_rows

SHAPES: dict[str, type[Shape]] = {}
"""The declared shapes, by component name."""


@dataclass(frozen=True)
class Subset:
    """The rows of a relation that a key shows: those that meet a condition when the answer is made."""

    relation: str
    only: Callable[[], models.Q]


class Nested(serializers.Field):
    """A key that nests another shape: a placeholder, which an instance of the shape replaces by a serializer.

    agency = Nested("AgencyMini")                      the related record, in the shape AgencyMini
    agencies = Nested("AgencyMini", many=True)         a list of related records
    subset=Subset("expeditions", running), many=True   those rows of the relation that meet a condition
    subset=Subset("expeditions", running)              the first of them, or null

    The shape of an object that no table stores is given as a class.
    """

    def __init__(self, shape: str | type[Assembled], subset: Subset | None = None, **options: Any) -> None:
        super().__init__()
        self.shape, self.subset, self.options = shape, subset, options

    def serializer(self, narrowed: type[Assembled] | None) -> serializers.BaseSerializer[Any]:
        """Returns a new serializer of the named shape, or of its narrowed form."""
        shape = SHAPES[self.shape] if isinstance(self.shape, str) else self.shape
        serializer: Any = (narrowed or shape)(**self.options)
        serializer.subset = self.subset
        return serializer  # type: ignore[no-any-return]


class Assembled(serializers.Serializer[Any]):
    """The shape of an object that no table stores and that shows several shapes: a dashboard."""

    keys: ClassVar[Mapping[str, type[Assembled] | None] | None] = None
    """The keys that `fieldsets` has left, with the narrowed shapes that they nest; None: all keys."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Returns DRF's fields, with the serializers of nested shapes in place of `Nested`."""
        fields = super().get_fields()
        keys = dict.fromkeys(fields) if self.keys is None else self.keys
        return {
            name: field.serializer(keys[name]) if isinstance(field, Nested) else field
            for name, field in fields.items()
            if name in keys
        }


class Shape(Assembled, serializers.ModelSerializer[Any]):
    """The form of a record on the wire: keys in the contract's order, values as the contract has them.

    The class has the name of its OpenAPI component.  If a table has that name already, the class name ends
    in `Shape`: `class ImageShape` is the component `Image`.
    """

    component: ClassVar[str]
    graph: ClassVar[Any]
    """The graph of its keys; set by `graph.graph_of`."""
    template: ClassVar[Any]
    """The template that renders its fragments; set by `rendering.templates.template_of`."""
    subset: Subset | None = None
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: Instant,
        models.DurationField: Duration,
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.component = component_of(cls)
        if not hasattr(cls.Meta, "list_serializer_class"):
            cls.Meta.list_serializer_class = ShapeList  # DRF reads it from there
        if not hasattr(cls.Meta, "model") or cls.keys is not None:
            return  # an abstract or a narrowed shape is not a component
        if cls.component in SHAPES:
            raise TypeError(f"two shapes are called {cls.component}")
        SHAPES[cls.component] = cls

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        """Returns DRF's names without those that a narrowed shape lacks: building a field takes time."""
        names = super().get_field_names(declared_fields, info)
        return [name for name in names if self.keys is None or name in self.keys]

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Returns DRF's field; a key that is null only until more is known is not documented as nullable."""
        kind, options = super().build_standard_field(field_name, model_field)
        if field_name in not_null_columns(shape_model(self)):
            options.pop("allow_null", None)
        return kind, options

    def get_attribute(self, instance: Any) -> Any:
        """Returns the related row; None if there is none, or too little is known of it to show it."""
        if self.subset:
            return next(iter(nested_rows(self, self, instance)), None)
        for name in self.source_attrs:
            instance = getattr(instance, name, None)
        return instance if instance is None or self.can_show(instance) else None

    def can_show(self, row: Any) -> bool:
        """Whether enough is known of the row to show it, and not only a mention in another record."""
        unknown_columns = getattr(row, "unknown_columns", ())
        return all(getattr(row, name) is not None or name in unknown_columns for name in self.needed)

    @cached_property
    def needed(self) -> list[str]:
        """The columns that must have values for a row to be shown."""
        required = required_columns(shape_model(self))
        return [name for name in required if name in self.columns_shown]

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
    """A nested list: the related rows that can be shown, in the order of the wire."""

    subset: Subset | None = None

    def get_attribute(self, instance: Any) -> Any:
        if isinstance(instance, models.Model) and isinstance(self.child, Shape):
            return nested_rows(self, self.child, instance)
        return super().get_attribute(instance)


def nested_rows(field: Shape | ShapeList, shape: Shape, row: models.Model) -> list[Any]:
    """Returns the related rows that a field of `row` shows in `shape`; without a list, it shows the first."""
    subset = field.subset
    relation = row._meta.get_field(subset.relation if subset else str(field.source))
    rows = related_rows(row, relation, subset.only() if subset else None)
    return [each for each in rows if shape.can_show(each)]


def without(key: str, shape: type[Shape]) -> list[str]:
    """Returns the keys of `shape` without one: for shapes nested where that key would make a circle."""
    return [name for name in shape.Meta.fields if name != key]


def component_of(shape: type[Assembled]) -> str:
    """Returns the name of a shape in the OpenAPI document."""
    return shape.__name__.removesuffix("Shape")


def required_columns(model: type[models.Model]) -> tuple[str, ...]:
    """Returns the columns that are null only in rows that another record has mentioned, and no more."""
    return getattr(model, "required_columns", ())


def not_null_columns(model: type[models.Model]) -> tuple[str, ...]:
    """Returns the columns that are null only until more is known: the required ones, and the late ones.

    The late ones are those that no brief list shows.  A catalogue that was loaded from nothing but brief
    lists answers them with null, because they are not known, although the contract allows no null there.
    """
    return (*required_columns(model), *getattr(model, "late_columns", ()))


def missing_columns(row: models.Model) -> list[str]:
    """Returns the names of the required columns that a row lacks; while it lacks any, no list has it."""
    return [
        column.name
        for column in type(row)._meta.concrete_fields
        if column.attname in required_columns(type(row)) and getattr(row, column.attname) is None
    ]


def has_required(model: type[models.Model]) -> models.Q:
    """Returns the condition for rows that are more than a mention: lists have only those."""
    return models.Q(**{f"{name}__isnull": False for name in required_columns(model)})


@cache
def own_columns(model: type[models.Model]) -> frozenset[str]:
    """Returns the names of a table's own columns, including its foreign keys."""
    return frozenset(column.name for column in model._meta.concrete_fields)


def shape_model(shape: Shape | type[Shape]) -> type[models.Model]:
    """Returns the table whose rows `shape` shows."""
    model: type[models.Model] = shape.Meta.model
    return model


class LookupShape(Shape):
    """The shape of a look-up table: an id and a name, without `response_mode`."""

    class Meta:
        fields = ["id", "name"]
