"""The form of a record: durations in ISO 8601, lists in order, totals with the moment of their reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db import models
from django.utils.text import slugify

from cosmodrome.admin import introspection
from cosmodrome.admin.display.explanations import help_texts
from cosmodrome.changes.rowset import Model
from cosmodrome.changes.transactions import show_published
from cosmodrome.shapes.relations import read_lists, write_lists
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time import clock
from cosmodrome.time.durations import read_duration, storable_duration, write_duration


class IsoDurationField(forms.CharField):
    """An input for a duration, as `P11DT19H14M36S`."""

    default_error_messages = {
        "invalid": "Write a duration like P11DT19H14M36S: days, hours, minutes, seconds; no years or months."
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "empty_value": None})

    def prepare_value(self, value: Any) -> Any:
        return write_duration(value) if isinstance(value, timedelta) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return None if text is None else storable_duration(text.upper())
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compares in whole seconds: parts of a second are not shown, so their absence is no change."""
        if isinstance(initial, timedelta):
            initial = read_duration(write_duration(initial))
        return super().has_changed(initial, data)


class OrderedMultipleChoiceField(forms.ModelMultipleChoiceField):
    """An input for several records, in the order in which they are chosen, which the wire keeps."""

    def clean(self, value: Any) -> list[Any]:  # type: ignore[override] # a list keeps the order, a QuerySet would not
        places = {str(key): place for place, key in enumerate(value or ())}
        return sorted(super().clean(value), key=lambda record: places[str(record.pk)])

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        return self.keys(initial) != self.keys(data)

    def keys(self, values: Iterable[Any] | None) -> list[str]:
        """The ids of records or ids."""
        return [str(self.prepare_value(value)) for value in values or ()]


class OrderedSelect(AutocompleteSelectMultiple):
    """Django's autocomplete select, with the chosen records in the order of the value."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        groups = super().optgroups(name, value, attr)
        groups[0][1].sort(key=lambda option: value.index(str(option["value"])))
        return groups


class PartFormSet(forms.models.BaseInlineFormSet):
    """The forms of a record's parts; refuses parts that are no longer the record's."""

    def clean(self) -> None:
        """Raises ValidationError where a part is of another record: Django would pass over it in silence."""
        super().clean()
        if any(form.instance.pk is None for form in self.initial_forms):
            raise forms.ValidationError(
                "One of these is gone or belongs to another record by now: load the page again."
            )


class RecordForm(forms.ModelForm):
    """The form in which a person edits a record.

    Columns that are not edited keep their exact value: Django's form would turn an empty text into null, and
    on the wire these differ.  Empty columns may stay empty, even those that are required of a new record:
    the record then waits until they are known.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("instance") is not None and not kwargs["instance"]._state.adding:
            # people edit published values; derived ones follow from them
            show_published([kwargs["instance"]])
        super().__init__(*args, **kwargs)
        self.filled_in: set[str] = set()
        self.explain_and_require()
        if self.instance._state.adding:
            return
        for name in self.list_fields():
            relation = self.instance._meta.get_field(name)
            self.initial[name] = read_lists(relation, [self.instance.pk])[self.instance.pk]
        for name, field in self.fields.items():
            if self.initial.get(name) in field.empty_values:
                field.required = field.widget.is_required = False

    def explain_and_require(self) -> None:
        """Says what each input is for, and requires what a new record needs."""
        model: Model = type(self.instance)
        texts = help_texts(model)
        needed = introspection.needed_columns(model) if self.instance._state.adding else []
        for name, field in self.fields.items():
            field.help_text = texts.get(name, field.help_text)
            if name in needed:
                field.required = field.widget.is_required = True

    def list_fields(self) -> list[str]:
        """The names of the many-to-many lists in this form."""
        return [name for name, field in self.fields.items() if isinstance(field, OrderedMultipleChoiceField)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.changed_data or self.instance._state.adding:
            self.fill_in(cleaned)
        self.refuse_negative(cleaned)
        if self.instance._state.adding:
            return cleaned
        own = {field.name for field in self.instance._meta.fields if not field.primary_key}
        untouched = own - set(self.changed_data) - self.filled_in
        return {name: value for name, value in cleaned.items() if name not in untouched}

    def refuse_negative(self, cleaned: dict[str, Any]) -> None:
        """Refuses what was entered and makes no sense below zero; what was there before may stay."""
        model: Model = type(self.instance)
        entered = cleaned.keys() if self.instance._state.adding else set(self.changed_data)
        for name in introspection.unsigned_columns(model):
            value = cleaned.get(name) if name in entered else None
            if value is not None and value < type(value)():
                zero = write_duration(value * 0) if isinstance(value, timedelta) else "0"
                self.add_error(name, f"Write {zero} or more: this can't be negative.")

    def fill_in(self, cleaned: dict[str, Any]) -> None:
        """Sets slugs and numbers that are empty: the wire allows neither."""
        model = type(self.instance)
        for name in introspection.slug_columns(model) & cleaned.keys():
            if not cleaned[name] and "name" in cleaned:
                cleaned[name] = slugify(cleaned["name"])
                self.filled_in.add(name)
                if not cleaned[name]:
                    self.add_error(
                        "name", "Write a name with Latin letters, of which a slug is made, or a slug."
                    )
        for name in introspection.number_columns(model):
            if name in cleaned and cleaned[name] is None:
                highest = model._default_manager.aggregate(highest=models.Max(name))["highest"]
                cleaned[name] = (highest or 0) + 1
                self.filled_in.add(name)

    def save(self, commit: bool = True) -> Any:
        changed = set(self.changed_data)
        self.set_related_names(changed)
        if changed and introspection.has_column(type(self.instance), introspection.LAST_UPDATED):
            setattr(self.instance, introspection.LAST_UPDATED, clock.now())
        if isinstance(self.instance, PublishedTotals):
            entered = changed.intersection(self.instance.published_totals)
            if entered:
                self.instance.enter_totals(entered, clock.now().replace(microsecond=0))
        return super().save(commit)

    def set_related_names(self, changed: set[str]) -> None:
        """Stores the names of chosen related records in place of names that were read: see `RelatedName`."""
        names = {field.name for field in self.instance._meta.fields if not field.editable}
        for column in self.instance._meta.fields:
            if column.many_to_one and column.name in changed and f"{column.name}_name" in names:
                chosen = getattr(self.instance, column.name)
                setattr(self.instance, f"{column.name}_name", chosen.name if chosen else None)

    def _save_m2m(self) -> None:
        """Writes lists in their order: Django would add new records at the end and ignore the order."""
        ordered = {
            name: self.cleaned_data.pop(name) for name in self.list_fields() if name in self.cleaned_data
        }
        super()._save_m2m()  # type: ignore[misc] # Django's own name for it, not in the stubs
        for name, records in ordered.items():
            if name in self.changed_data:
                keys = {self.instance.pk: [record.pk for record in records]}
                write_lists(self.instance._meta.get_field(name), keys)
        self.cleaned_data |= ordered
