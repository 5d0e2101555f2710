"""The command line.  Each command has a module of its name; `terminal` prints for all of them.

Commands import what they need when they run: `cosmodrome --help` loads neither tables nor the server.
"""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from cosmodrome.cli import (
    admin_user,
    backup,
    check,
    commands,
    copy,
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
    upgrade,
    version,
)

app = typer.Typer(
    name="cosmodrome",
    cls=commands.Group,
    context_settings={"help_option_names": commands.HELP_NAMES, "terminal_width": commands.UNBROKEN},
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
COMMANDS: tuple[Callable[..., Any], ...] = (
    serve.serve,
    load.load,
    synth.synth,
    derive.derive,
    sync.sync,
    status.status,
    diff.diff,
    check.check,
    backup.backup,
    restore.restore,
    copy.copy,
    upgrade.upgrade,
    describe.describe,
    admin_user.admin_user,
    version.version,
)
for command in COMMANDS:
    app.command(cls=commands.Command)(command)
app.add_typer(token.tokens, name="token")


@app.callback()
def cosmodrome(
    shows_version: Annotated[
        bool,
        typer.Option("--version", callback=version.show, is_eager=True, help="Print the version, and exit."),
    ] = False,
) -> None:
    """A spaceflight catalogue that speaks Launch Library 2.3.0 to the letter.

        cosmodrome serve
        cosmodrome load launches.json
        cosmodrome serve --help

    Settings are environment variables, each of which stands in brackets behind the option that gives it too.
    """


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
