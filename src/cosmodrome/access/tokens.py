"""Tokens: made, taken back, and recognised in `Authorization: Token <key>`."""

from __future__ import annotations

import secrets
from hashlib import sha256

from django.db import IntegrityError, transaction
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from cosmodrome.access.models import LONGEST_NAME, Token
from cosmodrome.access.rates import Rate
from cosmodrome.time import clock


class TokenError(Exception):
    """A token that can't be made or removed; the text is a sentence for the person who asked for it."""


def digest_of(key: str) -> str:
    """What is kept of a key.

    A fast hash without salt: those are for passwords, which can be guessed.  A key is 160 random bits,
    and a slow hash would be paid for on every request.
    """
    return sha256(key.encode()).hexdigest()


def make_token(name: str, rate: Rate | None) -> str:
    """Makes a token and answers its key, of the original's form; nobody can tell it later.

    Raises TokenError.
    """
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise TokenError(
            f"{name[:LONGEST_NAME]!r} can't be the name of a token: write 1 to {LONGEST_NAME} "
            "printable characters, without blanks around them."
        )
    key = secrets.token_hex(20)
    try:
        with transaction.atomic():
            Token.objects.create(name=name, digest=digest_of(key), rate=str(rate or ""), made=clock.now())
    except IntegrityError:
        raise TokenError(
            f"There is a token called {name!r} already: choose another name, or remove it first."
        ) from None
    return key


def remove_token(name: str) -> None:
    """Takes a token back: its key is refused from now on.  Raises TokenError."""
    removed, _ = Token.objects.filter(name=name).delete()
    if not removed:
        names = ", ".join(Token.objects.values_list("name", flat=True)) or "none"
        raise TokenError(f"There is no token called {name!r}; there are: {names}.")


class TokenHeader(TokenAuthentication):
    """DRF's, with tokens that belong to a name instead of a user, and of which only digests are kept.

    Without the header nothing is asked of the database.
    """

    def authenticate_credentials(self, key: str) -> tuple[None, Token]:
        """No user, and the token as `request.auth`."""
        token = Token.objects.filter(digest=digest_of(key)).first()
        if token is None:
            raise AuthenticationFailed("Invalid token.")
        return None, token
