"""Rules about texts: urls, codes of countries, and what belongs to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case, Q, TextField, Value, When
from django.db.models.functions import Cast

from cosmodrome.catalogue.agencies import SocialMediaLink
from cosmodrome.catalogue.config import Country
from cosmodrome.catalogue.events import Update
from cosmodrome.catalogue.images import Image, ImageVariant
from cosmodrome.catalogue.links import InfoURL, VidURL
from cosmodrome.catalogue.programs import MissionPatch
from cosmodrome.doctor.conditions import either
from cosmodrome.doctor.records import Table
from cosmodrome.doctor.rules import WARNING, Check, rule

LINK_WORDS = ("url", "link", "wiki", "image", "infographic")
"""Words of which a text column that holds a url has one."""


def tables() -> Iterable[Table]:
    """The tables of the catalogue."""
    return apps.get_app_config("catalogue").get_models()


def link_columns(table: Table) -> list[str]:
    """The columns of a table that hold urls."""
    texts = (models.CharField, models.TextField)
    return [
        column.name
        for column in table._meta.concrete_fields
        if isinstance(column, models.URLField)
        or (isinstance(column, texts) and not set(LINK_WORDS).isdisjoint(column.name.split("_")))
    ]


def column_check(table: Table, faults: dict[str, Q], sentence: str) -> Check:
    """Finds rows with a fault in a column; the sentence names the first: `{column}` and its `{value}`."""
    which = [When(fault, then=Value(column)) for column, fault in faults.items()]
    what = [When(fault, then=Cast(column, TextField())) for column, fault in faults.items()]

    def rows(_now: Any) -> models.QuerySet[Any]:
        found: models.QuerySet[Any] = table._default_manager.filter(either(*faults.values())).annotate(
            column=Case(*which, output_field=TextField()), value=Case(*what, output_field=TextField())
        )
        return found

    return Check(table, rows, sentence)


def link_checks() -> Iterable[Check]:
    """Checks of all urls."""
    for table in tables():
        if columns := link_columns(table):
            faults = {
                column: Q(**{f"{column}__regex": r"\S"})
                & ~Q(**{f"{column}__iregex": r"^https?://[^/\s]+\S*$"})
                for column in columns
            }
            yield column_check(table, faults, "The {column} of {id} is no url: {value}")


rule(
    "no-url",
    WARNING,
    "What should be a url is none.",
    "Enter the whole address, with https:// before it.",
    *link_checks(),
    cosmetic=True,
)

rule(
    "image-without-url",
    WARNING,
    "An image has no url.",
    "Enter the url, or delete the image.",
    *(
        Check(table, Q(image_url=""), "{id} has no image_url.")
        for table in (Image, ImageVariant, MissionPatch)
    ),
    cosmetic=True,
)

rule(
    "no-country-code",
    WARNING,
    "A code of a country has not two, or three, capital letters.",
    "Enter the codes of ISO 3166.",
    column_check(
        Country,
        {
            "alpha_2_code": Q(alpha_2_code__regex=".") & ~Q(alpha_2_code__regex="^[A-Z]{2}$"),
            "alpha_3_code": Q(alpha_3_code__regex=".") & ~Q(alpha_3_code__regex="^[A-Z]{3}$"),
        },
        "The {column} of {id} is {value}.",
    ),
    cosmetic=True,
)

OWNERS: dict[Table, tuple[str, ...]] = {
    Update: ("launch", "event", "program"),
    InfoURL: ("launch", "event", "mission"),
    VidURL: ("launch", "event", "mission"),
    SocialMediaLink: ("agency", "astronaut"),
}
"""By table: the columns of which one says what a row belongs to."""

rule(
    "belongs-to-nothing",
    WARNING,
    "An update or a link belongs to nothing, so that no record shows it.",
    "Enter what it belongs to, or delete it.",
    *(
        Check(table, Q(**dict.fromkeys(owners)), f"{{id}} has no {', no '.join(owners)}.")
        for table, owners in OWNERS.items()
    ),
    cosmetic=True,
)
