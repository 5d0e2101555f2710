"""Files of records, in whatever form people keep them, into pages of plain JSON objects.

A file is a sequence of JSON values, each perhaps behind other text: the answer of the server with its
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

from cosmodrome.ingest.errors import BrokenFile, Where, identified, shown
from cosmodrome.ingest.plans import plan_of
from cosmodrome.resources.registry import RESOURCES, paths
from cosmodrome.resources.resources import Resource
from cosmodrome.time import clock

STANDARD_INPUT = "-"
JSON_START = re.compile(r"^[ \t]*[\[{]", re.MULTILINE)
JSON_SCRAP = re.compile(r'^[ \t]*["\]},]', re.MULTILINE)
"""How a line begins that is a piece of JSON without what it belongs to."""
CUT_WORDS = ("true", "false", "null", "-", ".", "e+", "e-", "E+", "E-")
"""What the JSON at the end of a file that is cut off may be the beginning of."""
REQUEST_LINE = re.compile(r"^(?:GET|HEAD) (\S+)", re.MULTILINE)
STATUS_LINE = re.compile(r"^HTTP(?:/[\d.]+)? (\d{3}.*)", re.MULTILINE)
DATE_LINE = re.compile(r"^Date: (.+)", re.MULTILINE | re.IGNORECASE)
VERSIONED_PATH = re.compile(r"(?:^|/)(\d+\.\d+\.\d+)/([a-z0-9_/-]*)")
HTML_START = re.compile(r"\A\s*<|^[ \t]*<(?:!doctype|html)\b", re.MULTILINE | re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """Records that were read at one moment, each with the endpoint that it is of."""

    read_at: datetime
    is_certain: bool
    """Whether someone says that it was that moment, or only the file's own time tells."""
    records: list[tuple[type[Resource], dict[str, Any]]]


@dataclass(frozen=True)
class Hints:
    """What is known of a file before its records are looked at."""

    name: str
    endpoint: str | None = None
    """The path that the person who loads the file says it is of."""
    as_of: datetime | None = None
    """The moment that the person who loads the file says it was read at."""
    file_time: datetime | None = None


def open_file(source: str) -> tuple[bytes, datetime]:
    """The bytes of a file, or of standard input for `-`, and the moment they are from.

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


def read_pages(data: bytes, hints: Hints) -> Iterator[Page]:
    """Every page in a file, in order.  Raises BrokenFile at the first thing that is wrong."""
    before = 0
    found = False
    for preamble, value in values(text_of(data)):
        found = True
        page = page_of(preamble, value, hints, before)
        before += len(page.records)
        yield page
    if not found:
        raise BrokenFile("There is no JSON in the file.")


def text_of(data: bytes) -> str:
    """The text of a file, unpacked if it is gzipped."""
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
        status, title = last(STATUS_LINE, before_json), TITLE.search(text)
        called = f" called {' '.join(title[1].split())[:80]!r}" if title else ""
        answered = f", answered with HTTP {status}" if status else ""
        raise BrokenFile(
            f"The file is an HTML page{called}{answered}, not JSON: ask the server with format=json."
        )
    return text


def values(text: str) -> Iterator[tuple[str, Any]]:
    """Each JSON value in `text`, with the text that stands before it."""
    decoder = json.JSONDecoder(parse_constant=no_number, parse_int=whole_number)
    position, copied_page = 0, False
    while start := JSON_START.search(text, position):
        preamble = text[position : start.start()]
        refuse_scraps(text, position, preamble, may_be_prose=position == 0 or copied_page)
        copied_page = copied_page or bool(preamble.strip())
        try:
            value, position = decoder.raw_decode(text, start.end() - 1)
        except json.JSONDecodeError as error:
            what = "The JSON is cut off" if is_cut_off(error) else f"The JSON is broken ({error.msg})"
            raise BrokenFile(f"{what} at line {error.lineno}, column {error.colno}.") from None
        except RecursionError:
            raise BrokenFile("The JSON is nested too deeply.") from None
        end_of_line = text.find("\n", position)
        rest = text[position : end_of_line if end_of_line >= 0 else None].strip()
        if rest:
            raise stray_text(text, position, rest)
        yield preamble, value
    if position:
        refuse_scraps(text, position, text[position:], may_be_prose=copied_page)


def whole_number(digits: str) -> int | float:
    """A JSON integer; one of absurd length, which Python refuses to read, as a float or infinity."""
    return int(digits) if len(digits) < 300 else float(digits)


def no_number(constant: str) -> NoReturn:
    """Python reads NaN and Infinity; JSON has neither."""
    raise BrokenFile(f"The JSON is broken: {constant} is not a JSON value.")


def is_cut_off(error: json.JSONDecodeError) -> bool:
    """Whether the JSON ends too early, as against being wrong."""
    rest = error.doc[error.pos :].strip()
    if error.msg.startswith("Unterminated string"):
        return True
    if error.msg.startswith("Invalid \\u"):
        return len(rest) < len("uXXXX")
    return any(word.startswith(rest) for word in CUT_WORDS)


def refuse_scraps(text: str, position: int, between: str, may_be_prose: bool) -> None:
    """Text outside of JSON is what a copied page has, or the head of one; else a record got lost in it."""
    prose = may_be_prose or REQUEST_LINE.search(between) or STATUS_LINE.search(between)
    scrap = JSON_SCRAP.search(between) if prose else re.search(r"\S", between)
    if scrap:
        line, _, _ = between[scrap.start() :].lstrip().partition("\n")
        raise stray_text(text, position + scrap.start(), line.strip())


def stray_text(text: str, position: int, what: str) -> BrokenFile:
    """The error about text that is neither JSON nor part of a copied page."""
    line = text.count("\n", 0, position) + 1
    return BrokenFile(f"Line {line} holds {shown(what)}, which belongs to no JSON value.")


def page_of(preamble: str, value: Any, hints: Hints, before: int) -> Page:
    """The records in one JSON value; `before` it, so many were in the file."""
    status = last(STATUS_LINE, preamble)
    if status and not status.startswith("2"):
        raise BrokenFile(f"The file holds the answer 'HTTP {status}', not records.")
    records, links = unwrapped(value)
    urls = {"the request line": last(REQUEST_LINE, preamble), **links}
    told = [resource_at(url, Where("the page") / place) for place, url in urls.items()]
    told_by_page = next((resource for resource in told if resource), None)
    wanted = named(hints.endpoint)
    found = []
    for number, record in enumerate(records, start=before + 1):
        if not isinstance(record, dict):
            raise Where(f"record no. {number} of the file").wrong(
                f"an object is expected, not {shown(record)}."
            )
        where = Where(identified("record", record, number))
        resource = told_by_page or resource_at(record.get("url"), where / "url")
        if resource and wanted and resource.model() is not wanted.model():
            raise where.wrong(f"it is of {resource.path}, not of {wanted.path} as --endpoint says.")
        found.append((resource or wanted or guessed(record, hints.name, where), record))
    said = hints.as_of or date_of(preamble)
    return Page(said or hints.file_time or clock.now(), said is not None, found)


def last(pattern: re.Pattern[str], text: str) -> str | None:
    """What the last line of its kind holds: of several answers, as after a redirect, the last counts."""
    found = pattern.findall(text)
    return found[-1].strip() if found else None


def unwrapped(value: Any) -> tuple[list[Any], dict[str, Any]]:
    """The records of a JSON value, and the page links that tell their endpoint."""
    if isinstance(value, list):
        return value, {}
    if "results" in value:
        if not isinstance(value["results"], list):
            raise BrokenFile(f"results: a list is expected, not {shown(value['results'])}.")
        return value["results"], {key: value.get(key) for key in ("next", "previous")}
    if set(value) == {"detail"}:
        raise BrokenFile(f"The file holds an error answer, not records: {shown(value['detail'])}.")
    return [value], {}


def date_of(preamble: str) -> datetime | None:
    """The moment in the answer's own `Date` header."""
    date = last(DATE_LINE, preamble)
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except (ValueError, OverflowError):
        return None


