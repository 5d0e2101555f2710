"""An upstream whose clock the test moves, as a process of its own: `python moving_upstream.py CRAFT UNTIL CLOCK`.

It invents a catalogue and serves it over HTTP.  It says on a line where, and then heeds one line after the
other: the name of what happens, and it says when that has happened.  CLOCK is a file with the seconds by
which its clock is ahead of UNTIL; nothing else moves it.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cosmodrome.time.clock import SimulatedClock


@dataclass(frozen=True)
class FileClock(SimulatedClock):
    """A clock that shows what a file says, whatever the time is: all that read the file agree."""

    shared: Any = None

    def at(self, _real: datetime) -> datetime:
        return self.start + timedelta(seconds=struct.unpack_from("d", self.shared)[0])


def file_clock(file: Path, start: datetime) -> FileClock:
    """The clock of a file, which is made if there is none."""
    if not file.exists():
        file.write_bytes(struct.pack("d", 0.0))
    with file.open("r+b") as opened:
        return FileClock(start, start, 1, mmap.mmap(opened.fileno(), 8))


def skip(clock: FileClock, seconds: float) -> None:
    """Sets a clock forward."""
    struct.pack_into("d", clock.shared, 0, struct.unpack_from("d", clock.shared)[0] + seconds)


def slip() -> int:
    """The next launch of which the hour is known, or becomes known now, flies seven hours later."""
    launch = to_come().first()
    return changed(launch, net=max(launch.net, now()) + timedelta(hours=7), net_precision_id=1)


def plan() -> int:
    """The next launch is known to the minute, and flies in nine hours."""
    return changed(to_come().first(), net=now() + timedelta(hours=9), net_precision_id=1)


def fly() -> int:
    """What should have flown has flown, and where it can the first stage has landed."""
    from cosmodrome.catalogue.places.landings import Landing
    from cosmodrome.changes.transactions import atomic_change

    flown = 0
    for launch in to_come().filter(net__lte=now()):
        flown += changed(launch, status_id=3)
        landings = Landing.objects.filter(firststage__rocket=launch.pk)
        with atomic_change() as change:
            for landing in landings:
                change.before_write(Landing, [landing.pk])
                landing.success = True
                landing.save()
                change.after_write(Landing, [landing.pk])
    return flown


def dock() -> int:
    """A craft leaves its station, and another one docks in its place."""
    from cosmodrome.catalogue.stations import DockingEvent
    from cosmodrome.changes.transactions import atomic_change

    docked = DockingEvent.objects.filter(departure=None, flight_vehicle_chaser__isnull=False).first()
    if docked is None:
        return 0
    with atomic_change() as change:
        change.before_write(DockingEvent, [docked.pk])
        docked.departure = now()
        docked.save()
        change.after_write(DockingEvent, [docked.pk])
    with atomic_change() as change:
        docked.pk, docked.docking, docked.departure = None, now() + timedelta(minutes=5), None
        docked.save()
        change.after_write(DockingEvent, [docked.pk])
    return 1


def rename() -> int:
    """An agency has another name."""
    from cosmodrome.catalogue.agencies import Agency
    from cosmodrome.changes.transactions import atomic_change

    agency = Agency.objects.order_by("pk").first()
    assert agency
    with atomic_change() as change:
        change.before_write(Agency, [agency.pk])
        Agency.objects.filter(pk=agency.pk).update(name=f"Renamed at {now():%d %H:%M}")
        change.after_write(Agency, [agency.pk])
    return 1


def drop() -> int:
    """The last launch to come is deleted."""
    from cosmodrome.catalogue.launches import Launch
    from cosmodrome.changes.transactions import atomic_change
    from cosmodrome.ingest.listings import Removal, delete_for_good
    from cosmodrome.ingest.statements import rank_of

    launch = to_come().last()
    with atomic_change() as change:
        delete_for_good(Launch, {launch.pk: rank_of(now())}, Removal(), change)
    return 1


def now() -> datetime:
    from cosmodrome.time import clock

    return clock.now().replace(microsecond=0)


def to_come() -> Any:
    from cosmodrome.catalogue.launches import UPCOMING_STATUSES, Launch

    return Launch.objects.filter(status_id__in=UPCOMING_STATUSES, net__isnull=False).order_by("net", "pk")


def changed(launch: Any, **columns: Any) -> int:
    """Changes a launch, and dates that."""
    from cosmodrome.catalogue.launches import Launch
    from cosmodrome.changes.transactions import atomic_change

    with atomic_change() as change:
        change.before_write(Launch, [launch.pk])
        Launch.objects.filter(pk=launch.pk).update(last_updated=now(), **columns)
        change.after_write(Launch, [launch.pk])
    return 1


HAPPENINGS: dict[str, Callable[[], int]] = {
    each.__name__: each for each in (slip, plan, fly, dock, rename, drop)
}


def say(line: str) -> None:
    """A line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def serve(asked: list[str]) -> ThreadingHTTPServer:
    """Serves on loopback, in threads."""
    from django.core.wsgi import get_wsgi_application

    from wsgi import ask

    application = get_wsgi_application()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            answer = ask(application, self.path, host=self.headers["Host"], accept="application/json")
            self.send_response_only(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Date", f"{now():%a, %d %b %Y %H:%M:%S} GMT")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def main(craft: str, until: str, clock_file: str) -> None:
    with TemporaryDirectory() as folder:
        os.environ["COSMODROME_DATA_DIR"] = folder
        from cosmodrome.server import startup

        environment = startup.set_up({})
        startup.open_catalogue(environment)
        from django.conf import settings

        from cosmodrome.synth.catalogue import invent
        from cosmodrome.time import clock

        start = clock.read_instant(until)
        settings.SIMULATED_CLOCK = file_clock(Path(clock_file), start)
        clock.clear_setting()
        invent(int(craft), 1, start)
        asked: list[str] = []
        server = serve(asked)
        say(f"http://127.0.0.1:{server.server_port}")
        for line in sys.stdin:
            say(json.dumps(HAPPENINGS[line.strip()]()))


if __name__ == "__main__":
    main(*sys.argv[1:])
