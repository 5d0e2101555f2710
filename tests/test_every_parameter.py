"""Every filter and every order of every list, of the present and of earlier instants.

What a list should answer is told, slowly, from what the same list shows without the parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import eq, ge, gt, le, lt
from typing import Any

import pytest
from django import forms
from django_filters import Filter
from rest_framework.serializers import HyperlinkedIdentityField, ListSerializer

from conftest import Api
from cosmodrome.resources.filters import AnyOfFilter, CommaListField, TrueFalseField
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.selections.filtersets import filterset_of
from cosmodrome.shapes.collation import sort_key
from cosmodrome.shapes.fields import Duration, ResponseMode
from cosmodrome.time.durations import read_duration

EARLIER = ("2026-04-20T00:00:00Z", "1984-07-20")
"""Before the first instant some of what there is has happened, and before the second hardly anything."""

QUICK = ("docking_events", "expeditions", "launchers", "spacewalks")
"""Lists that a quick run asks for as of an earlier instant, and a slow one as of the earliest: each of the
others takes many seconds."""


def is_slow(path: str, at: str) -> bool:
    return at == EARLIER[1] or (at != "" and path not in QUICK)


LISTS = [
    pytest.param(path, at, id=f"{path}-{at or 'now'}", marks=[pytest.mark.slow] * is_slow(path, at))
    for path, resource in RESOURCES.items()
    for at in ("", *(EARLIER[: 1 + (path in QUICK)] if resource.takes_as_of() else ()))
]

Record = dict[str, Any]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": eq,
    "in": eq,
    "contains": lambda value, part: str(part) in str(value),
    "gt": gt,
    "gte": ge,
    "lt": lt,
    "lte": le,
}


def records(api: Api, path: str, at: str, **asked: Any) -> list[Record]:
    """A whole list, which shows no record twice."""
    answer = api.json(path, limit=100, **asked, **({"at": at} if at else {}))
    assert len({record["id"] for record in answer["results"]}) == answer["count"] <= 100
    found: list[Record] = answer["results"]
    return found


def values_at(shown: Any, names: list[str]) -> Iterator[Any]:
    """What stands at the end of a path, of a list in each of its elements.  Raises KeyError where nothing does."""
    if isinstance(shown, list):
        for each in shown:
            yield from values_at(each, names)
    elif shown is None or not names:
        yield shown["id"] if isinstance(shown, dict) else shown
    else:
        yield from values_at(shown[names[0]], names[1:])


def values_of(record: Record, path: str) -> list[Any]:
    return list(values_at(record, path.split("__")))


def columns_of(asked: Filter) -> list[str]:
    return list(asked.columns) if isinstance(asked, AnyOfFilter) else [asked.field_name or ""]


def value_for(field: forms.Field, seen: list[Any]) -> Any:
    """What the filter can be asked for: a value that some record shows, if there is one."""
    if seen:
        return str(seen[0]).lower() if isinstance(seen[0], bool) else seen[0]
    match field:
        case TrueFalseField():
            return "true"
        case forms.ModelChoiceField():
            first = field.queryset.first() if field.queryset is not None else None
            return first.pk if first else ""
        case forms.DateTimeField() | forms.DateField():
            return "2020-01-01"
        case CommaListField(item=forms.UUIDField()) | forms.UUIDField():
            return "00000000-0000-0000-0000-000000000001"
    return "1"


PLAIN = (Filter.filter, AnyOfFilter.filter)
"""What finds the records whose columns compare so: other filters have meanings of their own."""


@pytest.mark.every
@pytest.mark.parametrize(("path", "at"), LISTS)
def test_every_filter_finds_the_records_that_show_its_value(api: Api, path: str, at: str) -> None:
    resource = RESOURCES[path]
    full = {"mode": "detailed"} if "detailed" in resource.modes else {}
    everything = records(api, path, at, **full)
    for name, asked in filterset_of(resource)().filters.items():
        compare = COMPARISONS.get(asked.lookup_expr) if type(asked).filter in PLAIN else None
        try:
            shown = {
                record["id"]: [value for column in columns_of(asked) for value in values_of(record, column)]
                for record in everything
            }
        except (KeyError, TypeError):
            compare, shown = None, {}  # the filter is of something else than what the records show
        seen = [value for values in shown.values() for value in values if value not in (None, "") and compare]
        value = value_for(asked.field, seen)
        found = {record["id"] for record in records(api, path, at, fields="id", **{name: value})}
        assert found <= {record["id"] for record in everything}, name
        if seen and compare:
            wanted = {
                key
                for key, values in shown.items()
                if any(each is not None and compare(each, seen[0]) for each in values)
            }
            assert found == wanted, (name, value)


def orders_of(path: str) -> Iterator[tuple[str, str, str]]:
    """By what a list may be ordered: the mode, the path of the order, and the path of what it compares."""
    resource = RESOURCES[path]
    for mode, shape in resource.modes.items():
        keys = shape().fields
        for name in resource.ordering_fields or ():
            yield mode, name, name if name.split("__")[0] in keys else ""
        if resource.ordering_fields is None:
            for name, field in keys.items():
                is_compared = not isinstance(field, NOT_COMPARED)
                yield mode, str(field.source).replace(".", "__"), name if is_compared else ""


NOT_COMPARED = (ResponseMode, HyperlinkedIdentityField, ListSerializer)
"""Keys by which nothing can be ordered, and which are ignored like those that do not exist."""


def comparable(value: Any) -> Any:
    """A value as the database compares it."""
    if isinstance(value, str) and re.fullmatch(r"-?P(\d+D)?(T.+)?", value):
        return read_duration(value)
    is_text = isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d.*|[0-9a-f-]{36}", value)
    return sort_key(value) if is_text else value


@pytest.mark.every
@pytest.mark.parametrize(("path", "at"), LISTS)
def test_every_order_is_that_of_the_values_that_are_shown(api: Api, path: str, at: str) -> None:
    """Nulls come last, and first in descending order; what can't be compared leaves the order as it is."""
    keys = {record["id"] for record in records(api, path, at, fields="id")}
    plain = [record["id"] for record in records(api, path, at, fields="id")]
    for mode, order, compared in orders_of(path):
        fields = f"id,{compared.split('__')[0]}"
        for sign in ("", "-"):
            found = records(api, path, at, mode=mode, fields=fields, ordering=f"{sign}{order}")
            assert {record["id"] for record in found} == keys, order
            if not compared:
                assert RESOURCES[path].ordering_fields or [record["id"] for record in found] == plain, order
                continue
            shown = [values_of(record, compared) for record in (found if sign == "" else found[::-1])]
            if all(len(values) == 1 for values in shown):
                unknown = "P0D" if not at and is_zero_where_unknown(path, mode, compared) else None
                known = [comparable(value) for (value,) in shown if value != unknown]
                assert known == sorted(known), (mode, order)
                assert unknown or all(value is None for (value,) in shown[len(known) :]), (mode, order)


