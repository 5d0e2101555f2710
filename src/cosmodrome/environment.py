"""The `COSMODROME_*` variables: read, checked, and refused in a sentence.  All are optional."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import dj_database_url

from cosmodrome.access.rates import Rate, read_rate
from cosmodrome.access.routers import COUNTS
from cosmodrome.time.clock import Course, read_instant, read_setting, real_now

PREFIX = "COSMODROME_"
Value = TypeVar("Value")
FASTEST = 1_000_000
"""Seconds of the clock in a second: twelve days."""
USUAL_CACHE, SMALLEST_CACHE = 40_000_000, 1_000_000
"""Bytes of answers that a worker keeps."""
USUAL_WORKERS, MOST_WORKERS = 4, 64

VARIABLES = {
    "DATABASE_URL": "where the catalogue is kept: sqlite:////path/to/file or postgres://user@host/name",
    "DATA_DIR": "the folder for the SQLite file and the secret key; ./cosmodrome-data if not given",
    "HOST": "the address to serve on; 127.0.0.1 if not given",
    "PORT": "the port to serve on; 8000 if not given",
    "ALLOWED_HOSTS": "host names that may be asked for, with commas between; * for any",
    "PUBLIC_URL": "the address people see, when a proxy stands in front: https://space.example.org",
    "ANONYMOUS_RATE": "calls an address may make without a token, as in 15/h; no limit if not given",
    "METRICS": "who is told /metrics: local, this machine alone, if not given; or public",
    "CACHE": "off to answer every call anew; on if not given",
    "CACHE_BYTES": "bytes of finished answers that each worker keeps; 40000000 if not given",
    "WORKERS": "processes that answer; as many as there are processors, four at most, if not given",
    "NOW": "an instant at which the clock stands still: 2024-05-01T00:00:00Z; or its shift: +P30D",
    "CLOCK_SPEED": "how many seconds the clock goes in one: 60; 1 if not given",
    "CLOCK_SINCE": "when the clock was set, if not now: what serve lets its workers know",
}
"""Every variable, without its prefix, and what it says."""


class SettingsError(Exception):
    """A variable that is unknown or makes no sense; the text is for the person who set it."""


@dataclass(frozen=True)
class Environment:
    """What the variables say, with defaults for those that are not set."""

    database_url: str
    data_dir: Path
    host: str
    port: int
    extra_hosts: list[str]
    public_url: str
    anonymous_rate: Rate | None
    metrics: str
    cache_bytes: int
    """0: nothing is kept."""
    workers: int
    stopped_at: datetime | None
    course: Course | None

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Environment:
        """Reads and checks all of them.  Raises SettingsError."""
        refuse_unknown(variables)

        def text(name: str) -> str:
            return variables.get(PREFIX + name, "").strip()

        stopped_at, course = checked_clock(text("NOW"), text("CLOCK_SPEED"), text("CLOCK_SINCE"))
        return cls(
            database_url=checked_database_url(text("DATABASE_URL")),
            data_dir=Path(text("DATA_DIR") or "cosmodrome-data").absolute(),
            host=text("HOST") or "127.0.0.1",
            port=checked_port(text("PORT") or "8000"),
            extra_hosts=checked_hosts(text("ALLOWED_HOSTS")),
            public_url=checked_public_url(text("PUBLIC_URL")),
            anonymous_rate=checked_rate(text("ANONYMOUS_RATE")),
            metrics=checked_metrics(text("METRICS") or "local"),
            cache_bytes=checked_cache(text("CACHE"), text("CACHE_BYTES")),
            workers=checked_workers(text("WORKERS")),
            stopped_at=stopped_at,
            course=course,
        )

    @property
    def allowed_hosts(self) -> list[str]:
        """The machine's own names, the address served on, the public one, and those allowed."""
        public = urlsplit(self.public_url).hostname
        served = [] if self.host in ("0.0.0.0", "::") else [self.host]  # noqa: S104 - only compared
        return [
            "localhost",
            "127.0.0.1",
            "[::1]",
            *served,
            *([public] if public else []),
            *self.extra_hosts,
        ]

    @property
    def address(self) -> str:
        """Where people find the server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def public_origins(self) -> list[str]:
        """The public address as a browser names it in `Origin`: without path and usual port."""
        parts = urlsplit(self.public_url)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        host = parts.netloc.removesuffix(f":{usual}") if parts.port == usual else parts.netloc
        return [f"{parts.scheme}://{host.lower()}"] if self.public_url else []

    @property
    def metrics_folder(self) -> Path:
        """Where the workers of a server keep what they measure; no two servers have the same address."""
        return self.data_dir / "metrics" / f"{self.host}-{self.port}"

    @property
    def secret_key_file(self) -> Path:
        """Where the secret key is kept."""
        return self.data_dir / "secret_key"

    def secret_key(self) -> str:
        """The kept key; before `prepare` has made one, a key for this process alone."""
        try:
            return self.secret_key_file.read_text().strip() or secrets.token_urlsafe(50)
        except (FileNotFoundError, NotADirectoryError):
            return secrets.token_urlsafe(50)
        except (OSError, ValueError) as error:
            raise SettingsError(f"The secret key {self.secret_key_file} can't be read: {error}") from None

    def prepare(self) -> None:
        """Makes the data folder and the secret key, where there are none.  Raises SettingsError."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            with open(self.secret_key_file, "x", opener=only_owner) as file:
                file.write(secrets.token_urlsafe(50) + "\n")
        except FileExistsError:
            return
        except OSError as error:
            raise SettingsError(
                f"The data folder {self.data_dir} can't be used ({error.strerror}): "
                f"set {PREFIX}DATA_DIR to a folder that can be written to."
            ) from None

    @property
    def uses_sqlite(self) -> bool:
        """Whether the catalogue is in an SQLite file."""
        return not self.database_url.startswith("postgres")

    def database(self) -> dict[str, Any]:
        """Django's description of the database."""
        url = self.database_url or f"sqlite:///{self.data_dir / 'cosmodrome.sqlite3'}"
        database: dict[str, Any] = dict(dj_database_url.parse(url))
        database["CONN_MAX_AGE"] = None  # 0, Django's default, costs 0.25 ms a request
        if self.uses_sqlite:
            database["OPTIONS"] = {
                "transaction_mode": "IMMEDIATE",  # a writer waits its turn instead of failing half-way
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                "cached_statements": 16,  # 128, Python's default, take 1.5 MB and save no time that shows
            }
        return database

    def databases(self) -> dict[str, Any]:
        """The database, and beside an SQLite file a second one for counted calls: see `access.routing`."""
        databases = {"default": self.database()}
        if self.uses_sqlite:
            file = Path(databases["default"]["NAME"])
            options = {**databases["default"]["OPTIONS"], "timeout": 2}  # a call is not held up longer
            name = str(file.with_name(f"{file.stem}-counts{file.suffix}"))
            databases[COUNTS] = {**databases["default"], "NAME": name, "OPTIONS": options}
        return databases


