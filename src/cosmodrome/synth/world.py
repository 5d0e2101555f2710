"""The state that all parts of an invented world share: random source, clock, writer, and rows in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.images import Image, ImageVariant
from cosmodrome.catalogue.places import LandingLocation, Location, Pad
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.spacecraft import SpacecraftConfigFamily
from cosmodrome.catalogue.vehicles import LauncherConfig, LauncherConfigFamily
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.synth.tallies import Tally
from cosmodrome.synth.vocabulary import COUNTRIES, LICENSES, NAMES, PRECISIONS, write_vocabulary
from cosmodrome.synth.words import HOST, Cycles, Item, Words
from cosmodrome.synth.writer import Writer

Family = TypeVar("Family", LauncherConfigFamily, SpacecraftConfigFamily)

MINUTE = 1
PRECISION_AHEAD = ((900, 14), (250, 8), (60, 7), (20, 5), (7, 1), (0, 0))
"""How many days ahead an instant is at least, and the id of its precision then: year to second."""

HISTORY = timedelta(days=30 * 365)
"""The time from the first launch until now."""


class World:
    """An invented world as of the instant `now`.

    A few tables have totals over all launches: their rows stay in memory, as model instances, until all
    launches are written.  All other rows go straight to the writer.
    """

    def __init__(self, craft: int, seed: int, now: datetime, hostile: bool = False) -> None:
        self.craft = craft
        self.now = now
        self.hostile = hostile
        self.beginning = now - HISTORY
        self.random = Random(seed)  # noqa: S311 - invents, and is to be repeatable
        self.words = Words(self.random, hostile)
        self.cycles = Cycles(hostile)
        self.writer = Writer()
        self.tallies: dict[tuple[type[models.Model], int], Tally] = {}
        self.images: Sequence[int] = ()
        self.agencies: list[Agency] = []
        self.providers: list[Agency] = []
        self.pads_of: dict[Agency, list[Pad]] = {}
        self.programs: list[Program] = []
        self.patches: Sequence[int] = ()
        self.events = range(1, self.number_of(5, 40, 8000) + 1)
        self.locations: list[Location] = []
        self.pads: list[Pad] = []
        self.landing_locations: list[LandingLocation] = []
        self.open_landing_locations: list[LandingLocation] = []
        self.launcher_families: list[LauncherConfigFamily] = []
        self.launcher_configs: list[LauncherConfig] = []
        self.families_of: dict[LauncherConfig, list[LauncherConfigFamily]] = {}
        self.craft_families: list[SpacecraftConfigFamily] = []
        self.some_launches: list[UUID] = []
        """Ids of launches that events may be about."""
        write_vocabulary(self.writer, self.words)
        write_images(self)

    def number_of(self, one_in: float, least: int, most: int) -> int:
        """The number of rows of some kind for a fleet of this size: one for so many craft, within bounds."""
        return max(least, min(most, int(self.craft / one_in)))

    def pick(self, items: Sequence[Item]) -> Item:
        """Returns a random item."""
        return self.random.choice(items)

    def word_for(self, model: type[models.Model]) -> int:
        """Returns the id of a random row of a look-up table."""
        return 1 + self.random.randrange(NAMES[model].count("|") + 1)

    def country(self) -> int:
        """Returns the id of a random country."""
        return 1 + self.random.randrange(COUNTRIES.count("|") + 1)

    def precision(self, what: str, when: datetime) -> int | None:
        """Returns the id of the precision, from 0, that is known of an instant.

        The further ahead, the coarser.  In a hostile world any, or none.
        """
        if self.hostile:
            return self.cycles.nullable(what, self.cycles.next(what, PRECISIONS.count("|") + 1))
        days = (when - self.now).days
        return next((precision for least, precision in PRECISION_AHEAD if days >= least), MINUTE)

    def image(self, what: str, period: int = 0, share: float = 0.1) -> int | None:
        """Returns the id of a random image, or None: `Cycles.lacks` has the parameters."""
        return self.cycles.nullable(what, self.random.choice(self.images), period, share)

    def seconds(self, least: timedelta, most: timedelta) -> timedelta:
        """Returns a random duration between two, in whole seconds."""
        return timedelta(seconds=self.random.randint(int(least.total_seconds()), int(most.total_seconds())))

    def instant(self, earliest: datetime, latest: datetime) -> datetime:
        """Returns a random instant between two, in whole seconds."""
        return earliest + self.seconds(timedelta(0), latest - earliest)

    def day(self, earliest: datetime, latest: datetime) -> date:
        """Returns a random day between two instants."""
        return self.instant(earliest, latest).date()

    def in_use(self, items: Sequence[Item]) -> list[Item]:
        """Returns all items but every sixth, which stays unused, so that its totals have nothing to count."""
        return [item for number, item in enumerate(items) if number % 6 != 5]

    def parent(self, families: Sequence[Family]) -> Family | None:
        """Returns a parent for a new family: one that has no parent itself, or sometimes None."""
        alone = [family for family in self.in_use(families)[:-1] if family.parent is None]
        if not alone:
            return None
        return self.cycles.nullable(f"{type(alone[0]).__name__}.parent", self.pick(alone), 3, share=0.75)

    def families_to_join(self, families: Sequence[Family], number: int) -> list[Family]:
        """The families of the configuration `number`; unused ones join unused families.

        Members of a family are members of its parent too, so that totals are the same however they are added
        up.  No configuration joins the last family that is in use.
        """
        waits = number % 6 == 5
        some = families[5::6] if waits else self.in_use(families)[:-1]
        found: dict[Family, None] = {}
        joined: list[Family] = self.cycles.some(f"{type(families[0]).__name__}, joined {waits}", some, 2)
        for family in joined:
            if family.parent:
                found[family.parent] = None
            found[family] = None
        return list(found)

    def tally(self, row: models.Model) -> Tally:
        """The tally of a row."""
        return self.tally_of(type(row), row.pk)

    def tally_of(self, model: type[models.Model], key: int) -> Tally:
        """The tally of the row `key`."""
        return self.tallies.setdefault((model, key), Tally())

    def known(self, what: str, something: object) -> bool:
        """Returns whether totals are known: not always where there is nothing to count in a hostile world."""
        return bool(something) or not self.hostile or self.cycles.once_in(f"{what}, zero", 2)

    def set_totals(self, row: PublishedTotals, known: bool, **totals: Any) -> None:
        """Sets totals on a row, as read now; those that are not known were read as null."""
        row.totals_read_at = self.now
        if known:
            for name, value in totals.items():
                setattr(row, name, value)

    def decimal(self, least: float, most: float) -> float:
        """Returns a random number with up to three decimals; in a hostile world also as many as fit."""
        value = self.random.uniform(least, most)
        if not self.hostile:
            return round(value, self.cycles.next("decimals", 4))
        return (round(value, 1), float(round(value)), round(value, 3), value)[self.cycles.next("decimals", 4)]


def write_images(world: World) -> None:
    """Writes the images that all other records share."""
    writer, cycles, random = world.writer, world.cycles, world.random
    world.images = range(1, world.number_of(3, 40, 5000) + 1)
    for number in world.images:
        address = f"{HOST}/images/{random.getrandbits(48):012x}"
        image = writer.add(
            Image,
            name=world.words.name("Image of {}"),
            image_url=f"{address}.jpg",
            thumbnail_url=f"{address}_small.jpg?s=3&v=<1>"
            if world.hostile and number % 9 == 0
            else f"{address}_small.jpg",
            credit=cycles.nullable("image.credit", world.words.name("© {}"), share=0.7),
            license_id=1 + number % len(LICENSES),
            single_use=number % 3 > 0,
        )
        for kind in cycles.some("image.variants", (1, 2, 3, 4)):
            writer.add(ImageVariant, image_id=image, type_id=kind, image_url=f"{address}_{kind}.webp")
