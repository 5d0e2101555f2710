"""Addresses of callers: from a request, and grouped by network."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

IPV6_PREFIX = 64
"""The network of one subscriber: to count single addresses would give each subscriber 2^64 times the rate."""


def address_of(request: HttpRequest | Request) -> str:
    """The address of a request's caller, or its network for IPv6.

    Anyone can send `X-Forwarded-For`, so it is trusted only if the settings say that there is a proxy, and of
    it only the last address, which the proxy has added.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2] if settings.PUBLIC_URL else ""
    for written in (forwarded, request.META.get("REMOTE_ADDR", "")):
        if address := parse_address(written):
            return network_of(address)
    return "unknown"


def parse_address(written: str) -> IPv4Address | IPv6Address | None:
    """Parses `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`; None for anything else."""
    found = re.fullmatch(r"\[(?P<v6>[^]]+)\](:\d+)?|(?P<v4>[0-9.]+)(:\d+)?|(?P<bare>.*)", written.strip())
    try:
        return ip_address(next(filter(None, found.groupdict().values()), "")) if found else None
    except ValueError:
        return None


def network_of(address: IPv4Address | IPv6Address) -> str:
    """An IPv4 address itself, also if mapped as `::ffff:192.0.2.7`; for an IPv6 address its /64 network."""
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), IPV6_PREFIX), strict=False))
