"""Callers: each is known by a token, or else by an address."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from rest_framework.request import Request

from cosmodrome.access.models import Token
from cosmodrome.access.network import address_of
from cosmodrome.access.rates import Rate, read_rate


@dataclass(frozen=True)
class Caller:
    """A caller, and the rate that limits them, if any."""

    kind: str
    ident: str
    rate: Rate | None

    @property
    def key(self) -> str:
        """The key for counted calls; it has the kind, since a token may be named like an address."""
        return f"{self.kind} {self.ident}"


def caller_of(request: Request) -> Caller:
    """The caller of a request, by its token, or else by its address."""
    if isinstance(request.auth, Token):
        rate = request.auth.rate
        return Caller("token", request.auth.name, read_rate(rate) if rate else None)
    return Caller("address", address_of(request), settings.ANONYMOUS_RATE)
