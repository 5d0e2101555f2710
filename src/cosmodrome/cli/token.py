"""`cosmodrome token add`, `list` and `remove`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cosmodrome.access.rates import Rate, read_rate
from cosmodrome.cli.commands import Command, Group
from cosmodrome.cli.parameters import parser
from cosmodrome.cli.terminal import err, fail, out, sentences
from cosmodrome.server import startup
from cosmodrome.time.clock import write_instant

tokens = typer.Typer(
    cls=Group,
    help="""Keys for clients that are known by name, with rates of their own.

        cosmodrome token add bot --rate 300/h
        cosmodrome token list
        cosmodrome token remove bot

    Clients send them as `Authorization: Token KEY`.
    """,
    no_args_is_help=True,
)


@contextmanager
def open_tokens(writes: bool = True) -> Iterator[None]:
    """Opens the database; a TokenError in the block ends the command with its sentence."""
    with sentences():
        (startup.open_existing if writes else startup.open_unchanged)(startup.set_up())
    from cosmodrome.access.tokens import TokenError

    try:
        yield
    except TokenError as error:
        fail(str(error))


def read_key(source: str) -> str:
    """Returns the key on standard input.  On the command line others could read it, and histories keep it."""
    if source != "-":
        raise typer.BadParameter("write --key - and give the key on standard input", param_hint="--key")
    key = sys.stdin.readline().strip()
    if not key:
        raise typer.BadParameter("there is no key on standard input", param_hint="--key")
    return key


TokenName = Annotated[str, typer.Argument(metavar="NAME", help="What the token is called.")]


@tokens.command("add", cls=Command)
def add_token(
    name: TokenName,
    rate: Annotated[
        Rate | None,
        typer.Option(
            "--rate",
            parser=parser(read_rate),
            metavar="RATE",
            help="Calls it may make, as 300/h; else no limit.",
        ),
    ] = None,
    own_key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="-",
            help="Take the key that a client has already, from standard input, in place of a new one.",
        ),
    ] = None,
) -> None:
    """Make a token and print its key, this once: only a digest of it is kept.

        cosmodrome token add bot --rate 300/h
        echo "$KEY" | cosmodrome token add bot --key -

    Clients send it as `Authorization: Token KEY`.
    """
    given = "" if own_key is None else read_key(own_key)
    with open_tokens():
        from cosmodrome.access.tokens import make_token

        key = make_token(name, rate, given)
    if given:
        err.print(f"{name}: {rate or 'no limit'}. Its key is the one that was given.", markup=False)
        return
    err.print(f"{name}: {rate or 'no limit'}. The key is shown this once.", markup=False)
    out.print(key, markup=False)


@tokens.command("list", cls=Command)
def list_tokens() -> None:
    """Print the name of each token, its rate, and when it was made.

        cosmodrome token list

    No key is printed: none is kept.
    """
    with open_tokens(writes=False):
        from cosmodrome.access.models import Token

        table = Table("name", "rate", "made", box=None, pad_edge=False)
        for token in Token.objects.all():
            table.add_row(Text(token.name), token.rate or "no limit", write_instant(token.made))
    out.print(table)


@tokens.command("remove", cls=Command)
def remove_token(name: TokenName) -> None:
    """Take a token back.

        cosmodrome token remove bot

    Its key is refused from now on, by servers that run as well.
    """
    with open_tokens():
        from cosmodrome.access import tokens as kept

        kept.remove_token(name)
    out.print(f"{name}: removed.", markup=False)
