"""`serve --demo`: an invented catalogue in a folder of its own, made anew at each start and gone at its end.

Nothing of it can get into the user's own catalogue: the data folder and the database of the settings are
neither read nor written.  The catalogue is as of the day of the start, so that its launches to come are to
come.  While the server runs it is not made anew: launches go by, as they do in reality, and remain Go.  The
last of those planned are twenty years ahead, most of them within a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from tempfile import TemporaryDirectory

from cosmodrome.environment import PREFIX
from cosmodrome.progress import NO_PROGRESS, Progress
from cosmodrome.server.startup import StartError

CRAFT = 60
"""The number of craft: every endpoint has records, and all are made within seconds."""


@contextmanager
def own_folder() -> Iterator[dict[str, str]]:
    """Makes a temporary folder; yields the settings, by variable, that keep all data of a server in it.

    Raises StartError.
    """
    try:
        folder = TemporaryDirectory(prefix="cosmodrome-")
    except OSError as error:
        raise StartError(f"No temporary folder can be made ({error.strerror}).") from None
    with folder as name:
        yield {f"{PREFIX}DATA_DIR": name, f"{PREFIX}DATABASE_URL": ""}


def invent_catalogue(progress: Progress = NO_PROGRESS) -> datetime:
    """Fills the demo's catalogue as of the beginning of the clock's day; returns that instant.

    On the same day it is the same catalogue.  Raises StartError where there is no room for its history.
    """
    from cosmodrome.synth.catalogue import YEARS, invent
    from cosmodrome.time import clock

    today = datetime.combine(clock.now(), time.min, clock.now().tzinfo)
    if today.year not in YEARS:
        raise StartError(
            f"The clock is in the year {today.year}: a demo can be invented between the years "
            f"{YEARS[0]} and {YEARS[-1]}."
        )
    invent(CRAFT, now=today, progress=progress)
    return today
