"""`cosmodrome admin-user`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cosmodrome.cli.terminal import fail, out, sentences
from cosmodrome.server import startup


def admin_user(
    name: Annotated[str, typer.Argument(help="What the person logs in as.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the account away.")] = False,
) -> None:
    """Make an account for the admin at /admin/, or give one a new password.

        cosmodrome admin-user ada
        pass show cosmodrome | cosmodrome admin-user ada --password-stdin
        cosmodrome admin-user ada --remove

    The password is asked for twice.  Without any account there is no admin.
    """
    with sentences():
        environment = startup.set_up()
        startup.open_existing(environment)
    from cosmodrome.admin import accounts

    try:
        if remove:
            accounts.remove(name)
            out.print(f"The account {name} is gone.", markup=False)
            return
        user = accounts.account_named(name)
        is_new = user.pk is None
        accounts.give_password(user, piped_password() if password_stdin else asked_password())
    except accounts.AccountError as error:
        fail(str(error))
    done = "can log in" if is_new else "has a new password"
    out.print(f"{user.username} {done}: {environment.address}/admin/", markup=False)


def asked_password() -> str:
    """Asks for the password, twice."""
    if not sys.stdin.isatty():
        fail("There is no terminal to ask for the password: give it with --password-stdin.")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def piped_password() -> str:
    """Reads the password from standard input, without the end of its line."""
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        fail("The password on standard input is not UTF-8.")
