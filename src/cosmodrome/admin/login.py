"""Logging in, with a bound on guessing: a password is only checked while few have been wrong."""

from __future__ import annotations

from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError

MINUTES = 5
"""For so long after a wrong password it counts."""

MOST_WRONG_FOR_A_NAME, MOST_WRONG = 5, 20
"""Wrong passwords from one address: for one name, and in all.

Checking one takes half a second of a process that has better things to do, so the bound also keeps the
API answering.  Behind a proxy all addresses are one; guessing at other names then does no harm to those
who know theirs.
"""


class LogIn(AdminAuthenticationForm):
    """Django's form; each process counts for itself, and forgets when it ends."""

    def clean(self) -> dict[str, Any]:
        counters = counters_of(self.request, str(self.cleaned_data.get("username")))
        if any(cache.get(counter, 0) >= most for counter, most in counters.items()):
            raise ValidationError(f"Too many wrong passwords. Wait {MINUTES} minutes, then try again.")
        try:
            return super().clean()
        except ValidationError:
            for counter in counters:
                cache.set(counter, cache.get(counter, 0) + 1, MINUTES * 60)
            raise


def counters_of(request: Any, name: str) -> dict[str, int]:
    """What counts wrong passwords for this attempt, each with its bound."""
    place = neighbourhood(str(request.META.get("REMOTE_ADDR", "")))
    counted = {f"{place} {name}": MOST_WRONG_FOR_A_NAME, place: MOST_WRONG}
    return {f"log-in-{sha256(text.encode()).hexdigest()}": most for text, most in counted.items()}


def neighbourhood(address: str) -> str:
    """The address; of IPv6 the first half, since whoever has one has all that share it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else address
