"""The machine: the addresses and the names by which clients reach it."""

from __future__ import annotations

import fcntl
import socket
import struct
from contextlib import suppress
from functools import cache
from ipaddress import ip_address
from pathlib import Path

SIOCGIFADDR = 0x8915
"""Linux's request for the IPv4 address of an interface."""
INTERFACE_REQUEST = "256s"
IPV6_ADDRESSES = Path("/proc/net/if_inet6")
LINK_SCOPE = "20"
"""The scope of IPv6 addresses that mean something on one cable only, and stand in no url."""


def is_any(host: str) -> bool:
    """Whether `host` stands for all addresses of the machine: `0.0.0.0`, `::`."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def in_url(host: str) -> str:
    """Returns a host as a url and the `Host` header have it: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def own_hosts(host: str) -> list[str]:
    """Returns the addresses, then the names, of a machine that listens on `host`, which is any address."""
    return [*own_addresses(with_ipv6=":" in host), *own_names()]


@cache
def own_addresses(with_ipv6: bool) -> list[str]:
    """Returns the machine's addresses as urls have them, its loopback first; no others where Linux is not."""
    found = ["127.0.0.1", *ipv4_addresses(), *(["::1", *ipv6_addresses()] if with_ipv6 else [])]
    return list(dict.fromkeys(map(in_url, found)))


def ipv4_addresses() -> list[str]:
    """Returns the IPv4 address of each interface that has one."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            with suppress(OSError):
                asked = struct.pack(INTERFACE_REQUEST, name.encode()[:15])
                found.append(socket.inet_ntoa(fcntl.ioctl(any_socket, SIOCGIFADDR, asked)[20:24]))
    return found


def ipv6_addresses() -> list[str]:
    """Returns the IPv6 addresses of all interfaces, but for those of one cable."""
    try:
        lines = IPV6_ADDRESSES.read_text().splitlines()
    except OSError:
        return []
    fields = [line.split() for line in lines]
    return [str(ip_address(bytes.fromhex(field[0]))) for field in fields if field[3] != LINK_SCOPE]


def own_names() -> list[str]:
    """Returns the machine's name, and the one without its domain."""
    name = socket.gethostname().lower()
    return list(dict.fromkeys(each for each in (name, name.partition(".")[0]) if each))
