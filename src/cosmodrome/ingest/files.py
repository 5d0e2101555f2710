"""Parses files of records, in whatever form people keep them, into pages of JSON objects.

A file is a sequence of JSON values, each perhaps behind other text: a response of the server with its
envelope, an array, one record, one record a line, a response with its headers, or the browsable page copied
as text, with its help, its request line and its headers.  `values` finds them in the text, `sources` and
`archives` the files on disk and in archives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cosmodrome.ingest.errors import (
    WHOLE_FILE,
    BrokenFile,
    Fault,
    RecordPath,
    describe_value,
    near_miss,
    record_label,
)
from cosmodrome.ingest.kinds import decoded, kind_of_bytes
from cosmodrome.ingest.moments import Moment, moment_of_page
from cosmodrome.ingest.other_versions import READ_HERE, OtherVersion, refuse_other_version
from cosmodrome.ingest.plans import plan_of
from cosmodrome.ingest.values import (
    REQUEST_LINE,
    STATUS_LINE,
    JsonValue,
    UnreadableValue,
    failed_answer,
    json_values,
)
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource

DATE_LINE = re.compile(r"^Date: (.+)", re.MULTILINE | re.IGNORECASE)
VERSIONED_PATH = re.compile(r"(?:^|/)(\d+\.\d+\.\d+)/([a-z0-9_/-]*)")


@dataclass(frozen=True)
class RecordPage:
    """Records that were read from a server at one moment, each with its endpoint."""

    moment: Moment
    records: list[tuple[int, type[Resource], dict[str, Any]]]
    """The records with their numbers in the file, which begin at 1, and their endpoints."""
    faults: list[Fault] = field(default_factory=list)
    """The faults of the values that are not among the records."""


@dataclass(frozen=True)
class Hints:
    """Information about a file from outside: its name, its time, and the options of the command."""

    name: str
    endpoint: str | None = None
    """The path of the endpoint, if the person who loads the file gives it."""
    as_of: datetime | None = None
    """The moment of the reading, if the person who loads the file gives it."""
    file_time: datetime | None = None


def parse_pages(data: bytes, hints: Hints) -> Iterator[RecordPage]:
    """Yields every page in a file, in order, with its faults.  Raises BrokenFile if it has no JSON at all."""
    resource_named(hints.endpoint)  # which may be wrong
    number = 0
    moment = moment_of_page(None, [], hints.as_of, hints.file_time)
    values = json_values(text_of(data))
    while True:
        try:
            value = next(values, None)
        except BrokenFile as error:
            if not number:
                raise
            yield RecordPage(moment, [], [Fault(WHOLE_FILE, str(error))])
            return
        if value is None:
            return
        try:
            page = parse_page(value, hints, number)
        except BrokenFile as error:
            place = f"Line {value.line}: " if number and isinstance(value, JsonValue) else ""
            page = RecordPage(moment, [], [Fault(number + 1, f"{place}{error}")])
        number += len(page.records) + len(page.faults)
        yield page


def text_of(data: bytes) -> str:
    """Returns the text of a file.  Raises BrokenFile."""
    if kind := kind_of_bytes(data):
        raise BrokenFile(f"The file is {kind}, not JSON.")
    try:
        return decoded(data)
    except UnicodeDecodeError as error:
        encoding = error.encoding.upper()
        raise BrokenFile(f"The file is not {encoding} text: {error.reason} at byte {error.start}.") from None


def parse_page(value: JsonValue | UnreadableValue, hints: Hints, before: int) -> RecordPage:
    """Returns the records in one value of a file that has had `before` records before it.

    Raises BrokenFile if it is no page of records.
    """
    if isinstance(value, UnreadableValue):
        raise BrokenFile(value.sentence)
    status = last_match(STATUS_LINE, value.preamble)
    if status and not status.startswith("2"):
        raise BrokenFile(failed_answer(status))
    records, links = unwrap_records(value.value)
    urls = {"the request line": last_match(REQUEST_LINE, value.preamble), **links}
    linked = [resource_at_url(url, RecordPath("the page") / place) for place, url in urls.items()]
    resource_of_page = next((resource for resource in linked if resource), None)
    header = date_header(value.preamble)
    page = RecordPage(moment_of_page(header, records, hints.as_of, hints.file_time), [])
    errors = []
    for number, record in enumerate(records, start=before + 1):
        try:
            page.records.append((number, resource_of(record, number, resource_of_page, hints), record))
        except BrokenFile as error:
            page.faults.append(Fault(number, str(error)))
            errors.append(error)
    if len(errors) == len(records) > 1 and all(isinstance(error, OtherVersion) for error in errors):
        raise BrokenFile(
            f"None of the {len(records)} records of the page can be read, as of the first: {errors[0]}"
        )
    return page


def resource_of(record: Any, number: int, of_page: type[Resource] | None, hints: Hints) -> type[Resource]:
    """Returns the endpoint of a record, by its page, its url, the options, or what it looks like."""
    if not isinstance(record, dict):
        raise RecordPath(f"record no. {number} of the file").error(
            f"an object is expected, not {describe_value(record)}."
        )
    where = RecordPath(record_label("record", record, number))
    own = resource_at_url(record.get("url"), where / "url")
    resource, wanted = of_page or own, resource_named(hints.endpoint)
    if own is None:
        try:
            refuse_other_version(record)
        except OtherVersion as error:
            raise OtherVersion(f"{where}: {error}") from None
    if resource and wanted and resource.model() is not wanted.model():
        raise where.error(f"it is of {resource.path}, not of {wanted.path} as --endpoint says.")
    return resource or wanted or guess_resource(record, hints.name, where)


def last_match(pattern: re.Pattern[str], text: str) -> str | None:
    """The group of the last match: of several responses, as after a redirect, the last counts."""
    found = pattern.findall(text)
    return found[-1].strip() if found else None


def unwrap_records(value: Any) -> tuple[list[Any], dict[str, Any]]:
    """Returns the records of a JSON value, and the links of the page, which show their endpoint."""
    if isinstance(value, list):
        return value, {}
    if "results" in value:
        if not isinstance(value["results"], list):
            raise BrokenFile(f"results: a list is expected, not {describe_value(value['results'])}.")
        return value["results"], {key: value.get(key) for key in ("next", "previous")}
    if set(value) == {"detail"}:
        raise BrokenFile(f"The file holds an error answer, not records: {describe_value(value['detail'])}.")
    return [value], {}


def date_header(preamble: str) -> datetime | None:
    """The moment in the response's own `Date` header."""
    date = last_match(DATE_LINE, preamble)
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except (ValueError, OverflowError):
        return None


