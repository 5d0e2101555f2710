"""Readers: each makes the value of a setting from its text.

A reader raises ValueError with a sentence that goes on after the variable's name, as in `is 'http': write
a number`, or that quotes the value first, as in `'often' is not a rate`.  No sentence repeats a password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import dj_database_url

from cosmodrome.database.paths import Kind, is_open_already, kind_at
from cosmodrome.rendering.encoding import encoded_path
from cosmodrome.time.clock import read_setting, real_now

Value = TypeVar("Value")
FASTEST = 1_000_000
"""Seconds of the clock in a second: twelve days."""
SMALLEST_CACHE = 1_000_000
"""Bytes of answers that a worker keeps."""
FEWEST_BYTES = 1_000_000
"""Bytes of an answer, or of an unpacked file, that a setting allows at least."""
USUAL_WORKERS, MOST_WORKERS = 4, 64
PUBLIC_FORM = "write the address people see, as https://space.example.org"
UPSTREAM_FORM = "write the address of a service, as https://ll.thespacedevs.com"


def optional(read: Callable[[str], Value]) -> Callable[[str], Value | None]:
    """Returns a reader that makes None of an empty text."""
    return lambda text: read(text) if text else None


def unless(word: str, read: Callable[[str], Value]) -> Callable[[str], Value | None]:
    """Returns a reader that makes None of one word."""
    return lambda text: None if text.lower() == word else read(text)


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Returns a reader of numbers in a range."""

    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        raise ValueError(f"is {text!r}: write a number from {least} to {most}")

    return read


def seconds_up_to(most: int) -> Callable[[str], float]:
    """Returns a reader of numbers of seconds above 0."""

    def read(text: str) -> float:
        if re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", text) and 0 < float(text) <= most:
            return float(text)
        raise ValueError(f"is {text[:80]!r}: write a number of seconds above 0, up to {most}, as 30 or 0.5")

    return read


seconds: Callable[[str], float] = seconds_up_to(3600)


def choice(sentence: str, *words: str) -> Callable[[str], str]:
    """Returns a reader of one of `words`; `sentence` tells what they mean."""

    def read(text: str) -> str:
        if text.lower() in words:
            return text.lower()
        raise ValueError(f"is {text[:80]!r}: write {sentence}")

    return read


log_level: Callable[[str], str] = choice("debug, info, warning or error", "debug", "info", "warning", "error")
access_log: Callable[[str], str] = choice("off, common or json", "off", "common", "json")


def folder(text: str) -> Path:
    """Reads a path, from the current folder on, of a folder that is there or can be made."""
    path = Path(text).absolute()
    for place in (path, *path.parents):
        if what_is_at(place) in (Kind.FILE, Kind.OTHER):
            raise ValueError(f"is {text[:200]!r}, and {place} is a file: name a folder")
    return path


def file_to_be(text: str) -> Path:
    """Reads a path, from the current folder on, of a file that is there or can be made."""
    path = Path(text).absolute()
    kind = what_is_at(path)
    if kind is Kind.FOLDER or not path.parent.is_dir():
        raise ValueError(f"is {text[:200]!r}: name a file in a folder that is there")
    if path.is_fifo() and not is_open_already(text):
        raise ValueError(f"is {text[:200]!r}, which is a pipe, and waits for a reader: name a file")
    return path


def what_is_at(path: Path) -> Kind:
    """Returns the kind of file at a path.  Raises ValueError for a name that no file can have."""
    try:
        return kind_at(path)
    except OSError as error:
        raise ValueError(
            f"is {str(path)[:200]!r}, which can't be used ({error.strerror}): name another"
        ) from None


def database_url(text: str) -> str:
    """Checks the address of an SQLite file or a PostgreSQL database.

    Sentences show its scheme alone: the rest may hold a password.
    """
    written = re.match(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)", text)
    scheme = written[0].lower() if written else "no scheme"
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise ValueError(
            f"begins with {scheme!r}: write sqlite:////path/to/file or postgres://user:password@host/name"
        )
    unreadable = ValueError(
        "can't be read: write sqlite:////path/to/file or postgres://user:password@host/name, "
        "and in a password %-codes for all but letters and digits"
    )
    try:
        name = dj_database_url.parse(text)["NAME"]
    except (ValueError, KeyError):
        raise unreadable from None
    if "@" in name and scheme != "sqlite":  # a / in the password ends the host too early
        raise unreadable
    if not name or name == ":memory:":
        raise ValueError("names no database: the part after the last / is missing")
    return text


