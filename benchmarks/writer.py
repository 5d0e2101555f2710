"""The process that renames the agency with most craft: some times a second, or at each line that it reads."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress


def main(how: str) -> None:
    """Says a craft of the agency and the new name, after each rename; before the first, that it is ready."""
    import django

    django.setup()
    from django.db.models import Count

    from cosmodrome.catalogue.agencies import Agency
    from cosmodrome.catalogue.spacecraft import Spacecraft
    from cosmodrome.changes.transactions import atomic_change

    counted = Spacecraft.objects.values_list("spacecraft_config__agency").annotate(craft=Count("pk"))
    key = counted.order_by("-craft").values_list("spacecraft_config__agency", flat=True)[0]
    craft = Spacecraft.objects.filter(spacecraft_config__agency=key).values_list("pk", flat=True)[0]
    say("ready")
    for number, _ in enumerate(occasions(how)):
        with atomic_change() as change:
            change.before_write(Agency, [key])
            Agency.objects.filter(pk=key).update(name=f"Renamed {number}")
            change.after_write(Agency, [key])
        say(json.dumps([craft, f"Renamed {number}"]))


def occasions(how: str) -> Iterator[object]:
    """When to rename."""
    if how == "asked":
        yield from sys.stdin
        return
    while True:
        time.sleep(1 / int(how))
        yield None


def say(line: str) -> None:
    """A line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):  # how it is told to stop
        main(sys.argv[1])
