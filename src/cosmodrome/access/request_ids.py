"""The id of a request, by which its lines in the logs of a proxy and of this server are found."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import Any

HEADER = "X-Request-Id"
REQUEST_ID = "cosmodrome.request_id"
"""Key of the WSGI environ: the id, once somebody has asked for it."""
VALID = re.compile(r"[A-Za-z0-9._:=+/@-]{1,100}")
"""No blank, quote or control character: an id can't end the line that it is in."""


def request_id(environ: dict[str, Any]) -> str:
    """Returns the id of a request: its header's, if that is valid, else one that is made; always the same."""
    known: str | None = environ.get(REQUEST_ID)
    if known is None:
        sent = environ.get("HTTP_X_REQUEST_ID", "")
        known = environ[REQUEST_ID] = sent if VALID.fullmatch(sent) else token_hex(8)
    return known
