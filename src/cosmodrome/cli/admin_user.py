"""`cosmodrome admin-user`."""

from __future__ import annotations

import sys
from os import environ
from typing import Annotated

import typer

from cosmodrome.admin.roles import Role
from cosmodrome.cli.terminal import fail, out, sentences
from cosmodrome.environment import PREFIX, Environment
from cosmodrome.server import startup


def admin_user(
    name: Annotated[str, typer.Argument(help="What the person logs in as.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    role: Annotated[
        Role | None,
        typer.Option(
            help="What the person may do: look at records, change them, or everything. A new account is that "
            "of an owner, if nothing is said."
        ),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the account away.")] = False,
) -> None:
    """Make an account for the admin at /admin/, or give one a new password or another role.

        cosmodrome admin-user ada
        cosmodrome admin-user grace --role editor
        pass show cosmodrome | cosmodrome admin-user ada --password-stdin
        cosmodrome admin-user ada --remove

    The password is asked for twice; an account that gets another role keeps its password, unless one is
    given.  Without any account there is no admin.  Accounts are in the catalogue, which has to be there:
    `cosmodrome serve`, `load` or `synth` makes one.
    """
    if remove and (role or password_stdin):
        fail("--remove takes the account away: give it alone, or --role and --password-stdin without it.")
    with sentences():
        environment = startup.set_up()
        startup.open_existing(environment)
    from cosmodrome.admin import accounts, groups

    try:
        if remove:
            accounts.remove(name)
            out.print(f"The account {name} is gone.", markup=False)
            return
        user = accounts.account_named(name)
        is_new = user.pk is None
        if role and not is_new and not password_stdin:
            groups.give_role(user, role)
            out.print(f"{user.username} has the role {role} now.", markup=False)
            return
        accounts.give_password(user, piped_password() if password_stdin else asked_password(), role)
    except accounts.AccountError as error:
        fail(str(error))
    done = "can log in" if is_new else "has a new password"
    out.print(f"{user.username} {done}: {admin_of(environment)}", markup=False)


def admin_of(environment: Environment) -> str:
    """Tells where the admin is: with an address if one is set, since `serve --port` may give another."""
    is_set = any(environ.get(PREFIX + name) for name in ("PUBLIC_URL", "PORT"))
    return f"{environment.address}/admin/" if is_set else "/admin/ of the server"


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
