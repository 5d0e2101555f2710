"""The schedule in words: what is asked for how often and why, what it costs a day, and how old it gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from math import ceil

from cosmodrome.mirror.schedule import DAY, NEAR, NO_RATE, OTHERWISE, SPARE, Near, Schedule

LONG = 120
"""The minutes from which on a time is told in hours."""


def explained(schedule: Schedule, unread: int = 0) -> Iterator[str]:
    """Yields the lines about a schedule; of `unread` resources it is not known how many calls they take."""
    yield budget_line(schedule)
    for path in schedule.changing:
        yield changes_line(schedule, path)
    if schedule.changing:
        yield rereading_line(schedule)
    if schedule.sweeps:
        yield sweeps_line(schedule)
    yield sum_line(schedule)
    if unread:
        yield f"{unread} resources have not been read yet, and count as one call each: it will be more."
    yield stretch_line(schedule)
    yield from promises(schedule)


def summary(schedule: Schedule) -> str:
    """Returns the schedule in one line."""
    changes = f"changes of {listed(schedule.changing)} every {span(schedule.every_otherwise)}"
    near = f" and every {span(schedule.every_near)} near a net" if "launches" in schedule.changing else ""
    sweeps = f"{len(schedule.sweeps)} others in full every {span(schedule.sweep_every)}"
    asked = [changes + near] * bool(schedule.changing) + [sweeps] * bool(schedule.sweeps)
    return f"{', '.join(asked)}: {number(schedule.calls_a_day)} a day"


def budget_line(schedule: Schedule) -> str:
    """Returns the line about the rate."""
    if schedule.rate == NO_RATE:
        return "There is no limit of calls."
    a_day = number(schedule.rate.calls * (DAY / schedule.period))
    return (
        f"{schedule.rate} is {a_day} a day. One in {SPARE} is left for readers who ask for what is not here "
        f"yet, and for calls that have to be made again."
    )


def changes_line(schedule: Schedule, path: str) -> str:
    """Returns the line about questions for changes."""
    often = span(OTHERWISE * schedule.factor)
    each = "hour" if often == "1 hour" else often
    cost = number(schedule.most_questions(path, DAY))
    if path != "launches":
        return f"{path}: what has changed (last_updated__gte) every {each}: up to {cost} a day."
    near = "; ".join(near_words(each, schedule.factor) for each in NEAR)
    known = sum(schedule.since <= net < schedule.since + DAY for net in schedule.nets)
    return (
        f"{path}: what has changed (last_updated__gte), most often when a launch is near: {near}; else every "
        f"{each}. {known or 'No'} launch{'es' * (known != 1)} known to the hour today: up to {cost} a day."
    )


def near_words(near: Near, factor: float) -> str:
    """Returns the interval near a net in words."""
    often = span(near.every * factor)
    return f"every {often} from {span(near.before)} before to {span(near.after)} after its net"


def rereading_line(schedule: Schedule) -> str:
    """Returns the line about sweeps of what tells its changes."""
    calls = number(sum(schedule.changing.values()))
    return (
        f"{listed(schedule.changing)} in full ({calls}) every {span(schedule.reread_every)}, with calls that "
        f"nothing else needs: only this shows what is gone, or has changed without a new date, within "
        f"{span(schedule.promise_of_rereading)}. {number(schedule.rereads_a_day)} a day."
    )


def sweeps_line(schedule: Schedule) -> str:
    """Returns the line about what is only swept."""
    return (
        f"{len(schedule.sweeps)} other{'s' * (len(schedule.sweeps) != 1)} in full "
        f"({number(schedule.calls_of_sweeps)}) every {span(schedule.sweep_every)}: beside the rest that "
        f"takes up to {span(schedule.longest_sweep)}, so that none gets older than {span(schedule.promise)}. "
        f"{number(schedule.sweeps_a_day)} a day."
    )


def sum_line(schedule: Schedule) -> str:
    """Returns the line about what all of it costs."""
    return f"Together up to {number(schedule.calls_a_day)} a day."


def stretch_line(schedule: Schedule) -> str:
    """Returns the line about what comes less often where the budget is too small, and what does so now."""
    stretched = []
    if schedule.changing and schedule.reread_every > DAY:
        stretched.append(
            f"{listed(schedule.changing)} are read in full only every {span(schedule.reread_every)}"
        )
    if schedule.sweeps and schedule.promise > DAY:
        stretched.append(f"the others get up to {span(schedule.promise)} old")
    if schedule.factor > 1:
        stretched.append(f"changes are asked for {schedule.factor:.1f} times as seldom")
    if not stretched:
        return "All of it fits into the budget."
    return (
        "The budget is too small for all of it once a day. What comes less often then: first the reading of "
        "launches and events in full, then that of the others, at last the questions for changes, if they "
        f"took more than three fifths. Now {', and '.join(stretched)}."
    )


def promises(schedule: Schedule) -> Iterator[str]:
    """Yields the age that each resource has at most."""
    paths = [*schedule.changing, *schedule.sweeps]
    for promise, some in groupby(paths, schedule.promise_of):
        yield f"Never older than {span(promise)}, once complete: {', '.join(some)}."


def span(time: timedelta) -> str:
    """Returns a time in words, rounded up to minutes, or to a tenth of an hour."""
    minutes = ceil(time / timedelta(minutes=1))
    if minutes < LONG and minutes != 60:
        return f"{minutes} minute{'s' * (minutes != 1)}"
    hours = ceil(minutes / 6) / 10
    return f"{hours:g} hour{'s' * (hours != 1)}"


def number(calls: float) -> str:
    """Returns a number of calls in words."""
    return f"{ceil(calls)} call{'s' * (ceil(calls) != 1)}"


def listed(paths: Iterable[str]) -> str:
    """Returns names with an `and`."""
    return " and ".join(paths)
