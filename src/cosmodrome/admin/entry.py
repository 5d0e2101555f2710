"""A record's form, filled in without its page: what a person enters in many records at once, or again.

It is validated and saved as if the person had opened the page of the record, changed some inputs, and saved:
derived values, the totals' moment, local edits and history follow as they do there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

Sent = dict[str, Any]
"""What a browser would send, by the name of the input."""


class FormClasses:
    """The two classes of a table's form, for new and for other records, each made once."""

    def __init__(self, record_admin: Any, request: HttpRequest) -> None:
        self._make = partial(record_admin.get_form, request)
        self._made: dict[bool, Any] = {}

    def of(self, record: Any) -> Any:
        """Returns the class for a record; None stands for a new one."""
        is_new = record is None
        if is_new not in self._made:
            self._made[is_new] = self._make(record, change=not is_new)
        return self._made[is_new]


class Entry:
    """The form of a record with some inputs changed, and those of its parts."""

    def __init__(
        self,
        record_admin: Any,
        request: HttpRequest,
        record: Any,
        values: dict[str, Any],
        parts: dict[str, list[dict[str, Any]]] | None = None,
        may_lack: bool = False,
        classes: FormClasses | None = None,
    ) -> None:
        """`record` is one of the table, or None for a new one; `values` are entered, by field.

        `parts` are the columns of the rows that the record is to list, by relation.  `may_lack` allows to
        enter nothing where something is required: the record was like that before.  Many entries of one
        request share `classes`.
        """
        self.record_admin, self.request, self.is_new = record_admin, request, record is None
        form_class = (classes or FormClasses(record_admin, request)).of(record)
        self.values = {name: value for name, value in values.items() if name in form_class.base_fields}
        untouched = form_class(instance=record)
        for name, value in self.values.items():
            untouched.initial[name] = value
        if not self.is_new:
            record = type(record)._default_manager.get(pk=record.pk)  # the form sets values of its record
        self.form = form_class(dict(sent_by(untouched)), instance=record)
        for name, value in self.values.items() if may_lack else ():
            field = self.form.fields[name]
            field.required = field.required and value not in field.empty_values
        self.formsets = [] if record is None else list(self._formsets(record, parts or {}))

    def _formsets(self, record: Any, parts: dict[str, list[dict[str, Any]]]) -> Iterator[BaseInlineFormSet]:
        """Yields the forms of the parts that are entered."""
        for formset, inline in self.record_admin.get_formsets_with_inlines(self.request, record):
            name = inline.relation.name
            if name in parts:
                rows = inline.get_queryset(self.request)
                untouched = formset(instance=record, queryset=rows)
                yield formset(dict(parts_sent_by(untouched, parts[name])), instance=record, queryset=rows)

    def problems(self) -> list[tuple[str, str]]:
        """Returns what is wrong: each time the field, or "" for the record as a whole, and a sentence."""
        found = [
            ("" if name == "__all__" else name, " ".join(map(str, texts)))
            for name, texts in self.form.errors.items()
        ]
        for formset in self.formsets:
            if not formset.is_valid():
                relation = formset.fk.remote_field.name
                errors: list[Any] = [text for each in formset.forms for text in each.errors.values()]
                found += [(relation, " ".join(map(str, texts))) for texts in errors]
                found += [(relation, str(text)) for text in formset.non_form_errors()]
        return found

    def is_change(self) -> bool:
        """Whether saving would change anything."""
        return self.is_new or self.form.has_changed() or any(each.has_changed() for each in self.formsets)

    def save(self, exactly: dict[str, Any] | None = None) -> Any:
        """Saves the record, in the change of the request, as its page does; returns it.

        `exactly` are values for columns, set where their inputs have changed: they may have more than inputs
        show, as parts of a second, an empty text in place of nothing, or the name of a record elsewhere.
        """
        record = self.record_admin.save_form(self.request, self.form, change=not self.is_new)
        for name, value in (exactly or {}).items():
            if record._meta.get_field(name).name.removesuffix("_name") in self.form.changed_data:
                setattr(record, name, value)
        self.record_admin.save_model(self.request, record, self.form, not self.is_new)
        self.record_admin.save_related(self.request, self.form, self.formsets, not self.is_new)
        message = self.record_admin.construct_change_message(
            self.request, self.form, self.formsets, self.is_new
        )
        log = self.record_admin.log_addition if self.is_new else self.record_admin.log_change
        log(self.request, record, message)
        return record


def sent_by(form: Any) -> Iterator[tuple[str, Any]]:
    """Yields what a browser would send of a form that is not bound, by the name of each input."""
    for bound in form:
        widget: Any = bound.field.widget
        value = bound.value()
        if isinstance(widget, RelatedFieldWidgetWrapper):
            widget = widget.widget
        if isinstance(widget, forms.MultiWidget):
            values: Any = value if isinstance(value, list) else widget.decompress(value)
            suffixes: Any = widget.widgets_names  # type: ignore[attr-defined] # not in the stubs
            for each, suffix, part in zip(widget.widgets, suffixes, values, strict=True):
                yield f"{bound.html_name}{suffix}", each.format_value(part) or ""
        elif isinstance(widget, forms.CheckboxInput):
            if widget.check_test(value):
                yield bound.html_name, "on"
        elif isinstance(widget, forms.SelectMultiple):
            yield bound.html_name, [str(bound.field.prepare_value(each)) for each in value or ()]
        else:
            text = widget.format_value(value)
            yield bound.html_name, (text[0] if text else "") if isinstance(text, list) else text or ""


def parts_sent_by(formset: Any, parts: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yields what a browser would send if the rows of a record were made `parts`, in this order."""
    there = formset.initial_forms
    for form, part in zip(there, parts, strict=False):
        form.initial |= fields_of(form, part)
        yield from sent_by(form)
    for form in there[len(parts) :]:
        yield from sent_by(form)
        yield f"{form.prefix}-DELETE", "on"
    for index in range(len(there), len(parts)):
        form = formset.empty_form
        form.prefix = formset.add_prefix(index)
        form.initial |= fields_of(form, parts[index])
        yield from sent_by(form)
    yield f"{formset.prefix}-TOTAL_FORMS", str(max(len(there), len(parts)))
    yield f"{formset.prefix}-INITIAL_FORMS", str(len(there))


def fields_of(form: Any, part: dict[str, Any]) -> dict[str, Any]:
    """Returns the columns of a part by the names of their fields."""
    names = {column.attname: column.name for column in form.instance._meta.concrete_fields}
    found = {names[column]: value for column, value in part.items() if column in names}
    return {name: value for name, value in found.items() if name in form.fields}
