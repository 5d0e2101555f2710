"""The admin of one table, made from its declaration: ordinary Django classes, once, at start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminURLFieldWidget
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from cosmodrome.admin import introspection as declared
from cosmodrome.admin.forms import InChosenOrder, IsoDuration, RecordForm, SelectInOrder
from cosmodrome.changes.transactions import changing, settle
from cosmodrome.time import clock
from cosmodrome.time.accrual import accrued_in
from cosmodrome.time.durations import write_duration

MOST_INPUTS = 160
"""Inputs of one part on the record's page, some of which are two; Django takes no form of a thousand."""

MOST_CHOICES = 60
"""Choices of a filter beside a list."""

TOTALS = (
    "As others have added them up. When you change one, all of them count as read at the moment you save, "
    "and a record in space goes on from there."
)
MOVING = "As of the moment below, and growing since. What you enter holds from the moment you save."
HELP = {
    "totals_read_at": "When the totals were read. Set when you save others.",
    "last_updated": "When something else was changed. Set when you save.",
    "_since": "Since when the duration goes on growing; empty while it stands still. Set with the totals.",
    "_name": "As it was read, while the record it names is not here. Set when you choose one.",
}
"""What columns that nobody enters are for, by the end of their names."""


class FewRelated(admin.RelatedFieldListFilter):
    """The records that rows of this list point to, if they are few enough to be read."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = model_admin.get_queryset(request).order_by().values_list(f"{self.field_path}__pk", flat=True)
        keys = list(rows.distinct()[: MOST_CHOICES + 1])
        if len(keys) > MOST_CHOICES:
            return []
        return field.get_choices(
            include_blank=False, limit_choices_to={"pk__in": [key for key in keys if key is not None]}
        )


class Declared(admin.options.BaseModelAdmin):
    """How the columns of any table are entered, on a page of their own or on another's."""

    form: Any = RecordForm
    model: declared.Model
    formfield_overrides = {
        models.DurationField: {"form_class": IsoDuration},
        models.URLField: {"assume_scheme": "https"},
    }

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Addresses as such, wherever they are kept, and long texts with room to read them."""
        if not db_field.choices:
            if db_field.name in declared.addresses(db_field.model):
                kwargs = {
                    "form_class": forms.URLField,
                    "assume_scheme": "https",
                    "widget": AdminURLFieldWidget,
                    **kwargs,
                }
            elif is_long(db_field):
                kwargs = {"widget": AdminTextareaWidget(attrs={"rows": 4}), **kwargs}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["form_class"] = InChosenOrder
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = SelectInOrder(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class Record(Declared, admin.ModelAdmin):
    """The pages of one table."""

    parts: list[type[Part]] = []
    show_full_result_count = False
    save_on_top = True

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        with as_change(request):
            return super().changelist_view(request, extra_context)

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with as_change(request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with as_change(request):
            return super().delete_view(request, *args, **kwargs)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if change:
            request.change.before_write(self.model, [obj.pk])
        super().save_model(request, obj, form, change)

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        changed = [each.instance.pk for each in formset.initial_forms if each.has_changed()]
        request.change.before_write(formset.model, changed)
        for gone in formset.deleted_forms:
            request.change.delete(formset.model._default_manager.filter(pk=gone.instance.pk))
        super().save_formset(request, form, formset, change)
        new = [each.instance.pk for each in formset.extra_forms if each.instance.pk is not None]
        request.change.after_write(formset.model, [*changed, *new])

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Tells of the change once everything is written, the lists of the record too."""
        super().save_related(request, form, formsets, change)
        request.change.after_write(self.model, [form.instance.pk])

    def delete_model(self, request: Any, obj: Any) -> None:
        request.change.delete(self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        request.change.delete(queryset)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """All on the page of a new record, later those with few rows; the others are linked to."""
        del request
        return [inline for inline in self.parts if obj is None or inline.fits(obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        del request
        names: list[Any] = [self.written(name) for name in declared.kept(self.model)]
        return names if obj is None else [self.model._meta.pk.name, *names, self.lists]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What one enters, then the totals, then what the server keeps and what lists the record."""
        del request
        pk, kept, totals = (
            self.model._meta.pk.name,
            declared.kept(self.model),
            declared.totals(self.model),
        )
        entered = [name for name in declared.entered(self.model) if name not in (pk, *totals)]
        if obj is not None or pk in declared.entered(self.model):
            entered.insert(0, pk)
        others = [self.written(name) for name in kept if name not in totals]
        return [
            (None, {"fields": [*entered, *others]}),
            *([("Published totals", self.totals_fieldset(totals))] if totals else []),
            *([("Elsewhere", {"fields": [self.lists]})] if obj is not None and self.linked(obj) else []),
        ]

    def totals_fieldset(self, totals: list[str]) -> dict[str, Any]:
        """The totals, folded."""
        names = [self.written(name) for name in totals]
        return {"fields": names, "description": TOTALS, "classes": ["collapse"]}

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{"help_texts": help_texts(self.model), **kwargs})

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Parts of other records are not on the index: they are found where they belong."""
        return {} if declared.is_part_of_another(self.model) else super().get_model_perms(request)

    def written(self, name: str) -> Any:
        """A column to be read, not entered: durations as the wire writes them."""
        column = self.model._meta.get_field(name)
        if not column.editable and isinstance(column, models.DurationField):
            return written_duration(self.model, name)
        return name

    def linked(self, obj: Any) -> list[Any]:
        """The relations whose rows are not edited on this page."""
        shown = {inline.relation for inline in self.parts if inline.fits(obj)}
        return [relation for relation in declared.reverse_relations(self.model) if relation not in shown]

    @admin.display(description="Records that name this one")
    def lists(self, obj: Any) -> SafeString:
        """Where the records are that point to this one, and where one more is added."""
        return format_html_join(
            SafeString("<br>"),
            '<a href="{}">{} {}</a> · <a href="{}">add</a>',
            (list_link(relation, obj) for relation in self.linked(obj)),
        )


@contextmanager
def as_change(request: Any) -> Iterator[None]:
    """Lets what a person sends be one change of the catalogue, at `request.change`."""
    if request.method != "POST":
        settle(clock.now())
        yield
        return
    with changing() as request.change:
        yield


def list_link(relation: Any, obj: Any) -> tuple[str, int, str, str]:
    """The list of the rows that point to `obj`: where it is, how many, what, and where to add one."""
    model, field = relation.related_model, relation.remote_field
    options = model._meta
    base = f"admin:{options.app_label}_{options.model_name}"
    count = model._default_manager.filter(**{field.name: obj.pk}).count()
    name = options.verbose_name if count == 1 else options.verbose_name_plural
    target = obj._meta.pk.name
    return (
        f"{reverse(f'{base}_changelist')}?{field.name}__{target}__exact={obj.pk}",
        count,
        f"{str(name).lower()} ({field.verbose_name})"
        if field.name != obj._meta.model_name
        else str(name).lower(),
        f"{reverse(f'{base}_add')}?{field.name}={obj.pk}",
    )


class Part(Declared, admin.options.InlineModelAdmin):
    """Rows that are edited on the page of the record they belong to."""

    extra = 0
    show_change_link = True
    relation: Any
    max_num: int
    template = "admin/edit_inline/stacked.html"

    @classmethod
    def fits(cls, obj: Any) -> bool:
        """Whether `obj` has few enough of them."""
        rows = cls.model._default_manager.filter(**{cls.relation.field.name: obj.pk})
        return rows[: cls.max_num + 1].count() <= cls.max_num


def is_long(column: Any) -> bool:
    """Whether a text needs more than a line."""
    if isinstance(column, models.CharField):
        return (column.max_length or 0) > declared.LONGEST_LINE and column.name != "name"
    return isinstance(column, models.TextField)


@cache
def written_duration(model: declared.Model, name: str) -> Any:
    """A column of a list: the duration as on the wire, at this instant."""
    column: Any = model._meta.get_field(name)

    @admin.display(description=column.verbose_name, ordering=name)
    def written(record: Any) -> str | None:
        duration = accrued_in(record, name, clock.now())
        return None if duration is None else write_duration(duration)

    return written


def help_texts(model: declared.Model) -> dict[str, str]:
    """What is told beside the columns that move or that nobody enters."""
    kept = declared.kept(model)
    texts = {name: text for name in kept for end, text in HELP.items() if name.endswith(end)}
    moving = {
        name: f"ISO 8601, as in P11DT19H14M36S. {MOVING}"
        for name in declared.entered(model)
        if f"{name}_since" in kept
    }
    return {**texts, **moving}


def choosing(model: declared.Model, names: list[str]) -> dict[str, list[str]]:
    """How the records that `names` point to are chosen: by searching, or where none is, by id.

    Look-ups have a select each, which Django makes without being told; lists of them are searched all
    the same, since a select can't keep an order.
    """
    relations = [column for column in declared.columns(model) if column.name in names and column.is_relation]
    options: dict[str, list[str]] = {"autocomplete_fields": [], "raw_id_fields": []}
    for column in relations:
        if column.many_to_many or not declared.is_small(column.related_model):
            searched = declared.search_fields(column.related_model)
            options["autocomplete_fields" if searched else "raw_id_fields"].append(column.name)
    return options


def part_class(relation: Any) -> type[Part]:
    """The inline for the rows of `relation`."""
    model = relation.related_model
    pk = model._meta.pk
    owners = {relation.field.name, *declared.owners(model)}
    own = [name for name in declared.entered(model) if name not in owners]
    if pk.has_default():
        own = [name for name in own if name != pk.name]
    tabular = len(own) <= 5 and not any(is_long_text(model, name) for name in own)
    kind = admin.TabularInline if tabular else admin.StackedInline
    options = {
        "model": model,
        "relation": relation,
        "fk_name": relation.field.name,
        "fields": own,
        "max_num": MOST_INPUTS // (len(own) + 2),
        "verbose_name_plural": relation.get_accessor_name().replace("_", " "),
        "template": kind.template,
        "__module__": __name__,
        **choosing(model, own),
    }
    return type(f"{model.__name__}Part", (Part,), options)


def is_long_text(model: declared.Model, name: str) -> bool:
    """Whether the column has an input of several lines."""
    return is_long(model._meta.get_field(name)) and name not in declared.addresses(model)


def record_class(model: declared.Model) -> type[Record]:
    """The admin of `model`."""
    facts = declared.facts(model)
    shown = [
        written_duration(model, name)
        if isinstance(model._meta.get_field(name), models.DurationField)
        else name
        for name in facts
    ]
    pk = model._meta.pk
    date = declared.obvious_date(model)
    calling = declared.calling(model)
    numbered = isinstance(pk, models.IntegerField) or not calling
    options = {
        "list_display": [pk.name, *calling, *shown] if numbered else [*calling, *shown, pk.name],
        "list_display_links": [*calling, *([pk.name] if numbered else [])],
        "list_select_related": [name for name in facts if model._meta.get_field(name).is_relation],
        "list_filter": [
            (path, FewRelated) if column.is_relation else path for path, column in declared.filters(model)
        ],
        "search_fields": declared.search_fields(model),
        "date_hierarchy": date,
        "ordering": [pk.name] if numbered or date is None else [f"-{date}", pk.name],
        "parts": [part_class(relation) for relation in declared.parts(model)],
        "view_on_site": page_of if declared.catalogue_path(model) else False,
        "__module__": __name__,
        **choosing(model, declared.entered(model)),
    }
    return type(f"{model.__name__}Record", (Record,), options)


def page_of(record_admin: Record, obj: Any) -> str:
    """The record on the wire, as a browser shows it."""
    del record_admin
    return reverse(f"{obj._meta.model_name}-detail", args=[obj.pk])
