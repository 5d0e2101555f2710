"""Rules about records of which too little is known, or of which the rest is gone."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Q

from cosmodrome.catalogue.places.landings import Landing
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.doctor.rules import WARNING, Check, rule
from cosmodrome.resources.registry import resource_of
from cosmodrome.shapes.shapes import required_columns

TABLES = list(apps.get_app_config("catalogue").get_models())


def hidden_checks() -> Iterator[Check]:
    """Yields a check for each column without which a record is in no list of its endpoint."""
    for table in TABLES:
        for column in table._meta.concrete_fields:
            if column.attname in required_columns(table) and resource_of(table):
                yield Check(
                    table, Q(**{column.name: None}), f"{{id}} is named only: {column.name} is missing."
                )


def half_checks() -> Iterator[Check]:
    """Yields a check for each group of relations of which a row needs one; dockings have their own rule."""
    for table in TABLES:
        for names in getattr(table, "needs_one_of", ()):
            if table is not DockingEvent:
                yield Check(table, Q(**dict.fromkeys(names)), f"{{id}} has no {' or '.join(names)}.")


rule(
    "not-on-the-wire",
    WARNING,
    "A record that others name is in no list, since too little is known of it.",
    "Load a page of its own, or enter what is missing.",
    *hidden_checks(),
    once=True,
)

rule(
    "part-of-nothing",
    WARNING,
    "A record exists only as part of another, and that is gone.",
    "Delete it, or enter what it is part of.",
    *half_checks(),
    Check(
        Landing,
        Q(firststage=None, spacecraftflight=None, payloadflight=None),
        "{id} is the landing of nothing that flew.",
    ),
)
