"""The start of a stand-in: what is refused, and what is said, so that nobody takes it for a right server."""

from __future__ import annotations

import os

from cosmodrome.environment import Environment
from cosmodrome.server.startup import StartError

OF_A_CONNECTION = ("reset", "short", "drop")
"""Kinds of faults that end a connection."""


def refuse_senseless(environment: Environment) -> None:
    """Raises StartError for faults that there can't be, or a log that can't be written."""
    ending = [fault.kind for fault in environment.faults if fault.kind in OF_A_CONNECTION]
    if ending and environment.http2 == "on":
        raise StartError(
            f"The fault {ending[0]!r} ends a connection, and with COSMODROME_HTTP2=on one has many answers: "
            "leave one of the two out."
        )
    if environment.call_log:
        try:
            os.close(os.open(environment.call_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
        except OSError as error:
            raise StartError(
                f"The log of calls {environment.call_log} can't be written ({error.strerror}): name another."
            ) from None


def notices(environment: Environment) -> list[str]:
    """Returns what is said at the start: which faults there are, and where calls are logged."""
    said = []
    if environment.faults:
        faults = ", ".join(map(str, environment.faults))
        said.append(
            f"This server misbehaves on purpose (COSMODROME_FAULT): {faults} of the answers below /2.3.0/, "
            f"with seed {environment.fault_seed}."
        )
    if environment.call_log:
        said.append(f"Each call is logged in {environment.call_log}.")
    return said
