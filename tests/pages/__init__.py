"""Pages to load, and what the catalogue holds afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from hypothesis import HealthCheck, Phase, settings

from cosmodrome.derived.registry import PUBLISHED_TABLES
from cosmodrome.ingest.archives import Document, unpacked
from cosmodrome.ingest.files import Hints
from cosmodrome.ingest.loader import Report, load_bytes
from cosmodrome.shapes.shapes import SHAPES, shape_model

MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 4, day, 12, tzinfo=UTC) for day in (20, 21, 22))
"""Moments at which pages are read, all before the tests' clock."""

NOWHEN = datetime(2026, 1, 1, tzinfo=UTC)

Record = dict[str, Any]

LICENSE = {"id": 1, "name": "Unknown", "priority": 9, "link": None}


def image(key: int, **changes: Any) -> Record:
    return {
        "id": key,
        "name": f"Image {key}",
        "image_url": f"https://images.example/{key}.jpg",
        "thumbnail_url": f"https://images.example/{key}_small.jpg",
        "credit": None,
        "license": LICENSE,
        "single_use": True,
        "variants": [],
        **changes,
    }


def variant(key: int) -> Record:
    kind = {"id": 1, "name": "Wide"}
    return {"id": key, "type": kind, "image_url": f"https://images.example/variant_{key}.jpg"}


def country(key: int) -> Record:
    return {
        "id": key,
        "name": f"Country {key}",
        "alpha_2_code": "CC",
        "alpha_3_code": "CCC",
        "nationality_name": "",
        "nationality_name_composed": "",
    }


def social_link(key: int) -> Record:
    medium = {"id": 1, "name": "Chirper", "url": "https://chirper.example/", "logo": None}
    return {"id": key, "social_media": medium, "url": f"https://chirper.example/{key}"}


def agency(key: int, mode: str = "list", **changes: Any) -> Record:
    record = {
        "response_mode": mode,
        "id": key,
        "url": f"https://ll.thespacedevs.com/2.3.0/agencies/{key}/",
        "name": f"Agency {key}",
        "abbrev": f"A{key}",
        "type": {"id": 1, "name": "Government"},
    }
    if mode != "list":
        record |= {
            "featured": True,
            "country": [country(1)],
            "description": None,
            "administrator": "Someone",
            "founding_year": 1958,
            "launchers": "",
            "spacecraft": "",
            "parent": None,
            "image": None,
            "logo": image(10 * key),
            "social_logo": None,
        }
    if mode == "detailed":
        record |= {
            "total_launch_count": 5,
            "consecutive_successful_launches": 5,
            "successful_launches": 5,
            "failed_launches": 0,
            "pending_launches": 1,
            "consecutive_successful_landings": 0,
            "successful_landings": 0,
            "failed_landings": 0,
            "attempted_landings": 0,
            "successful_landings_spacecraft": 0,
            "failed_landings_spacecraft": 0,
            "attempted_landings_spacecraft": 0,
            "successful_landings_payload": 0,
            "failed_landings_payload": 0,
            "attempted_landings_payload": 0,
            "info_url": "https://agency.example/",
            "wiki_url": None,
            "social_media_links": [social_link(key)],
            "launcher_list": [],
            "spacecraft_list": [],
        }
    return record | changes


def family(key: int, **changes: Any) -> Record:
    return {
        "response_mode": "normal",
        "id": key,
        "name": f"Family {key}",
        "description": "",
        "manufacturer": agency(1),
        "parent": None,
        "maiden_flight": None,
        **changes,
    }


def configuration(key: int, mode: str = "normal", **changes: Any) -> Record:
    record: Record = {
        "response_mode": mode,
        "id": key,
        "url": f"https://ll.thespacedevs.com/2.3.0/spacecraft_configurations/{key}/",
        "name": f"Configuration {key}",
        "type": {"id": 2, "name": "Capsule"},
        "agency": agency(1),
        "family": [family(1)],
        "in_use": True,
        "image": image(20),
    }
    if mode == "detailed":
        totals = {
            "spacecraft_flown": 1,
            "total_launch_count": 2,
            "successful_launches": 2,
            "failed_launches": 0,
            "attempted_landings": 2,
            "successful_landings": 1,
            "failed_landings": 1,
        }
        record |= {
            "agency": agency(1, "normal"),
            "family": [family(1, manufacturer=agency(1, "normal")) | totals],
            "capability": "Cargo",
            "history": "",
            "details": "",
            "maiden_flight": "2020-02-29",
            "height": 8.0,
            "diameter": 3.7,
            "human_rated": True,
            "crew_capacity": 4,
            "payload_capacity": None,
            "payload_return_capacity": None,
            "flight_life": None,
            "wiki_link": "",
            "info_link": "",
            **totals,
            "fastest_turnaround": "P74DT59M3S",
        }
    return record | changes


