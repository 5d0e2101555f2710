"""`cosmodrome sync`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from cosmodrome.cli.parameters import setting_option
from cosmodrome.cli.terminal import err, fail, out, sentences
from cosmodrome.environment import PREFIX
from cosmodrome.server import startup
from cosmodrome.server.mirror import ORIGINAL

if TYPE_CHECKING:
    from cosmodrome.mirror.signals import StopSignal
    from cosmodrome.mirror.sync import Step, Sync
    from cosmodrome.mirror.upstream import Upstream
    from cosmodrome.mirror.watch import Watch

TROUBLE, UNREACHABLE, REFUSED_KEY, HELD, INCOMPLETE, INTERRUPTED = 1, 3, 4, 5, 6, 130
"""Exit codes; 2 is that of a wrong option.  See docs/mirroring.md."""


def sync(
    resources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RESOURCE]...", help="As in spacecraft or config/countries; all if none."),
    ] = None,
    upstream: Annotated[
        str | None,
        setting_option(
            "UPSTREAM", "--upstream", metavar="URL", text=f"The service to mirror; {ORIGINAL} if not given."
        ),
    ] = None,
    token: Annotated[
        str | None,
        setting_option(
            "UPSTREAM_TOKEN",
            "--token",
            metavar="TOKEN",
            text="The key to send; - to read it from standard input, where no one else sees it.",
        ),
    ] = None,
    rate: Annotated[
        str | None,
        setting_option("UPSTREAM_RATE", "--rate", metavar="RATE"),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option("--watch/--once", help="Go on, by a schedule, until Ctrl-C; or end when all is read."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan, and make no call that counts.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Print the schedule of --watch, and what it promises; make no call."),
    ] = False,
) -> None:
    """Mirror another service: take in all of its records, or what is new, within its rate.

        cosmodrome sync                    # takes in everything once
        cosmodrome sync --watch            # goes on, and keeps it current
        cosmodrome sync --explain          # tells how often it asks for what then
        cosmodrome sync pads --dry-run     # tells how many calls these take

    What was taken in stays, whatever happens: the next run goes on where this one ended.
    """
    if explain and dry_run:
        fail("--explain tells of --watch, --dry-run of one run: give one of them.")
    with sentences():
        environment = startup.set_up(settings(upstream, token, rate))
        startup.open_catalogue(environment)
    from cosmodrome.mirror.sync import Sync
    from cosmodrome.mirror.watch import Watch

    client = new_client()
    with closing(client), failures(0 if watch else INTERRUPTED):
        try:
            run, watching = Sync(client, resources or ()), Watch(client, resources or ())
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        if explain:
            print_schedule(watching)
        elif dry_run:
            print_plan(run)
        else:
            hold(run, watching if watch else None)


def new_client() -> Upstream:
    """Returns a client of the upstream that the settings name."""
    from django.conf import settings as django

    from cosmodrome.mirror.budget import Budget
    from cosmodrome.mirror.holder import nap
    from cosmodrome.mirror.upstream import Upstream

    client = Upstream(django.UPSTREAM or ORIGINAL, django.UPSTREAM_TOKEN, Budget(django.UPSTREAM_RATE), nap)
    client.tell = lambda sentence: err.print(sentence, style="yellow", markup=False)
    return client


@contextmanager
def failures(stopped: int) -> Iterator[None]:
    """Ends the command with a sentence where a sync can't go on; with the code `stopped` after a signal."""
    from cosmodrome.mirror.holder import HeldElsewhere
    from cosmodrome.mirror.signals import Stopped
    from cosmodrome.mirror.sweep import ClockSetBack
    from cosmodrome.mirror.upstream import KeyRefused, UpstreamError
    from cosmodrome.mirror.watch import ClockStopped

    try:
        yield
    except Stopped:
        out.print("Stopped between two calls: the next run goes on from there.", markup=False)
        raise typer.Exit(stopped) from None
    except HeldElsewhere as error:
        end(HELD, str(error))
    except KeyRefused as error:
        end(REFUSED_KEY, str(error))
    except UpstreamError as error:
        end(UNREACHABLE, f"{error} What was taken in stays: the next run goes on from there.")
    except (ClockSetBack, ClockStopped) as error:
        end(TROUBLE, str(error))


