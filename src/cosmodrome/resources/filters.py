"""Filters of lists, with django-filter's meanings, and the functions by which resources declare them.

Where django-filter would let a mistake pass in silence or fail on an odd value, the answer is a 400 with a
sentence.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django_filters.rest_framework import IsoDateTimeFilter
from drf_spectacular.utils import extend_schema_field

from cosmodrome.shapes.history import rows_as_of
from cosmodrome.shapes.tables import LARGEST, SMALLEST
from cosmodrome.time.as_of import as_of, requested_as_of
from cosmodrome.time.clock import in_utc, with_plus
from cosmodrome.time.relative import read_shift

if TYPE_CHECKING:
    pass

MOST_LISTED = 1000
"""Values in one comma list; SQLite takes 32,766 parameters in a statement."""


def with_lookups(lookups: str, *names: str) -> dict[str, list[str]]:
    """Declares filters with these look-ups of Django's: `with_lookups("gte lte", "last_updated")`."""
    return {name: lookups.split() for name in names}


exact = partial(with_lookups, "exact")
"""Declares filters for equal values: `exact("name", "status")`."""
containing = partial(with_lookups, "exact contains")
"""Declares filters for equal texts and parts of texts: `name`, `name__contains`."""
compared = partial(with_lookups, "exact gt gte lt lte")
"""Declares comparisons: `count`, `count__gt`, `count__gte`, `count__lt`, `count__lte`."""


class WholeNumberField(forms.IntegerField):
    """A whole number within the range of `Number` columns: the database gets no larger one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": SMALLEST, "max_value": LARGEST, **options})


class NumberFilter(django_filters.NumberFilter):
    """Whole numbers only; django-filter's own would find 1 for 1.5."""

    field_class = WholeNumberField


class InstantField(django_filters.fields.IsoDateTimeField):
    """An instant in ISO 8601, of the years 1 to 9999 in UTC; without an offset it is UTC.

    Beyond the contract: `now`, `now-PT1H`, `now+P7D`, counted from the instant that the answer is about.
    """

    def to_python(self, value: Any) -> datetime | None:
        shift = shift_of(value)
        if shift is not None:
            return shifted(as_of(), shift)
        instant = super().to_python(with_plus(value) if isinstance(value, str) else value)
        try:
            return instant and in_utc(instant)
        except ValueError as error:
            raise forms.ValidationError(f"{error}.", "invalid") from None


def shift_of(value: Any) -> timedelta | None:
    """Returns how far from the present a value lies that says so; None for any other value.

    Raises ValidationError if it begins like one, and is none.
    """
    try:
        return read_shift(value.strip()) if isinstance(value, str) else None
    except ValueError as error:
        raise forms.ValidationError(str(error), "invalid") from None


def shifted(instant: datetime, shift: timedelta) -> datetime:
    """Returns an instant `shift` after another.  Raises ValidationError if there is no such year."""
    try:
        return instant + shift
    except OverflowError:
        raise forms.ValidationError("It lies outside of the years 1 to 9999.", "invalid") from None


class InstantFilter(IsoDateTimeFilter):
    """Instants that databases can compare; django-filter's own would fail on those out of their range."""

    field_class = InstantField


class TrueFalseField(forms.Field):
    """`true`, `false`, `1` or `0`, in upper or lower case; empty means that the filter is not used."""

    default_error_messages = {"invalid": "Enter true or false."}
    words = {"true": True, "1": True, "false": False, "0": False}

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        try:
            return self.words[str(value).strip().lower()]
        except KeyError:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid") from None


class BooleanFilter(django_filters.BooleanFilter):
    """True or false only; django-filter's own ignores any other value, and answers with everything."""

    field_class = TrueFalseField


class ExistsFilter(BooleanFilter):
    """Records that have related records, or none: `ExistsFilter(field_name="spacecraft_list")`."""

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        """Returns the records of `qs` that have related records, or those that have none."""
        if value is None:
            return qs
        rows = rows_as_of(qs.model._default_manager.all())
        related = rows.filter(**{f"{self.field_name}__isnull": False}).values("pk")
        return qs.filter(pk__in=related) if value else qs.exclude(pk__in=related)


SEVERAL = "Multiple values may be separated by commas."
ITEMS = {
    "string": forms.CharField,
    "integer": WholeNumberField,
    "number": WholeNumberField,
    "uuid": forms.UUIDField,
}
"""The form fields for values of a comma list, by their types in the contract."""

COMPARISON_WORDS = {
    "gt": "greater than",
    "gte": "greater than or equal to",
    "lt": "less than",
    "lte": "less than or equal to",
}


class CommaListField(forms.Field):
    """A comma list as `1,2,3`, whose values `item` reads; blank ones are skipped."""

    def __init__(self, item: forms.Field, **options: Any) -> None:
        self.item = item
        super().__init__(**options)

    def to_python(self, value: Any) -> list[Any]:
        if isinstance(value, list):
            return value
        parts = [part.strip() for part in str(value or "").split(",") if part.strip()]
        if len(parts) > MOST_LISTED:
            raise forms.ValidationError(f"At most {MOST_LISTED} values may be listed.")
        return [self.item.clean(part) for part in parts]


