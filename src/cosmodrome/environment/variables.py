"""The variables: one row for each setting, and what follows from several of them."""
# ruff: noqa: RUF009 - a row is a call, and makes a field of the dataclass

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from cosmodrome.access.rates import Rate, read_rate
from cosmodrome.database.paths import NOBODY_WRITES, uri
from cosmodrome.database.routers import COUNTS
from cosmodrome.database.waits import postgresql_options, sqlite_options
from cosmodrome.environment import machine, readers
from cosmodrome.environment.faults import Fault, read_faults
from cosmodrome.environment.rows import PREFIX, Setting, SettingsError, setting
from cosmodrome.time.clock import SimulatedClock, read_instant, read_setting, real_now

COUNTS_SECONDS = 2
"""The seconds for which counting a call waits for another to be counted."""


@dataclass(frozen=True)
class Environment:
    """The values of all settings.  Each row has the variable's name, its reader, its default and its help."""

    database_url: str | None = setting(
        "DATABASE_URL",
        readers.optional(readers.database_url),
        "",
        "where the catalogue is kept: sqlite:////path/to/file or postgres://user@host/name",
    )
    connect_seconds: float = setting(
        "CONNECT_SECONDS", readers.seconds, "5", "seconds to wait for PostgreSQL to take a connection, from 2"
    )
    statement_seconds: float = setting(
        "STATEMENT_SECONDS", readers.seconds, "30", "seconds that PostgreSQL may take for a request's query"
    )
    lock_seconds: float = setting(
        "LOCK_SECONDS", readers.seconds, "2", "seconds that a request waits for another program that writes"
    )
    command_lock_seconds: float = setting(
        "COMMAND_LOCK_SECONDS", readers.seconds, "60", "seconds that a command waits for another that writes"
    )
    data_dir: Path = setting(
        "DATA_DIR", readers.folder, "cosmodrome-data", "the folder for the SQLite file and the secret key"
    )
    host: str = setting("HOST", str, "127.0.0.1", "the address to listen on")
    port: int = setting("PORT", readers.whole_number(1, 65535), "8000", "the port to listen on")
    extra_hosts: list[str] = setting(
        "ALLOWED_HOSTS", readers.hosts, "", "further host names to answer, with commas between; * for any"
    )
    public_url: str = setting(
        "PUBLIC_URL",
        readers.public_url,
        "",
        "the address people see behind a proxy: https://space.example.org",
    )
    proxy_header: str = setting(
        "PROXY_HEADER",
        readers.proxy_header,
        "",
        "the header in which a proxy names the caller, as ClientAddress; X-Forwarded-For if not given",
    )
    anonymous_rate: Rate | None = setting(
        "ANONYMOUS_RATE",
        readers.optional(read_rate),
        "",
        "calls an address may make without a token, as in 15/h; no limit if not given",
    )
    metrics: str = setting(
        "METRICS",
        readers.choice("local, for this machine alone, or public, for everyone", "local", "public"),
        "local",
        "who may read /metrics: local, this machine alone, or public, everyone",
    )
    cache: str = setting("CACHE", readers.choice("on or off", "on", "off"), "on", "off to keep no answers")
    cache_size: int = setting(
        "CACHE_BYTES", readers.cache_size, "40000000", "bytes of finished answers that each worker keeps"
    )
    answer_bytes: int = setting(
        "ANSWER_BYTES", readers.byte_count, "32000000", "bytes that one answer may have before compression"
    )
    load_bytes: int = setting(
        "LOAD_BYTES",
        readers.byte_count,
        "250000000",
        "bytes that a compressed file or an archive may unpack to, or a pipe may have, when loaded",
    )
    upstream: str = setting(
        "UPSTREAM",
        readers.upstream,
        "",
        "the service that is mirrored: https://ll.thespacedevs.com; none if not given",
    )
    upstream_token: str = setting(
        "UPSTREAM_TOKEN", readers.header_value, "", "the key that is sent to the service that is mirrored"
    )
    upstream_rate: Rate | None = setting(
        "UPSTREAM_RATE",
        readers.unless("none", read_rate),
        "15/h",
        "calls that may be made to the service that is mirrored; none for no limit",
    )
    log_level: str = setting(
        "LOG", readers.log_level, "warning", "the least that is logged: debug, info, warning or error"
    )
    access_log: str = setting(
        "ACCESS_LOG", readers.access_log, "off", "a line for each request on standard output: common or json"
    )
    workers: int = setting(
        "WORKERS", readers.workers, "", "processes that answer; one a processor, four at most, if not given"
    )
    connections: int = setting(
        "CONNECTIONS",
        readers.whole_number(1, 4096),
        "256",
        "connections that one address may have with each worker, without a proxy in front",
    )
    http2: str = setting(
        "HTTP2", readers.choice("on or off", "on", "off"), "off", "on to speak HTTP/2 as well"
    )
    read_only_setting: str = setting(
        "READ_ONLY",
        readers.choice("on or off", "on", "off"),
        "off",
        "on to serve an SQLite file that nobody writes to, and to write nothing to its folder",
    )
    clock_setting: str | None = setting(
        "NOW",
        readers.optional(readers.clock_setting),
        "",
        "an instant at which the clock stands still: 2024-05-01T00:00:00Z; or its shift: +P30D",
    )
    clock_speed: float | None = setting(
        "CLOCK_SPEED",
        readers.optional(readers.speed),
        "",
        "seconds that the clock advances in one; 1 if not given",
    )
    faults: tuple[Fault, ...] = setting(
        "FAULT", read_faults, "", "answers that are wrong on purpose, to test clients: 429:0.1,reset:0.02"
    )
    fault_seed: int = setting(
        "FAULT_SEED",
        readers.whole_number(0, 999_999_999),
        "0",
        "the number that decides which answers they are",
    )
    fault_seconds: float = setting(
        "FAULT_SECONDS", readers.seconds_up_to(1_000_000), "11", "seconds of the clock that slow answers take"
    )
    call_log: Path | None = setting(
        "CALL_LOG", readers.optional(readers.file_to_be), "", "a file that gets a line of JSON for each call"
    )
    clock_since: datetime | None = setting(
        "CLOCK_SINCE", readers.optional(read_instant), "", "when the clock was set: serve tells its workers"
    )

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Environment:
        """Reads and checks all variables.  Raises SettingsError."""
        refuse_unknown(variables)
        return cls(**{row.name: row.metadata["setting"].value(variables) for row in fields(cls)})

    @property
    def cache_bytes(self) -> int:
        """Bytes of answers that a worker keeps; 0 with the cache off."""
        return self.cache_size if self.cache == "on" else 0

    @property
    def stopped_at(self) -> datetime | None:
        """The instant at which the clock stands still: one that is set without a speed."""
        if not self.clock_setting or self.clock_speed or self.clock_setting[0] in "+-":
            return None
        return read_instant(self.clock_setting)

    @property
    def simulated_clock(self) -> SimulatedClock | None:
        """The clock's simulation; None if it stands still or shows the real time.  Raises SettingsError."""
        if self.stopped_at or not (self.clock_setting or self.clock_speed):
            return None
        real_start = self.clock_since or real_now()
        try:
            start = read_setting(self.clock_setting, real_start) if self.clock_setting else real_start
        except ValueError as error:  # a shift that would leave the years 1 to 9999
            raise SETTINGS["NOW"].refusal(error) from None
        return SimulatedClock(start, real_start, self.clock_speed or 1)

    @property
    def allowed_hosts(self) -> list[str]:
        """The machine's own names, the address served on, the public one, and the further ones."""
        public = urlsplit(self.public_url).hostname
        served = machine.own_hosts(self.host) if machine.is_any(self.host) else [machine.in_url(self.host)]
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
        """The address at which people find the server."""
        return self.public_url or self.served_at[0]

    @property
    def served_at(self) -> list[str]:
        """The addresses at which the server answers, this machine's loopback first where that is one."""
        hosts = [machine.in_url(self.host)]
        if machine.is_any(self.host):
            hosts = machine.own_addresses(with_ipv6=":" in self.host)
        return [f"http://{host}:{self.port}" for host in hosts]

    @property
    def public_origins(self) -> list[str]:
        """The public address as a browser sends it in `Origin`: without path and default port."""
        parts = urlsplit(self.public_url)
        default = {"http": 80, "https": 443}.get(parts.scheme)
        host = parts.netloc.removesuffix(f":{default}") if parts.port == default else parts.netloc
        return [f"{parts.scheme}://{host.lower()}"] if self.public_url else []

    @property
    def secret_key_file(self) -> Path:
        """The file of the secret key."""
        return self.data_dir / "secret_key"

    def secret_key(self) -> str:
        """Returns the kept key; before `prepare` has made one, a key for this process alone."""
        try:
            return self.secret_key_file.read_text().strip() or secrets.token_urlsafe(50)
        except (FileNotFoundError, NotADirectoryError):
            return secrets.token_urlsafe(50)
        except (OSError, ValueError) as error:
            raise SettingsError(f"The secret key {self.secret_key_file} can't be read: {error}") from None

    def prepare(self) -> None:
        """Makes the data folder and the secret key, where there are none.  Raises SettingsError."""
        try:
            self.data_dir.mkdir(0o700, parents=True, exist_ok=True)
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
    def is_read_only(self) -> bool:
        """Whether the catalogue's file and its folder are only read."""
        return self.read_only_setting == "on"

    @property
    def uses_sqlite(self) -> bool:
        """Whether the catalogue is in an SQLite file."""
        return not self.database_url or urlsplit(self.database_url).scheme == "sqlite"

    @property
    def database_place(self) -> str:
        """Where the catalogue is, without a password: a file, or a PostgreSQL database with its host."""
        if not self.database_url:
            return str(self.data_dir)
        if self.uses_sqlite:
            return str(self.database()["NAME"])
        parts = urlsplit(self.database_url)
        return f"{parts.hostname or 'localhost'}{parts.path}"

    @property
    def catalogue_url(self) -> str:
        """The url of the catalogue's database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'cosmodrome.sqlite3'}"

    def database(self) -> dict[str, Any]:
        """Returns Django's settings of the catalogue's database."""
        database: dict[str, Any] = dict(dj_database_url.parse(self.catalogue_url))
        database["CONN_MAX_AGE"] = None  # 0, Django's default, costs 0.25 ms a request
        database["ENGINE"] = f"cosmodrome.database.{'sqlite' if self.uses_sqlite else 'postgresql'}"
        database["CONN_HEALTH_CHECKS"] = not self.uses_sqlite
        own, given = self.options(self.command_lock_seconds), database.get("OPTIONS", {})
        database["OPTIONS"] = {**own, **({} if self.uses_sqlite else given)}
        return database

    def options(self, lock: float, statement: float = 0) -> dict[str, Any]:
        """Returns options of the database's engine: seconds for a lock, and for a statement, 0 for no end."""
        if self.uses_sqlite:
            return sqlite_options(lock)
        return postgresql_options(self.connect_seconds, lock, statement)

    def databases(self) -> dict[str, Any]:
        """Returns Django's DATABASES, with the patience of a command; SQLite has a second one for counts."""
        databases = {"default": self.database()}
        if self.uses_sqlite:
            file = Path(databases["default"]["NAME"])
            folder = self.data_dir if self.is_read_only else file.parent
            name = str(folder / f"{file.stem}-counts{file.suffix}")
            options = sqlite_options(COUNTS_SECONDS)
            databases[COUNTS] = {**databases["default"], "NAME": name, "OPTIONS": options}
            if self.is_read_only:
                databases["default"]["NAME"] = uri(file, NOBODY_WRITES)
                databases["default"]["OPTIONS"] = {"cached_statements": options["cached_statements"]}
        return databases

    def request_options(self) -> dict[str, dict[str, Any]]:
        """Returns the options of the catalogue's database with the patience of a request."""
        database = self.databases()["default"]
        if database["NAME"].startswith("file:"):  # an address of SQLite's, which says all
            return {"default": database["OPTIONS"]}
        own = self.options(self.lock_seconds, self.statement_seconds)
        return {"default": {**database["OPTIONS"], **own}}


SETTINGS: dict[str, Setting] = {
    row.metadata["setting"].name: row.metadata["setting"] for row in fields(Environment)
}
"""Every setting, by the variable's name without its prefix."""


def only_owner(path: str, flags: int) -> int:
    """Opens a file that no one else may read."""
    return os.open(path, flags, 0o600)


def refuse_unknown(variables: Mapping[str, str]) -> None:
    """Raises SettingsError for a misspelt variable, which would else be ignored in silence."""
    for name in sorted(variables):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in SETTINGS:
            near = get_close_matches(name.removeprefix(PREFIX), SETTINGS, 1)
            known = ", ".join(PREFIX + variable for variable in SETTINGS)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else f"there are {known}."
            raise SettingsError(f"{name} is not a setting of Cosmodrome: {hint}")
