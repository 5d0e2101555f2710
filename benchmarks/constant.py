"""The same bytes whatever is asked: what the server itself costs.  The file is named by BENCHMARK_BODY."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

BODY = Path(os.environ["BENCHMARK_BODY"]).read_bytes()
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers the body."""
    del environ
    start_response("200 OK", HEADERS)
    return (BODY,)