def craft(key: int, **changes: Any) -> Record:
    return {
        "response_mode": "normal",
        "id": key,
        "url": f"https://ll.thespacedevs.com/2.3.0/spacecraft/{key}/",
        "name": f"Craft {key}",
        "serial_number": None,
        "is_placeholder": False,
        "image": image(30),
        "in_space": False,
        "time_in_space": "P10D",
        "time_docked": "P0D",
        "flights_count": 1,
        "mission_ends_count": 1,
        "status": {"id": 1, "name": "Active"},
        "description": "A craft.",
        "spacecraft_config": configuration(1),
        "fastest_turnaround": None,
        **changes,
    }


def envelope(*records: Record) -> Record:
    return {"count": len(records), "next": None, "previous": None, "results": list(records)}


def copied(value: Any, path: str = "/2.3.0/spacecraft/", headers: str = "", status: str = "200 OK") -> str:
    """The browsable page as people copy it: help, request line, headers, indented JSON."""
    return (
        "Modes\n\nLevels of detail in the response - normal, detailed\n\n"
        f"GET {path}?format=api&offset=10\nHTTP {status}\nAllow: GET\nContent-Type: application/json\n"
        f"{headers}Vary: Accept\n\n{json.dumps(value, indent=4)}"
    )


def load(
    page: Any,
    as_of: datetime | None = None,
    *,
    endpoint: str | None = None,
    name: str = "page",
    file_time: datetime | None = None,
) -> Report:
    """Loads a page that is given as bytes, as text or as what JSON would hold."""
    if not isinstance(page, bytes):
        page = (page if isinstance(page, str) else json.dumps(page)).encode()
    [document] = unpacked(Document(name, page, NOWHEN))
    if document.error:
        raise document.error
    return load_bytes(document.data, Hints(name, endpoint, as_of, file_time))


def tables() -> list[type[models.Model]]:
    return list(apps.get_app_config("catalogue").get_models(include_auto_created=True))


def catalogue() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as the database has it, but for when parts were last told of."""
    with connection.cursor() as cursor:
        return {table.__name__: rows(cursor, table) for table in tables()}


def rows(cursor: Any, table: type[models.Model]) -> list[tuple[Any, ...]]:
    """Asked in plain SQL: Django takes longer to write the statements than the database to answer them."""
    columns = [column.column for column in table._meta.concrete_fields if column.name != "parts_stated_at"]
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(f'SELECT {names} FROM "{table._meta.db_table}" ORDER BY "{table._meta.pk.column}"')  # noqa: S608 - our own tables
    return list(cursor.fetchall())


def facts() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for the numbers of those that have none on the wire."""
    return {
        table.__name__: rows if told_apart(table) else sorted((row[1:] for row in rows), key=str)
        for table, rows in zip(tables(), catalogue().values(), strict=True)
    }


def told_apart(table: type[models.Model]) -> bool:
    """Whether pages know the rows of a table by their ids: links and the items of some lists have none."""
    shapes = [shape for shape in SHAPES.values() if shape_model(shape) is table]
    return any("id" in shape().fields for shape in shapes)


def empty() -> None:
    """Deletes every record, whatever points to it, and what was published of it."""
    with connection.cursor() as cursor:
        for table in (*tables(), *PUBLISHED_TABLES.values()):
            cursor.execute(f'DELETE FROM "{table._meta.db_table}"')  # noqa: S608 - our own tables


@contextmanager
def emptied() -> Iterator[None]:
    """A catalogue without a record for the time of a block, as it was before after it."""
    with transaction.atomic():
        empty()
        yield
        transaction.set_rollback(True)


def examples(number: int) -> settings:
    """So many examples, the same at each run; each undoes its own changes by `emptied` or fails to make any."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],  # each example is a whole catalogue: too slow to shrink
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def host_aside(value: Any) -> Any:
    """An answer with the host and the asked format taken out of the urls of records."""
    text = re.sub(r'"https?://[^/"]+(/2\.3\.0/[^"?]*)(\?format=[a-z]+)?"', r'"\1"', json.dumps(value))
    return json.loads(text)
