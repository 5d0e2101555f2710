"""The command line.  Each command has a module of its name; `terminal` prints for all of them.

Commands import what they need when they run: `cosmodrome --help` loads neither tables nor the server.
"""

import os
import sys

import typer

from cosmodrome.cli import (
    admin_user,
    backup,
    check,
    derive,
    describe,
    diff,
    load,
    restore,
    serve,
    status,
    sync,
    synth,
    terminal,
    token,
    version,
)

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
app.command()(sync.sync)
app.command()(status.status)
app.command()(diff.diff)
app.command()(check.check)
app.command()(backup.backup)
app.command()(restore.restore)
app.command()(describe.describe)
app.command()(admin_user.admin_user)
app.command()(version.version)
app.add_typer(token.tokens, name="token")


def main() -> None:
    """Runs the `cosmodrome` command.  Trouble of the machine ends it with a sentence, not a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # who reads the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from cosmodrome.database.outages import outage_sentence

        if not (sentence := outage_sentence(error)):
            raise
        terminal.err.print(sentence, style="red", markup=False)
        sys.exit(1)
