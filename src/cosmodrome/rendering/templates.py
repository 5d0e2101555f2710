"""Templates: a shape compiled into what renders its fragments; the shape's own fields render the values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from json.encoder import encode_basestring
from typing import Any

from django.urls import get_script_prefix
from rest_framework import fields as drf_fields
from rest_framework import relations as drf_relations
from rest_framework import serializers
from rest_framework.compat import SHORT_SEPARATORS
from rest_framework.utils.encoders import JSONEncoder

from cosmodrome.rendering.encoding import encoded_path
from cosmodrome.rendering.fragments import (
    BASE,
    FORMAT,
    NULL,
    FirstOf,
    FragmentList,
    Hole,
    Part,
    Refer,
)
from cosmodrome.shapes.fields import Accrual, Accruing
from cosmodrome.shapes.graph import Constant, Growing, Key, Many, Nesting, Url, graph_of, reached_from
from cosmodrome.shapes.relations import path_prefixes
from cosmodrome.shapes.shapes import Shape, Subset, shape_model
from cosmodrome.time.as_of import requested_as_of

Lists = dict[Any, list[Any]]
"""Ids of the records that a record lists, by its id."""


ENCODER = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=SHORT_SEPARATORS)
"""DRF's, which its renderer makes anew for each value."""

ListKey = tuple[Any, Subset | None]
"""A relation, and the part of it that is listed."""


class AnyRequest:
    """Stands for the request when urls are rendered, with placeholders for what a request decides."""

    GET: dict[str, str] = {}
    versioning_scheme = None

    def build_absolute_uri(self, location: str) -> str:
        """Returns the address below the server's, which is filled in later."""
        return location.removeprefix(encoded_path(get_script_prefix()))


def as_json(value: Any) -> bytes:
    """Returns a value as DRF writes it."""
    if value is None:
        return NULL
    text = encode_basestring(value) if isinstance(value, str) else ENCODER.encode(value)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


@dataclass(frozen=True, slots=True)
class ValueSlot:
    """Renders a value of the row."""

    field: Any

    def part(self, row: Any, refer: Refer) -> Part:
        del refer
        value = self.field.get_attribute(row)
        return NULL if value is None else as_json(self.field.to_representation(value))


@dataclass(frozen=True, slots=True)
class UrlSlot:
    """Renders the address of the record, with placeholders for the server's and for the format."""

    field: Any

    def part(self, row: Any, refer: Refer) -> Part:
        del refer
        quote, path = b'"', as_json(str(self.field.to_representation(row)))[1:-1]
        return quote + BASE + path + FORMAT + quote


@dataclass(frozen=True, slots=True)
class ClockSlot:
    """Renders a duration: as a hole, where it grows."""

    field: Accruing

    def part(self, row: Any, refer: Refer) -> Part:
        del refer
        accrual = None if requested_as_of() else self.field.accrual(row)
        if accrual is None:
            duration = self.field.shown(self.field.fixed(row))
            return NULL if duration is None else as_json(self.field.to_representation(duration))
        return Hole(partial(duration_at, self.field, accrual))


def duration_at(field: Accruing, accrual: Accrual, now: datetime) -> bytes:
    """Returns a growing duration at an instant, as JSON."""
    value = field.shown(accrual(now))
    return NULL if value is None else as_json(field.to_representation(value))


@dataclass(frozen=True, slots=True)
class ToOne:
    """References the fragment of the record to which the row points."""

    key: Nesting

    def part(self, row: Any, refer: Refer) -> Part:
        for name in self.key.via:
            row = getattr(row, name, None)
        column = self.key.relation.attname
        target = getattr(row, column, None)
        if target is None or column in getattr(row, "unknown_columns", ()):
            return NULL
        fragment = refer(template_of(self.key.shape), target)
        fragment.is_shared = fragment.is_shared or self.key.relation.many_to_one
        return fragment


@dataclass(frozen=True, eq=False, slots=True)
class ToMany:
    """References the fragments of the records that the row lists: all of them, or the first."""

    key: Nesting

    @property
    def list_key(self) -> ListKey:
        """Tells lists apart: two shapes may show the same list of a row."""
        return self.key.relation, self.key.subset

    def part_of(self, listed: Iterable[Any], refer: Refer) -> Part:
        template = template_of(self.key.shape)
        fragments = [refer(template, each) for each in listed]
        if self.key.relation.many_to_many:
            for fragment in fragments:
                fragment.is_shared = True
        return FragmentList(fragments) if isinstance(self.key, Many) else FirstOf(fragments)


