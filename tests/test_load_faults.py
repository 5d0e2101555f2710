"""What is said of a file with several faults, and what becomes of the rest of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cosmodrome.cli import app
from cosmodrome.ingest.errors import BrokenFile
from cosmodrome.ingest.files import Hints
from cosmodrome.ingest.loader import Report, load_bytes, load_file
from pages import MONDAY, agency, catalogue, configuration, copied, craft, envelope, load

pytestmark = pytest.mark.usefixtures("empty")

BAD = [
    craft(2, in_space="yes", name=5),
    craft(4, spacecraft_config=configuration(1, agency=agency(1, type={"name": "No id"}))),
    craft(5, status={"id": 99}),
    craft(6, status={"id": 99}),
]
SAID = [
    "spacecraft 2: name: a text is expected, not the number 5.",
    "spacecraft 2: in_space: true or false is expected, not the text 'yes'.",
    "spacecraft 4: spacecraft_config.agency.type: there is no 'id'.",
    "spacecraft 5: status: there is no spacecraft status 99, neither in the file nor in the catalogue.",
]
GOOD = [craft(1), craft(3), craft(7)]
PAGE = [GOOD[0], BAD[0], GOOD[1], *BAD[1:], GOOD[2]]


def faults(page: Any, **hints: Any) -> list[str]:
    """What is said of a page; the catalogue must stay as it was."""
    before = catalogue()
    with pytest.raises(BrokenFile) as broken:
        load(page, **hints)
    assert catalogue() == before
    return list(broken.value.args)


def load_the_rest(page: Any, **hints: Any) -> Report:
    text = page if isinstance(page, str) else json.dumps(page)
    return load_bytes(text.encode(), Hints("page", **hints), skip_invalid=True)


def told(report: Report) -> list[str]:
    return [fault.sentence for fault in report.left_out]


def ids(table: str) -> list[int]:
    return [row[0] for row in catalogue()[table]]


class TestAllFaults:
    def test_every_fault_of_every_record_is_named_once(self) -> None:
        assert faults(PAGE) == SAID

    def test_a_fault_is_not_told_again_by_what_follows_from_it(self) -> None:
        """The configuration is stated by a record with a fault, and by another only by its id."""
        stated = craft(1, in_space="yes", spacecraft_config=configuration(7))
        assert len(faults([stated, craft(2, spacecraft_config={"id": 7})])) == 1
        assert len(faults([craft(1, spacecraft_config=configuration(7, name=5))])) == 1

    def test_a_file_with_many_faults_names_the_first_twenty(self, tmp_path: Path) -> None:
        file = tmp_path / "page.json"
        file.write_text(json.dumps([craft(key, in_space="\x1b") for key in range(51)]))
        with pytest.raises(BrokenFile) as broken:
            load_file(str(file))
        first, *rest = str(broken.value).splitlines()
        assert first == f"{file}: 51 faults, and nothing of it is loaded:"
        assert rest[0] == r"  spacecraft 0: in_space: true or false is expected, not the text '\x1b'."
        assert len(rest) == 21
        assert rest[-1] == "  and 31 more."

    def test_faults_of_pages_of_several_moments_are_named_together(self) -> None:
        pages = [
            copied(envelope(record), headers=f"Date: Mon, {day} Apr 2026 12:00:00 GMT\n")
            for day, record in zip((20, 13, 27), BAD[:3], strict=True)
        ]
        assert faults("\n".join(pages)) == SAID


class TestLeavingOut:
    def test_each_record_is_named_and_the_rest_is_taken(self) -> None:
        report = load_the_rest(PAGE)
        assert told(report) == [
            *SAID,
            "spacecraft 6: there is no spacecraft status 99, neither in the file nor in the catalogue.",
        ]
        assert ids("Spacecraft") == [1, 3, 7]

    def test_the_catalogue_is_as_if_the_file_had_only_the_rest(self) -> None:
        load(GOOD, MONDAY)
        only_good = catalogue()
        load_the_rest(PAGE, as_of=MONDAY)
        assert catalogue() == only_good

    def test_nothing_of_a_record_that_is_left_out_stays(self) -> None:
        load_the_rest(
            [GOOD[0], craft(2, in_space="yes", spacecraft_config=configuration(7, agency=agency(9)))]
        )
        assert ids("SpacecraftConfig") == [1]
        assert ids("Agency") == [1]

    def test_what_names_a_record_that_is_left_out_is_left_out_too(self) -> None:
        stated = craft(1, in_space="yes", spacecraft_config=configuration(7))
        report = load_the_rest([stated, craft(2, spacecraft_config={"id": 7}), craft(3)])
        assert [sentence.partition(":")[0] for sentence in told(report)] == [
            "spacecraft 1",
            "spacecraft 2",
        ]
        assert ids("Spacecraft") == [3]

    def test_a_record_that_stands_twice_and_disagrees_counts_once(self) -> None:
        report = load_the_rest([craft(1), craft(1, name="Another"), craft(2)])
        assert [sentence.partition(" the record")[0] for sentence in told(report)] == ["spacecraft 1: name:"]
        assert ids("Spacecraft") == [1, 2]

    def test_a_file_without_faults_loses_nothing(self) -> None:
        assert load_the_rest(GOOD).left_out == []
        assert ids("Spacecraft") == [1, 3, 7]


def test_the_command_names_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    Path("page.json").write_text(json.dumps([craft(1), craft(2, in_space="yes")]))
    refused = CliRunner().invoke(app, ["load", "page.json"])
    assert refused.exit_code == 1
    taken = CliRunner().invoke(app, ["load", "page.json", "--skip-invalid"])
    assert taken.exit_code == 0
    assert taken.stdout.startswith("page.json: 1 spacecraft: 1 created, ")
    assert "; 1 record left out; as of " in taken.stdout
    assert taken.stderr == (
        "Left out: spacecraft 2: in_space: true or false is expected, not the text 'yes'.\n"
    )
