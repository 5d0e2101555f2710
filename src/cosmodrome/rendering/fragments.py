"""Documents: records as finished JSON, each kept once and wherever it stands.

A document is a row of pieces.  What a record nests is not written into it: a piece refers to the document of
the nested record, so that a change of an agency drops the agency's own documents, and none of the thousands
that show it.  Put together with those it refers to, a document that stands in many others is kept too, for
as long as nothing at all is dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol
from weakref import WeakValueDictionary

from cosmodrome.rendering.lru import LRU

NULL, COMMA = b"null", b","
BASE, FORMAT = b"\x01", b"\x02"
"""What stands for the server's address and for `?format=` in urls: no other JSON holds these bytes."""

OVERHEAD = 400
"""Bytes that a document takes beside its text, about."""


class Missing(Exception):
    """Something that is asked for is not kept."""


class Maker(Protocol):
    """Who makes the documents of one shape; `recipes` has them."""

    height: int
    """How deep the shape nests."""

    def fill(self, documents: list[Document], refer: Refer) -> bool:
        """Gives each its pieces; answers whether they hold for no longer than the moment."""


class Document:
    """What one record looks like in one shape."""

    __slots__ = ("__weakref__", "flat", "flat_at", "is_shared", "key", "maker", "pieces", "whole_at")

    def __init__(self, maker: Maker, key: Any) -> None:
        self.maker, self.key = maker, key
        self.pieces: tuple[Piece, ...] | None = None
        """None until someone asks; empty if there is no such record, or nothing of it that could be shown."""
        self.whole_at = -1
        """Up to which dropping all that it refers to is known to be there."""
        self.is_shared = False
        """Whether it may stand in many others."""
        self.flat: tuple[bytes | Moment, ...] = ()
        self.flat_at = -1

    def drop(self) -> None:
        """Forgets it, wherever it stands."""
        self.pieces, self.flat, self.flat_at = None, (), -1


Refer = Callable[[Maker, Any], Document]


class Moment:
    """A value that each moment has its own of."""

    __slots__ = ("at",)

    def __init__(self, at: Callable[[datetime], bytes]) -> None:
        self.at = at


THE_MOMENT = Moment(lambda _now: b"")
"""Shows nothing; its place is in documents that hold for no longer than the moment."""


class Several(tuple[Document, ...]):
    """A list of records."""

    __slots__ = ()


class First(tuple[Document, ...]):
    """The first of a list that there is anything of, or null."""

    __slots__ = ()


Piece = bytes | Moment | Document | Several | First