def only_owner(path: str, flags: int) -> int:
    """An `opener` for files that no one else may read."""
    return os.open(path, flags, 0o600)


def refuse_unknown(variables: Mapping[str, str]) -> None:
    """A misspelt variable would else be ignored in silence."""
    for name in sorted(variables):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in VARIABLES:
            near = get_close_matches(name.removeprefix(PREFIX), VARIABLES, 1)
            known = ", ".join(PREFIX + variable for variable in VARIABLES)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else f"there are {known}."
            raise SettingsError(f"{name} is not a setting of Cosmodrome: {hint}")


def checked_database_url(url: str) -> str:
    """SQLite or PostgreSQL.  The value is not repeated in messages: it may hold a password."""
    if not url:
        return ""
    scheme = urlsplit(url).scheme
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise SettingsError(
            f"{PREFIX}DATABASE_URL begins with {scheme or 'no scheme'!r}: "
            "write sqlite:////path/to/file or postgres://user:password@host/name."
        )
    try:
        name = dj_database_url.parse(url)["NAME"]
    except (ValueError, KeyError) as error:
        raise SettingsError(f"{PREFIX}DATABASE_URL can't be read: {error}.") from None
    if not name or name == ":memory:":
        raise SettingsError(f"{PREFIX}DATABASE_URL names no database: the part after the last / is missing.")
    return url


