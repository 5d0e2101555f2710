"""The dashboard: what it alone tells, as closed roads and notices, which no list has.

Of closed roads it shows those to come, of notices and updates the newest: what lies in that span here, and is
not shown, is gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from cosmodrome.catalogue.dashboard import MOST, PROGRAMME, LiveStream, StarshipDashboard
from cosmodrome.catalogue.events import Notice, RoadClosure, Update
from cosmodrome.catalogue.programs import Program
from cosmodrome.changes.transactions import Change, atomic_change
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.ingest.errors import describe_value
from cosmodrome.ingest.upsert import upsert
from cosmodrome.mirror.digests import Digest, digest_text, known_digests, write_digests
from cosmodrome.mirror.models import RecordDigest
from cosmodrome.mirror.upstream import Answer, BadAnswer
from cosmodrome.shapes.shapes import SHAPES

DASHBOARD = StarshipDashboard.path
PATH = f"/2.3.0/{DASHBOARD}/?mode=list"
SHAPES_SHOWN = {"road_closures": "RoadClosure", "notices": "Notice"}
"""The lists of records that nothing else shows, with their shapes."""
COLUMNS = ("title", "description", "image", "url")
"""The keys of a live stream, which has no id."""


def read_lists(answer: Answer) -> dict[str, list[Any]]:
    """Returns the lists of an answer that are taken in.  Raises BadAnswer."""
    lists = {}
    for name in (*SHAPES_SHOWN, "updates", "live_streams"):
        found = answer.value.get(name) if isinstance(answer.value, dict) else None
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise BadAnswer(f"{answer.path}: {name}: objects are expected, not {describe_value(found)}.")
        lists[name] = found
    return lists


def take_in(answer: Answer) -> int:
    """Takes in what only the dashboard tells; returns how many records that are, 0 if nothing is new.

    Raises BadAnswer, and then changes nothing.
    """
    lists = read_lists(answer)
    digest = Digest(digest_text(lists), [], answer.read_at)
    if not digest.is_news(known_digests(DASHBOARD, [DASHBOARD]).get(DASHBOARD)):
        return 0
    rows = CollectedRows(answer.read_at, is_certain=True)
    shown = [(name, record) for name in SHAPES_SHOWN for record in lists[name]]
    for number, (name, record) in enumerate(shown, start=1):
        rows.add_shown(SHAPES[SHAPES_SHOWN[name]], name, record, number)
    if rows.faults:
        raise BadAnswer(f"{answer.path}: {rows.faults[0].sentence}")
    with atomic_change() as change, change.taking_in():
        upsert(rows, change, lambda _: None)
        closures = RoadClosure.objects.filter(window_end__gte=answer.read_at, pk__in=taken("road_closures"))
        change.delete(closures.exclude(pk__in=rows.records.get(RoadClosure, ())))
        notices = newest(Notice, "date", rows.records.get(Notice, set()))
        change.delete(notices.filter(pk__in=taken("notices")))
        link_updates([record.get("id") for record in lists["updates"]], change)
        write_streams(lists["live_streams"], change)
        each = {f"{name} {record['id']}": Digest("", [], answer.read_at) for name, record in shown}
        write_digests(DASHBOARD, {**each, DASHBOARD: digest})
    return len(shown)


def taken(name: str) -> set[int]:
    """Returns the ids of the records that were taken in of a list: no others are ever deleted."""
    keys = RecordDigest.objects.filter(resource=DASHBOARD, key__startswith=f"{name} ")
    return {int(key.rpartition(" ")[2]) for key in keys.values_list("key", flat=True)}


def newest(table: type[models.Model], column: str, shown: set[Any]) -> models.QuerySet[Any]:
    """Returns the rows that belong among the newest, of which these are shown, and are none of them."""
    rows = table._default_manager.exclude(pk__in=shown)
    if len(shown) < MOST:
        return rows
    oldest: datetime = table._default_manager.filter(pk__in=shown).earliest(column).__dict__[column]
    return rows.filter(**{f"{column}__gt": oldest})


def link_updates(shown: list[Any], change: Change) -> None:
    """Points the updates that are shown to the programme, and no other that would be shown."""
    programme = Program.objects.filter(name=PROGRAMME).order_by("pk").first()
    there = Update.objects.filter(pk__in=[key for key in shown if isinstance(key, int)])
    listed = set(there.values_list("pk", flat=True))
    if programme is None:
        return
    others = newest(Update, "created_on", listed).filter(program=programme)
    for rows, target in ((there.exclude(program=programme), programme), (others, None)):
        keys = list(rows.values_list("pk", flat=True))
        change.before_write(Update, keys)
        Update.objects.filter(pk__in=keys).update(program=target)
        change.after_write(Update, keys)


def write_streams(shown: list[Any], change: Change) -> None:
    """Puts the live streams that are shown in the place of those that are here."""
    streams = [{name: stream.get(name) for name in COLUMNS} for stream in shown]
    if streams != list(LiveStream.objects.order_by("pk").values(*COLUMNS)):
        change.delete(LiveStream.objects.all())
        made = LiveStream.objects.bulk_create(LiveStream(**stream) for stream in streams)
        change.after_write(LiveStream, [row.pk for row in made])
