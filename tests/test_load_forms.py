"""Forms in which people keep answers: joined, with headers, in other encodings, packed, in folders."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sqlite3
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from typer.testing import CliRunner, Result

from conftest import Api
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.cli import app
from cosmodrome.ingest import archives
from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.ingest.files import Hints
from cosmodrome.ingest.kinds import MAGIC
from cosmodrome.ingest.loader import load_bytes, load_file
from cosmodrome.ingest.other_versions import KEYS_OF_2_2
from cosmodrome.ingest.values import json_values
from cosmodrome.shapes.shapes import SHAPES
from pages import MONDAY, TUESDAY, WEDNESDAY, agency, catalogue, copied, craft, envelope, load

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

pytestmark = pytest.mark.usefixtures("empty")

ONE, TWO = json.dumps(envelope(craft(1))), json.dumps(envelope(craft(2)))
BOTH = json.dumps([craft(1), craft(2)])
ASK = "not JSON: ask the server with format=json."
HTML = "<!DOCTYPE html>\n<html><head><title>502 Bad\n Gateway</title>\n<style>\nbody\n{color: red}\n</style></html>"


def head(status: str = "200", protocol: str = "HTTP/2", date: str = "Mon, 20 Apr 2026 12:00:00 GMT") -> str:
    """The headers of an answer as `curl -i` shows them."""
    return (
        f"{protocol} {status} \r\ndate: {date}\r\ncontent-type: application/json\r\nnel: {{'a': 1}}\r\n\r\n"
    )


def ids(table: str = "Spacecraft") -> list[int]:
    return [row[0] for row in catalogue()[table]]


def sentence(page: Any, **hints: Any) -> str:
    """What is said of a page that is broken; the catalogue must stay as it was."""
    before = catalogue()
    with pytest.raises(BrokenFile) as broken:
        load(page, **hints)
    assert catalogue() == before
    return str(broken.value)


def left_out(text: str) -> list[str]:
    report = load_bytes(text.encode(), Hints("page"), skip_invalid=True)
    return [fault.sentence for fault in report.left_out]


JOINED = {
    "nothing between": f"{ONE}{TWO}",
    "a blank between": f"{ONE} {TWO}",
    "records, nothing between": f"{json.dumps(craft(1))}{json.dumps(craft(2))}",
    "arrays, nothing between": f"{json.dumps([craft(1)])}{json.dumps([craft(2)])}",
    "indented, nothing between": f"{json.dumps(envelope(craft(1)), indent=2)}{json.dumps(craft(2), indent=2)}",
    "three, some with a line end": f"{ONE}{TWO}\n{ONE}",
    "byte order marks between": f"\ufeff{ONE}\ufeff{TWO}\r\n\ufeff{TWO}",
    "record separators (RFC 7464)": f"\x1e{ONE}\n\x1e{TWO}\n",
    "curl -i": head() + BOTH,
    "curl -i, HTTP/1.1": head("200 OK", "HTTP/1.1") + BOTH,
    "curl -i, several answers": f"{head()}{ONE}{head('200 OK', 'HTTP/1.1')}{TWO}",
    "curl -i, several answers with line ends": f"{head()}{ONE}\n{head()}{TWO}\n",
    "curl -i, line ends of Unix": f"{head()}{ONE}{head()}{TWO}".replace("\r", ""),
    "curl -iL": f"{head('301', 'HTTP/1.1')}<html><body>Moved\n{{</body></html>{head()}{ONE}{head('302')}{head()}{TWO}",
    "curl -i by a proxy": f"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n{head()}{BOTH}",
    "answers, then browsable pages": f"{ONE}{head()}{TWO}\n{copied(craft(1))}",
}  # fmt: skip


class TestJoinedAnswers:
    @pytest.mark.parametrize("form", JOINED)
    def test_each_is_taken_in(self, form: str) -> None:
        load(JOINED[form])
        assert ids() == [1, 2]

    def test_each_answer_was_read_when_its_own_headers_say(self, api: Api) -> None:
        newer = head(date="Tue, 21 Apr 2026 12:00:00 GMT") + json.dumps(craft(1, name="Newer"))
        older = head() + json.dumps(craft(1, name="Older"))
        load(newer + older, file_time=WEDNESDAY)
        assert Spacecraft.objects.get().totals_read_at == TUESDAY
        assert api.json("spacecraft/1")["name"] == "Newer"

    def test_answers_that_failed_are_named_by_their_lines(self) -> None:
        page = f"{head()}{ONE}\n{head('502')}{HTML}\n{head('404')}{json.dumps({'detail': 'Not found.'})}{head('429')}"
        said = [
            f"Line 7: The file is an HTML page called '502 Bad Gateway', answered with HTTP 502, {ASK}",
            "Line 24: The file holds the answer 'HTTP 404', not records.",
            "Line 24: The file holds the answer 'HTTP 429', not records.",
        ]
        assert sentence(page).splitlines() == said
        assert left_out(page) == said
        assert ids() == [1]

    @pytest.mark.parametrize(
        "piece", ["{}", "{}\n", '{"a": 1\n', '{"a": 1} x\n', "HTTP/2 502\r\n\r\n<html>{\n", head("404")]
    )
    def test_each_takes_as_long_as_the_one_before(self, piece: str) -> None:
        """Tens of thousands would take minutes if each looked through the rest of the file."""
        values = list(json_values(piece * 30_000 + "{}"))
        assert len(values) in (30_001, 30_000)


class TestBrokenLines:
    LINES = [json.dumps(craft(key)) for key in range(1, 6)]

    def test_lines_that_are_broken_are_named_and_the_others_taken(self) -> None:
        lines = list(self.LINES)
        lines[1], lines[3] = lines[1][:-20], lines[3] + "}"
        said = [
            "The JSON is cut off at line 2, column 1575.",
            "Line 4 holds the text '}', which belongs to no JSON value.",
        ]
        assert sentence("\n".join(lines)).splitlines() == said
        assert left_out("\n".join(lines)) == said
        assert ids() == [1, 3, 5]

    def test_a_line_that_is_no_json_is_named(self) -> None:
        assert left_out("\n".join([self.LINES[0], "and more", self.LINES[1]])) == [
            "Line 2 holds the text 'and more', which belongs to no JSON value."
        ]
        assert ids() == [1, 2]

    def test_faults_of_lines_and_of_records_are_named_together(self) -> None:
        page = "\n".join(
            [json.dumps(craft(1, in_space=5)), self.LINES[1][:-9], "[7]", json.dumps(craft(9, name=5))]
        )
        assert [said.partition(":")[0][:30] for said in sentence(page).splitlines()] == [
            "spacecraft 1",
            "The JSON is cut off at line 2,",
            "record no. 3 of the file",
            "spacecraft 9",
        ]

    @pytest.mark.parametrize(
        "page",
        [
            json.dumps([craft(1), craft(2)], indent=0).replace('"id": 1,', '"id": 1', 1),
            json.dumps(envelope(craft(1)), indent=4)[:-90] + "\n" + ONE,
            "[" + ",\n".join(LINES)[:-9] + "\n" + ONE,
            ",\n".join(LINES) + "\n]",
        ],
    )
    def test_no_part_of_a_broken_page_is_taken_for_a_record(self, page: str) -> None:
        with pytest.raises(BrokenFile):
            left_out(page)
        assert ids() == []


CUT_OFF = "Compressed file ended before the end-of-stream marker was reached."
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
MARKS = {"utf-16-be": b"\xfe\xff", "utf-32-be": b"\x00\x00\xfe\xff"}


class TestEncodings:
    NAME = "Союз \U0001f680"

    @pytest.mark.parametrize("encoding", ENCODINGS)
    @pytest.mark.parametrize(
        "form", [json.dumps([craft(1, name=NAME)], ensure_ascii=False), copied(craft(1, name=NAME))]
    )
    def test_text_in_any_unicode_encoding(self, encoding: str, form: str) -> None:
        load(form.encode(encoding))
        assert Spacecraft.objects.get().name == self.NAME

    @pytest.mark.parametrize("encoding", MARKS)
    def test_the_byte_order_mark_of_either_order(self, encoding: str) -> None:
        load(MARKS[encoding] + BOTH.encode(encoding))
        assert ids() == [1, 2]

    def test_text_that_is_damaged(self) -> None:
        assert sentence(BOTH.encode("utf-16")[:-1]) == (
            f"The file is not UTF-16-LE text: truncated data at byte {2 * len(BOTH)}."
        )
        assert sentence("café".encode("latin-1")) == (
            "The file is not UTF-8 text: unexpected end of data at byte 3."
        )


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 4, 21, 12, 0, 0)), data, method)
    return content.getvalue()


def tarred(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=form) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), int(TUESDAY.timestamp())
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def in_tar(pack: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], bytes]:
    return lambda files: pack(tarred(files))


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip, joined": lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": zstd.compress,
    "gzip in xz": lambda data: lzma.compress(gzip.compress(data)),
}
ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "zip, stored": lambda files: zipped(files, zipfile.ZIP_STORED),
    "zip, bzip2": lambda files: zipped(files, zipfile.ZIP_BZIP2),
    "tar": tarred,
    "tar of GNU": lambda files: tarred(files, tarfile.GNU_FORMAT),
    **{f"tar, {name}": in_tar(pack) for name, pack in COMPRESSED.items()},
    "zip of gzip": lambda files: zipped({f"{name}.gz": gzip.compress(data) for name, data in files.items()}),
    "zip of tar of gzip": lambda files: zipped({"a.tar.gz": gzip.compress(tarred(files))}),
}


QUICK = ("gzip", "zstd", "zip", "tar, gzip")
each_packing, each_archive = (
    pytest.mark.parametrize(
        "pack", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names]
    )
    for names in ([*COMPRESSED, *ARCHIVES], ARCHIVES)
)


def run(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["load", *arguments], input=given, env={"COLUMNS": "80"})


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with the data folder beside it."""
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


