"""The form of a list: an input for every parameter that the list takes, with its present value.

The form is made from the resource's declaration, works without JavaScript, and sends GET requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django_filters import Filter
from rest_framework.request import Request

from cosmodrome.resources.filters import CommaListField, TrueFalseField
from cosmodrome.resources.ordering import Ordering, directions
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.collation import sort_key
from cosmodrome.shapes.tables import with_labels

MOST_OPTIONS = 700
"""The most records in all selects of a form; an input for more than are left takes an id."""
LONGEST_OPTION = 60
"""Characters of a record's name in a select."""

COMPARISON_TEXTS = {
    "exact": ("=", ""),
    "gt": (">", " more than"),
    "gte": ("≥", " at least"),
    "lt": ("<", " less than"),
    "lte": ("≤", " at most"),
}
"""The look-ups of a number or instant: as a sign, and in words."""


@dataclass(frozen=True)
class Option:
    """One option of a select."""

    value: str
    text: str


@dataclass(frozen=True)
class Input:
    """The input for one parameter: its kind, its present value, and the errors of that."""

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    """`select`, or a type of HTML's input element."""
    options: tuple[Option, ...] = ()
    hint: str = ""
    sign: str = ""
    """One character, in place of the label where there is little room."""
    least: int | None = None
    most: int | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComparisonRow:
    """A parameter with its comparisons: one row of the collapsed part of the form."""

    label: str
    inputs: list[Input]


@dataclass
class ListForm:
    """The form of a list."""

    inputs: list[Input]
    """Search, order, mode and limit, as far as the list has them."""
    filters: list[Input]
    comparisons: list[ComparisonRow] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)
    """Parameters of the request without an input, which the form sends again."""
    reasons: list[str] = field(default_factory=list)
    """The errors of those parameters."""

    @property
    def comparisons_open(self) -> bool:
        """Whether the collapsed part is shown open: one of its inputs has a value or an error."""
        return any(one.value or one.reasons for amount in self.comparisons for one in amount.inputs)

    def all_inputs(self) -> list[Input]:
        """The inputs of all parts of the form."""
        return [*self.inputs, *self.filters, *(i for amount in self.comparisons for i in amount.inputs)]


def build_form(view: Resource, request: Request, problems: Mapping[str, Any]) -> ListForm:
    """Makes the form of a list for a request; `problems` is the body of a 400, by parameter."""
    parameters = request.query_params
    reasons = {name: reason_sentences(problem) for name, problem in problems.items()}
    form = ListForm(inputs=general_inputs(view, request, reasons), filters=[])
    filterset = view.filterset_class(parameters, request=request)
    comparisons = comparison_names(filterset.filters)
    rows: dict[str, ComparisonRow] = {}
    room = MOST_OPTIONS
    for name, parameter in sorted(filterset.form.fields.items()):
        one = build_input(name, parameter, parameters.get(name, ""), reasons.get(name, ()), room)
        room -= len(one.options)
        if name not in comparisons:
            form.filters.append(one)
            continue
        base, lookup = comparisons[name]
        sign, meaning = COMPARISON_TEXTS[lookup]
        row = rows.setdefault(base, ComparisonRow(label_text(base), []))
        row.inputs.append(
            Input(name, row.label + meaning, one.value, one.kind, sign=sign, reasons=one.reasons)
        )
    form.comparisons = list(rows.values())
    known = {one.name for one in form.all_inputs()}
    form.hidden = [
        (name, value)
        for name, values in parameters.lists()
        if name not in known and name not in ("format", "offset")
        for value in values
        if value
    ]
    form.reasons = [text for name, texts in reasons.items() if name not in known for text in texts]
    return form


def general_inputs(view: Resource, request: Request, reasons: Mapping[str, tuple[str, ...]]) -> list[Input]:
    """The inputs for search, order, mode and limit, as far as the resource has them."""
    parameters, pages = request.query_params, view.pagination_class()
    inputs = []
    if view.search_fields:
        hint = "in " + ", ".join(sorted(view.search_fields))
        words = parameters.get("search", "")
        reason = reasons.get("search", ())
        inputs.append(Input("search", "Search", words, "search", hint=hint, reasons=reason))
    if Ordering in view.filter_backends:
        inputs.append(order_input(view, request))
    if len(view.modes) > 1:
        usual = view.list_shape(None)
        modes = [
            Option("", f"{mode} (unless asked)") if shape is usual else Option(mode, mode)
            for mode, shape in view.modes.items()
        ]
        mode = parameters.get("mode", "")
        is_usual = view.modes.get(mode) is usual
        inputs.append(select_input("mode", "Mode", "" if is_usual else mode, modes))
    limit = str(pages.get_limit(request)) if "limit" in parameters else ""
    hint = f"{pages.default_limit} unless asked, {pages.max_limit} at most"
    inputs.append(Input("limit", "Records a page", limit, "number", hint=hint, least=1, most=pages.max_limit))
    return inputs