class AnyOfFilter(django_filters.Filter):
    """Records that have one of the values of a comma list in one of the columns.

    `AnyOfFilter("id", of="integer")`.  For parameters that the contract documents as single values.
    """

    def __init__(self, *columns: str, of: str = "string", description: str = "", **options: Any) -> None:
        super().__init__(field_name=columns[0], item=ITEMS[of](), **options)
        self.columns = columns
        self.field_class = CommaListField
        schema = {"type": "string", "format": "uuid"} if of == "uuid" else {"type": of}
        extend_schema_field({**schema, **({"description": description} if description else {})})(self)

    def filter(self, qs: QuerySet[Any], value: list[Any]) -> QuerySet[Any]:
        """Returns the records of `qs` that match; all of them if no value is listed."""
        if not value:
            return qs
        wanted = Q()
        for column in self.columns:
            wanted |= Q(**{f"{column}__in": value})
        return qs.filter(pk__in=rows_as_of(qs.model._default_manager.all()).filter(wanted).values("pk"))


class CommaListFilter(AnyOfFilter, django_filters.BaseCSVFilter):
    """The same, for parameters that the contract documents as comma lists.

    `CommaListFilter("country__alpha_2_code", "country__alpha_3_code")`
    `CommaListFilter("status", of="integer")`
    """

    def __init__(self, *columns: str, of: str = "string", description: str = SEVERAL) -> None:
        super().__init__(*columns, of=of, description=description)


def instant_filters(
    column: str, label: str, lookups: str = "gt gte lt lte"
) -> dict[str, django_filters.Filter]:
    """Returns filters that compare an instant, in the contract's words: `instant_filters("net", "NET")`."""
    return {
        f"{column}__{lookup}": instant_filter(column, lookup, f"{label} is {COMPARISON_WORDS[lookup]}")
        for lookup in lookups.split()
    }


def instant_filter(column: str, lookup: str, description: str) -> django_filters.Filter:
    """Returns a filter that compares an instant."""
    return InstantFilter(field_name=column, lookup_expr=lookup, help_text=description)


class RecordsField(django_filters.fields.ModelMultipleChoiceField):
    """Several records by id; an id too large for any column is reported like one that does not exist."""

    def _check_values(self, value: Any) -> Any:
        for key in value:
            if not fits_an_id(str(key)):
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"], "invalid_choice", params={"value": key}
                )
        return super()._check_values(value)


def fits_an_id(text: str) -> bool:
    """Whether a text is not a number that is too large for a column of ids."""
    digits = text.strip().lstrip("+-").replace("_", "")
    return not digits.isdecimal() or (len(digits) <= len(str(LARGEST)) and int(digits) <= LARGEST)


def related_queryset(on_relation: django_filters.Filter, request: Any) -> QuerySet[Any]:
    """Returns the rows that a filter on a relation may name."""
    del request
    column: Any = on_relation.model._meta.get_field(on_relation.field_name)
    return column.related_model._default_manager.all()  # type: ignore[no-any-return]


class AllRelatedFilter(django_filters.ModelMultipleChoiceFilter):
    """Records that have all of several related records: `AllRelatedFilter("families")`."""

    field_class = RecordsField

    def __init__(self, relation: str) -> None:
        super().__init__(field_name=relation, conjoined=True, queryset=partial(related_queryset, self))


class RelatedFilter(django_filters.ModelChoiceFilter):
    """Records with one related record, by a parameter that is not called like the relation.

    `RelatedFilter("spacestation")`
    """

    def __init__(self, relation: str) -> None:
        super().__init__(field_name=relation, queryset=partial(related_queryset, self))


class ConditionFilter(BooleanFilter):
    """Records that meet a condition, or all others: `ConditionFilter(Q(flights_count__gt=0))`."""

    def __init__(self, condition: Q, **options: Any) -> None:
        super().__init__(**options)
        self.condition = condition

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        rows = rows_as_of(qs.model._default_manager.all())
        if requested_as_of() and not value:
            # a row for which the condition is not known, as of then, meets neither it nor its opposite
            return qs.filter(pk__in=rows.filter(~self.condition).values("pk"))
        matching = rows.filter(self.condition).values("pk")
        return qs.filter(pk__in=matching) if value else qs.exclude(pk__in=matching)


class IncludeFilter(ConditionFilter):
    """Leaves out the records that meet a condition if the value is `false`; `true` changes nothing."""

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        return super().filter(qs, False) if value is False else qs


class AnyRelatedFilter(django_filters.ModelMultipleChoiceFilter):
    """Records that have any of several related records."""

    field_class = RecordsField


class HideRecentFilter(BooleanFilter):
    """Leaves out of an upcoming list the records whose instant is past: `HideRecentFilter("net")`."""

    def filter(self, qs: models.QuerySet[Any], value: bool | None) -> models.QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__gte": as_of()}) if value else qs
