"""Creates and removes tokens, and recognises them in `Authorization: Token <key>`."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from cosmodrome.access.models import LONGEST_NAME, Token
from cosmodrome.access.rates import Rate
from cosmodrome.time import clock

SHORTEST_KEY, LONGEST_KEY = 20, 200
"""Characters of a key that a client has already: a shorter one could be guessed."""


class TokenError(Exception):
    """A token can't be created or removed; the text is a sentence for the person who tried."""


def digest_of(key: str) -> str:
    """The digest that is stored of a key.

    It is a fast hash without salt: slow, salted hashes are for passwords, which can be guessed.  A key, ours
    or the original's, is 160 random bits, and a slow hash would cost time on every request.
    """
    return sha256(key.encode()).hexdigest()


def make_token(name: str, rate: Rate | None, key: str = "") -> str:
    """Creates a token and returns its key, in the original's form; only its digest is stored.

    `key` is one that the client has already.  Raises TokenError.
    """
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise TokenError(
            f"{name[:LONGEST_NAME]!r} can't be the name of a token: write 1 to {LONGEST_NAME} "
            "printable characters, without blanks around them."
        )
    key = checked_key(key) if key else secrets.token_hex(20)
    try:
        with transaction.atomic():
            Token.objects.create(name=name, digest=digest_of(key), rate=str(rate or ""), made=clock.now())
    except IntegrityError:
        holder = Token.objects.filter(digest=digest_of(key)).first()
        raise TokenError(
            f"The token {holder.name!r} has this key already."
            if holder
            else f"There is a token called {name!r} already: choose another name, or remove it first."
        ) from None
    return key


def checked_key(key: str) -> str:
    """Returns a key that clients can send.  Raises TokenError, with a sentence that does not show the key."""
    if SHORTEST_KEY <= len(key) <= LONGEST_KEY and all("!" <= character <= "~" for character in key):
        return key
    raise TokenError(
        f"This can't be a key: it has {SHORTEST_KEY} to {LONGEST_KEY} letters, digits and signs of ASCII, "
        "and no blanks. Write the key alone, without the word Token."
    )


def remove_token(name: str) -> None:
    """Removes a token, so that its key is refused from now on.  Raises TokenError."""
    removed, _ = Token.objects.filter(name=name).delete()
    if not removed:
        names = ", ".join(Token.objects.values_list("name", flat=True)) or "none"
        raise TokenError(f"There is no token called {name!r}; there are: {names}.")


def are_keys_ignored() -> bool:
    """Whether no key is any better than none, so that a client may go on sending one of the original."""
    return settings.ANONYMOUS_RATE is None and not Token.objects.exists()


class TokenHeader(TokenAuthentication):
    """DRF's token authentication, for tokens that belong to a name, not a user, and are stored as digests.

    Requests without the header cause no query.
    """

    def authenticate(self, request: Request) -> Any:
        """Returns no user and the token; None where there is no token, or where keys are ignored."""
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            if are_keys_ignored():
                return None
            raise

    def authenticate_credentials(self, key: str) -> tuple[None, Token]:
        """Returns no user, and the token, which becomes `request.auth`."""
        token = Token.objects.filter(digest=digest_of(key)).first()
        if token is None:
            raise AuthenticationFailed("Invalid token.")
        return None, token
