"""Parses files of records, in whatever form people keep them, into pages of JSON objects.

A file is a sequence of JSON values, each perhaps behind other text: a response of the server with its
envelope, an array, one record, one record a line, or the browsable page copied as text, with its help,
its request line and its headers.  Any of these may be gzipped.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from cosmodrome.ingest.errors import BrokenFile, RecordPath, describe_value, record_label
from cosmodrome.ingest.plans import plan_of
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.time import clock

STANDARD_INPUT = "-"
JSON_START = re.compile(r"^[ \t]*[\[{]", re.MULTILINE)
JSON_SCRAP = re.compile(r'^[ \t]*["\]},]', re.MULTILINE)
"""The beginning of a line that is a piece of JSON without the rest."""
TRUNCATED_TOKENS = ("true", "false", "null", "-", ".", "e+", "e-", "E+", "E-")
"""Tokens of which the end of a file that is cut off may be the beginning."""
REQUEST_LINE = re.compile(r"^(?:GET|HEAD) (\S+)", re.MULTILINE)
STATUS_LINE = re.compile(r"^HTTP(?:/[\d.]+)? (\d{3}.*)", re.MULTILINE)
DATE_LINE = re.compile(r"^Date: (.+)", re.MULTILINE | re.IGNORECASE)
VERSIONED_PATH = re.compile(r"(?:^|/)(\d+\.\d+\.\d+)/([a-z0-9_/-]*)")
HTML_START = re.compile(r"\A\s*<|^[ \t]*<(?:!doctype|html)\b", re.MULTILINE | re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class RecordPage:
    """Records that were read from a server at one moment, each with its endpoint."""

    read_at: datetime
    is_certain: bool
    """Whether the moment is stated, as against taken from the file's modification time."""
    records: list[tuple[int, type[Resource], dict[str, Any]]]
    """The records with their numbers in the file, which begin at 1, and their endpoints."""


@dataclass(frozen=True)
class Hints:
    """Information about a file from outside: its name, its time, and the options of the command."""

    name: str
    endpoint: str | None = None
    """The path of the endpoint, if the person who loads the file gives it."""
    as_of: datetime | None = None
    """The moment of the reading, if the person who loads the file gives it."""
    file_time: datetime | None = None


def read_source(source: str) -> tuple[bytes, datetime]:
    """Reads the bytes of a file, or of standard input for `-`; returns them with the file's time.

    Raises BrokenFile.
    """
    try:
        if source != STANDARD_INPUT:
            path = Path(source)
            return path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if sys.stdin is None:
            raise BrokenFile("It is closed.")
        return sys.stdin.buffer.read(), clock.now()
    except OSError as error:
        raise BrokenFile(f"The file can't be read: {error.strerror or error}.") from None


def parse_pages(data: bytes, hints: Hints) -> Iterator[RecordPage]:
    """Yields every page in a file, in order.  Raises BrokenFile at the first thing that is wrong."""
    before = 0
    found = False
    for preamble, value in json_values(decode_text(data)):
        found = True
        page = parse_page(preamble, value, hints, before)
        before += len(page.records)
        yield page
    if not found:
        raise BrokenFile("There is no JSON in the file.")


