"""Who calls: a token, or an address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from cosmodrome.access.models import Token
from cosmodrome.access.rates import Rate, read_rate

IPV6_PREFIX = 64
"""What one subscriber gets: counting single addresses would give each 2^64 times the rate."""


@dataclass(frozen=True)
class Caller:
    """One who calls, and the rate they are held to, if any."""

    kind: str
    ident: str
    rate: Rate | None

    @property
    def key(self) -> str:
        """What the calls are counted under; a token may be called like an address."""
        return f"{self.kind} {self.ident}"


def caller_of(request: Request) -> Caller:
    """The token that was sent, or else the address that calls."""
    if isinstance(request.auth, Token):
        rate = request.auth.rate
        return Caller("token", request.auth.name, read_rate(rate) if rate else None)
    return Caller("address", address_of(request), settings.ANONYMOUS_RATE)


def address_of(request: HttpRequest | Request) -> str:
    """The address that calls, or the network it is in.

    `X-Forwarded-For` can be sent by anyone, so it is believed only where the settings say that a proxy
    stands in front, and of it only the last address, which is the one that the proxy has put there.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2] if settings.PUBLIC_URL else ""
    for written in (forwarded, request.META.get("REMOTE_ADDR", "")):
        if address := read_address(written):
            return network_of(address)
    return "unknown"


def read_address(written: str) -> IPv4Address | IPv6Address | None:
    """`192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`; None if it is no address."""
    found = re.fullmatch(r"\[(?P<v6>[^]]+)\](:\d+)?|(?P<v4>[0-9.]+)(:\d+)?|(?P<bare>.*)", written.strip())
    try:
        return ip_address(next(filter(None, found.groupdict().values()), "")) if found else None
    except ValueError:
        return None


def network_of(address: IPv4Address | IPv6Address) -> str:
    """An IPv4 address as it is, also one that comes as `::ffff:192.0.2.7`; of IPv6 the /64 it is in."""
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), IPV6_PREFIX), strict=False))
