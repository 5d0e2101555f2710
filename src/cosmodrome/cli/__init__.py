"""The command line.  Each command has a module of its name; `terminal` prints for all of them.

Commands import what they need when they run: `cosmodrome --help` loads neither tables nor the server.
"""

import sys

import typer

from cosmodrome.cli import admin_user, check, derive, describe, load, serve, status, synth, token, version

app = typer.Typer(
    name="cosmodrome",
    help="A spaceflight catalogue that speaks Launch Library 2.3.0 to the letter.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(load.load)
app.command()(synth.synth)
app.command()(derive.derive)
app.command()(status.status)
app.command()(check.check)
app.command()(describe.describe)
app.command()(admin_user.admin_user)
app.command()(version.version)
app.add_typer(token.tokens, name="token")


def main() -> None:
    """Runs the `cosmodrome` command."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
