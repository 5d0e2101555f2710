"""What a list may be asked: filters, search and ordering, with DRF's and django-filter's meanings.

Where those would let a mistake pass in silence or break on an odd value, the answer is a 400 with a
sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import F, Q, QuerySet
from django_filters.filterset import remote_queryset
from django_filters.rest_framework import DjangoFilterBackend, FilterSet, IsoDateTimeFilter
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from cosmodrome.resources.collation import InNaturalOrder
from cosmodrome.shapes.fields import AccruingDuration
from cosmodrome.shapes.history import rows_as_of
from cosmodrome.shapes.tables import LARGEST, SMALLEST
from cosmodrome.time.accrual import Accrued, accrual_columns
from cosmodrome.time.as_of import as_of, requested_as_of

MOST_LISTED = 1000
"""Values in one comma list; SQLite refuses a statement with more than 32,766 of them."""

MOST_WORDS, LONGEST_WORD = 32, 1000
"""Bounds of a search; SQLite refuses expressions deeper than 1,000."""

COMPARISONS = ["exact", "gt", "gte", "lt", "lte"]


def exact(*names: str) -> dict[str, list[str]]:
    """Filters that ask for one value: `exact("name", "status")`."""
    return {name: ["exact"] for name in names}


def containing(*names: str) -> dict[str, list[str]]:
    """Filters on texts, whole or in part: `name`, `name__contains`."""
    return {name: ["exact", "contains"] for name in names}


def compared(*names: str) -> dict[str, list[str]]:
    """Filters on amounts: `count`, `count__gt`, `count__gte`, `count__lt`, `count__lte`."""
    return dict.fromkeys(names, COMPARISONS)


def looked_up(lookups: str, *names: str) -> dict[str, list[str]]:
    """Filters with any look-ups of Django's: `looked_up("gte lte", "last_updated")`."""
    return {name: lookups.split() for name in names}


class WholeNumber(forms.IntegerField):
    """A whole number that fits the column: no database is asked about a larger one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": SMALLEST, "max_value": LARGEST, **options})


class NumberFilter(django_filters.NumberFilter):
    """Whole numbers only; django-filter's own would find 1 for 1.5."""

    field_class = WholeNumber


class YesOrNo(forms.Field):
    """`true`, `false`, `1`, `0`, in any case.  Empty means not asked."""

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
    """django-filter's own ignores what it does not understand, and answers with everything."""

    field_class = YesOrNo


class HasAny(BooleanFilter):
    """Whether the relation `field_name` leads anywhere: `HasAny(field_name="spacecraft_list")`."""

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        """`qs` with those that have any, or those that have none."""
        if value is None:
            return qs
        rows = rows_as_of(qs.model._default_manager.all())
        related = rows.filter(**{f"{self.field_name}__isnull": False}).values("pk")
        return qs.filter(pk__in=related) if value else qs.exclude(pk__in=related)


SEVERAL = "Multiple values may be separated by commas."
ITEMS = {"string": forms.CharField, "integer": WholeNumber, "number": WholeNumber, "uuid": forms.UUIDField}
"""Kinds of values in a comma list, by the contract's names for them."""

COMPARED_IN_WORDS = {
    "gt": "greater than",
    "gte": "greater than or equal to",
    "lt": "less than",
    "lte": "less than or equal to",
}


class CommaList(forms.Field):
    """`1,2,3`: each value read by `item`; blanks between commas are passed over."""

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


class AnyOf(django_filters.Filter):
    """A comma list: what has one of the values in one of the columns.

    `AnyOf("id", of="integer")`.  The contract documents some of these as single values.
    """

    def __init__(self, *columns: str, of: str = "string", says: str = "", **options: Any) -> None:
        super().__init__(field_name=columns[0], item=ITEMS[of](), **options)
        self.columns = columns
        self.field_class = CommaList
        schema = {"type": "string", "format": "uuid"} if of == "uuid" else {"type": of}
        extend_schema_field({**schema, **({"description": says} if says else {})})(self)

    def filter(self, qs: QuerySet[Any], value: list[Any]) -> QuerySet[Any]:
        """`qs` with those that match; all of it when nothing is listed."""
        if not value:
            return qs
        wanted = Q()
        for column in self.columns:
            wanted |= Q(**{f"{column}__in": value})
        return qs.filter(pk__in=rows_as_of(qs.model._default_manager.all()).filter(wanted).values("pk"))


