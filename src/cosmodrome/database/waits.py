"""How long connections wait: options of Django's engines.  No Django here, since settings use it."""

from __future__ import annotations

from typing import Any

KEEPALIVES = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Options of PostgreSQL's client: that a host is gone is noticed in ten seconds."""


def postgresql_options(connect: float, lock: float, statement: float = 0) -> dict[str, Any]:
    """Options of Django's PostgreSQL engine: seconds for a connection, a lock, a statement (0 for ever)."""
    limits = {"lock_timeout": lock, "statement_timeout": statement}
    told = " ".join(f"-c {name}={round(seconds * 1000)}" for name, seconds in limits.items())
    return {"connect_timeout": max(2, round(connect)), "options": told, **KEEPALIVES}


def sqlite_options(lock: float) -> dict[str, Any]:
    """Options of Django's SQLite engine, with the seconds that a writer waits for another."""
    return {
        "transaction_mode": "IMMEDIATE",  # a writer waits its turn instead of failing half-way
        "timeout": lock,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
        "cached_statements": 16,  # 128, Python's default, take 1.5 MB and save no time that shows
    }
