"""The command line: `serve`, `load`, `synth`, `derive`, `check`, `describe`, `token`, `admin-user`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cosmodrome.access.rates import Rate, read_rate
from cosmodrome.cli.terminal import err, fail, out, progress_bar, sentences
from cosmodrome.server import granian, startup
from cosmodrome.time.clock import read_instant, read_setting, real_now, write_instant

app = typer.Typer(
    name="cosmodrome",
    help="A spaceflight catalogue that speaks Launch Library 2.3.0 to the letter.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
LONG_FILE = 500_000
"""Bytes from which a file is worth a progress bar."""


def instant(text: str) -> datetime:
    """Typer's reader of instants."""
    try:
        return read_instant(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def clock_setting(text: str) -> str:
    """Typer's check of what the clock is to show."""
    try:
        read_setting(text, real_now())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to serve on; 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port; 8000.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes that answer; one a processor, four at most."),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(
            "--now",
            parser=clock_setting,
            metavar="INSTANT",
            help="Stop the clock at this instant; or shift it, as +P30D.",
        ),
    ] = None,
    clock_speed: Annotated[
        float | None,
        typer.Option("--clock-speed", help="Seconds that the clock goes in one: 60 for a minute."),
    ] = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Do not load the sample into an empty catalogue.")
    ] = False,
) -> None:
    """Serve the catalogue.

    Makes an SQLite database on first start and loads the bundled sample of twenty spacecraft.
    All settings can also be given as `COSMODROME_*` variables.
    """
    given = {"HOST": host, "PORT": port, "NOW": now, "CLOCK_SPEED": clock_speed, "WORKERS": workers}
    overrides = {f"COSMODROME_{name}": str(value) for name, value in given.items() if value is not None}
    with sentences():
        environment = startup.set_up(overrides)
        granian.refuse_taken_port(environment)
        startup.check_declarations()
        startup.open_catalogue(environment)
        counts = startup.catalogue_counts()
        if not any(counts.values()) and not empty:
            startup.load_sample()
            counts = startup.catalogue_counts()
        startup.settle()
        out.print(
            f"{counts['spacecraft']} spacecraft at {environment.address}/2.3.0/spacecraft/ (Ctrl-C stops)",
            markup=False,
        )
        granian.serve(environment)


@app.command()
def load(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, or - for standard input.")],
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint",
            metavar="PATH",
            help="What the files are of, where they do not tell: config/countries.",
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            parser=instant,
            metavar="INSTANT",
            help="When the files were read from the original; else their Date header or their own time.",
        ),
    ] = None,
) -> None:
    """Take in pages of Launch Library: each file whole or not at all.

    Answers with their envelope, arrays, single records, one record a line, the browsable page copied as
    text; any of these gzipped.  Loading a page again changes nothing.
    """
    with sentences():
        environment = startup.set_up()
        startup.open_catalogue(environment)
    broken = [file for file in files if not loaded(file, endpoint, as_of)]
    if broken and len(files) > 1:
        err.print(f"{len(files) - len(broken)} of {len(files)} files loaded.", markup=False)
    if broken:
        raise typer.Exit(1)


def loaded(file: str, endpoint: str | None, as_of: datetime | None) -> bool:
    """Loads one file and says what became of it; answers whether it was taken in."""
    from cosmodrome.ingest.errors import BrokenFile, printable
    from cosmodrome.ingest.loader import load_file

    try:
        with progress_bar(shown=is_long(file)) as progress:
            report = load_file(file, endpoint, as_of, progress)
    except BrokenFile as error:
        err.print(str(error), style="red", markup=False)
        return False
    out.print(f"{'standard input' if file == '-' else printable(file)}: {report}", markup=False)
    for note in report.notes:
        err.print(printable(note), style="yellow", markup=False)
    return True


def is_long(file: str) -> bool:
    """Whether loading `file` may take a while."""
    try:
        return file == "-" or Path(file).stat().st_size > LONG_FILE
    except OSError:
        return False


@app.command()
def synth(
    spacecraft: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many craft.")] = 600,
    seed: Annotated[int, typer.Option(help="The same seed invents the same catalogue.")] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            parser=instant,
            metavar="INSTANT",
            help="What is now in the invented world: nothing has flown after; 2026-05-01T12:00:00Z.",
        ),
    ] = None,
) -> None:
    """Fill an empty catalogue with an invented fleet, for trying, testing and measuring.

    Every endpoint has records, and all agree with each other; every name says that it is invented.
    """
    if until and not 1900 <= until.year <= 2900:
        fail(f"--until is in the year {until.year}: choose an instant between the years 1900 and 2900.")
    with sentences():
        environment = startup.set_up()
        startup.open_catalogue(environment)
        if any(startup.catalogue_counts().values()):
            fail(
                "The catalogue is not empty, and invented records do not mix with others: "
                "choose another place with COSMODROME_DATA_DIR or COSMODROME_DATABASE_URL."
            )
    from cosmodrome.synth.catalogue import NOW, invent

    with progress_bar(shown=True) as progress:
        invented = invent(spacecraft, seed, until or NOW, progress)
    counts = startup.catalogue_counts()
    told = ", ".join(f"{counts[path]} {path}" for path in ("spacecraft", "launches", "astronauts"))
    moment = write_instant(until or NOW)
    out.print(f"{told} and more, all invented: {invented.total} rows, as of {moment}", markup=False)


