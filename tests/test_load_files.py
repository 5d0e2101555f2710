"""What a file may look like, and what is said when it can't be taken in."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOW, Api
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.database.outages import BUSY
from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.ingest.files import Hints
from cosmodrome.ingest.loader import load_bytes, load_file
from cosmodrome.progress import Progress
from pages import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    agency,
    catalogue,
    configuration,
    copied,
    country,
    craft,
    emptied,
    envelope,
    examples,
    family,
    image,
    load,
)

pytestmark = pytest.mark.usefixtures("empty")

TWO = [craft(1), craft(2)]
LINES = "\n".join(json.dumps(record) for record in TWO)

FORMS = {
    "an answer with its envelope": json.dumps(envelope(*TWO)),
    "an array": json.dumps(TWO),
    "an array over many lines": json.dumps(TWO, indent=4),
    "one record a line": LINES,
    "one record a line, with empty lines": "\n" + LINES.replace("\n", "\n\n") + "\n\n",
    "one record a line, with line ends of Windows": LINES.replace("\n", "\r\n") + "\r\n",
    "an answer a line": "\n".join(json.dumps(envelope(record)) for record in TWO),
    "the browsable page copied as text": copied(envelope(*TWO)),
    "the browsable page with what stood below": copied(envelope(*TWO)) + "\n\nPowered by people\n",
    "two browsable pages, one after the other": "\n".join(copied(envelope(record)) for record in TWO),
    "headers and answer": f"HTTP/2 200 \r\ncontent-type: application/json\r\n\r\n{json.dumps(TWO)}",
    "headers of a redirect, then the answer": f"HTTP/1.1 301 Moved Permanently\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{json.dumps(TWO)}",
    "with a byte order mark": "\ufeff" + json.dumps(TWO),
}


def ids(table: str) -> list[int]:
    return [row[0] for row in catalogue()[table]]


def sentence(page: Any, **hints: Any) -> str:
    """What is said of a page that is broken; the catalogue must stay as it was."""
    before = catalogue()
    with pytest.raises(BrokenFile) as broken:
        load(page, **hints)
    assert catalogue() == before
    return str(broken.value)


class TestKindsOfFile:
    @pytest.mark.parametrize("form", FORMS)
    def test_it_is_taken_in(self, form: str) -> None:
        report = load(FORMS[form])
        assert str(report).startswith("2 spacecraft: 2 created, 0 changed, 0 unchanged; ")
        assert ids("Spacecraft") == [1, 2]

    @pytest.mark.parametrize("form", FORMS)
    def test_it_is_taken_in_gzipped(self, form: str) -> None:
        load(gzip.compress(FORMS[form].encode()))
        assert ids("Spacecraft") == [1, 2]

    def test_one_record_alone(self) -> None:
        assert str(load(craft(7))).startswith("1 spacecraft: 1 created")

    def test_one_record_on_its_own_browsable_page(self) -> None:
        load(copied(craft(7), path="/2.3.0/spacecraft/7/"))
        assert ids("Spacecraft") == [7]

    def test_a_page_without_records(self) -> None:
        assert str(load(copied(envelope()))) == "no records"

    def test_a_file_on_disk(self, tmp_path: Path) -> None:
        file = tmp_path / "anything.json.gz"
        file.write_bytes(gzip.compress(json.dumps(TWO).encode()))
        load_file(str(file))
        assert ids("Spacecraft") == [1, 2]

    def test_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(TWO).encode())))
        load_file("-")
        assert ids("Spacecraft") == [1, 2]

    def test_how_far_it_has_come_is_told(self) -> None:
        stages: dict[str, list[int]] = {}

        def begins(stage: str, steps: int) -> None:
            stages[stage] = [steps, 0]

        def goes_on(steps: int) -> None:
            list(stages.values())[-1][1] += steps

        load_bytes(LINES.encode(), Hints("lines"), Progress(begins, goes_on))
        rows = sum(len(rows) for name, rows in catalogue().items() if "_" not in name)
        assert stages == {"reading": [2, 2], "writing": [rows, rows]}


class TestWhichEndpoint:
    """A file of look-ups, whose records look all alike, tells it in one of many ways."""

    RECORD = {"id": 5, "name": "Capsule"}

    @pytest.mark.parametrize(
        ("page", "hints"),
        [
            (copied(envelope(RECORD), path="/2.3.0/config/spacecraft_configuration_types/"), {}),
            (copied(RECORD, path="/2.3.0/config/spacecraft_configuration_types/5/"), {}),
            (envelope(RECORD) | {"next": "http://localhost:8/2.3.0/config/spacecraft_configuration_types/?limit=1"}, {}),
            (envelope(RECORD) | {"previous": "https://a.example/ll/2.3.0/config/spacecraft_configuration_types/"}, {}),
            ([RECORD], {"endpoint": "config/spacecraft_configuration_types"}),
            ([RECORD], {"endpoint": "/config/spacecraft_configuration_types/"}),
            ([RECORD], {"name": "/home/me/spacecraft_configuration_types.json"}),
            ([RECORD], {"name": "config-spacecraft-configuration-types.normal.json.gz"}),
        ],
    )  # fmt: skip
    def test_it_is_told(self, page: Any, hints: dict[str, Any]) -> None:
        load(page, **hints)
        assert catalogue()["SpacecraftConfigType"] == [(5, "Capsule")]

    @pytest.mark.parametrize(
        "host", ["https://lldev.thespacedevs.com", "http://10.1.2.3:8000", "http://[::1]"]
    )
    @pytest.mark.parametrize("query", ["", "?format=json", "?format=api"])
    def test_a_record_tells_it_by_its_url_on_any_host(self, host: str, query: str) -> None:
        load([agency(3, url=f"{host}/2.3.0/agencies/3/{query}")])
        assert ids("Agency") == [3]

    @pytest.mark.parametrize("mode", ["list", "normal", "detailed"])
    def test_a_record_tells_it_by_its_keys_where_no_other_has_them(self, mode: str) -> None:
        load([{key: value for key, value in agency(3, mode).items() if key != "url"}])
        assert ids("Agency") == [3]

    def test_records_of_several_endpoints_may_share_a_file(self) -> None:
        report = load([agency(3), craft(1)])
        assert str(report).startswith("1 agency: 1 created, 0 changed, 0 unchanged; 1 spacecraft: 1 created")

    def test_nothing_tells_it(self) -> None:
        assert sentence([self.RECORD]) == (
            "record 5: nothing tells which endpoint it is of; say so with --endpoint, "
            "as in --endpoint spacecraft."
        )

    def test_the_page_and_the_person_disagree(self) -> None:
        said = sentence([agency(3)], endpoint="config/countries")
        assert said == "record 3: it is of agencies, not of config/countries as --endpoint says."

    def test_an_endpoint_that_is_none(self) -> None:
        for page, hints in [
            ([craft(1)], {"endpoint": "zoo"}),
            (copied(envelope(craft(1)), path="/2.3.0/zoo/"), {}),
            ([craft(1, url="https://ll.thespacedevs.com/2.3.0/zoo/1/")], {}),
        ]:
            assert " is not an endpoint of Cosmodrome; there are agencies, astronauts, " in sentence(
                page, **hints
            )

    def test_an_endpoint_that_is_misspelt(self) -> None:
        said = sentence([craft(1)], endpoint="spacecrafts")
        assert said == "'spacecrafts' is not an endpoint of Cosmodrome; did you mean spacecraft?"

    def test_another_version(self) -> None:
        url = "https://ll.thespacedevs.com/2.2.0/spacecraft/1/"
        said = f"record 1: url: the text '{url}' is of version 2.2.0; version 2.3.0 is read here."
        assert sentence([craft(1, url=url)]) == said


class TestWhenItWasRead:
    DATE = "Date: Tue, 21 Apr 2026 12:00:00 GMT\n"

    @staticmethod
    def read_at() -> datetime | None:
        return Spacecraft.objects.get().totals_read_at

    def test_the_page_itself_comes_before_what_a_person_says(self) -> None:
        report = load(copied(craft(1), headers=self.DATE), MONDAY, file_time=WEDNESDAY)
        assert self.read_at() == TUESDAY
        assert report.notes == ["Taken as of 2026-04-21 12:00:00 UTC (its Date header), not of --as-of."]
        load(copied(craft(2)), MONDAY, file_time=WEDNESDAY)
        assert Spacecraft.objects.get(pk=2).totals_read_at == MONDAY

    def test_then_the_date_of_the_answer(self) -> None:
        load(copied(craft(1), headers=self.DATE), file_time=WEDNESDAY)
        assert self.read_at() == TUESDAY

    def test_also_in_small_letters_and_in_another_zone(self) -> None:
        load(f"HTTP/2 200\r\ndate: Tue, 21 Apr 2026 14:00:00 +0200\r\n\r\n{json.dumps(craft(1))}")
        assert self.read_at() == TUESDAY

    @pytest.mark.parametrize("date", ["", "Date: soon\n", "Date: Tue, 99 Apr 2026 12:00:00 GMT\n"])
    def test_then_the_time_of_the_file(self, date: str, tmp_path: Path) -> None:
        file = tmp_path / "page.txt"
        file.write_text(copied(craft(1), headers=date))
        os.utime(file, (WEDNESDAY.timestamp(), WEDNESDAY.timestamp()))
        load_file(str(file))
        assert self.read_at() == WEDNESDAY

    def test_and_for_standard_input_the_present(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(craft(1)).encode())))
        load_file("-")
        assert self.read_at() == NOW

    def test_pages_of_one_file_have_each_their_own(self, api: Api) -> None:
        newer = copied(craft(1, flights_count=9, name="Newer"), headers=self.DATE)
        older = copied(craft(1, flights_count=8), headers=self.DATE.replace("21", "20").replace("Tue", "Mon"))
        load(f"{newer}\n{older}")
        assert self.read_at() == TUESDAY
        answer = api.json("spacecraft/1")
        assert (answer["name"], answer["flights_count"]) == ("Newer", 9)


GOOD = json.dumps(craft(1))
HTML = "<!DOCTYPE html>\n<html><head><title>502 Bad\n Gateway</title>\n<style>\nbody\n{color: red}\n</style>"

BROKEN_TEXTS = {
    "": "The file is empty.",
    " \n\n": "The file is empty.",
    "Modes\n\nLevels of detail": "There is no JSON in the file.",
    HTML: "The file is an HTML page called '502 Bad Gateway', not JSON: ask the server with format=json.",
    f"HTTP/1.1 502 Bad Gateway\n\n{HTML}": (
        "The file is an HTML page called '502 Bad Gateway', answered with HTTP 502 Bad Gateway, "
        "not JSON: ask the server with format=json."
    ),
    copied({"detail": "Not found."}, status="404 Not Found"): (
        "The file holds the answer 'HTTP 404 Not Found', not records."
    ),
    '{"detail": "Request was throttled. Expected available in 9 seconds."}': (
        "The file holds an error answer, not records: "
        "the text 'Request was throttled. Expected available in 9 seconds.'."
    ),
    '{"count": 1, "results": {}}': "results: a list is expected, not an object.",
    '[{"id": 1, "name"': "The JSON is cut off at line 1, column 18.",
    '[{"id": 1,\n "name": "Soyu': "The JSON is cut off at line 2, column 10.",
    '[{"id": 1, "in_space": fal': "The JSON is cut off at line 1, column 24.",
    '[{"id": 1}\n': "The JSON is cut off at line 2, column 1.",
    '[{"id": 1, "name": "caf\\u00': "The JSON is cut off at line 1, column 25.",
    '[{"id": 1} {"id": 2}]': "The JSON is broken (Expecting ',' delimiter) at line 1, column 12.",
    "[{'id': 1}]": (
        "The JSON is broken (Expecting property name enclosed in double quotes) at line 1, column 3."
    ),
    '[{"id": NaN}]': "The JSON is broken: NaN is not a JSON value.",
    "[" * 100_000: "The JSON is nested too deeply.",
    "[[]]": "record no. 1 of the file: an object is expected, not a list.",
    f"{GOOD}\n[7]": "record no. 2 of the file: an object is expected, not the number 7.",
    f"{GOOD} and more": "Line 1 holds the text 'and more', which belongs to no JSON value.",
    f"{GOOD}\nand more": "Line 2 holds the text 'and more', which belongs to no JSON value.",
    f'{GOOD}\n"id": 2}}\n{GOOD}': """Line 2 holds the text '"id": 2}', which belongs to no JSON value.""",
    f'"id": 2}}\n{GOOD}': """Line 1 holds the text '"id": 2}', which belongs to no JSON value.""",
    f"  ]\n}}\n{copied(craft(1))}": "Line 1 holds the text ']', which belongs to no JSON value.",
}


class TestBrokenFiles:
    @pytest.mark.parametrize("text", BROKEN_TEXTS, ids=lambda text: text[:30])
    def test_a_sentence_says_what_is_wrong(self, text: str) -> None:
        load(craft(5))
        assert sentence(text) == BROKEN_TEXTS[text]

    def test_bytes_that_are_no_text(self) -> None:
        assert sentence(b"[\xff]") == "The file is not UTF-8 text: invalid start byte at byte 1."

    def test_a_damaged_gzip_file(self) -> None:
        packed = gzip.compress(GOOD.encode())
        assert sentence(packed[:-9]).startswith("The gzip file is damaged or cut off: ")
        assert sentence(packed[:40] + b"?" + packed[41:]).startswith("The gzip file is damaged or cut off: ")

    def test_the_sentence_begins_with_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "page.json"
        with pytest.raises(BrokenFile, match=f"^{file}: The file can't be read: No such file or directory.$"):
            load_file(str(file))
        file.write_text("[")
        with pytest.raises(BrokenFile, match=f"^{file}: The JSON is cut off at line 1, column 2.$"):
            load_file(str(file))

    def test_standard_input_is_called_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(BrokenFile, match=r"^standard input: It is closed.$"):
            load_file("-")

    @examples(25)
    @given(st.integers(1, len(copied(envelope(craft(1)))) - 1), st.booleans())
    def test_a_page_that_is_cut_anywhere_is_refused(self, end: int, is_copied: bool) -> None:
        page = (copied if is_copied else json.dumps)(envelope(craft(1)))
        said = sentence(page[: min(end, len(page) - 1)])
        assert said.startswith(("The JSON is cut off", "There is no JSON")), said


BROKEN_RECORDS: list[tuple[Any, str]] = [
    (craft(1, name=5), "spacecraft 1: name: a text is expected, not the number 5."),
    (craft(1, name=None), "spacecraft 1: name: a text is expected, not null."),
    (craft(1, name="x" * 256),
     f"spacecraft 1: name: at most 255 characters are expected, and there are 256, not the text '{'x' * 60}'…."),
    (craft(1, name="a\x00b"),
     r"spacecraft 1: name: a text without NUL and halves of characters is expected, not the text 'a\x00b'."),
    (craft(1, description="\ud800"),
     r"spacecraft 1: description: a text without NUL and halves of characters is expected, not the text '\ud800'."),
    (craft(1, in_space=1), "spacecraft 1: in_space: true or false is expected, not the number 1."),
    (craft(1, flights_count="3"), "spacecraft 1: flights_count: a whole number is expected, not the text '3'."),
    (craft(1, flights_count=True), "spacecraft 1: flights_count: a whole number is expected, not true."),
    (craft(1, flights_count=1.5), "spacecraft 1: flights_count: a whole number is expected, not the number 1.5."),
    (craft(1, flights_count=2**31),
     "spacecraft 1: flights_count: a number from -2147483648 to 2147483647 is expected, not the number 2147483648."),
    (craft(1, time_docked="P1Y"),
     "spacecraft 1: time_docked: a duration like P11DT19H14M36S is expected, not the text 'P1Y'."),
    (craft(1, time_docked=86400),
     "spacecraft 1: time_docked: a duration like P11DT19H14M36S is expected, not the number 86400."),
    (craft(1, time_docked="P200000000D"),
     "spacecraft 1: time_docked: a duration like P11DT19H14M36S is expected, not the text 'P200000000D'."),
    (craft(1, image=[]), "spacecraft 1: image: an object is expected, not a list."),
    (craft(1, status=None), "spacecraft 1: status: an object is expected, not null."),
    (craft(1, status="Active"), "spacecraft 1: status: an object is expected, not the text 'Active'."),
    (craft(1, status={"name": "Active"}), "spacecraft 1: status: there is no 'id'."),
    (craft(1, image=image(1, variants={})), "spacecraft 1: image.variants: a list is expected, not an object."),
    (craft(1, image=image(1, variants=[{"id": "1"}])),
     "spacecraft 1: image.variants[0].id: a whole number is expected, not the text '1'."),
    (craft(1, spacecraft_config=configuration(2, family=[family(1), family(2, manufacturer=agency(3, name=[]))])),
     "spacecraft 1: spacecraft_config.family[1].manufacturer.name: a text is expected, not a list."),
    (craft(1, spacecraft_config={"id": 99}),
     "spacecraft 1: spacecraft_config: there is no spacecraft configuration 99, neither in the file nor in the catalogue."),
    (craft(1, status={"id": 9, "nmae": "Active"}),
     "spacecraft 1: status: there is no spacecraft status 9, neither in the file nor in the catalogue."),
    ({key: value for key, value in craft(1).items() if key != "status"},
     "spacecraft 1: 'status' is missing, and a new spacecraft needs it."),
    (craft(1, spacecraft_config={"id": 7, "name": "Half"}),
     "spacecraft 1: spacecraft_config: 'type' is missing, and a new spacecraft configuration needs it."),
    (craft(1, response_mode="list"),
     "spacecraft 1: response_mode: one of normal, detailed is expected, not the text 'list'."),
    (craft(1, response_mode=["normal"]), "spacecraft 1: response_mode: one of normal, detailed is expected, not a list."),
    (configuration(1, "detailed", height="8 m"),
     "spacecraft_configurations 1: height: a number is expected, not the text '8 m'."),
    (configuration(1, "detailed", maiden_flight="1.4.2020"),
     "spacecraft_configurations 1: maiden_flight: a date like 2024-05-01 is expected, not the text '1.4.2020'."),
    (agency(1, "normal", country=None), "agencies 1: country: a list is expected, not null."),
    (agency(1, "detailed", social_media_links=[7]),
     "agencies 1: social_media_links[0]: an object is expected, not the number 7."),
]  # fmt: skip


class TestBrokenRecords:
    @pytest.mark.parametrize(("record", "said"), BROKEN_RECORDS, ids=lambda value: str(value)[:70])
    def test_a_sentence_names_the_record_and_the_field(self, record: Any, said: str) -> None:
        load(craft(8))
        assert sentence([craft(4), record]) == said

    @pytest.mark.parametrize("key", [None, 1.0, True, [], "absent"])
    def test_a_record_without_a_sensible_id_is_called_by_its_place(self, key: Any) -> None:
        record = craft(1, id=key)
        if key == "absent":
            del record["id"]
        for page in ([craft(4), record], f"{json.dumps(craft(4))}\n{json.dumps(record)}"):
            assert sentence(page).startswith("spacecraft no. 2 of the file: ")

    def test_an_id_of_the_wrong_type(self) -> None:
        said = "spacecraft 12: id: a whole number is expected, not the text '12'."
        assert sentence(craft(1, id="12")) == said

    def test_numbers_that_python_refuses_to_read(self) -> None:
        page = json.dumps(craft(1, flights_count="?")).replace('"?"', "9" * 5000)
        said = "spacecraft 1: flights_count: a whole number is expected, not the number inf."
        assert sentence(page) == said
        page = json.dumps(configuration(1, "detailed", height="?")).replace('"?"', "1e999")
        said = "spacecraft_configurations 1: height: a number of usual size is expected, not the number inf."
        assert sentence(page) == said

    def test_a_record_that_stands_twice_and_disagrees(self) -> None:
        assert sentence([craft(1), craft(2), craft(1, name="Another")]) == (
            "spacecraft 1: name: the record stands twice in the file and disagrees with itself: "
            "the text 'Craft 1' and the text 'Another'."
        )
        assert sentence([craft(1), craft(1, time_docked="P1D")]) == (
            "spacecraft 1: time_docked: the record stands twice in the file and disagrees with itself: "
            "the text 'P0D' and the text 'P1D'."
        )

    def test_a_record_that_stands_twice_and_agrees_is_fine(self) -> None:
        assert str(load([craft(1), craft(1)])).startswith("1 spacecraft: 1 created")

    def test_nothing_of_a_file_is_taken_in_when_its_last_record_is_broken(self) -> None:
        assert sentence([*map(craft, range(1, 1000)), craft(1000, spacecraft_config={"id": 99})])

    def test_what_a_file_says_reaches_no_terminal_raw(self, tmp_path: Path) -> None:
        file = tmp_path / "page.json"
        for hostile in (
            f'[{json.dumps(craft(1))[:-1]}, "name": "\\u001b[2J\\u202e", "name": ["\\u001b"]}}]',
            json.dumps(craft(1, id="\x1b[2J\r\n")),
            json.dumps(craft(1, url="http://x/2.3.0/a/\x1b[2J")),
            "HTTP 500 \x1b[2J\n\n[]",
            "<html><title>\x1b[2J</title>",
            f"{GOOD}\n\x1b[2J",
        ):
            file.write_text(hostile)
            with pytest.raises(BrokenFile) as broken:
                load_file(str(file))
            assert str(broken.value).isprintable()
        load(craft(1))
        report = load(craft(1, **{"\x1b[2J": 1}))
        assert report.notes == ["Not in the contract, and left out: SpacecraftNormal.\\x1b[2J."]


def test_a_database_that_refuses_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("cosmodrome.ingest.loader.upsert", refuse)
    assert sentence([craft(1)]) == f"The catalogue can't be written to ({BUSY.rstrip('.')})."


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "name"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@st.composite
def mutilated(draw: st.DrawFn) -> Any:
    """A record in which one value, at any depth, is another or gone."""
    record = json.loads(
        json.dumps(draw(st.sampled_from([craft(1), agency(1, "detailed"), configuration(1, "detailed")])))
    )
    place: Any = record
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if not place[key] or not isinstance(place[key], dict | list) or draw(st.booleans()):
            break
        place = place[key]
    if draw(st.booleans()):
        place[key] = draw(ANYTHING)
    else:
        del place[key]
    return record


@pytest.mark.parametrize("times", [pytest.param(30), pytest.param(80, marks=pytest.mark.slow)])
def test_whatever_stands_in_a_record_it_is_taken_in_or_refused_with_a_sentence(times: int) -> None:
    @examples(times)
    @given(mutilated())
    def holds(record: Any) -> None:
        with emptied():
            try:
                load([record], endpoint=None, name="spacecraft.json")
            except BrokenFile as error:
                assert str(error).endswith(".")
                assert not any(catalogue().values())

    holds()


def test_lists_of_look_ups_are_taken_in_like_any_other(api: Api) -> None:
    load([country(1), country(2)], endpoint="config/countries")
    assert api.json("config/countries")["results"] == [country(1), country(2)]


def test_the_date_of_the_tests_lies_before_their_clock() -> None:
    assert MONDAY < TUESDAY < WEDNESDAY < NOW
    assert NOW.tzinfo is UTC