class Documents:
    """All documents that are kept.

    Those that were asked for lately, up to a number of bytes, and what they refer to.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self.known: dict[Maker, WeakValueDictionary[Any, Document]] = defaultdict(WeakValueDictionary)
        self.lately: LRU[Document, None] = LRU()
        self.made = 0
        """How many were ever rendered."""
        self.droppings = 0
        self.momentary: list[Document] = []
        self.second: datetime | None = None

    @property
    def size(self) -> int:
        """Bytes that are taken, about."""
        return self.lately.bytes

    def refer(self, maker: Maker, key: Any) -> Document:
        """The document of a record, made or yet to be made."""
        known = self.known[maker]
        document = known.get(key)
        if document is None:
            document = known[key] = Document(maker, key)
        return document

    def asked(self, maker: Maker, key: Any) -> Document:
        """The document of a record that is asked for, and so is kept for longer."""
        document = self.refer(maker, key)
        self.lately.get(document)
        return document

    def keep(self, document: Document) -> None:
        """Holds on to a document that has just been made."""
        self.lately.remove(document)
        self.lately.put(document, None, size_of(document))
        self.make_room()

    def make_room(self) -> None:
        """Lets go what nobody has asked for the longest, if there is too much."""
        while self.size > self.limit:
            self.lately.remove_oldest()

    def drop(self, maker: Maker, keys: Iterable[Any] | None = None) -> None:
        """Forgets what these records, or all, look like in one shape."""
        known = self.known.get(maker)
        if known is None:
            return
        for document in list(known.values()) if keys is None else map(known.get, keys):
            if document is not None:
                document.drop()
        self.droppings += 1

    def begin(self, now: datetime) -> None:
        """Forgets what held for another moment: nothing is kept for longer than the clock's second."""
        second = now.replace(microsecond=0)
        if second != self.second and self.momentary:
            for document in self.momentary:
                document.drop()
            self.momentary.clear()
            self.droppings += 1
        self.second = second

    def page(self, maker: Maker, keys: Iterable[Any], makes: bool = True) -> list[Document]:
        """The documents of records, with all that they refer to; records that can't be shown are left out.

        Raises Missing if some are yet to be made, and `makes` is false.
        """
        documents = [self.asked(maker, key) for key in keys]
        self.complete(documents, makes)
        return [document for document in documents if document.pieces]

    def complete(self, documents: list[Document], makes: bool) -> None:
        """Has all made that is missing, the records of a shape at once.

        The deeper shapes first: by then it is known of all records of a shape that they are wanted.
        """
        wanted: dict[Maker, list[Document]] = defaultdict(list)
        seen: list[Document] = []
        try:
            self.walk(documents, wanted, seen)
            while wanted:
                self.must_make(makes)
                maker = max(wanted, key=lambda maker: maker.height)
                missing = wanted.pop(maker)
                self.fill(maker, missing)
                self.walk((below for document in missing for below in referred(document)), wanted, seen)
        except BaseException:
            for document in seen:
                document.whole_at = -1
            raise

    def must_make(self, makes: bool) -> None:
        """Raises Missing if nobody is there to make anything."""
        if not makes:
            raise Missing

    def walk(
        self, documents: Iterable[Document], wanted: dict[Maker, list[Document]], seen: list[Document]
    ) -> None:
        """Sorts out what is missing, and looks at nothing twice."""
        ahead = [document for document in documents if document.whole_at != self.droppings]
        while ahead:
            document = ahead.pop()
            if document.whole_at == self.droppings:
                continue
            document.whole_at = self.droppings
            seen.append(document)
            if document.pieces is None:
                wanted[document.maker].append(document)
            else:
                ahead += referred(document)

    def fill(self, maker: Maker, missing: list[Document]) -> None:
        """Has documents of one shape made."""
        if maker.fill(missing, self.refer):
            self.momentary += missing
            for document in missing:
                document.pieces = (*document.pieces, THE_MOMENT) if document.pieces else ()
        self.made += len(missing)
        for document in missing:
            self.keep(document)

    def written(self, documents: list[Document], now: datetime) -> tuple[list[bytes], bool]:
        """The records as they are at `now`, in pieces with commas between, and whether that moves."""
        parts: list[Any] = []
        for document in documents:
            if parts:
                parts.append(COMMA)
            self.put(document, parts)
        moments = [place for place, part in enumerate(parts) if part.__class__ is Moment]
        for place in moments:
            parts[place] = parts[place].at(now)
        self.make_room()
        return parts, bool(moments)

    def put(self, document: Document, parts: list[bytes | Moment]) -> None:
        """Adds a document, with all that it refers to."""
        for piece in document.pieces or (NULL,):
            if isinstance(piece, bytes):  # most are: the others cost more
                parts.append(piece)
            elif isinstance(piece, Document):
                self.put_nested(piece, parts)
            elif isinstance(piece, Several):
                self.put_several([nested for nested in piece if nested.pieces], parts)
            elif isinstance(piece, First):
                first = next((nested for nested in piece if nested.pieces), None)
                parts.append(NULL) if first is None else self.put_nested(first, parts)
            else:
                parts.append(piece)

    def put_several(self, documents: list[Document], parts: list[bytes | Moment]) -> None:
        """Adds a list."""
        parts.append(b"[")
        for number, document in enumerate(documents):
            if number:
                parts.append(COMMA)
            self.put_nested(document, parts)
        parts.append(b"]")

    def put_nested(self, document: Document, parts: list[bytes | Moment]) -> None:
        """Adds a document that stands in another: what stands in many is put together once."""
        if not document.is_shared:
            self.put(document, parts)
            return
        if document.flat_at != self.droppings:
            own: list[bytes | Moment] = []
            self.put(document, own)
            before, document.flat = document.flat, tuple(merged(own))
            document.flat_at = self.droppings
            self.lately.grow(document, size_in(document.flat) - size_in(before))
        parts += document.flat


def referred(document: Document) -> Iterator[Document]:
    """The documents to which one refers."""
    for piece in document.pieces or ():
        if isinstance(piece, Document):
            yield piece
        elif isinstance(piece, tuple):
            yield from piece


def merged(parts: list[bytes | Moment]) -> Iterator[bytes | Moment]:
    """The same with neighbouring texts in one."""
    texts: list[bytes] = []
    for part in parts:
        if isinstance(part, bytes):
            texts.append(part)
            continue
        if texts:
            yield b"".join(texts)
            texts.clear()
        yield part
    if texts:
        yield b"".join(texts)


def size_of(document: Document) -> int:
    """How many bytes it takes, about."""
    return OVERHEAD + size_in(document.pieces or ()) + size_in(document.flat)


def size_in(pieces: Iterable[Piece]) -> int:
    """How many bytes pieces take, about."""
    return sum(40 + (len(piece) if isinstance(piece, bytes) else 0) for piece in pieces)
