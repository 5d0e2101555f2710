"""The sockets that the server listens on: their address, who holds them, and when they answer."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable

from cosmodrome.environment import Environment
from cosmodrome.server.startup import StartError

BACKLOG = 1024
"""Connections that the system holds for a worker until the worker accepts them."""
PROBE = "/healthz"
"""A path that a worker answers whatever the host and the state of the database."""
Address = tuple[socket.AddressFamily, str]


def resolve(environment: Environment) -> Address:
    """Returns the address that the host of the settings stands for; of several, an IPv4 address.

    Raises StartError.
    """
    host, port = environment.host, environment.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise refusal(environment, getattr(error, "strerror", None) or "this is no host name") from None
    family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, str(address[0])


def refuse_taken_port(environment: Environment) -> None:
    """Raises StartError if nobody can listen there, before any work is done for the start.

    A socket of `listen` would not notice: the port is shared by the workers, and so by two servers.
    """
    family, host = resolve(environment)
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, environment.port))
    except OSError as error:
        raise refusal(environment, error.strerror) from None


def refusal(environment: Environment, reason: str | None) -> StartError:
    """Returns the sentence that says why the server can't listen."""
    return StartError(
        f"Can't serve on {environment.host} port {environment.port} ({reason}): "
        "choose another with --host and --port."
    )


def listen(environment: Environment) -> socket.socket:
    """Opens one worker's socket.  The system deals out new connections among those of all workers.

    The server's first process opens the sockets and keeps them: of a worker that has died, connections
    wait for the next one.  Raises StartError.
    """
    family, host = resolve(environment)
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # IPv4 comes to `::` as well
        opened.bind((host, environment.port))
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise refusal(environment, error.strerror) from None
    return opened


def wait_until_answered(address: str, port: int, stopped: Callable[[], bool]) -> bool:
    """Returns True when a worker answers at the address, or False when `stopped` says so before."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - only compared
    while not stopped():
        connection = http.client.HTTPConnection(local, port, timeout=1)
        try:
            connection.request("GET", PROBE)
            if connection.getresponse().status == http.client.OK:
                return True
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
        finally:
            connection.close()
    return False
