"""Decompresses files and takes archives apart, with a bound on what may come out of one file.

A few bytes can decompress to any number of them, by mistake or in malice; what a file unpacks to counts
against one budget, however deep it is packed.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath, PurePosixPath
from typing import Any

from django.conf import settings

from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.ingest.kinds import kind_of_zip

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

CHUNK = 1 << 20
RATIO = 500
"""How many times its size a file may unpack to: pages of the API take a hundredth of theirs at best."""
UNSUSPECTED = 20_000_000
"""Bytes that a file may unpack to whatever its size."""
DEEPEST = 4
"""Layers of packing that are taken off, as of `pages.tar.gz` in a zip file."""

COMPRESSIONS: list[tuple[bytes, str, Callable[[Any], Any]]] = [
    (b"\x1f\x8b", "gzip", lambda stream: gzip.GzipFile(fileobj=stream)),
    (b"BZh", "bzip2", bz2.BZ2File),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMAFile),
    (b"]\x00\x00", "lzma", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", "zstd", zstd.ZstdFile),
]
"""The first bytes of each compression, its name, and what opens it."""

DAMAGE = (
    *(OSError, EOFError, MemoryError, ValueError, OverflowError, RecursionError, NotImplementedError),
    *(RuntimeError, zlib.error, lzma.LZMAError, zstd.ZstdError, zipfile.BadZipFile, tarfile.TarError),
)
"""The errors that the libraries raise at bytes that they can't unpack."""


@dataclass(frozen=True)
class Document:
    """One file with its content: on disk, from standard input, or out of an archive."""

    name: str
    data: bytes
    time: datetime | None
    """When the file was changed; null of standard input."""
    error: BrokenFile | None = None
    """Why there is no content."""


class Budget:
    """The bytes that may still come out of one file of `packed` bytes: `size` at most, and no bomb."""

    def __init__(self, size: int, packed: int) -> None:
        self.size = size
        self.plausible = max(UNSUSPECTED, RATIO * packed)
        self.left = min(size, self.plausible)

    def read(self, stream: Any) -> bytes:
        """Returns all that a stream has.  Raises BrokenFile where it has more than may come."""
        content = io.BytesIO()
        while chunk := stream.read(CHUNK):
            self.left -= len(chunk)
            if self.left < 0:
                raise self.refusal()
            content.write(chunk)
        return content.getvalue()

    def refusal(self) -> BrokenFile:
        """Returns the sentence about a file that has more than may come."""
        if self.plausible < self.size:
            return BrokenFile(
                f"It unpacks to more than {self.plausible} bytes, more than {RATIO} times its size: "
                "if it is meant to, unpack it yourself."
            )
        return BrokenFile(
            f"It unpacks to more than {self.size} bytes: if it is meant to, "
            "set COSMODROME_LOAD_BYTES to what it may take."
        )


def unpacked(document: Document) -> Iterator[Document]:
    """Yields the documents in a file: itself, decompressed, or each member of an archive."""
    yield from unpack(document, Budget(settings.LOAD_BYTES, len(document.data)), 0)


def unpack(document: Document, budget: Budget, depth: int) -> Iterator[Document]:
    """Yields what is in a document that may be packed; one that can't be unpacked, with its error."""
    if document.error:
        yield document
        return
    try:
        inner = layer(document, budget)
    except BrokenFile as error:
        inner = iter([replace(document, data=b"", error=error)])
    if inner is None:
        yield document
    elif depth == DEEPEST:
        yield replace(document, data=b"", error=BrokenFile(f"It is packed more than {DEEPEST} times."))
    else:
        for member in inner:
            yield from unpack(member, budget, depth + 1)


def layer(document: Document, budget: Budget) -> Iterator[Document] | None:
    """Returns the documents inside of a document that is packed; None if it is not.  Raises BrokenFile."""
    data = document.data
    for magic, kind, opened in COMPRESSIONS:
        if data.startswith(magic):
            return iter([decompressed(document, kind, opened, budget)])
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return zip_members(document, budget)
    return tar_members(document) if is_tar(data) else None


def decompressed(document: Document, kind: str, opened: Callable[[Any], Any], budget: Budget) -> Document:
    """Returns a document without one layer of compression.  Raises BrokenFile."""
    try:
        with opened(io.BytesIO(document.data)) as stream:
            return replace(document, data=budget.read(stream))
    except DAMAGE as error:
        raise damaged(f"The {kind} file is damaged or cut off", error) from None


def zip_members(document: Document, budget: Budget) -> Iterator[Document]:
    """Returns the files in a zip archive.  Raises BrokenFile, also for documents of other programs."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(document.data))
    except DAMAGE as error:
        raise damaged("The zip file is damaged or cut off", error) from None
    if kind := kind_of_zip(archive.namelist()):
        raise BrokenFile(f"The file is {kind}, not JSON.")

    def read(entry: zipfile.ZipInfo) -> bytes:
        with archive.open(entry) as stream:
            return budget.read(stream)

    def time_of(entry: zipfile.ZipInfo) -> datetime:
        return datetime(*entry.date_time).astimezone(UTC)  # a zip file has local time

    entries = {entry.filename: entry for entry in archive.infolist() if not entry.is_dir()}
    return members(document, entries, read, time_of)


def is_tar(data: bytes) -> bool:
    """Whether a file begins with the header of a tar archive, which has a check sum."""
    try:
        tarfile.TarInfo.frombuf(data[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except DAMAGE:
        return False
    return True


def tar_members(document: Document) -> Iterator[Document]:
    """Returns the files in a tar archive, whose size is that of the archive.  Raises BrokenFile."""
    try:
        archive = tarfile.open(fileobj=io.BytesIO(document.data), mode="r:")  # noqa: SIM115 - read as they come
        entries = {entry.name: entry for entry in archive if entry.isfile()}
    except DAMAGE as error:
        raise damaged("The tar file is damaged or cut off", error) from None

    def read(entry: tarfile.TarInfo) -> bytes:
        if entry.issparse():
            raise BrokenFile("It is a sparse file, which is not read here.")
        stream = archive.extractfile(entry)
        content = stream.read() if stream else b""
        if len(content) < entry.size:
            raise EOFError("it ends too early")
        return content

    return members(document, entries, read, lambda entry: datetime.fromtimestamp(entry.mtime, UTC))


def members(
    archive: Document,
    entries: dict[str, Any],
    read: Callable[[Any], bytes],
    time_of: Callable[[Any], datetime],
) -> Iterator[Document]:
    """Yields the files of an archive in the order of their names, without hidden ones."""
    shown = [name for name in sorted(entries) if not is_hidden(PurePosixPath(name))]
    if not shown:
        yield replace(archive, data=b"", error=BrokenFile("There is no file in the archive."))
    for name in shown:
        member = Document(f"{archive.name}/{name}", b"", archive.time)
        with suppress(ValueError, OverflowError, OSError):
            member = replace(member, time=time_of(entries[name]))
        try:
            yield replace(member, data=read(entries[name]))
        except BrokenFile as error:
            yield replace(member, error=error)
        except DAMAGE as error:
            yield replace(member, error=damaged("The file in the archive can't be read", error))


def is_hidden(path: PurePath) -> bool:
    """Whether a path leads to a hidden file, or to what the archiver of macOS adds."""
    names = [part for part in path.parts if part not in (".", "..")]
    return any(name.startswith(".") or name == "__MACOSX" for name in names)


def damaged(what: str, error: BaseException) -> BrokenFile:
    """Returns the sentence about bytes that a library can't unpack."""
    return BrokenFile(f"{what}: {' '.join(str(error).split()) or type(error).__name__}.")
