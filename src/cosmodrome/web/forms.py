"""The form of a list: everything that the list may be asked, as inputs that know their values.

It is made from the resource's declaration, works without JavaScript, and asks by GET.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django_filters import Filter
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

from cosmodrome.resources.collation import sort_key
from cosmodrome.resources.filters import CommaList, YesOrNo
from cosmodrome.resources.resources import Resource

MOST_CHOICES = 1000
"""Longer lists of records are asked for by id; a page of them would be all list."""

COMPARISONS = {
    "exact": ("=", ""),
    "gt": (">", " more than"),
    "gte": ("≥", " at least"),
    "lt": ("<", " less than"),
    "lte": ("≤", " at most"),
}
"""The look-ups of an amount: as a sign, and in words."""


@dataclass(frozen=True)
class Choice:
    """One option of a select."""

    value: str
    text: str


@dataclass(frozen=True)
class Input:
    """One parameter: how it is asked for, what it is now, and what was wrong with that."""

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    """`select`, or a type of HTML's input element."""
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    sign: str = ""
    """What stands for the label where there is room for one character."""
    least: int | None = None
    most: int | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Amount:
    """A parameter with its comparisons, one row of the folded part."""

    label: str
    inputs: list[Input]


@dataclass
class Form:
    """What a list may be asked."""

    inputs: list[Input]
    """Search, order, mode and limit, which most lists have."""
    filters: list[Input]
    amounts: list[Amount] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    """Parameters of the request that no input is for."""
    reasons: list[str] = field(default_factory=list)
    """What was wrong with those."""

    @property
    def amounts_asked(self) -> bool:
        """Whether the folded part has anything to show."""
        return any(one.value or one.reasons for amount in self.amounts for one in amount.inputs)

    def all_inputs(self) -> list[Input]:
        """Those of every part."""
        return [*self.inputs, *self.filters, *(i for amount in self.amounts for i in amount.inputs)]


def form_of(view: Resource, request: Request, problems: Mapping[str, Any]) -> Form:
    """The form of a list as it was asked; `problems` is the body of a 400, by parameter."""
    asked = request.query_params
    reasons = {name: sentences(problem) for name, problem in problems.items()}
    form = Form(inputs=general_inputs(view, request, reasons), filters=[])
    filterset = view.filterset_class(asked, request=request)
    amounts = amount_names(filterset.filters)
    rows: dict[str, Amount] = {}
    for name, parameter in sorted(filterset.form.fields.items()):
        one = input_of(name, parameter, asked.get(name, ""), reasons.get(name, ()))
        if name not in amounts:
            form.filters.append(one)
            continue
        base, lookup = amounts[name]
        sign, meaning = COMPARISONS[lookup]
        row = rows.setdefault(base, Amount(in_words(base), []))
        row.inputs.append(
            Input(name, row.label + meaning, one.value, one.kind, sign=sign, reasons=one.reasons)
        )
    form.amounts = list(rows.values())
    known = {one.name for one in form.all_inputs()}
    form.kept = [
        (name, value)
        for name, values in asked.lists()
        if name not in known and name not in ("format", "offset")
        for value in values
        if value
    ]
    form.reasons = [text for name, texts in reasons.items() if name not in known for text in texts]
    return form


def general_inputs(view: Resource, request: Request, reasons: Mapping[str, tuple[str, ...]]) -> list[Input]:
    """Search, order, mode and limit: those that the resource has."""
    asked, pages = request.query_params, view.pagination_class()
    inputs = []
    if view.search_fields:
        hint = "in " + ", ".join(sorted(view.search_fields))
        words = asked.get("search", "")
        reason = reasons.get("search", ())
        inputs.append(Input("search", "Search", words, "search", hint=hint, reasons=reason))
    if orders := order_choices(view, request):
        inputs.append(select("ordering", "Order", asked.get("ordering", ""), orders))
    if len(view.modes) > 1:
        usual = view.list_shape(None)
        modes = [
            Choice("", f"{mode} (unless asked)") if shape is usual else Choice(mode, mode)
            for mode, shape in view.modes.items()
        ]
        mode = asked.get("mode", "")
        is_usual = view.modes.get(mode) is usual
        inputs.append(select("mode", "Mode", "" if is_usual else mode, modes))
    limit = str(pages.get_limit(request)) if "limit" in asked else ""
    hint = f"{pages.default_limit} unless asked, {pages.max_limit} at most"
    inputs.append(Input("limit", "Records a page", limit, "number", hint=hint, least=1, most=pages.max_limit))
    return inputs