def checked_port(text: str) -> int:
    """A port that a server can have."""
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 65535:
        return int(text)
    raise SettingsError(f"{PREFIX}PORT is {text!r}: write a number from 1 to 65535.")


def checked_hosts(text: str) -> list[str]:
    """Host names as Django compares them: `space.example.org`, `.example.org` for all below it, `*`."""
    hosts = [host.strip() for host in text.split(",") if host.strip()]
    for host in hosts:
        if not re.fullmatch(r"\*|\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]", host):
            raise SettingsError(
                f"{PREFIX}ALLOWED_HOSTS has {host!r}: write names without scheme, port or path, "
                "with commas between, as space.example.org,localhost."
            )
    return hosts


def checked_public_url(url: str) -> str:
    """A scheme, a host, perhaps a path; without the closing slash."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SettingsError(f"{PREFIX}PUBLIC_URL is {url!r}: {error}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(
            f"{PREFIX}PUBLIC_URL is {url!r}: write the address people see, as https://space.example.org."
        )
    if parts.username or parts.password:
        raise SettingsError(f"{PREFIX}PUBLIC_URL holds a user or a password, which every answer would show.")
    return url.rstrip("/")


def checked_rate(text: str) -> Rate | None:
    """A rate, or none."""
    return checked(read_rate, "ANONYMOUS_RATE", text) if text else None


def checked_metrics(text: str) -> str:
    """One of two words."""
    if text not in ("local", "public"):
        raise SettingsError(
            f"{PREFIX}METRICS is {text[:80]!r}: write local, for this machine alone, or public, for everyone."
        )
    return text


def checked_cache(switch: str, size: str) -> int:
    """How many bytes of answers are kept; 0 if none are to be."""
    if switch.lower() not in ("", "on", "off"):
        raise SettingsError(f"{PREFIX}CACHE is {switch!r}: write on or off.")
    is_number = size.isascii() and size.isdecimal() and len(size) < 18
    if size and not (is_number and int(size) >= SMALLEST_CACHE):
        raise SettingsError(
            f"{PREFIX}CACHE_BYTES is {size!r}: write a number of bytes from {SMALLEST_CACHE}, as 40000000; "
            f"to keep nothing, set {PREFIX}CACHE=off."
        )
    return 0 if switch.lower() == "off" else int(size or USUAL_CACHE)


def checked_workers(text: str) -> int:
    """A number of processes; without one, what the machine has processors for."""
    if not text:
        return min(processors(), USUAL_WORKERS)
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST_WORKERS:
        return int(text)
    raise SettingsError(f"{PREFIX}WORKERS is {text!r}: write a number from 1 to {MOST_WORKERS}.")


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked_clock(now: str, speed: str, since: str) -> tuple[datetime | None, Course | None]:
    """Where the clock stands still, or the course it takes; neither when it shows the real time.

    An instant alone stops it.  With a speed it goes on from there; a shifted clock goes on in any case.
    """
    set_at = checked(read_instant, "CLOCK_SINCE", since) if since else real_now()
    shown = checked(lambda text: read_setting(text, set_at), "NOW", now) if now else set_at
    if not now and not speed:
        return None, None
    if now[:1] not in ("+", "-") and not speed:
        return shown, None
    return None, Course(shown, set_at, checked(read_speed, "CLOCK_SPEED", speed) if speed else 1)


def read_speed(text: str) -> float:
    """A speed of the clock.  Raises ValueError."""
    try:
        speed = float(text)
    except ValueError:
        speed = -1
    if not 0 < speed <= FASTEST:
        raise ValueError(f"{text!r} is not a speed: write a number above 0, as 60 for a minute in a second")
    return speed


def checked(read: Callable[[str], Value], name: str, text: str) -> Value:
    """What `read` makes of a variable's text.  Raises SettingsError."""
    try:
        return read(text)
    except ValueError as error:
        raise SettingsError(f"{PREFIX}{name}: {error}.") from None