def decode_text(data: bytes) -> str:
    """Returns the text of a file, decompressed if it is gzipped."""
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise BrokenFile(f"The gzip file is damaged or cut off: {error}.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BrokenFile(f"The file is not UTF-8 text: {error.reason} at byte {error.start}.") from None
    if not text.strip():
        raise BrokenFile("The file is empty.")
    json_start = JSON_START.search(text)
    before_json = text[: json_start.start()] if json_start else text
    if HTML_START.search(before_json):
        status, title = last_match(STATUS_LINE, before_json), TITLE.search(text)
        called = f" called {' '.join(title[1].split())[:80]!r}" if title else ""
        answered = f", answered with HTTP {status}" if status else ""
        raise BrokenFile(
            f"The file is an HTML page{called}{answered}, not JSON: ask the server with format=json."
        )
    return text


def json_values(text: str) -> Iterator[tuple[str, Any]]:
    """Yields each JSON value in `text`, with the text before it."""
    decoder = json.JSONDecoder(parse_constant=refuse_constant, parse_int=parse_integer)
    position, copied_page = 0, False
    while start := JSON_START.search(text, position):
        preamble = text[position : start.start()]
        refuse_scraps(text, position, preamble, may_be_prose=position == 0 or copied_page)
        copied_page = copied_page or bool(preamble.strip())
        try:
            value, position = decoder.raw_decode(text, start.end() - 1)
        except json.JSONDecodeError as error:
            what = "The JSON is cut off" if is_truncated(error) else f"The JSON is broken ({error.msg})"
            raise BrokenFile(f"{what} at line {error.lineno}, column {error.colno}.") from None
        except RecursionError:
            raise BrokenFile("The JSON is nested too deeply.") from None
        end_of_line = text.find("\n", position)
        rest = text[position : end_of_line if end_of_line >= 0 else None].strip()
        if rest:
            raise stray_text_error(text, position, rest)
        yield preamble, value
    if position:
        refuse_scraps(text, position, text[position:], may_be_prose=copied_page)


def parse_integer(digits: str) -> int | float:
    """Parses a JSON integer; one of absurd length, which Python refuses, becomes a float or infinity."""
    return int(digits) if len(digits) < 300 else float(digits)


def refuse_constant(constant: str) -> NoReturn:
    """Refuses NaN and Infinity: Python would parse them, but JSON has neither."""
    raise BrokenFile(f"The JSON is broken: {constant} is not a JSON value.")


def is_truncated(error: json.JSONDecodeError) -> bool:
    """Whether the JSON ends too early, as against being wrong."""
    rest = error.doc[error.pos :].strip()
    if error.msg.startswith("Unterminated string"):
        return True
    if error.msg.startswith("Invalid \\u"):
        return len(rest) < len("uXXXX")
    return any(word.startswith(rest) for word in TRUNCATED_TOKENS)


def refuse_scraps(text: str, position: int, between: str, may_be_prose: bool) -> None:
    """Raises BrokenFile if text between JSON values may be part of a record.

    A copied page, or the head of one, may have any text there but pieces of JSON; other files none at all.
    """
    prose = may_be_prose or REQUEST_LINE.search(between) or STATUS_LINE.search(between)
    scrap = JSON_SCRAP.search(between) if prose else re.search(r"\S", between)
    if scrap:
        line, _, _ = between[scrap.start() :].lstrip().partition("\n")
        raise stray_text_error(text, position + scrap.start(), line.strip())


def stray_text_error(text: str, position: int, what: str) -> BrokenFile:
    """The error about text that is neither JSON nor part of a copied page."""
    line = text.count("\n", 0, position) + 1
    return BrokenFile(f"Line {line} holds {describe_value(what)}, which belongs to no JSON value.")


def parse_page(preamble: str, value: Any, hints: Hints, before: int) -> RecordPage:
    """Returns the records in one JSON value, before which the file has had `before` records."""
    status = last_match(STATUS_LINE, preamble)
    if status and not status.startswith("2"):
        raise BrokenFile(f"The file holds the answer 'HTTP {status}', not records.")
    records, links = unwrap_records(value)
    urls = {"the request line": last_match(REQUEST_LINE, preamble), **links}
    linked = [resource_at_url(url, RecordPath("the page") / place) for place, url in urls.items()]
    resource_of_page = next((resource for resource in linked if resource), None)
    wanted = resource_named(hints.endpoint)
    found = []
    for number, record in enumerate(records, start=before + 1):
        if not isinstance(record, dict):
            raise RecordPath(f"record no. {number} of the file").error(
                f"an object is expected, not {describe_value(record)}."
            )
        where = RecordPath(record_label("record", record, number))
        resource = resource_of_page or resource_at_url(record.get("url"), where / "url")
        if resource and wanted and resource.model() is not wanted.model():
            raise where.error(f"it is of {resource.path}, not of {wanted.path} as --endpoint says.")
        found.append((number, resource or wanted or guess_resource(record, hints.name, where), record))
    stated = hints.as_of or date_header(preamble)
    return RecordPage(stated or hints.file_time or clock.now(), stated is not None, found)


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
    """The sentence about a path that is no endpoint."""
    return f"{path!r} is not an endpoint of Cosmodrome; there are {', '.join(sorted(RESOURCES))}."


def resource_at_url(url: Any, where: RecordPath) -> type[Resource] | None:
    """The resource that a url leads to; None without a url, or if it is no path of the API."""
    found = VERSIONED_PATH.search(url.partition("?")[0]) if isinstance(url, str) else None
    if not found:
        return None
    version, path = found[1], found[2].strip("/")
    if not version.startswith("2.3."):
        raise where.error(f"{describe_value(url)} is of version {version}; version 2.3.0 is read here.")
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