def resource_named(endpoint: str | None) -> type[Resource] | None:
    """The resource at the path that a person gives."""
    if endpoint is None:
        return None
    path = endpoint.strip("/")
    if path in RESOURCES:
        return RESOURCES[path]
    raise BrokenFile(unknown_endpoint_message(path))


def unknown_endpoint_message(path: str) -> str:
    """The sentence about a path that is no endpoint: which was meant, or which there are."""
    return f"{path!r} is not an endpoint of Cosmodrome; {near_miss(path, sorted(RESOURCES))}"


def resource_at_url(url: Any, where: RecordPath) -> type[Resource] | None:
    """The resource that a url leads to; None without a url, or if it is no path of the API."""
    found = VERSIONED_PATH.search(url.partition("?")[0]) if isinstance(url, str) else None
    if not found:
        return None
    version, path = found[1], found[2].strip("/")
    if not version.startswith(READ_HERE):
        raise OtherVersion(
            f"{where}: {describe_value(url)} is of version {version}; version 2.3.0 is read here."
        )
    head = path
    while head:
        if head in RESOURCES:
            return RESOURCES[head]
        head = head.rpartition("/")[0]
    raise where.error(unknown_endpoint_message(path))


def guess_resource(record: dict[str, Any], name: str, where: RecordPath) -> type[Resource]:
    """The resource that the file is named after, or else the one whose records have the record's keys."""
    resource = resource_from_file_name(name) or resource_from_keys(frozenset(record))
    if resource is None:
        raise where.error(
            "nothing tells which endpoint it is of; say so with --endpoint, as in --endpoint spacecraft."
        )
    return resource


def resource_from_file_name(name: str) -> type[Resource] | None:
    """The resource that a file is named after: `agencies.json`, `config_agency_types.normal.json`."""
    stem = Path(name).name.partition(".")[0].lower().replace("-", "_")
    for path, resource in RESOURCES.items():
        if stem in (path.replace("/", "_"), path.rpartition("/")[2]):
            return resource
    return None


@lru_cache(maxsize=64)
def resource_from_keys(keys: frozenset[str]) -> type[Resource] | None:
    """The one resource whose records have these keys in some mode."""
    alike = [
        resource
        for resource in RESOURCES.values()
        if any(plan_of(shape).targets.keys() - {"url"} == keys - {"url"} for shape in resource.modes.values())
    ]
    return alike[0] if len(alike) == 1 else None
