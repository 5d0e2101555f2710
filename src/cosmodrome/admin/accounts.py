"""Accounts with a password, which are created at the command line.  Without any there is no admin."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from cosmodrome.admin.groups import give_role, role_of
from cosmodrome.admin.roles import Role

LONGEST_PASSWORD = 4096
"""In characters; a longer password is a file that was piped in by mistake."""


class AccountError(Exception):
    """An account can't be created or found; the text is for the person who tried."""


def is_open() -> bool:
    """Whether there is any account that may log in."""
    return User.objects.filter(is_staff=True, is_active=True).exists()


def account_named(name: str) -> User:
    """The account, or a new one that is not saved yet.  Raises AccountError for an invalid name."""
    name = User.normalize_username(name)
    user = User.objects.filter(username=name).first() or User(username=name)
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise AccountError(f"The name {name!r} will not do. {' '.join(error.messages)}") from None
    return user


def give_password(user: User, password: str, role: Role | None = None) -> None:
    """Gives `user` this password, and ends sessions that began with another one.

    Without a `role` it keeps the one it has; a new account is an owner.  Raises AccountError for a weak
    password.
    """
    if len(password) > LONGEST_PASSWORD or "\n" in password or "\0" in password:
        raise AccountError(f"A password is one line of at most {LONGEST_PASSWORD} characters.")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountError(f"The password will not do. {' '.join(error.messages)}") from None
    user.set_password(password)
    user.is_active = user.is_staff = True
    give_role(user, role or role_of(user) or Role.OWNER)


def remove(name: str) -> None:
    """Deletes an account, which ends its sessions.  Raises AccountError if there is none."""
    removed, _ = User.objects.filter(username=User.normalize_username(name)).delete()
    if not removed:
        names = ", ".join(User.objects.order_by("username").values_list("username", flat=True))
        raise AccountError(f"There is no account {name!r}; the accounts are: {names or 'none'}.")
