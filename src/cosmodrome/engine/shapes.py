"""Shapes: ordinary DRF serializers, one class for each component of the OpenAPI document.

A shape names another by its component name, as a ForeignKey may name a model, so that families
nest each other without importing each other.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers

from cosmodrome.engine.fields import Duration

SHAPES: dict[str, type[Shape]] = {}


class Nested(serializers.Field):
    """`agency = Nested("AgencyMini")`: the related object, or with `many=True` objects, in that shape.

    A placeholder: each instance of a shape puts the real serializer in its place.
    """

    def __init__(self, shape: str, **options: Any) -> None:
        super().__init__()
        self.shape, self.options = shape, options

    def serializer(self) -> serializers.BaseSerializer[Any]:
        """A new serializer of the shape that is named."""
        return SHAPES[self.shape](**self.options)


class Shape(serializers.ModelSerializer[Any]):
    """What an object looks like on the wire: keys in the contract's order, values as it writes them.

    The class is called like its OpenAPI component; where a table has that name already, the word
    `Shape` is added (`class ImageShape` is the component `Image`).
    """

    component: ClassVar[str]
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DurationField: Duration,
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.component = cls.__name__.removesuffix("Shape")
        if not hasattr(cls.Meta, "model"):
            return  # a start for other shapes, not a component
        if cls.component in SHAPES:
            raise TypeError(f"two shapes are called {cls.component}")
        SHAPES[cls.component] = cls

    def get_fields(self) -> dict[str, serializers.Field]:
        """DRF's fields, with the serializers of nested shapes in their places."""
        fields = super().get_fields()
        return {
            name: field.serializer() if isinstance(field, Nested) else field for name, field in fields.items()
        }


def nested_shape(field: serializers.Field) -> Shape | None:
    """The shape that `field` nests, once or as a list; None for a plain value."""
    child = getattr(field, "child", field)
    return child if isinstance(child, Shape) else None


def shape_model(shape: Shape | type[Shape]) -> type[models.Model]:
    """The table that `shape` shows rows of."""
    model: type[models.Model] = shape.Meta.model
    return model
