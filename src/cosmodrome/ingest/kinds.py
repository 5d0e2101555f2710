"""Recognises what a file is by its first bytes, so that one that is not JSON is called by its name."""

from __future__ import annotations

import codecs
import json
import re

MAGIC: list[tuple[int, bytes, str]] = [
    (0, b"%PDF-", "a PDF document"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"ARROW1", "an Arrow file"),
    (0, b"FEA1", "a Feather file"),
    (0, b"Obj\x01", "an Avro file"),
    (0, b"ORC", "an ORC file"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"PGDMP", "a dump of PostgreSQL"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of old Microsoft Office (Excel, Word)"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (0, b"II*\x00", "a TIFF image"),
    (0, b"MM\x00*", "a TIFF image"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (0, b"BM", "a BMP image"),
    (4, b"ftyp", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"ID3", "an MP3 file"),
    (0, b"OggS", "an Ogg file"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\x04\x22\x4d\x18", "an LZ4 file"),
    (0, b"\x1f\x9d", "a file of compress (.Z)"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program of Windows"),
    (0, b"\xca\xfe\xba\xbe", "a program"),
    (0, b"\x00asm", "a WebAssembly program"),
    (0, b"bplist00", "a binary property list"),
    (0, b"wOF", "a font"),
    (0, b"\x80\x02", "a Python pickle"),
    (0, b"\x80\x03", "a Python pickle"),
    (0, b"\x80\x04", "a Python pickle"),
    (0, b"\x80\x05", "a Python pickle"),
]
"""Where certain bytes stand in a file of each kind; texts that could begin like it are no JSON either."""

OFFICE_FOLDERS = {"xl/": "an Excel workbook", "word/": "a Word document", "ppt/": "a PowerPoint document"}

BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
HTML_START = re.compile(r"\A\s*<(?!\?xml)|^[ \t]*<(?:!doctype|html)\b", re.MULTILINE | re.IGNORECASE)
BEGINNINGS_OF_TEXT = {
    "<": "an XML document",
    "BEGIN:VCALENDAR": "a calendar (iCalendar)",
    "BEGIN:VCARD": "a contact (vCard)",
    "---": "a YAML file",
    "%YAML": "a YAML file",
    "{\\rtf": "an RTF document",
    "%!PS": "a PostScript document",
    "-- ": "an SQL script",
    "INSERT INTO": "an SQL script",
    "CREATE TABLE": "an SQL script",
    "#!": "a script",
}
LINES_OF_TABLE = 20
"""Lines of a text that are looked at to tell whether it is a table."""


def kind_of_bytes(data: bytes) -> str | None:
    """The kind of a file that is no text, as messages name it; None if nothing tells it."""
    for offset, magic, kind in MAGIC:
        if data.startswith(magic, offset):
            return kind
    return None


def kind_of_zip(names: list[str]) -> str | None:
    """The kind of document that a zip file with these members is; None if it is an archive."""
    if "[Content_Types].xml" in names:
        for folder, kind in OFFICE_FOLDERS.items():
            if any(name.startswith(folder) for name in names):
                return kind
        return "an Office document"
    if names[:1] == ["mimetype"]:
        return "an OpenDocument or EPUB document"
    if "META-INF/MANIFEST.MF" in names:
        return "a Java archive"
    return None


def kind_of_text(text: str) -> str | None:
    """The kind of a text that holds no JSON, as messages name it; None if nothing tells it."""
    start = text[:1000].lstrip()
    for beginning, kind in BEGINNINGS_OF_TEXT.items():
        if start.startswith(beginning):
            return kind
    lines = [line for line in text[:100_000].splitlines()[:LINES_OF_TABLE] if line.strip()]
    for separator, kind in {"\t": "a table with tabs (TSV)", ",": "a CSV file", ";": "a CSV file"}.items():
        if len(lines) > 1 and len({line.count(separator) for line in lines}) == 1 and separator in lines[0]:
            return kind
    return None


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or UTF-32, with a byte order mark or without.

    Raises UnicodeDecodeError, which names the encoding that was expected.
    """
    encoding = json.detect_encoding(data)
    if encoding != "utf-8" and not data.startswith(BYTE_ORDER_MARKS) and not is_wide(data):
        encoding = "utf-8"
    return data.decode(encoding)


def is_wide(data: bytes) -> bool:
    """Whether a file without a byte order mark is text of two or four bytes a character: JSON has ASCII."""
    start = data[:4]
    return bool(start.strip(b"\x00").strip()) and 0x20 <= max(start) < 0x80