def order_choices(view: Resource, request: Request) -> list[Choice]:
    """Each field that may be ordered by, up and down, after the order that nobody asks for."""
    fields = OrderingFilter().get_valid_fields(view.get_queryset(), view, {"request": request})
    choices = [
        Choice(f"{minus}{name}", f"{in_words(name)}, {way}")
        for name in sorted(str(name) for name, _ in fields)
        for minus, way in (("", "ascending"), ("-", "descending"))
    ]
    return [Choice("", "by id"), *choices] if choices else []


def amount_names(filters: Mapping[str, Filter]) -> dict[str, tuple[str, str]]:
    """The parameters that are part of a row of comparisons: what is compared, and how."""
    bases = {
        name.removesuffix(f"__{one.lookup_expr}")
        for name, one in filters.items()
        if one.lookup_expr in COMPARISONS and one.lookup_expr != "exact"
    }
    names = {
        (base if lookup == "exact" else f"{base}__{lookup}"): (base, lookup)
        for base in bases
        for lookup in COMPARISONS
    }
    return {name: place for name, place in names.items() if name in filters}


def input_of(name: str, parameter: forms.Field, value: str, reasons: tuple[str, ...]) -> Input:
    """The input for one filter.  A value that HTML's own kinds of input would drop stays as text."""
    label = in_words(name)
    match parameter:
        case YesOrNo():
            word = parameter.words.get(value.strip().lower())
            value = value if word is None else str(word).lower()
            return select(name, label, value, [ANY, *YES_AND_NO], reasons)
        case forms.ModelChoiceField() if records := record_choices(parameter):
            return select(name, label, value, [ANY, *records], reasons)
        case CommaList():
            return Input(name, label, value, hint="several, with commas between", reasons=reasons)
        case forms.DateTimeField():
            return Input(name, label, value, hint="2024-05-01T00:00:00Z", reasons=reasons)
    kind = html_kind(parameter)
    return Input(name, label, value, kind if fits(kind, value) else "text", reasons=reasons)


ANY = Choice("", "any")
YES_AND_NO = (Choice("true", "true"), Choice("false", "false"))

WRITTEN = {
    "number": re.compile(r"-?[0-9]+(\.[0-9]+)?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
"""How HTML's inputs write a value."""


def html_kind(parameter: forms.Field) -> str:
    """The type of HTML's input element that suits a filter's field."""
    match parameter:
        case forms.IntegerField() | forms.DecimalField() | forms.ModelChoiceField():
            return "number"
        case forms.DateField():
            return "date"
    return "text"


def fits(kind: str, value: str) -> bool:
    """Whether a browser would show `value` in an input of this type; it blanks what it can't read."""
    return not value or kind not in WRITTEN or WRITTEN[kind].fullmatch(value) is not None


def record_choices(parameter: forms.ModelChoiceField) -> list[Choice]:
    """The records that may be chosen, by name with their ids; none where there are too many."""
    records = list((parameter.queryset or [])[: MOST_CHOICES + 1])
    if len(records) > MOST_CHOICES:
        return []
    named = sorted((sort_key(str(record)), record.pk, str(record)) for record in records)
    return [Choice(str(pk), f"{name} ({pk})") for _, pk, name in named]


def select(name: str, label: str, value: str, choices: list[Choice], reasons: tuple[str, ...] = ()) -> Input:
    """A select, in which the present value is always among the choices."""
    if value not in {choice.value for choice in choices}:
        choices = [*choices, Choice(value, value)]
    return Input(name, label, value, "select", tuple(choices), reasons=reasons)


def sentences(problem: Any) -> tuple[str, ...]:
    """The reasons that DRF gives, whether one or several."""
    return tuple(str(one) for one in (problem if isinstance(problem, list | tuple) else [problem]))


def in_words(name: str) -> str:
    """`time_in_space` as a label: `Time in space`."""
    words = name.replace("_", " ").split()
    return " ".join(words).capitalize()
