"""Creates and removes tokens, and recognises them in `Authorization: Token <key>`."""

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
    """A token can't be created or removed; the text is a sentence for the person who tried."""


def digest_of(key: str) -> str:
    """The digest that is stored of a key.

    It is a fast hash without salt: slow, salted hashes are for passwords, which can be guessed.  A key is 160
    random bits, and a slow hash would cost time on every request.
    """
    return sha256(key.encode()).hexdigest()


def make_token(name: str, rate: Rate | None) -> str:
    """Creates a token and returns its key, in the original's form; only its digest is stored.

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
    """Removes a token, so that its key is refused from now on.  Raises TokenError."""
    removed, _ = Token.objects.filter(name=name).delete()
    if not removed:
        names = ", ".join(Token.objects.values_list("name", flat=True)) or "none"
        raise TokenError(f"There is no token called {name!r}; there are: {names}.")


class TokenHeader(TokenAuthentication):
    """DRF's token authentication, for tokens that belong to a name, not a user, and are stored as digests.

    Requests without the header cause no query.
    """

    def authenticate_credentials(self, key: str) -> tuple[None, Token]:
        """Returns no user, and the token, which becomes `request.auth`."""
        token = Token.objects.filter(digest=digest_of(key)).first()
        if token is None:
            raise AuthenticationFailed("Invalid token.")
        return None, token