def hold(run: Sync, watch: Watch | None) -> None:
    """Syncs as the one process that does: by the schedule of a watch, or else a run to its end."""
    from cosmodrome.mirror.holder import held
    from cosmodrome.mirror.signals import stoppable

    with held(), stoppable() as stopping:
        if watch:
            follow(watch, stopping)
        perform(run, stopping)
    if run.totals.refused or run.totals.aside:
        raise typer.Exit(INCOMPLETE)


def settings(upstream: str | None, token: str | None, rate: str | None) -> dict[str, str]:
    """Returns the options as settings, which are checked like those of the environment."""
    given = {"UPSTREAM": upstream, "UPSTREAM_TOKEN": token, "UPSTREAM_RATE": rate}
    if token == "-":  # noqa: S105 - no key
        given["UPSTREAM_TOKEN"] = sys.stdin.readline().strip()
    return {PREFIX + name: value for name, value in given.items() if value is not None}


def print_schedule(watch: Watch) -> None:
    """Prints what would be asked for how often, and why; asks for nothing."""
    from cosmodrome.mirror.explain import explained

    out.print(f"Mirror of {watch.upstream.url}", markup=False)
    for line in explained(watch.now(), watch.unread()):
        out.print(line, markup=False)


def follow(watch: Watch, stopping: StopSignal) -> NoReturn:
    """Makes the calls of the schedule, with a line for each, until a signal comes."""
    from cosmodrome.mirror.explain import summary
    from cosmodrome.time import clock

    out.print(f"{watch.upstream.url}: {summary(watch.now())}; Ctrl-C stops", markup=False)
    while True:
        stopping.check()
        if step := watch.turn():
            for sentence in faults(step):
                err.print(sentence, style="yellow", markup=False)
            out.print(f"{clock.now():%Y-%m-%d %H:%M:%S} {told(step)}", markup=False)


def end(code: int, sentence: str) -> NoReturn:
    """Ends the command with a sentence."""
    err.print(sentence, style="red", markup=False)
    raise typer.Exit(code)


def print_plan(run: Sync) -> None:
    """Prints the plan."""
    run.upstream.ask_rate()
    for line in run.plan().lines(run.upstream.budget):
        out.print(line, markup=False)


def perform(run: Sync, stopping: StopSignal) -> None:
    """Performs the whole plan, with a bar on a terminal and else a line for each call."""
    run.begin()
    plan = run.plan()
    out.print(f"{run.upstream.url}: {next(plan.lines(run.upstream.budget))}", markup=False)
    with bar() as (shown, task):
        shown.update(task, total=plan.calls)
        while step := run.step():
            stopping.check()
            left = run.plan()
            total = run.totals.calls + left.calls
            shown.update(task, completed=run.totals.calls, total=total, description=step.path)
            for sentence in faults(step):
                err.print(sentence, style="yellow", markup=False)
            if shown.disable:
                out.print(f"{run.totals.calls} of {total}: {told(step)}", markup=False)
    totals = run.totals
    out.print(
        f"{totals.calls} calls: {totals.records} records taken in, {totals.unchanged} as they were, "
        f"{totals.deleted} deleted, {len(totals.aside)} set aside, {len(totals.refused)} pages refused",
        markup=False,
    )


@contextmanager
def bar() -> Iterator[tuple[Bar, Any]]:
    """A bar of calls on standard error, where that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("calls"))
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as shown:
        yield shown, shown.add_task("asking")


def told(step: Step) -> str:
    """Returns what came of a call, in a line."""
    if step.taken is None:
        return f"{step.path}: {'a page is refused' if step.refusal else f'{step.records} new, complete'}"
    page = step.taken.page
    what = f"{step.path}: {page.offset + len(page.records)} of {page.count}, {step.taken.records} new"
    gone = f", {step.deleted} deleted" if step.deleted else ""
    return f"{what}{gone}{', complete' if step.is_complete else ''}"


def faults(step: Step) -> Iterator[str]:
    """Yields the sentences about what was refused, and set aside."""
    from cosmodrome.ingest.errors import printable

    if step.refusal:
        yield f"Refused: {printable(step.refusal)}"
    for row in step.taken.aside if step.taken else ():
        yield f"Set aside: {printable(row.page)}: {printable(row.sentence)}"