Slot = ValueSlot | UrlSlot | ClockSlot | ToOne | ToMany


class FragmentTemplate:
    """Renders the fragments of one shape."""

    def __init__(self, shape: type[Shape]) -> None:
        graph = graph_of(shape)
        self.serializer = graph.serializer
        context: Any = self.serializer.context
        context["request"] = AnyRequest()
        self.model = shape_model(shape)
        self.joined: list[str] = []
        """Look-up paths of the related rows that its slots read, which are joined to the row."""
        self.slots: list[tuple[bytes, Slot]] = []
        """Each with the text before it."""
        self.lists: list[ToMany] = []
        text = b"{"
        for key in graph.keys:
            text += as_json(key.name) + b":"
            if isinstance(key, Constant):
                text += as_json(key.field.mode)
            else:
                self.slots.append((text, self._slot(key)))
                text = b""
            text += b","
        self.end = text.removesuffix(b",") + b"}"
        self.reads = graph.reads
        self.nested: list[Nesting] = list(graph.nested)
        nested = [template_of(key.shape) for key in self.nested]
        self.height: int = 1 + max((template.height for template in nested), default=0)
        self.below: frozenset[Any] = frozenset().union(*({each.model, *each.below} for each in nested))
        """The tables of all that the shape nests, at any depth."""

    def _slot(self, key: Key) -> Slot:
        if isinstance(key, Nesting):
            if key.is_pointer:
                self._join(path_prefixes(key.via))
                return ToOne(key)
            self.lists.append(ToMany(key))
            return self.lists[-1]
        for path in getattr(key.field, "reads", ()):
            self._join(path_prefixes(path.split("__")))
        if isinstance(key, Url):
            return UrlSlot(key.field)
        return ClockSlot(key.field) if isinstance(key, Growing) else ValueSlot(key.field)

    def _join(self, paths: Iterable[str]) -> None:
        self.joined += [path for path in paths if path not in self.joined]

    def parts(self, row: Any, lists: Mapping[ListKey, Lists], refer: Refer) -> tuple[Part, ...]:
        """Returns the parts of the fragment of a row; `lists` are the ids that it lists."""
        text = bytearray()
        parts: list[Part] = []
        for before, slot in self.slots:
            text += before
            if isinstance(slot, ToMany):
                part = slot.part_of(lists[slot.list_key][row.pk], refer)
            else:
                part = slot.part(row, refer)
            if isinstance(part, bytes):
                text += part
            else:
                parts += [bytes(text), part]
                text.clear()
        return (*parts, bytes(text + self.end))


def template_of(shape: type[Shape]) -> FragmentTemplate:
    """Returns the template of a shape, compiled once; the class itself holds it, as its graph."""
    template: FragmentTemplate | None = vars(shape).get("template")
    if template is None:
        template = FragmentTemplate(shape)
        shape.template = template
    return template


def templates_reached(shapes: Iterable[type[Shape]]) -> list[FragmentTemplate]:
    """Returns the templates of these shapes and of all that they nest, at any depth."""
    return [
        template_of(each) for each in dict.fromkeys(each for shape in shapes for each in reached_from(shape))
    ]


ROW_FIELDS = ("rest_framework.fields", "rest_framework.relations", "cosmodrome.shapes.fields")
"""Modules of fields that read nothing but the row."""
OTHER_FIELDS = (
    drf_fields.SerializerMethodField,
    drf_fields.HiddenField,
    drf_fields.FileField,
    drf_relations.HyperlinkedRelatedField,
)
"""Fields of those modules that may read the request."""


def reason_for_drf(shape: type[Shape]) -> str:
    """Returns why no template can render a shape, in a sentence; empty if one can.

    A template renders a record once for all requests.  Code that DRF would run for each request, as an
    overridden `to_representation` or a field that reads the request, is left to DRF.
    """
    for each in reached_from(shape):
        if each.to_representation is not serializers.Serializer.to_representation:
            return f"{each.__name__} overrides to_representation."
        for key in graph_of(each).keys:
            if not isinstance(key, Nesting | Url) and not reads_row_only(key.field):
                return (
                    f"{each.__name__}.{key.name} is a {type(key.field).__name__}, which may read the request."
                )
    return ""


def reads_row_only(field: Any) -> bool:
    """Whether a field reads nothing but the row; a field of one's own says so by `reads_row_only = True`."""
    declared = getattr(field, "reads_row_only", None)
    if declared is not None:
        return bool(declared)
    kind = type(field)
    return kind.__module__ in ROW_FIELDS and not isinstance(field, OTHER_FIELDS)