def is_zero_where_unknown(path: str, mode: str, key: str) -> bool:
    """Whether a key shows zero in the place of null; it is ordered as null."""
    field = RESOURCES[path].modes[mode]().fields.get(key)
    return isinstance(field, Duration) and not field.allow_null


SEARCHED = [
    pytest.param(path, at, id=f"{path}-{at or 'now'}", marks=[pytest.mark.slow] * is_slow(path, at))
    for path, resource in RESOURCES.items()
    if resource.search_fields
    for at in ("", EARLIER[0])
]


@pytest.mark.every
@pytest.mark.parametrize(("path", "at"), SEARCHED)
def test_every_search_finds_the_records_that_show_its_words(api: Api, path: str, at: str) -> None:
    """By each field that the record shows: among the words of a text that it shows there, it is found."""
    resource = RESOURCES[path]
    full = {"mode": "detailed"} if "detailed" in resource.modes else {}
    everything = records(api, path, at, **full)
    assert len(records(api, path, at, search="e")) <= len(everything)
    for field in resource.search_fields:
        for record in everything:
            try:
                shown = [
                    text for text in values_of(record, field) if isinstance(text, str) and text.isalnum()
                ]
            except (KeyError, TypeError):
                break  # no answer shows the field
            if shown:
                found = records(api, path, at, search=shown[0])
                assert record["id"] in {each["id"] for each in found}, (field, shown[0])
                break