@app.command()
def derive(
    every: Annotated[
        bool,
        typer.Option("--all", help="Derive every row anew, not only what has happened since the last time."),
    ] = False,
) -> None:
    """Bring what is derived up to date: counters, durations, who is in space.

    The server does so by itself, with every change and as time passes.  `--all` is for a database into which
    something else has written.
    """
    with sentences():
        startup.open_catalogue(startup.set_up())
    from cosmodrome.changes import transactions as changes
    from cosmodrome.derived.materialised.refresh import derive_all
    from cosmodrome.time import clock

    if not every:
        changes.settle(clock.now())
        out.print(f"All is derived as of {write_instant(clock.now())}.", markup=False)
        return
    with progress_bar(shown=True) as progress:
        changed = derive_all(progress)
    told = ", ".join(f"{number} {table}" for table, number in changed.items() if number)
    out.print(f"Changed: {told or 'nothing'}.", markup=False)


class Form(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"


@app.command()
def check(
    form: Annotated[
        Form,
        typer.Option("--format", help="Text for people; json for programs: an array, with all findings."),
    ] = Form.text,
    every: Annotated[bool, typer.Option("--all", help="Print each finding, not some of each rule.")] = False,
) -> None:
    """Tell what in the catalogue contradicts itself.  Changes nothing.

    Missions open past any plausible end, landings before launches, dockings that overlap, counters that are
    not the sum of their flights, published totals that disagree with what their parts make, and more: each
    with its ids, its values and a sentence.

    The exit code is 1 if anything of severity error is found, else 0: a warning may be true after all.
    """
    with sentences():
        startup.open_catalogue(startup.set_up())
    from cosmodrome.doctor import Severity
    from cosmodrome.doctor.report import Counts, as_json, as_text
    from cosmodrome.ingest.errors import printable
    from cosmodrome.time.clock import now

    counts = Counts()
    if form is Form.json:
        for piece in as_json(now(), counts):
            sys.stdout.write(piece)
    else:
        for line, style in as_text(now(), counts, every):
            out.print(printable(line), style=style, markup=False)
    if counts[Severity.ERROR]:
        raise typer.Exit(1)


@app.command()
def describe(
    resource: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="An endpoint's path, as in: spacecraft")
    ] = None,
) -> None:
    """Print what an endpoint is declared as: its modes as trees, its parameters, its queries.

    Without a path, lists the endpoints.
    """
    with sentences():
        startup.set_up()
    from cosmodrome.resources.registry import RESOURCES, paths
    from cosmodrome.resources.schema.describe import description, summaries

    if resource is None:
        out.print(summaries())
        return
    found = RESOURCES.get(resource.strip("/"))
    if found is None:
        fail(f"{resource!r} is not an endpoint; there are {paths(RESOURCES.values())}.")
    for part in description(found):
        out.print(part)


tokens = typer.Typer(
    help="Keys for clients that are known by name, with rates of their own.", no_args_is_help=True
)
app.add_typer(tokens, name="token")


def rate_given(text: str) -> Rate:
    """Typer's reader of rates."""
    try:
        return read_rate(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@contextmanager
def tokens_at_hand() -> Iterator[None]:
    """The database opened; what a token can't be ends the command with its sentence."""
    with sentences():
        startup.open_catalogue(startup.set_up())
    from cosmodrome.access.tokens import TokenError

    try:
        yield
    except TokenError as error:
        fail(str(error))


TokenName = Annotated[str, typer.Argument(metavar="NAME", help="What the token is called.")]


@tokens.command("add")
def add_token(
    name: TokenName,
    rate: Annotated[
        Rate | None,
        typer.Option(
            "--rate", parser=rate_given, metavar="RATE", help="Calls it may make, as 300/h; else no limit."
        ),
    ] = None,
) -> None:
    """Make a token and print its key, this once: only a digest of it is kept.

    Clients send it as `Authorization: Token KEY`.
    """
    with tokens_at_hand():
        from cosmodrome.access.tokens import make_token

        key = make_token(name, rate)
    err.print(f"{name}: {rate or 'no limit'}. The key is shown this once.", markup=False)
    out.print(key, markup=False)


@tokens.command("list")
def list_tokens() -> None:
    """Print the name of each token, its rate, and when it was made."""
    with tokens_at_hand():
        from cosmodrome.access.models import Token

        table = Table("name", "rate", "made", box=None, pad_edge=False)
        for token in Token.objects.all():
            table.add_row(Text(token.name), token.rate or "no limit", write_instant(token.made))
    out.print(table)


@tokens.command("remove")
def remove(name: TokenName) -> None:
    """Take a token back: its key is refused from now on."""
    with tokens_at_hand():
        from cosmodrome.access.tokens import remove_token

        remove_token(name)
    out.print(f"{name}: removed.", markup=False)


@app.command()
def admin_user(
    name: Annotated[str, typer.Argument(help="What the person logs in as.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the account away.")] = False,
) -> None:
    """Make an account for the admin at /admin/, or give one a new password.

    The password is asked for twice.  Without any account there is no admin.
    """
    with sentences():
        environment = startup.set_up()
        startup.open_catalogue(environment)
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
    """The password, typed twice alike."""
    if not sys.stdin.isatty():
        fail("There is no terminal to ask for the password: give it with --password-stdin.")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def piped_password() -> str:
    """All of standard input, without the end of its line."""
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        fail("The password on standard input is not UTF-8.")


@app.command()
def version() -> None:
    """Print the version of Cosmodrome and of the interface it speaks."""
    from importlib.metadata import version as version_of

    out.print(f"Cosmodrome {version_of('cosmodrome')}, Launch Library 2.3.0", markup=False)


def main() -> None:
    """The entry point of the `cosmodrome` command."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
