"""Generates invented names and texts, and decides in turn which values are null and how long lists are.

A hostile world has whatever the contract allows, as often as it takes: letters of many scripts, characters
that must be escaped, texts as long as their columns, nulls and empty lists everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TypeVar
from zlib import crc32

Item = TypeVar("Item")

MARK = "(invented)"
"""The end of every name of something invented."""

SHORT_MARK = "INV-"
"""The mark where there is little room: before serial numbers (10 characters) and abbreviations."""

HOST = "https://invented.example"
"""The host of invented pages, images and videos: a name that never resolves (RFC 2606)."""

BEGINNINGS = (
    "Al Ar Bel Bor Cor Dal Dor El Fal Fen Gal Hal Il Jor Kal Kel Lar Lor Mar Mer Nal Nor Or Pal Quin Ral "
    "Ros Sal Sel Tal Tor Ul Val Vor Wen Yar Zel"
)
MIDDLES = "a e i o u an en in on un ar er ir or ur"
ENDINGS = "da dis dor ka kan la lis lon ma mir na nis ra ris ron sa tha tis tor va vis ya za"
"""A word is one of `BEGINNINGS`, one of `MIDDLES` and one of `ENDINGS`."""

HOSTILE_BEGINNINGS = "Æg Œn Žof Łod Ñan Ørs Čer Şah Éol Þor Ünd Αιθ Ник Сая 星 光"
HOSTILE_MIDDLES = "ë ø ő"
HOSTILE_ENDINGS = "žín ğı ñez ß"
"""The parts of words that a hostile world has beside those."""

TWISTS = ("{} 'Kestrel'", '{} "Swift"', "{} & Sons", "{} <Prime>", "O'{}", "{}/II", "{} · Éclair", "{}, 2%")
"""Patterns of names with characters that must be escaped in JSON, in HTML or in a query."""

WHO = "The crew|A team of four|The second stage|This design|The programme|Ground control|Nobody|The tug"
DID = "carried|replaced|was built for|never met|outlived|was named after|measured|brought back|refuelled"
WHAT = (
    "the long-range antenna|a garden of moss|three hundred litres of water|the old docking ring"
    "|two telescopes|the flight model|a spare gyroscope|an experiment on crystals|the last of its kind"
    "|half a tonne of cargo"
)
WHEN = "in its first year|before sunrise|against all odds|within budget|after 40 orbits|twice|in the end"
"""A sentence is one of `WHO`, `DID`, `WHAT` and `WHEN` each."""

SPECIAL = (
    'It is called "the <quiet> one" & nobody knows why; that\'s it.',
    "L'été à Žižkov: čtyři družice, œuvre de l'équipe, ça marche.",
    "打ち上げは成功した。Запуск прошёл успешно. 🚀",
    "Tabs\tand\nline breaks \\ backslashes, 100% <b>bold</b> &amp; {braces}.",
)


LONG = 10_000
"""The number of cases after which shares begin again: so many that every share comes out."""


class Words:
    """Generates names and texts from one random source."""

    def __init__(self, random: Random, hostile: bool = False) -> None:
        self.random = random
        self.hostile = hostile
        self.syllables = [part.split() for part in (BEGINNINGS, MIDDLES, ENDINGS)]
        if hostile:
            for syllables, more in zip(
                self.syllables, (HOSTILE_BEGINNINGS, HOSTILE_MIDDLES, HOSTILE_ENDINGS), strict=True
            ):
                syllables += more.split()
        self.phrases = [part.split("|") for part in (WHO, DID, WHAT, WHEN)]
        self.taken: Counter[str] = Counter()
        self.sentences = [self._sentence() for _ in range(200)]

    def word(self) -> str:
        """Generates a word, such as `Kalendor`."""
        return "".join(map(self.random.choice, self.syllables))

    def name(self, pattern: str = "{}") -> str:
        """Generates a unique name with the mark: `Cape Kalendor (invented)` for the pattern `Cape {}`."""
        word = self.word()
        if self.hostile and self.random.random() < 0.12:
            word = self.random.choice(TWISTS).format(word)
        name = pattern.format(word)
        self.taken[name] += 1
        number = f" {self.taken[name]}" if self.taken[name] > 1 else ""
        return f"{name}{number} {MARK}"

    def letters(self, number: int) -> str:
        """Generates an abbreviation of `number` letters, with the mark."""
        return SHORT_MARK + "".join(self.random.choices("ABCDEFGHIKLMNOPRSTUVZ", k=number))

    def prose(self, longest: int, lines: int = 2) -> str:
        """Generates some sentences; in a hostile world sometimes nothing, or as much as there is room for."""
        chance = self.random.random()
        if self.hostile and chance < 0.06:
            return ""
        if self.hostile and chance < 0.075:
            text = " ".join(self.random.choices(self.sentences, k=longest // 24))
            return text[: longest - 1].ljust(longest - 1, "…") + "!"
        text = " ".join(self.random.choices(self.sentences, k=lines))
        return text if len(text) <= longest else text[: longest - 1] + "…"

    def page(self, kind: str, longest: int = 200) -> str:
        """Generates the address of a page; in a hostile world sometimes as long as an address may be."""
        number = self.random.getrandbits(40)
        address = f"{HOST}/{kind}/{number:010x}"
        if self.hostile and self.random.random() < 0.02:
            address = (f"{address}?note=" + "long-" * 60)[:longest]
        return address

    def _sentence(self) -> str:
        if self.hostile and self.random.random() < 0.15:
            return self.random.choice(SPECIAL)
        return " ".join(map(self.random.choice, self.phrases)) + "."


class Cycles:
    """Chooses nulls and lengths of lists in turn instead of at random, so that few rows show all cases.

    Random choices would leave out a case now and then.  Values of one row have different periods, so that
    nulls occur together with values in all combinations.

    How rare nulls are is said where a value is made: `share`, read off real records.  A value that real
    records always have says nothing, and is null in a hostile world only.
    """

    def __init__(self, hostile: bool = False) -> None:
        self.hostile = hostile
        self.count: dict[str, int] = {}

    def next(self, what: str, length: int) -> int:
        """Returns 0 to `length` - 1 in turn, from a start of its own for each `what`."""
        here = self.count.get(what)
        if here is None:
            here = crc32(what.encode())
        self.count[what] = here + 1
        return here % length

    def once_in(self, what: str, period: int) -> bool:
        """Returns true once in `period` times."""
        return self.next(what, period) == 0

    def lacks(self, what: str, period: int = 0, share: float = 0) -> bool:
        """Returns whether a value is missing this time: in the `share`, 0 to 1, that real records lack it in.

        In a hostile world once in `period` times; by default 3, 4, 5 or 7, depending on `what`.
        """
        if self.hostile:
            return self.once_in(what, period or (3, 4, 5, 7)[crc32(what.encode()[::-1]) % 4])
        turn = self.next(what, LONG)
        return int((turn + 1) * share) > int(turn * share)

    def nullable(self, what: str, value: Item, period: int = 0, share: float = 0) -> Item | None:
        """Returns `value`, or None if it `lacks` this time."""
        return None if self.lacks(what, period, share) else value

    def some(self, what: str, of: Sequence[Item], longest: int = 3, least: int = 0) -> list[Item]:
        """Returns some of `of`, in order: none, one or several in turn.

        `least` is the number that real records have at least; in a hostile world it is none.
        """
        if not of:
            return []
        length = min(self.length(what, longest, least), len(of))
        start = self.next(f"{what}, from", len(of))
        return [of[(start + step) % len(of)] for step in range(length)]

    def length(self, what: str, longest: int, least: int = 0) -> int:
        """Returns the length of a list, `least` to `longest` in turn; from 0 in a hostile world."""
        if self.hostile:
            least = 0
        return least + self.next(what, longest + 1 - least)
