"""The log-in form, with a limit on guesses: a password is checked only while few have been wrong."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError

from cosmodrome.access.network import address_of

LOCKOUT_MINUTES = 5
"""How long a wrong password counts."""

MOST_WRONG_FOR_A_NAME, MOST_WRONG = 5, 20
"""The most wrong passwords from one address: for one name, and for all names.

A check takes half a second of a worker's time, so the limit also keeps the API responsive.  No limit is on a
name alone: whoever guesses at it from elsewhere would lock its owner out.
"""


class LoginForm(AdminAuthenticationForm):
    """Django's form with the limit; each process counts for itself, until it ends."""

    def clean(self) -> dict[str, Any]:
        counters = attempt_counters(self.request, str(self.cleaned_data.get("username")))
        if any(cache.get(counter, 0) >= most for counter, most in counters.items()):
            raise ValidationError(
                f"Too many wrong passwords. Wait {LOCKOUT_MINUTES} minutes, then try again."
            )
        try:
            return super().clean()
        except ValidationError:
            for counter in counters:
                cache.set(counter, cache.get(counter, 0) + 1, LOCKOUT_MINUTES * 60)
            raise


def attempt_counters(request: Any, name: str) -> dict[str, int]:
    """The cache keys that count wrong passwords for an attempt, each with its limit."""
    place = address_of(request)
    counted = {f"{place} {name}": MOST_WRONG_FOR_A_NAME, place: MOST_WRONG}
    return {f"log-in-{sha256(text.encode()).hexdigest()}": most for text, most in counted.items()}
