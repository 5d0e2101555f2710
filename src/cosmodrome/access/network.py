"""Addresses of callers: who sends a request, and which addresses are one subscriber.

Whatever is counted or bounded by address (rates, log-ins, connections, places in a queue) asks here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

Address = IPv4Address | IPv6Address

IPV6_PREFIX = 64
"""The network of one subscriber: to count single addresses would give each subscriber 2^64 times the rate."""

TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a translator in front of an IPv6 server writes them (NAT64, RFC 6052)."""

LONGEST_REMEMBERED = 100
"""Characters of a text whose address is remembered: clients can send texts of any length."""
FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
UNKNOWN = "unknown"


def address_of(request: HttpRequest | Request) -> str:
    """The address of a request's caller, or its network for IPv6."""
    return caller_address(request.META)


def caller_address(environ: Mapping[str, Any]) -> str:
    """The address of the caller of a WSGI request, or its network for IPv6; `unknown` if there is none.

    Anyone can send the header of a proxy, so it is trusted only if the settings say that there is a proxy,
    and of it only the last address, which the proxy has added.
    """
    header = proxy_header()
    forwarded = str(environ.get(header, "")).rpartition(",")[2] if header else ""
    for written in (forwarded, environ.get("REMOTE_ADDR", "")):
        read = network_in if len(written) <= LONGEST_REMEMBERED else network_in.__wrapped__
        if network := read(written):
            return network
    return UNKNOWN


@lru_cache(maxsize=1000)
def network_in(written: str) -> str:
    """Returns the address that is written, or its network for IPv6; an empty text if there is none."""
    address = parse_address(written)
    return network_of(address) if address else ""


def proxy_header() -> str:
    """The header, as WSGI names it, in which a proxy in front names the caller; empty without a proxy.

    WSGI has `X-Forwarded-For` and `X_Forwarded_For` under one name, so that a client can send what a proxy
    takes for another header.  A name of letters and digits alone has no such double: see `proxy_header` in
    `environment.readers`.
    """
    if settings.PROXY_HEADER:
        return f"HTTP_{settings.PROXY_HEADER.upper()}"
    return FORWARDED_FOR if settings.PUBLIC_URL else ""


def parse_address(written: str) -> Address | None:
    """Parses `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`; None for anything else.

    An IPv4 address that is written as IPv6, as a socket for both has it (`::ffff:192.0.2.7`), is IPv4.
    """
    found = re.fullmatch(r"\[(?P<v6>[^]]+)\](:\d+)?|(?P<v4>[0-9.]+)(:\d+)?|(?P<bare>.*)", written.strip())
    try:
        address = ip_address(next(filter(None, found.groupdict().values()), "")) if found else None
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address in TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return getattr(address, "ipv4_mapped", None) or address


def network_of(address: Address) -> str:
    """An IPv4 address itself; for an IPv6 address its /64 network."""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), IPV6_PREFIX), strict=False))
