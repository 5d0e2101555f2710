"""`cosmodrome serve`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Annotated

import typer

from cosmodrome.access.rates import read_rate
from cosmodrome.cli.parameters import as_written, parser, setting_option
from cosmodrome.cli.terminal import fail, out, progress_bar, sentences
from cosmodrome.environment import PREFIX, Environment
from cosmodrome.environment.faults import read_faults
from cosmodrome.environment.readers import MOST_WORKERS, clock_setting, file_to_be, hosts
from cosmodrome.server import granian, sockets, startup
from cosmodrome.server.demo import invent_catalogue, own_folder
from cosmodrome.server.mirror import ORIGINAL
from cosmodrome.server.read_only_mode import catalogue_setting, open_read_only
from cosmodrome.server.standin import start

MORE_THAN_THE_SAMPLE = (
    "A sample to begin with: cosmodrome load takes in pages of Launch Library, "
    "serve --demo invents a full catalogue with launches to come."
)


def serve(
    host: Annotated[str | None, setting_option("HOST")] = None,
    port: Annotated[int | None, setting_option("PORT", min=1, max=65535)] = None,
    allow_host: Annotated[
        list[str] | None,
        setting_option(
            "ALLOWED_HOSTS",
            "--allow-host",
            parser=parser(as_written(hosts)),
            metavar="NAME",
            text="A further host name to answer; * for any, .example.org for all below it. May be repeated.",
        ),
    ] = None,
    workers: Annotated[int | None, setting_option("WORKERS", min=1, max=MOST_WORKERS)] = None,
    now: Annotated[
        str | None, setting_option("NOW", "--now", parser=parser(clock_setting), metavar="INSTANT")
    ] = None,
    clock_speed: Annotated[float | None, setting_option("CLOCK_SPEED", "--clock-speed")] = None,
    anonymous_rate: Annotated[
        str | None,
        setting_option(
            "ANONYMOUS_RATE", "--anonymous-rate", parser=parser(as_written(read_rate)), metavar="RATE"
        ),
    ] = None,
    fault: Annotated[
        str | None,
        setting_option(
            "FAULT", "--fault", parser=parser(as_written(read_faults)), metavar="KIND:PROBABILITY,..."
        ),
    ] = None,
    fault_seed: Annotated[int | None, setting_option("FAULT_SEED", "--fault-seed", min=0)] = None,
    fault_seconds: Annotated[float | None, setting_option("FAULT_SECONDS", "--fault-seconds")] = None,
    call_log: Annotated[
        str | None,
        setting_option("CALL_LOG", "--call-log", parser=parser(as_written(file_to_be)), metavar="FILE"),
    ] = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Do not load the sample into an empty catalogue.")
    ] = False,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Serve an invented catalogue as of today, which is gone when the server stops."
        ),
    ] = False,
    mirror: Annotated[
        bool,
        typer.Option(
            "--mirror", help=f"Mirror the service of COSMODROME_UPSTREAM, or else {ORIGINAL}, while serving."
        ),
    ] = False,
    read_only: Annotated[
        bool,
        setting_option(
            "READ_ONLY",
            "--read-only",
            text="Only read an SQLite file that nobody writes to, on a read-only medium for example.",
        ),
    ] = False,
) -> None:
    """Serve the catalogue.

        cosmodrome serve
        cosmodrome serve --demo --port 8001
        cosmodrome serve --host 0.0.0.0 --anonymous-rate 15/h

    Makes an SQLite database on first start and loads the bundled sample of twenty spacecraft, unless it is
    a mirror: that is filled by another service, see `cosmodrome sync --explain`.
    An option beats the variable of the setting that it gives, which stands behind it in brackets.
    """
    given = {"HOST": host, "PORT": port, "NOW": now, "CLOCK_SPEED": clock_speed, "WORKERS": workers}
    given |= {"ANONYMOUS_RATE": anonymous_rate, "CALL_LOG": call_log}
    given |= {"FAULT": fault, "FAULT_SEED": fault_seed, "FAULT_SECONDS": fault_seconds}
    given |= {"READ_ONLY": "on"} if read_only else {}
    given |= {"ALLOWED_HOSTS": ",".join(allow_host)} if allow_host else {}
    overrides = {f"{PREFIX}{name}": str(value) for name, value in given.items() if value is not None}
    if demo and empty:
        fail("A demo is never empty: give --demo or --empty, not both.")
    if fault is None and (fault_seed is not None or fault_seconds is not None):
        fail("--fault-seed and --fault-seconds say how faults are chosen and made: give --fault as well.")
    with sentences(), own_settings(overrides, demo) as own:
        overrides |= upstream_setting(overrides | own, mirror, demo)
        environment = startup.set_up(overrides | own)
        start.refuse_senseless(environment)
        sockets.refuse_taken_port(environment)
        startup.check_declarations()
        loads_sample = False
        if environment.is_read_only:
            open_read_only(environment)
        else:
            startup.open_catalogue(environment)
            loads_sample = not (
                demo or empty or environment.upstream or any(startup.catalogue_counts().values())
            )
            if demo:
                fill_with_demo()
            elif loads_sample:
                startup.load_sample()
            startup.settle()
        count = startup.catalogue_counts()["spacecraft"]
        granian.serve(environment, lambda: announce(environment, count, loads_sample))


@contextmanager
def own_settings(overrides: dict[str, str], demo: bool) -> Iterator[dict[str, str]]:
    """Yields the settings, by variable, of a server that writes to a temporary folder alone."""
    environment = startup.read_environment(overrides)
    if demo and environment.is_read_only:
        fail("A demo invents its catalogue: give --demo or --read-only, not both.")
    named = catalogue_setting(environment) if environment.is_read_only else {}
    folder: AbstractContextManager[dict[str, str]] = own_folder() if demo or named else nullcontext({})
    with folder as own:
        yield {**own, **named}


def upstream_setting(overrides: dict[str, str], mirror: bool, demo: bool) -> dict[str, str]:
    """Returns the setting of the service that is mirrored, none for a demo.  Ends where none can be."""
    environment = startup.read_environment(overrides)
    if not mirror:
        return {f"{PREFIX}UPSTREAM": ""} if demo else {}
    if demo or environment.is_read_only:
        fail("A mirror takes in what another service has: give --mirror, --demo or --read-only, not two.")
    if environment.stopped_at:
        fail("A mirror asks again as time passes, and the clock stands still: give --mirror or --now.")
    return {f"{PREFIX}UPSTREAM": environment.upstream or ORIGINAL}


def announce(environment: Environment, count: int, loaded_sample: bool) -> None:
    """Says where the catalogue is served."""
    first, *others = [environment.public_url] if environment.public_url else environment.served_at
    out.print(f"{count} spacecraft at {first}/2.3.0/spacecraft/ (Ctrl-C stops)", markup=False)
    if others:
        out.print(f"Also at {', '.join(others)}", markup=False)
    for sentence in start.notices(environment):
        out.print(sentence, markup=False)
    if loaded_sample:
        out.print(MORE_THAN_THE_SAMPLE, markup=False)


def fill_with_demo() -> None:
    """Invents the demo's catalogue, and says that it is invented."""
    with progress_bar(shown=True) as progress:
        day = invent_catalogue(progress).date()
    out.print(f"All that is served is invented, as of {day}, and gone when the server stops.", markup=False)
