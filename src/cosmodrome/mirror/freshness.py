"""How current the copy of each resource is, as answers tell it: known in memory, read again every second.

A server that is no mirror knows nothing here, and its answers stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from threading import Event, Thread

from django.conf import settings
from django.db import DatabaseError, connection

from cosmodrome.mirror.models import ResourceSync
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES, resource_of
from cosmodrome.resources.resources import Resource
from cosmodrome.time.clock import write_instant

DATA_AS_OF = "X-Data-As-Of"
"""The header with the instant up to which an answer's data is current, or `never`."""
NEVER = "never"
"""Its value while no whole copy of the resource has been made."""
COMPLETE = "X-Cosmodrome-Complete"
"""The header of an answer from a copy that is not whole yet: `false`."""
INCOMPLETE = "cosmodrome.incomplete"
"""Key of the WSGI environ: there if the catalogue answers, and does not have everything."""
MOST_PATHS, LONGEST_PATH = 10_000, 100
"""Addresses whose value is remembered until the next look, and characters of one."""
EXPOSED = ("Warning", COMPLETE, DATA_AS_OF)
"""The headers of a mirror that scripts of other sites may read."""
TOLD = "cosmodrome.told"
"""Key of the WSGI environ: there if the answer says by itself up to when it is current."""
LOOK_EVERY = 1.0
"""Seconds after which answers tell how far the copy has come since."""


def current_as_of(complete: datetime | None, refreshed: datetime | None) -> datetime | None:
    """Returns the instant up to which a resource is current; None if no copy of all of it has been made."""
    return complete if complete is None or refreshed is None else max(complete, refreshed)


@cache
def sources() -> Mapping[str, tuple[str, ...]]:
    """Returns the resources whose pages tell all that is at a path, by that path; of endpoints, all."""
    from cosmodrome.mirror.pages import swept_resources  # with a client for HTTP, which others do not need

    swept = tuple(swept_resources())
    listed = {path: (owner_of(resource).path,) for path, resource in RESOURCES.items()}
    return {**listed, **dict.fromkeys(ENDPOINTS, swept)}


def owner_of(resource: type[Resource]) -> type[Resource]:
    """Returns the resource that lists all of what one selects from: `launches` of upcoming ones."""
    return resource_of(resource.model()) or resource


class Freshness:
    """The state of the copy, as a process knows it."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        """The value of the header by path, as in `config/countries`; empty where the server is no mirror."""
        self.incomplete: frozenset[str] = frozenset()
        """The paths at which not everything is that the upstream has there."""
        self._known: dict[str, str | None] = {}
        """The values that `of` has found, by address; clients can make up any number of those."""

    @property
    def is_mirror(self) -> bool:
        """Whether the server is a mirror."""
        return bool(self.told)

    def look(self) -> None:
        """Reads how far the copy has come.  Raises DatabaseError."""
        rows = ResourceSync.objects.values_list("resource", "complete_as_of", "refreshed_as_of")
        self.learn({path: current_as_of(*instants) for path, *instants in rows})

    def learn(self, instants: Mapping[str, datetime | None]) -> None:
        """Learns up to when each resource is current."""
        if not (instants or settings.UPSTREAM):
            self.told, self.incomplete, self._known = {}, frozenset(), {}
            return
        least = {path: least_of(map(instants.get, needed)) for path, needed in sources().items()}
        told = {path: write_instant(at) if at else NEVER for path, at in least.items()}
        if told != self.told:
            self.told, self._known = told, {}
        self.incomplete = frozenset(path for path, at in least.items() if at is None)

    def of(self, path: str) -> str | None:
        """Returns the header's value for an address such as `/2.3.0/agencies/121/`; None if it has none."""
        known = self._known
        try:
            return known[path]
        except KeyError:
            found = self._find(path)
            if len(path) <= LONGEST_PATH and len(known) < MOST_PATHS:
                known[path] = found
            return found

    def _find(self, path: str) -> str | None:
        _, _, below = path[1:].partition("/")
        below = below.rstrip("/")
        while below:
            if (found := self.told.get(below)) is not None:
                return found
            below = below.rpartition("/")[0]
        return None

    def start(self) -> None:
        """Looks again and again, in a thread that ends with the process."""
        with suppress(DatabaseError):
            self.look()  # before the first answer
        Thread(target=self._run, name="freshness", daemon=True).start()

    def _run(self) -> None:
        while not Event().wait(LOOK_EVERY):
            try:
                self.look()
            except DatabaseError:  # what was known stays; others report that the database is away
                connection.close()


def least_of(instants: Iterable[datetime | None]) -> datetime | None:
    """Returns the earliest of several instants; None if one of them is None."""
    found = list(instants)
    known = [each for each in found if each is not None]
    return min(known, default=None) if len(known) == len(found) else None


FRESHNESS = Freshness()
"""The state that this process knows."""