class ListOf(AnyOf, django_filters.BaseCSVFilter):
    """A comma list that the contract documents as one.

    `ListOf("country__alpha_2_code", "country__alpha_3_code")`, `ListOf("status", of="integer")`
    """

    def __init__(self, *columns: str, of: str = "string", says: str = SEVERAL) -> None:
        super().__init__(*columns, of=of, says=says)


def moments(column: str, called: str, lookups: str = "gt gte lt lte") -> dict[str, django_filters.Filter]:
    """Filters that compare an instant, with the contract's words for them: `moments("net", "NET")`."""
    return {
        f"{column}__{lookup}": moment(column, lookup, f"{called} is {COMPARED_IN_WORDS[lookup]}")
        for lookup in lookups.split()
    }


def moment(column: str, lookup: str, says: str) -> django_filters.Filter:
    """A filter that compares an instant."""
    return IsoDateTimeFilter(field_name=column, lookup_expr=lookup, help_text=says)


class ChosenRecords(django_filters.fields.ModelMultipleChoiceField):
    """Several records by id; an id that no column could hold is one that does not exist."""

    def _check_values(self, value: Any) -> Any:
        for key in value:
            if not fits_an_id(str(key)):
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"], "invalid_choice", params={"value": key}
                )
        return super()._check_values(value)


def fits_an_id(text: str) -> bool:
    """Whether what may be a number is one that a column of ids could hold; any other text may."""
    digits = text.strip().lstrip("+-").replace("_", "")
    return not digits.isdecimal() or (len(digits) <= len(str(LARGEST)) and int(digits) <= LARGEST)


def related(choice: django_filters.Filter, request: Any) -> QuerySet[Any]:
    """The rows that a filter on a relation chooses among."""
    del request
    column: Any = choice.model._meta.get_field(choice.field_name)
    return column.related_model._default_manager.all()  # type: ignore[no-any-return]


class HasEach(django_filters.ModelMultipleChoiceFilter):
    """Several of a many-to-many relation, all of which it must have: `HasEach("families")`."""

    field_class = ChosenRecords

    def __init__(self, relation: str) -> None:
        super().__init__(field_name=relation, conjoined=True, queryset=partial(related, self))


class Chosen(django_filters.ModelChoiceFilter):
    """One row of a relation, under a name of its own: `Chosen("spacestation")`."""

    def __init__(self, relation: str) -> None:
        super().__init__(field_name=relation, queryset=partial(related, self))


class Whether(BooleanFilter):
    """What `condition` holds for, or the rest: `Whether(Q(flights_count__gt=0))`."""

    def __init__(self, condition: Q, **options: Any) -> None:
        super().__init__(**options)
        self.condition = condition

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        if value is None:
            return qs
        rows = rows_as_of(qs.model._default_manager.all())
        if requested_as_of() and not value:
            # of a row of which it is not known whether the condition held then, neither is said
            return qs.filter(pk__in=rows.filter(~self.condition).values("pk"))
        holds = rows.filter(self.condition).values("pk")
        return qs.filter(pk__in=holds) if value else qs.exclude(pk__in=holds)


class Including(Whether):
    """Asked with `false`, leaves out what `condition` holds for; `true` is as good as not asked."""

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        return super().filter(qs, False) if value is False else qs


class Several(django_filters.ModelMultipleChoiceFilter):
    """What has any of several records in a many-to-many relation."""

    field_class = ChosenRecords


class HideRecent(BooleanFilter):
    """Whether a list of what is to come leaves out what has happened: `HideRecent("net")`."""

    def filter(self, qs: models.QuerySet[Any], value: bool | None) -> models.QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__gte": as_of()}) if value else qs