class TestPacked:
    @pytest.mark.parametrize("pack", COMPRESSED)
    def test_a_compressed_file(self, pack: str) -> None:
        load(COMPRESSED[pack](BOTH.encode()))
        assert ids() == [1, 2]

    @each_archive
    def test_an_archive(self, pack: str, in_folder: Path) -> None:
        (in_folder / "all").write_bytes(
            ARCHIVES[pack]({"b/two.json": TWO.encode(), "a.json": ONE.encode(), ".DS_Store": b"\x00"})
        )
        result = run("all")
        assert result.exit_code == 0, result.stderr
        assert [line.partition(":")[0].rpartition("/")[2][:5] for line in result.stdout.splitlines()] == [
            "a.jso",
            "two.j",
        ]
        assert ids() == [1, 2]

    @pytest.mark.usefixtures("in_folder")
    @each_archive
    def test_an_archive_by_standard_input(self, pack: str) -> None:
        assert run("-", given=ARCHIVES[pack]({"a.json": ONE.encode()})).stdout.startswith("standard input/a")
        assert ids() == [1]

    def test_a_member_is_told_by_its_name_and_was_read_at_its_time(self, in_folder: Path, api: Api) -> None:
        look_ups = json.dumps([{"id": 5, "name": "Capsule"}]).encode()
        files = {"spacecraft_configuration_types.json": look_ups, "one.json": ONE.encode()}
        for name, pack in {"a.tar": tarred, "a.zip": zipped}.items():
            (in_folder / name).write_bytes(pack(files))
            assert run(name).exit_code == 0
        assert api.json("config/spacecraft_configuration_types")["count"] == 2
        assert Spacecraft.objects.get().totals_read_at == TUESDAY

    def test_a_broken_member_keeps_no_other_out(self, in_folder: Path) -> None:
        (in_folder / "a.zip").write_bytes(
            zipped({"a.json": b"[", "b.json": ONE.encode(), "c.gz": b"\x1f\x8b"})
        )
        result = run("a.zip")
        assert result.exit_code == 1
        assert result.stderr.splitlines() == [
            "a.zip/a.json: The JSON is cut off at line 1, column 2.",
            f"a.zip/c.gz: The gzip file is damaged or cut off: {CUT_OFF}",
            "1 of 3 files loaded.",
        ]
        assert ids() == [1]

    @each_packing
    def test_a_packed_file_that_is_cut_anywhere_is_refused(self, pack: str, tmp_path: Path) -> None:
        data = (
            COMPRESSED[pack](BOTH.encode())
            if pack in COMPRESSED
            else ARCHIVES[pack]({"a.json": ONE.encode()})
        )
        file = tmp_path / "cut"
        for end in range(9, len(data) - 1, len(data) // 7):
            file.write_bytes(data[:end])
            if pack.startswith("tar") and "," not in pack and end > 2400:
                break  # the rest of a tar archive is nothing but zeros
            with pytest.raises(BrokenFile) as broken:
                load_file(str(file))
            assert str(broken.value).isprintable()

    @each_packing
    def test_a_file_that_unpacks_to_too_much_is_refused(
        self, pack: str, in_folder: Path, settings: Settings
    ) -> None:
        """The tar archives that are not compressed are as large as what is in them."""
        settings.LOAD_BYTES = 20_000
        large = json.dumps([craft(1)]).encode() + b" " * 30_000
        (in_folder / "bomb").write_bytes(
            COMPRESSED[pack](large) if pack in COMPRESSED else ARCHIVES[pack]({"a.json": large})
        )
        result = run("bomb")
        if pack in ("tar", "tar of GNU"):
            assert result.exit_code == 0
            return
        assert result.exit_code == 1
        assert (
            "It unpacks to more than 20000 bytes: if it is meant to, set COSMODROME_LOAD_BYTES"
            in result.stderr
        )
        assert ids() == []

    def test_a_bomb_is_not_unpacked_first(self) -> None:
        """A gigabyte of blanks, twice packed, takes a few kilobytes."""
        stream, packed = io.BytesIO(), zstd.compress(b" " * 1_000_000)
        with gzip.GzipFile(fileobj=stream, mode="w") as file:
            for _ in range(1000):
                file.write(packed)
        assert len(stream.getvalue()) < 10_000
        tracemalloc.start()
        said = sentence(stream.getvalue())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert said.startswith("It unpacks to more than 20000000 bytes, more than 500 times its size: ")
        assert most < 60_000_000

    @pytest.mark.parametrize("pack", COMPRESSED)
    def test_what_packs_well_is_a_bomb_only_beyond_reason(
        self, pack: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archives, "UNSUSPECTED", 2_000)
        monkeypatch.setattr(archives, "RATIO", 20)
        assert "20 times its size" in sentence(COMPRESSED[pack](ONE.encode() + b" " * 1_000_000))
        small = archives.Document("page", COMPRESSED[pack](b" " * 1_900), None)
        assert [document.error for document in archives.unpacked(small)] == [None]

    def test_a_file_that_is_packed_in_itself_again_and_again(self) -> None:
        data = ONE.encode()
        for _ in range(9):
            data = gzip.compress(data)
        assert sentence(data) == "It is packed more than 4 times."

    def test_archives_without_files_and_with_passwords(self) -> None:
        assert sentence(zipped({})) == "There is no file in the archive."
        assert sentence(tarred({".hidden": b"[]"})) == "There is no file in the archive."
        locked = bytearray(zipped({"a.json": ONE.encode()}))
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            locked[locked.index(signature) + offset] |= 1
        assert sentence(bytes(locked)).startswith("The file in the archive can't be read: File ")


def of_program(*names: str) -> bytes:
    return zipped(dict.fromkeys(names, b"<x/>"))


def sqlite_file() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE a (b)")
    return connection.serialize()


OTHER_KINDS = {
    "an SQLite database": sqlite_file(),
    "a Parquet file": b"PAR1\x15\x04\x15\x10" + b"\x00" * 600,
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\n[\n",
    "a PNG image": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "an Excel workbook": of_program("[Content_Types].xml", "xl/workbook.xml"),
    "a Word document": of_program("[Content_Types].xml", "word/document.xml"),
    "an OpenDocument or EPUB document": of_program("mimetype", "content.xml"),
    "an XML document": b"<?xml version='1.0'?>\n<rss></rss>",
    "a CSV file": b"id,name\n1,Soyuz\n2,Dragon\n",
    "a table with tabs (TSV)": b"id\tname\n1\tSoyuz, new\n",
    "a calendar (iCalendar)": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
    "a YAML file": b"---\nid: 1\n",
    "an SQL script": b"INSERT INTO craft VALUES (1);\n",
}


class TestOtherKinds:
    @pytest.mark.parametrize("kind", OTHER_KINDS)
    def test_a_file_is_called_by_its_kind(self, kind: str) -> None:
        assert sentence(OTHER_KINDS[kind]) == f"The file is {kind}, not JSON."

    @pytest.mark.parametrize("magic", MAGIC, ids=lambda magic: repr(magic[1]))
    def test_every_kind_is_told_by_its_first_bytes(self, magic: tuple[int, bytes, str]) -> None:
        offset, first, kind = magic
        assert sentence(b"\x01" * offset + first + b"\xfe" * 600) == f"The file is {kind}, not JSON."

    def test_a_document_in_an_archive_is_too(self, in_folder: Path) -> None:
        (in_folder / "a.zip").write_bytes(zipped({"a.pdf": b"%PDF-1.7", "b.json": ONE.encode()}))
        assert run("a.zip").stderr.splitlines()[0] == "a.zip/a.pdf: The file is a PDF document, not JSON."
        assert ids() == [1]


class TestFolders:
    def test_all_files_in_it_and_below_are_loaded_in_order(self, in_folder: Path) -> None:
        for name in ("b/two.json", "a.json", "b/c/three.json.gz", ".hidden.json", ".git/config"):
            (in_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (in_folder / "a.json").write_text(ONE)
        (in_folder / "b/two.json").write_text(TWO)
        (in_folder / "b/c/three.json.gz").write_bytes(gzip.compress(json.dumps(craft(3)).encode()))
        (in_folder / ".hidden.json").write_text("[")
        (in_folder / ".git/config").write_text("[")
        result = run(".")
        assert result.exit_code == 0, result.stderr
        assert [line.partition(":")[0] for line in result.stdout.splitlines()] == [
            "a.json",
            "b/c/three.json.gz",
            "b/two.json",
        ]
        assert ids() == [1, 2, 3]

    def test_files_that_are_no_data_are_named_and_the_exit_code_tells(self, in_folder: Path) -> None:
        (in_folder / "pages").mkdir()
        (in_folder / "pages" / "README").write_text("Pages that I saved.\n")
        (in_folder / "pages" / "one.json").write_text(ONE)
        (in_folder / "pages" / "gone.json").symlink_to("nowhere")
        os.mkfifo(in_folder / "pages" / "pipe")
        result = run("pages")
        assert result.exit_code == 1
        assert result.stderr == "pages/README: There is no JSON in the file.\n1 of 2 files loaded.\n"
        assert ids() == [1]

    def test_a_folder_without_files(self, in_folder: Path) -> None:
        (in_folder / "empty").mkdir()
        assert run("empty").stderr == "empty: There is no file in the folder.\n"

    def test_each_file_was_read_at_its_own_time(self, in_folder: Path) -> None:
        def read_at(key: int) -> datetime | None:
            return Spacecraft.objects.get(pk=key).totals_read_at

        for name, page, moment in (("one", ONE, MONDAY), ("two", TWO, TUESDAY)):
            (in_folder / name).write_text(page)
            os.utime(in_folder / name, (moment.timestamp(), moment.timestamp()))
        run(".")
        assert (read_at(1), read_at(2)) == (MONDAY, TUESDAY)


OLD_AGENCY = {"id": 44, "name": "NASA", "type": "Government", "country_code": "USA", "logo_url": None}


class TestOtherVersions:
    @pytest.mark.parametrize("version", ["2.2.0", "2.4.0", "2.0.0"])
    def test_records_are_told_by_their_own_urls(self, version: str) -> None:
        url = f"https://ll.thespacedevs.com/{version}/agencies/3/"
        said = f"record 3: url: the text '{url}' is of version {version}; version 2.3.0 is read here."
        assert sentence([agency(3, url=url)]) == said
        assert sentence([agency(3, url=url)] * 99) == (
            f"None of the 99 records of the page can be read, as of the first: {said}"
        )

    @pytest.mark.parametrize("version", ["2.2.0", "2.4.0"])
    def test_a_page_is_told_by_its_links_and_its_request_line(self, version: str) -> None:
        record = {"id": 5, "name": "Capsule"}
        link = f"https://lldev.thespacedevs.com/{version}/config/agency_types/?limit=1&offset=1"
        for page in (
            envelope(record) | {"next": link},
            copied(record, path=f"/{version}/config/agency_types/5/"),
        ):
            assert f" is of version {version}; version 2.3.0 is read here." in sentence(page)

    @pytest.mark.parametrize("version", ["2.2.0", "2.4.0"])
    def test_a_record_without_a_url_is_told_by_what_it_nests(self, version: str) -> None:
        nested = {"id": 9, "agency": agency(3, url=f"https://ll.thespacedevs.com/{version}/agencies/3/")}
        assert sentence([nested], endpoint="spacecraft") == (
            f"record 9: a url in it, 'https://ll.thespacedevs.com/{version}/agencies/3/', is of version {version}; "
            "version 2.3.0 is read here."
        )

    def test_a_record_without_any_url_is_told_by_its_keys(self) -> None:
        said = "it is of version 2.2.0, as its keys 'country_code' and 'logo_url' tell; version 2.3.0 is read here."
        assert sentence([OLD_AGENCY], endpoint="agencies") == f"record 44: {said}"
        assert sentence([{"id": 9, "agency": OLD_AGENCY}], name="spacecraft.json") == f"record 9: {said}"

    def test_no_shape_of_this_version_has_such_keys(self) -> None:
        assert not KEYS_OF_2_2 & {name for shape in SHAPES.values() for name in shape().fields}

    def test_records_of_this_version_may_link_to_others(self) -> None:
        link = {"id": 1, "social_media": agency(3, "detailed")["social_media_links"][0]["social_media"]}
        load(
            [
                agency(
                    3, "detailed", social_media_links=[link | {"url": "https://x.example/2.2.0/agencies/3/"}]
                )
            ]
        )
        assert ids("Agency") == [3]

    def test_with_skip_invalid_the_others_are_taken(self) -> None:
        old = agency(3, url="https://ll.thespacedevs.com/2.2.0/agencies/3/")
        assert len(left_out(json.dumps([old, agency(4)]))) == 1
        assert ids("Agency") == [4]