def order_input(view: Resource, request: Request) -> Input:
    """Makes the select for the order: the default order, and each field in both directions.

    What is chosen is the order that the answer has: of what `ordering=` names, only fields that the list may
    be ordered by count, and if there are none, the default order stands.
    """
    ordering, rows = Ordering(), view.get_queryset()
    fields = ordering.get_valid_fields(rows, view, {"request": request})
    names = sorted(str(name) for name, _ in fields)
    usual = list(ordering.get_default_ordering(view) or ())
    options = [Option("", f"{order_text(usual)} (unless asked)")]
    options += [Option(term, order_text([term])) for name in names for term in (name, f"-{name}")]
    found = list(ordering.get_ordering(request, rows, view) or ())
    value = "" if found == usual else ",".join(found)
    if value not in {option.value for option in options}:
        options.append(Option(value, order_text(found)))
    hint = "" if "id" in (directions(found) or {"id": False}) else f"{order_text(found)}; equals by id"
    return Input(ordering.ordering_param, "Order", value, "select", tuple(options), hint=hint)


def order_text(terms: Iterable[str]) -> str:
    """An order in words: `Net, descending; Name, ascending` for `-net` and `name`."""
    named = directions(terms) or {"id": False}
    return "; ".join(
        f"{label_text(name)}, {'descending' if descending else 'ascending'}"
        for name, descending in named.items()
    )


def comparison_names(filters: Mapping[str, Filter]) -> dict[str, tuple[str, str]]:
    """Returns the parameters that are comparisons: by name, the compared parameter and the look-up.

    `date__gt` compares `date`, even if there is a `date__gt__lt`.
    """
    names = {
        name: (name.removesuffix(f"__{one.lookup_expr}"), str(one.lookup_expr))
        for name, one in filters.items()
        if one.lookup_expr in COMPARISON_TEXTS and one.lookup_expr != "exact"
    }
    equal = {base: (base, "exact") for base, _ in names.values() if base in filters}
    return {**equal, **names}


def build_input(name: str, parameter: forms.Field, value: str, reasons: tuple[str, ...], room: int) -> Input:
    """Makes the input for one filter: a text input for values that browsers would drop from another kind.

    A select for records has at most `room` of them.
    """
    label = label_text(name)
    match parameter:
        case TrueFalseField():
            word = parameter.words.get(value.strip().lower())
            value = value if word is None else str(word).lower()
            return select_input(name, label, value, [ANY_OPTION, *BOOLEAN_OPTIONS], reasons)
        case forms.ModelChoiceField() if records := record_options(parameter, room):
            return select_input(name, label, value, [ANY_OPTION, *records], reasons)
        case CommaListField():
            return Input(name, label, value, hint="several, with commas between", reasons=reasons)
        case forms.DateTimeField():
            return Input(name, label, value, hint="2024-05-01T00:00:00Z", reasons=reasons)
    kind = html_input_type(parameter)
    return Input(name, label, value, kind if is_shown_by(kind, value) else "text", reasons=reasons)


ANY_OPTION = Option("", "any")
BOOLEAN_OPTIONS = (Option("true", "true"), Option("false", "false"))

INPUT_PATTERNS = {
    "number": re.compile(r"-?[0-9]+(\.[0-9]+)?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
"""The form of values in HTML's inputs, by type."""


def html_input_type(parameter: forms.Field) -> str:
    """The type of HTML's input element that suits a filter's field."""
    match parameter:
        case forms.IntegerField() | forms.DecimalField() | forms.ModelChoiceField():
            return "number"
        case forms.DateField():
            return "date"
    return "text"


def is_shown_by(kind: str, value: str) -> bool:
    """Whether a browser shows `value` in an input of this type; values that it can't parse it does not."""
    return not value or kind not in INPUT_PATTERNS or INPUT_PATTERNS[kind].fullmatch(value) is not None


def record_options(parameter: forms.ModelChoiceField, room: int) -> list[Option]:
    """The options for the records that a filter may have, by name; none if there are more than `room`."""
    if parameter.queryset is None:  # whether it is empty is not asked: that would read all of it
        return []
    records = list(with_labels(parameter.queryset)[: max(room, 0) + 1])
    if len(records) > room:
        return []
    named = sorted((sort_key(str(record)), record.pk, str(record)[:LONGEST_OPTION]) for record in records)
    return [Option(str(pk), f"{name} ({pk})") for _, pk, name in named]


def select_input(
    name: str, label: str, value: str, options: list[Option], reasons: tuple[str, ...] = ()
) -> Input:
    """Makes a select, whose options always include the present value."""
    if value not in {option.value for option in options}:
        options = [*options, Option(value, value)]
    return Input(name, label, value, "select", tuple(options), reasons=reasons)


def reason_sentences(problem: Any) -> tuple[str, ...]:
    """The sentences of a DRF error, which is one sentence or a list of them."""
    return tuple(str(one) for one in (problem if isinstance(problem, list | tuple) else [problem]))


def label_text(name: str) -> str:
    """The label for a name: `Time in space` for `time_in_space`."""
    words = name.replace("_", " ").split()
    return " ".join(words).capitalize()
