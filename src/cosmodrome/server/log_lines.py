"""The lines of the server's log: one for each record, whatever a request or an error has in its text."""

from __future__ import annotations

import logging
import re
from copy import copy
from textwrap import indent
from traceback import extract_tb
from typing import Any

from cosmodrome.access.request_ids import request_id

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that can end a line, or that a terminal obeys."""


def logging_settings(level: str) -> dict[str, Any]:
    """Returns Django's LOGGING for a `COSMODROME_LOG`: at `debug` with tracebacks."""
    own = level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.LineFormatter", "tracebacks": level == "debug"}},
        "filters": {"once": {"()": "cosmodrome.database.outages.OnceAMinute"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["once"]}},
        # Of libraries no more than warnings is logged: at DEBUG some log the headers that they send.
        "root": {"handlers": ["stderr"], "level": "ERROR" if level == "error" else "WARNING"},
        "loggers": {
            "cosmodrome": {"level": own},
            # Refused hosts and missing pages are the client's business: the answer says it all.
            "django.security": {"level": "CRITICAL"},
            "django.request": {"level": "ERROR"},
            # One line at the start: what is asked for how often.
            "cosmodrome.server.mirror": {"level": "INFO" if level == "warning" else own},
        },
    }


class LineFormatter(logging.Formatter):
    """Formats a record as one line, with the id of its request and the cause of an error in brackets."""

    def __init__(self, *, tracebacks: bool) -> None:
        """`tracebacks` puts the traceback below the line, indented."""
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        plain = copy(record)  # other handlers get the error itself
        plain.exc_info = plain.exc_text = plain.stack_info = None
        details = "".join(f" [{each}]" for each in (id_of(record), cause_of(record)) if each)
        line = one_line(super().format(plain) + details)
        if self._tracebacks and record.exc_info:
            return f"{line}\n{indent(self.formatException(record.exc_info), '  ')}"
        return line


def id_of(record: logging.LogRecord) -> str:
    """Returns the id of the request that a record is about; Django passes the request itself."""
    environ = getattr(record, "environ", None) or getattr(getattr(record, "request", None), "META", None)
    return "" if environ is None else f"request {request_id(environ)}"


def cause_of(record: logging.LogRecord) -> str:
    """Returns the error of a record, and the place where it was raised."""
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    error = record.exc_info[1]
    places = extract_tb(error.__traceback__)
    place = f" at {places[-1].filename}:{places[-1].lineno}" if places else ""
    return f"{type(error).__name__}: {error}{place}"


def one_line(text: str) -> str:
    """Returns a text with control characters written as in Python."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
