"""The action that sets a field of all chosen records: asked, shown, and then done at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from cosmodrome.admin import introspection
from cosmodrome.admin.batches.undoing import Outcome, answered, undone
from cosmodrome.admin.entry import Entry, FormClasses
from cosmodrome.admin.history.pages import HistoryAdmin
from cosmodrome.admin.history.recorder import HistoryRecorder
from cosmodrome.changes.rowset import Model

MOST_RECORDS = 500
"""Records that are changed at once: about ten seconds of a worker, in which nobody else can write."""

PREFIX = "entered"
"""Of the input of the value."""


class BulkAdmin(HistoryAdmin):
    """The pages of a table, with the action."""

    actions = ("change_selected",)

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        view = super().changelist_view
        return answered(lambda: view(request, extra_context))

    @admin.action(description="Change a field of selected %(verbose_name_plural)s", permissions=["change"])
    def change_selected(self, request: Any, queryset: Any) -> HttpResponseBase | None:
        """Asks for a field, then for a value, then whether all is to become what it shows."""
        records = list(queryset[: MOST_RECORDS + 1])
        if len(records) > MOST_RECORDS:
            text = f"Choose at most {MOST_RECORDS} records: more are not changed at once."
            self.message_user(request, text, messages.ERROR)
            return None
        names = bulk_fields(self.model)
        name = request.POST.get("field")
        context = {
            **self.page_context(request, f"Change a field of {len(records)} {self.opts.verbose_name_plural}"),
            "records": records,
            "fields": list(names.items()),
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        template = "admin/batches/bulk.html"
        if name not in names:
            undone(TemplateResponse(request, template, context))
        form = value_form(self, request, name)
        context |= {"field": name, "form": form, "media": self.media + form.media}
        if "step" not in request.POST or not form.is_valid():
            undone(TemplateResponse(request, template, context))
        problems = set_field(self, request, records, name, form.cleaned_data[name])
        outcome = Outcome(request.change.listener(HistoryRecorder))
        confirmed = request.POST.get("step") == outcome.digest()
        if problems or not outcome.changes or not confirmed:
            context |= {"problems": problems, "outcome": outcome, "is_shown": True}
            context["is_other"] = request.POST.get("step") not in ("", outcome.digest())
            undone(TemplateResponse(request, template, context))
        text = f"{outcome.changed} of {len(records)} were changed."
        self.message_user(request, text, messages.SUCCESS)
        return None


def bulk_fields(model: Model) -> dict[str, str]:
    """The fields that may be the same in many records, with what they are called.

    They are none that tells records apart, and no totals.
    """
    alone = {
        *introspection.total_column_names(model),
        *introspection.slug_columns(model),
        *introspection.number_columns(model),
    }
    columns = introspection.form_columns(model)
    names = {column.name: column.verbose_name for column in columns if not getattr(column, "unique", False)}
    editable = introspection.editable_columns(model)
    return {name: str(label) for name, label in names.items() if name in editable and name not in alone}


def value_form(record_admin: Any, request: HttpRequest, name: str) -> Any:
    """The form for the value; bound once it is sent."""
    form_class = record_admin.get_form(request, None, change=False, fields=[name])
    return form_class(request.POST if "step" in request.POST else None, prefix=PREFIX)


def set_field(
    record_admin: Any, request: Any, records: list[Any], name: str, value: Any
) -> list[tuple[Any, str]]:
    """Sets a field of records by the form of each; returns what is wrong, by record: then it is left out."""
    request.change.listener(HistoryRecorder).how = "changed in bulk"
    request.change.before_write(record_admin.model, [record.pk for record in records])
    problems: list[tuple[Any, str]] = []
    classes = FormClasses(record_admin, request)
    for record in records:
        entry = Entry(record_admin, request, record, {name: value}, classes=classes)
        found = entry.problems()
        problems += [(record, text) for _, text in found]
        if not found and entry.is_change():
            entry.save()
    return problems
