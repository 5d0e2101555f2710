"""The schedule of a mirror: what it asks for and when, what it promises, and how it stretches."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from cosmodrome.access.rates import Rate
from cosmodrome.mirror.agenda import Agenda, Known, Work
from cosmodrome.mirror.explain import explained, span, summary
from cosmodrome.mirror.schedule import DAY, HOUR, NO_RATE, Schedule

START = datetime(2026, 5, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOURLY = Rate(15, 3600)
SERVICE = {"launches": 75, "events": 8}
"""The calls of a sweep of what tells its changes, as the service has them."""
OTHERS = (
    {f"config/{n}": 1 for n in range(27)} | {f"small {n}": 1 for n in range(19)} | {"large": 6, "larger": 4}
)


def schedule(
    rate: Rate = HOURLY, nets: tuple[datetime, ...] = (), others: dict[str, int] = OTHERS
) -> Schedule:
    return Schedule(rate, others, SERVICE, nets, START)


@dataclass
class World:
    """A mirror that has nothing but an agenda: each call takes some seconds, and launches slip."""

    rate: Rate
    others: dict[str, int]
    seed: int
    now: datetime = START
    known: dict[str, Known] = field(default_factory=dict)
    under_way: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    """When sweeps began that are under way, and how many calls they have left."""
    ends: list[datetime] = field(default_factory=list)
    begins: list[datetime] = field(default_factory=list)
    purposes: Counter[bool] = field(default_factory=Counter)
    _kept: Schedule | None = None

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311
        self.nets = [START + n * 17 * HOUR for n in range(1, 60)]

    def schedule(self) -> Schedule:
        since = self.now.replace(hour=0, minute=0)
        nets = tuple(sorted(net for net in self.nets if since - 3 * HOUR <= net < since + 9 * DAY))
        found = Schedule(self.rate, self.others, SERVICE, nets, since)
        if found != self._kept:
            self._kept = found
        return self._kept

    def step(self) -> None:
        """Makes one call, or waits."""
        schedule = self.schedule()
        period = schedule.period
        self.ends = [end for end in self.ends if end + period > self.now]
        agenda = Agenda(schedule, self.known)
        work = agenda.next(self.now, self.ends)
        if work is None:
            self.now = min(agenda.wake(self.now, self.ends), self.now + 10 * MINUTE)
            return
        if len(self.ends) >= self.rate.calls:
            self.now = self.ends[len(self.ends) - self.rate.calls] + period
        began = self.now
        self.begins.append(began)
        self.now += timedelta(seconds=self.random.uniform(0.5, 11))
        self.ends.append(self.now)
        self.take(work, began, {**schedule.sweeps, **schedule.changing}[work.path])

    def take(self, work: Work, began: datetime, calls: int) -> None:
        self.purposes[work.is_refresh] += 1
        known = self.known.get(work.path, Known())
        if work.is_refresh:
            self.known[work.path] = replace(known, refreshed_as_of=began)
            return
        begun, left = self.under_way.get(work.path, (began, calls))
        if left > 1:
            self.under_way[work.path] = begun, left - 1
            return
        self.under_way.pop(work.path, None)
        refreshed = max(filter(None, (known.refreshed_as_of, begun)))
        self.known[work.path] = Known(begun, refreshed)

    def slip(self) -> None:
        """Some launch of the coming days flies at another time."""
        number = self.random.randrange(len(self.nets))
        self.nets[number] += timedelta(hours=self.random.uniform(-30, 30))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "others"),
    [
        (HOURLY, OTHERS),
        (HOURLY, OTHERS | {"updates": 60, "payloads": 30}),
        (Rate(4, 3600), OTHERS),
    ],
    ids=["the service", "a service that has grown", "a small rate"],
)
def test_nothing_is_ever_older_than_promised(rate: Rate, others: dict[str, int]) -> None:
    """Some days with launches that slip; `MONTH_DAYS=30` makes a month of them, in three minutes a case."""
    days = int(os.environ.get("MONTH_DAYS", "3"))
    world = World(rate, others, 7)
    first = (2 if days < 30 else 3) * world.schedule().promise
    worst: dict[str, float] = {}
    promised: dict[str, timedelta] = {}
    until = START + max(days * DAY, 2 * first)
    slips = START
    while world.now < until:
        world.step()
        if world.now >= slips:
            world.slip()
            slips += 5 * HOUR
        if world.now < START + first:
            continue
        schedule = world.schedule()
        for path, known in world.known.items():
            assert known.current_as_of
            assert known.complete_as_of
            promised[path] = max(schedule.promise_of(path), promised.get(path, MINUTE))  # a net may be news
            worst[path] = max((world.now - known.current_as_of) / promised[path], worst.get(path, 0))
            if path in SERVICE:
                age = world.now - known.complete_as_of
                worst[f"{path}, all"] = max(age / schedule.promise_of_rereading, worst.get(f"{path}, all", 0))
    assert len(world.known) == len(others) + len(SERVICE)
    assert {path: ratio for path, ratio in worst.items() if ratio > 1} == {}
    period = timedelta(seconds=rate.seconds)
    for number, begin in enumerate(world.begins[rate.calls :]):
        assert begin - world.begins[number] >= period
    assert len(world.begins) <= (world.now - START) / DAY * world.schedule().calls_a_day * 1.2


def test_the_whole_service_fits_into_its_rate() -> None:
    found = schedule(nets=tuple(START + n * DAY for n in range(8)))
    assert found.promise == DAY
    assert found.reread_every == DAY
    assert found.calls_a_day < 360
    assert found.promise_of("launches") == 75 * MINUTE
    assert "All of it fits into the budget." in list(explained(found))


def test_it_stretches_in_the_order_that_it_tells() -> None:
    """First the rereading of launches, then sweeps; questions for changes only where the rate is tiny."""
    sizes = [schedule(others={**OTHERS, "updates": n}) for n in range(0, 300, 10)]
    rereading = [each.reread_every for each in sizes]
    promises = [each.promise for each in sizes]
    assert promises == sorted(promises)
    assert {each.factor for each in sizes} == {1}
    first_reread = next(n for n, each in enumerate(rereading) if each > DAY)
    first_promise = next(n for n, each in enumerate(promises) if each > DAY)
    assert first_reread <= first_promise
    assert schedule(Rate(3, 3600)).factor > 1
    for each in sizes:
        assert each.reread_every < 7 * DAY
        assert each.calls_a_day <= each.in_time(DAY) + 1


def test_near_a_net_changes_are_asked_for_more_often() -> None:
    net = START + 30 * HOUR
    found = schedule(nets=(net,))
    assert found.every("launches", START) == HOUR
    assert found.every("launches", net - 20 * HOUR) == 30 * MINUTE
    assert found.every("launches", net + 50 * MINUTE) == 10 * MINUTE
    assert found.every("launches", net + 2 * HOUR) == 30 * MINUTE
    assert found.every("events", net) == HOUR
    assert found.next_question("launches", START) == START + HOUR
    assert found.next_question("launches", net - 25 * HOUR) == net - 24 * HOUR
    assert found.next_question("launches", net - HOUR - 5 * MINUTE) == net - HOUR + 5 * MINUTE
    assert found.next_question("launches", net) == net + 10 * MINUTE
    assert found.next_question("launches", net + HOUR) == net + HOUR + 30 * MINUTE
    assert found.questions("launches", START, START + DAY) == 6 + 18 * 2


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (1, "1 minute"),
        (10, "10 minutes"),
        (60, "1 hour"),
        (75, "75 minutes"),
        (120, "2 hours"),
        (1441, "24.1 hours"),
    ],
)
def test_spans_in_words(minutes: int, text: str) -> None:
    assert span(minutes * MINUTE) == text


def test_what_is_told() -> None:
    found = schedule(nets=(START + 5 * HOUR,))
    lines = list(explained(found, unread=3))
    assert lines[0].startswith("15/h is 360 calls a day.")
    assert any(
        line.startswith("Never older than 75 minutes, once complete: launches, events.") for line in lines
    )
    assert any(line.startswith("3 resources have not been read yet") for line in lines)
    assert summary(found).startswith("changes of launches and events every 1 hour and every 10 minutes near")
    assert next(explained(schedule(NO_RATE))) == "There is no limit of calls."
    stretched = list(explained(schedule(Rate(1, 3600))))
    assert any(line.startswith("The budget is too small") for line in stretched)
