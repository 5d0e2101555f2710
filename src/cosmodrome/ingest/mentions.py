"""Finds records of a file that the catalogue has, and that no list shows: too little is known of them yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, batches
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.resources.registry import resource_of
from cosmodrome.shapes.shapes import has_required, missing_columns, required_columns

NamedOnly = dict[tuple[type[models.Model], str], list[Any]]
"""The ids of records that are named only, by table and by the names of the columns that they lack."""


def named_only(readings: Iterable[CollectedRows]) -> NamedOnly:
    """Returns the records that the file lists, as against those nested in them, and that no list shows."""
    found: NamedOnly = {}
    listed: dict[type[models.Model], dict[Any, None]] = {}
    for reading in readings:
        for model, keys in reading.records.items():
            if required_columns(model) and resource_of(model):
                listed.setdefault(model, {}).update(dict.fromkeys(sorted(keys)))
    for model, ids in listed.items():
        for part in batches(ids, ROWS_PER_STATEMENT):
            rows = model._default_manager.filter(~has_required(model), pk__in=part)
            for row in rows.only(*required_columns(model)).order_by("pk"):
                found.setdefault((model, ", ".join(missing_columns(row))), []).append(row.pk)
    return found