def named(endpoint: str | None) -> type[Resource] | None:
    """The resource that a person names by its path."""
    if endpoint is None:
        return None
    path = endpoint.strip("/")
    if path in RESOURCES:
        return RESOURCES[path]
    raise BrokenFile(not_an_endpoint(path))


def not_an_endpoint(path: str) -> str:
    """The sentence about a path that leads nowhere."""
    return f"{path!r} is not an endpoint of Cosmodrome; there are {paths(RESOURCES.values())}."


def resource_at(url: Any, where: Where) -> type[Resource] | None:
    """The resource that a url leads to; None for no url or one that is no path of the API."""
    found = VERSIONED_PATH.search(url.partition("?")[0]) if isinstance(url, str) else None
    if not found:
        return None
    version, path = found[1], found[2].strip("/")
    if not version.startswith("2.3."):
        raise where.wrong(f"{shown(url)} is of version {version}; version 2.3.0 is read here.")
    head = path
    while head:
        if head in RESOURCES:
            return RESOURCES[head]
        head = head.rpartition("/")[0]
    raise where.wrong(not_an_endpoint(path))


def guessed(record: dict[str, Any], name: str, where: Where) -> type[Resource]:
    """The resource that the file's name tells, or else the record's very keys."""
    resource = resource_called(name) or resource_like(frozenset(record))
    if resource is None:
        raise where.wrong(
            "nothing tells which endpoint it is of; say so with --endpoint, as in --endpoint spacecraft."
        )
    return resource


def resource_called(name: str) -> type[Resource] | None:
    """The resource that a file is called after: `agencies.json`, `config_agency_types.normal.json`."""
    stem = Path(name).name.partition(".")[0].lower().replace("-", "_")
    for path, resource in RESOURCES.items():
        if stem in (path.replace("/", "_"), path.rpartition("/")[2]):
            return resource
    return None


@lru_cache(maxsize=64)
def resource_like(keys: frozenset[str]) -> type[Resource] | None:
    """The one resource whose records have these keys in some mode."""
    alike = [
        resource
        for resource in RESOURCES.values()
        if any(plan_of(shape).parts.keys() - {"url"} == keys - {"url"} for shape in resource.modes.values())
    ]
    return alike[0] if len(alike) == 1 else None
