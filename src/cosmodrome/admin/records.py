"""Base classes of the admin: of records, of rows that are edited on a record's page, and of filters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget, AdminURLFieldWidget
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from cosmodrome.admin import introspection
from cosmodrome.admin.deletion import deletion_of
from cosmodrome.admin.display.columns import written_duration
from cosmodrome.admin.display.explanations import TOTALS_TEXT, help_texts, shown_read_only
from cosmodrome.admin.display.instants import UtcDateTime
from cosmodrome.admin.display.names import NamedOptions, table_name, table_plural
from cosmodrome.admin.forms import (
    IsoDurationField,
    OrderedMultipleChoiceField,
    OrderedSelect,
    PartFormSet,
    RecordForm,
)
from cosmodrome.admin.history.recorder import HistoryRecorder
from cosmodrome.admin.links import published_links, related_list_link
from cosmodrome.admin.search import RecordList, has_too_many_words
from cosmodrome.changes.rowset import Model
from cosmodrome.changes.transactions import atomic_change
from cosmodrome.shapes.shapes import missing_columns
from cosmodrome.shapes.tables import with_labels
from cosmodrome.time import clock

MOST_INPUTS = 160
"""The most inputs of one inline, some of which are two fields; Django accepts up to 1,000 fields a form."""


class TableAdmin(admin.options.BaseModelAdmin):
    """Inputs for the columns of any table, on the record's own page or on another's."""

    form: Any = RecordForm
    model: Model
    formfield_overrides = {
        models.DurationField: {"form_class": IsoDurationField},
        models.URLField: {"assume_scheme": "https"},
        models.DateTimeField: {"widget": UtcDateTime},
    }

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Chooses inputs for urls, whatever kind of column has them, and large inputs for long texts."""
        if not db_field.choices:
            if db_field.name in introspection.addresses(db_field.model):
                kwargs = {
                    "form_class": forms.URLField,
                    "assume_scheme": "https",
                    "widget": AdminURLFieldWidget,
                    **kwargs,
                }
            elif db_field.name in introspection.slug_columns(db_field.model):
                kwargs = {"widget": AdminTextInputWidget, **kwargs}
            elif needs_textarea(db_field):
                kwargs = {"widget": AdminTextareaWidget(attrs={"rows": 4}), **kwargs}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return with_labels(super().get_queryset(request))

    def get_field_queryset(self, db: Any, db_field: Any, request: Any) -> Any:
        """Returns the records of a choice, with what their labels read."""
        rows = super().get_field_queryset(db, db_field, request)
        return with_labels(db_field.remote_field.model._default_manager if rows is None else rows)

    def as_read(self, name: Any) -> Any:
        """What shows a field to those who may only look: durations in ISO 8601, as in the inputs."""
        columns = {each.name: each for each in self.model._meta.concrete_fields}
        is_duration = isinstance(columns.get(name), models.DurationField)
        return written_duration(self.model, name) if is_duration else name

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["form_class"] = OrderedMultipleChoiceField
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = OrderedSelect(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class RecordAdmin(TableAdmin, admin.ModelAdmin):
    """The pages of one table."""

    parts: list[type[PartInline]] = []
    labelled: ClassVar[list[str]] = []
    """The related rows that a list reads for the labels in its columns, beside those of its own labels."""
    show_full_result_count = False
    save_on_top = True

    def __init__(self, model: Model, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.opts: Any = NamedOptions(model)

    def may_write(self, request: HttpRequest) -> bool:
        """Whether the person may make, change or delete any record."""
        may = (self.has_add_permission, self.has_change_permission, self.has_delete_permission)
        return any(each(request) for each in may)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(*self.labelled) if self.labelled else rows

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """Refuses actions that the person may not take: Django would show the list and not say so."""
        if set(filter(None, request.POST.getlist("action"))) - self.get_actions(request).keys():
            raise PermissionDenied
        with request_change(self, request):
            return super().changelist_view(request, extra_context)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordList]:
        del request, kwargs
        return RecordList

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Returns the rows that a search finds; none for one of too many words, as choices may send it."""
        if has_too_many_words(search_term):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def get_changelist_instance(self, request: Any) -> Any:
        """Returns the list; refuses filters in the address by instants out of the years 1 to 9999."""
        try:
            changelist = super().get_changelist_instance(request)
        except OverflowError:
            raise IncorrectLookupParameters from None
        changelist.title = changelist.title.replace(str(changelist.opts.verbose_name), self.opts.verbose_name)
        changelist.opts = self.opts
        return changelist

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with request_change(self, request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with request_change(self, request):
            return super().delete_view(request, *args, **kwargs)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if change:
            request.change.before_write(self.model, [obj.pk])
        super().save_model(request, obj, form, change)
        if not change:
            request.change.created(self.model, [obj.pk])

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        changed = [each.instance.pk for each in formset.initial_forms if each.has_changed()]
        request.change.before_write(formset.model, changed)
        gone = [each.instance.pk for each in formset.deleted_forms if each.instance.pk is not None]
        deletion_of(formset.model, gone).carry_out(request.change)
        super().save_formset(request, form, formset, change)
        new = [each.instance.pk for each in formset.extra_forms if each.instance.pk is not None]
        request.change.created(formset.model, new)
        introspection.announce_entered(request.change, form.instance, formset)
        request.change.after_write(formset.model, [*changed, *new])

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Announces the change once everything is written, including the lists of the record."""
        super().save_related(request, form, formsets, change)
        request.change.after_write(self.model, [form.instance.pk])
        request.change.entered(
            self.model, form.instance.pk, introspection.facts_of(form, not change), clock.now()
        )
        if introspection.may_be_hidden(self.model) and (missing := missing_text(form.instance)):
            messages.warning(request, f"Not on the wire yet: {missing}.")

    def delete_model(self, request: Any, obj: Any) -> None:
        deletion_of(self.model, [obj.pk]).carry_out(request.change)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        deletion_of(self.model, queryset.values_list("pk", flat=True)).carry_out(request.change)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Returns, for the page that asks, all that goes with the records, and what needs one of them."""
        deletion = deletion_of(self.model, [obj.pk for obj in objs])
        counts = {table_plural(model): len(keys) for model, keys in deletion.rows.items() if keys}
        perms_needed = {
            table_name(model)
            for model in deletion.rows
            if not self.admin_site.get_model_admin(model).has_delete_permission(request)
        }
        own = [self.described(obj) for obj in objs]
        others = {**deletion.rows, self.model: deletion.rows[self.model] - {obj.pk for obj in objs}}
        listed = [*own, list(self.described_rows(others))] if any(others.values()) else own
        return listed, counts, perms_needed, list(self.described_rows(deletion.needed_by))

    def described_rows(self, rows: dict[Model, set[Any]]) -> Iterator[str]:
        """Yields each row, as the page that asks shows it."""
        for model, keys in rows.items():
            found = with_labels(model._default_manager.filter(pk__in=keys))
            yield from map(self.described, found.order_by("pk"))

    def described(self, row: Any) -> str:
        """A row, with a link to its page."""
        names = row._meta
        address = reverse(f"admin:{names.app_label}_{names.model_name}_change", args=[row.pk])
        return format_html('{}: <a href="{}">{}</a>', capfirst(table_name(type(row))), address, row)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """All inlines for a new record, else those with few rows; the page links to the other rows."""
        del request
        return [inline for inline in self.parts if obj is None or inline.fits(obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        del request
        names: list[Any] = shown_read_only(self.model)
        return names if obj is None else [self.model._meta.pk.name, *names, self.published, self.lists]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Editable and read-only columns, then the totals, then links to rows that refer to the record."""
        pk, read_only, totals = (
            self.model._meta.pk.name,
            shown_read_only(self.model),
            introspection.total_column_names(self.model),
        )
        entered = [name for name in introspection.editable_columns(self.model) if name not in (pk, *totals)]
        if obj is not None or pk in introspection.editable_columns(self.model):
            entered.insert(0, pk)
        others = [name for name in read_only if name not in totals]
        fieldsets = [
            (None, {"fields": [*entered, *others]}),
            *([("Published totals", self.totals_fieldset(totals))] if totals else []),
            *([("Elsewhere", {"fields": elsewhere})] if (elsewhere := self.elsewhere(obj)) else []),
        ]
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (heading, {**options, "fields": list(map(self.as_read, options["fields"]))})
            for heading, options in fieldsets
        ]

    def elsewhere(self, obj: Any) -> list[Any]:
        """The fields that lead from a record to what there is about it."""
        if obj is None:
            return []
        shown = bool(introspection.catalogue_path(self.model)) and not missing_text(obj)
        return [self.published] * shown + [self.lists] * bool(self.linked(obj))

    @admin.display(description="On the wire")
    def published(self, obj: Any) -> SafeString:
        """Links to the record as JSON, and to its subresources."""
        return published_links(obj)

    def totals_fieldset(self, totals: list[str]) -> dict[str, Any]:
        """The totals, collapsed."""
        return {"fields": totals, "description": TOTALS_TEXT, "classes": ["collapse"]}

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{"help_texts": help_texts(self.model), **kwargs})

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Hides tables of parts from the index: their rows are on the pages of their records."""
        return {} if introspection.is_part_of_another(self.model) else super().get_model_perms(request)

    def linked(self, obj: Any) -> list[Any]:
        """The relations to the record whose rows are not edited on this page."""
        shown = {inline.relation for inline in self.parts if inline.fits(obj)}
        return [relation for relation in introspection.reverse_relations(self.model) if relation not in shown]

    @admin.display(description="Records that name this one")
    def lists(self, obj: Any) -> SafeString:
        """Links to the records that refer to this one, and to add one more."""
        return format_html_join(
            SafeString("<br>"),
            '<a href="{}">{} {}</a> · <a href="{}">add</a>',
            (related_list_link(relation, obj) for relation in self.linked(obj)),
        )


def missing_text(row: Any) -> str:
    """Returns the lack that keeps a row from the lists of its endpoint: `net is missing`; "" for none."""
    missing = missing_columns(row)
    return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing" if missing else ""


@admin.display(description="Not on the wire yet")
def why_hidden(row: Any) -> str:
    """A column of a list that says what keeps a record from the lists of its endpoint."""
    return missing_text(row)


@contextmanager
def request_change(record_admin: RecordAdmin, request: Any) -> Iterator[None]:
    """Makes a POST of a person who may change something one change of the catalogue, as `request.change`."""
    if request.method != "POST" or not record_admin.may_write(request):
        yield
        return
    with atomic_change() as request.change:
        request.change.listener(HistoryRecorder).begin(request.user.get_username())
        yield


class PartInline(TableAdmin, admin.options.InlineModelAdmin):
    """Rows that are edited on the page of the record they belong to."""

    extra = 0
    show_change_link = True
    relation: Any
    max_num: int
    formset = PartFormSet
    template = "admin/edit_inline/stacked.html"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Returns the class of the forms; it makes none beyond `max_num`, however many a request tells of."""
        most = max(self.max_num, 1)  # a viewer may add none, and of a row that has one part at most it is 1
        options = {"help_texts": help_texts(self.model), "absolute_max": most}
        return super().get_formset(request, obj, **{**options, **kwargs})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = super().get_fields(request, obj)
        return names if self.has_change_permission(request, obj) else [self.as_read(name) for name in names]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """None for those who may edit; else what is not read as the form has it."""
        if self.has_change_permission(request, obj):
            return []
        return list(filter(callable, self.get_fields(request, obj)))

    @classmethod
    def fits(cls, obj: Any) -> bool:
        """Whether `obj` has few enough rows to be edited on its page."""
        rows = cls.model._default_manager.filter(**{cls.relation.field.name: obj.pk})
        return rows[: cls.max_num + 1].count() <= cls.max_num


def needs_textarea(column: Any) -> bool:
    """Whether a column may have texts of more than a line."""
    if isinstance(column, models.CharField):
        return (column.max_length or 0) > introspection.LONGEST_INPUT_LINE and column.name != "name"
    return isinstance(column, models.TextField)
