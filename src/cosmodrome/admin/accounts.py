"""Who may write: accounts with a password, made at the command line.  Without one there is no admin."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

LONGEST_PASSWORD = 4096
"""Characters: a longer one is a file that was piped in by mistake."""


class AccountError(Exception):
    """An account that can't be made or found; the text is for the person who asked for it."""


def is_open() -> bool:
    """Whether anyone may log in at all."""
    return User.objects.filter(is_staff=True, is_active=True).exists()


def account_named(name: str) -> User:
    """The account, or a new one that is not saved yet.  Raises AccountError for a senseless name."""
    name = User.normalize_username(name)
    user = User.objects.filter(username=name).first() or User(username=name)
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise AccountError(f"The name {name!r} will not do. {' '.join(error.messages)}") from None
    return user


def give_password(user: User, password: str) -> None:
    """Makes `user` an administrator who logs in with `password`.

    Ends the sessions that began with another password.  Raises AccountError for a weak one.
    """
    if len(password) > LONGEST_PASSWORD or "\n" in password or "\0" in password:
        raise AccountError(f"A password is one line of at most {LONGEST_PASSWORD} characters.")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountError(f"The password will not do. {' '.join(error.messages)}") from None
    user.set_password(password)
    user.is_active = user.is_staff = user.is_superuser = True
    user.save()


def remove(name: str) -> None:
    """Takes an account away, which ends its sessions.  Raises AccountError when there is none."""
    removed, _ = User.objects.filter(username=User.normalize_username(name)).delete()
    if not removed:
        names = ", ".join(User.objects.order_by("username").values_list("username", flat=True))
        raise AccountError(f"There is no account {name!r}; the accounts are: {names or 'none'}.")