class ResourceFilterSet(FilterSet):
    """The filters of one resource, made once from its declaration."""

    class Meta:
        filter_overrides = {
            models.BooleanField: {"filter_class": BooleanFilter},
            models.IntegerField: {"filter_class": NumberFilter},
            models.AutoField: {"filter_class": NumberFilter},
            models.ManyToManyField: {
                "filter_class": Several,
                "extra": lambda column: {"queryset": remote_queryset(column)},
            },
        }


class Filters(DjangoFilterBackend):
    """django-filter, with the filter set that the resource has made once."""

    def get_filterset_class(self, view: Any, queryset: Any = None) -> type[FilterSet] | None:
        """The resource's own class; DRF's lists of views know no other."""
        del queryset
        made: type[FilterSet] | None = view.filterset_class
        return made


class Search(SearchFilter):
    """DRF's search: each word must be found in one of the fields."""

    def get_search_terms(self, request: Request) -> list[str]:
        """The words, each once."""
        try:
            words = list(dict.fromkeys(super().get_search_terms(request)))
        except ValidationError as error:
            raise ValidationError({self.search_param: error.detail}) from None
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            raise ValidationError(
                {
                    self.search_param: [
                        f"Search for at most {MOST_WORDS} words of at most {LONGEST_WORD} characters."
                    ]
                }
            )
        return words


class Ordering(OrderingFilter):
    """DRF's ordering, ended with the id so that pages never repeat or lose a record.

    Nulls come last, and first when descending, as PostgreSQL has it, on every database.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """`queryset` in the order that is asked for, or by id."""
        terms = self.get_ordering(request, queryset, view) or ()
        return queryset.order_by(*self.expressions(terms, queryset.model, view), "pk")

    def get_default_ordering(self, view: Any) -> tuple[str, ...]:
        """What the resource declares; the id comes after it."""
        return tuple(view.default_order)

    def expressions(self, terms: Any, model: type[models.Model], view: Any) -> Iterator[Any]:
        """One SQL ordering a term, the first of those that name a field twice."""
        for name, descending in directions(terms).items():
            column = self.column(name, model, view)
            yield column.desc(nulls_first=True) if descending else column.asc(nulls_last=True)

    def accruing_term(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, bool] | None:
        """The moving column that alone is ordered by, and whether descending; else None."""
        asked = directions(self.get_ordering(request, queryset, view) or ())
        name = next(iter(asked), "")
        return (name, asked[name]) if len(asked) == 1 and self.is_accruing(name, view) else None

    def is_accruing(self, name: str, view: Any) -> bool:
        """Whether time alone changes what a key shows."""
        return name in accruing_keys(view.get_serializer_class())

    def column(self, name: str, model: type[models.Model], view: Any) -> Any:
        """What the rows are compared by."""
        if self.is_accruing(name, view) and not requested_as_of():
            return Accrued(as_of(), name, *accrual_columns(model, name))
        if isinstance(column_named(model, name), models.CharField):
            return InNaturalOrder(name)
        return F(name)


@lru_cache(512)  # shapes with some keys only are made as they are asked for
def accruing_keys(shape: type[BaseSerializer[Any]]) -> frozenset[str]:
    """The keys of a shape whose values time alone changes."""
    fields: dict[str, Any] = getattr(shape(), "fields", {})
    return frozenset(key for key, field in fields.items() if isinstance(field, AccruingDuration))


def directions(terms: Iterable[str]) -> dict[str, bool]:
    """Each field that is ordered by, and whether descending, as the first term says that names it."""
    found: dict[str, bool] = {}
    for term in terms:
        found.setdefault(term.removeprefix("-"), term.startswith("-"))
    return found


def column_named(model: type[models.Model], path: str) -> models.Field[Any, Any] | None:
    """The column that a look-up path such as `agency__name` ends at; None if it names none."""
    table: Any = model
    column: Any = None
    for name in path.split("__"):
        if table is None:
            return None
        column = table._meta.get_field(name)
        table = column.related_model
    return column if isinstance(column, models.Field) else None
