"""The same bytes whatever is asked: what the server itself costs.

BENCHMARK_ANSWER names the folder that has them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["BENCHMARK_ANSWER"])
BODY = (FOLDER / "body").read_bytes()
OF_THE_SERVER = {"server", "date"}
"""Headers that granian adds itself."""
HEADERS = [
    (name, value)
    for name, value in json.loads((FOLDER / "headers").read_text())
    if name.lower() not in OF_THE_SERVER
]


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers the page.  A list, which granian sends as it is; any other iterable it goes through."""
    del environ
    start_response("200 OK", HEADERS)
    return [BODY]