def hosts(text: str) -> list[str]:
    """Reads host names as Django compares them: `space.example.org`, `.example.org` for all below it, `*`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if not re.fullmatch(r"\*|\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]", name):
            raise ValueError(
                f"has {name!r}: write names without scheme, port or path, "
                "with commas between, as space.example.org,localhost"
            )
    return names


def public_url(text: str) -> str:
    """Checks a scheme, a host, perhaps a path; returns it percent-encoded, without the closing slash."""
    if not text:
        return ""
    fault = address_fault(text, PUBLIC_FORM) or path_fault(text)
    if fault and "@" in text:
        raise ValueError("holds a user or a password, which every answer would show")
    if fault:
        raise ValueError(f"is {text!r}: {fault}")
    parts = urlsplit(text.removesuffix("/"))
    return f"{parts.scheme}://{parts.netloc}{encoded_path(unquote(parts.path))}"


def path_fault(url: str) -> str:
    """Returns why `url` has a path that no proxy passes on as it is; an empty text if it has not."""
    path = unquote(url.partition("://")[2].partition("/")[2]).removesuffix("/")
    senseless = {"", ".", ".."} & set(path.split("/") if path or url.endswith("//") else ())
    if senseless or not url.isprintable() or any(map(str.isspace, unquote(url))):
        return f"a part of its path is empty, dots alone, or has a blank: {PUBLIC_FORM}/library"
    return ""


def upstream(text: str) -> str:
    """Checks the address of a service that is mirrored; returns it without the closing slash."""
    if text and (fault := address_fault(text, UPSTREAM_FORM)):
        shown = "holds a user or a password" if "@" in text else f"is {text[:200]!r}"
        raise ValueError(f"{shown}: {fault}")
    return text.rstrip("/").removesuffix("/2.3.0")


def header_value(text: str) -> str:
    """Checks a key that is sent in a header.  The sentence never repeats it."""
    if re.fullmatch(r"[!-~]*", text):
        return text
    raise ValueError("holds a blank or a letter that no header can: write the key alone, without Token")


def address_fault(url: str, form: str) -> str:
    """Returns why `url` is no address of a server, with the `form` to write; an empty text if it is one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return str(error)
    has_more = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or has_more:
        return form
    return ""


NO_PROXY_HEADERS = ("accept", "authorization", "connection", "cookie", "expect", "host", "range", "upgrade")
"""Headers of one word that clients send, and that no proxy writes the caller's address into."""


def proxy_header(text: str) -> str:
    """Checks the name of a header: letters and digits alone, since WSGI can't tell `-` and `_` apart."""
    if text.lower() in NO_PROXY_HEADERS:
        raise ValueError(f"is {text!r}, which has a meaning of its own: write another name, as ClientAddress")
    if re.fullmatch(r"[A-Za-z0-9]{0,50}", text):
        return text
    raise ValueError(
        f"is {text!r}: write a name of letters and digits alone, as ClientAddress; "
        "with - in it, a client could send it past the proxy with _ instead"
    )


def cache_size(text: str) -> int:
    """Reads a number of bytes for the cache."""
    if text.isascii() and text.isdecimal() and len(text) < 18 and int(text) >= SMALLEST_CACHE:
        return int(text)
    raise ValueError(
        f"is {text!r}: write a number of bytes from {SMALLEST_CACHE}, as 40000000; "
        "to keep nothing, set COSMODROME_CACHE=off"
    )


def byte_count(text: str) -> int:
    """Reads a number of bytes, of which fewer than a million serve nothing."""
    if text.isascii() and text.isdecimal() and len(text) < 18 and int(text) >= FEWEST_BYTES:
        return int(text)
    raise ValueError(f"is {text[:80]!r}: write a number of bytes from {FEWEST_BYTES}, as 250000000")


def workers(text: str) -> int:
    """Reads a number of processes; an empty text is one for each processor, up to four."""
    if not text:
        return min(processors(), USUAL_WORKERS)
    return whole_number(1, MOST_WORKERS)(text)


def processors() -> int:
    """Returns how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def clock_setting(text: str) -> str:
    """Checks an instant or a shift, such as `+P30D`; a shift starts at the instant the clock is set."""
    read_setting(text, real_now())
    return text


def speed(text: str) -> float:
    """Reads a speed of the clock."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 < value <= FASTEST:
        raise ValueError(f"{text!r} is not a speed: write a number above 0, as 60 for a minute in a second")
    return value
