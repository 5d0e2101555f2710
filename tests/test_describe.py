"""`cosmodrome describe` takes paths, and urls of any server."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cosmodrome.cli import app
from cosmodrome.cli.commands import UNBROKEN
from cosmodrome.cli.terminal import Lines
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.schema.addresses import asked, read_address
from cosmodrome.resources.schema.describe import description

ORIGINAL = "https://ll.thespacedevs.com/2.3.0"


def described(text: str) -> str:
    """The output about an address, in a pipe."""
    address = read_address(text)
    assert address.resource
    console = Lines(file=StringIO(), width=UNBROKEN)
    for part in description(address.resource, address):
        console.print(part)
    return str(console.file.getvalue())  # type: ignore[attr-defined] # of StringIO


@pytest.mark.parametrize(
    "form",
    ["{}", "/{}/", "{}/?limit=1", "/2.3.0/{}/", ORIGINAL + "/{}/?limit=1", "http://[::1]:8000/sub/2.3.0/{}"],
)
def test_a_list_is_found_by_its_path_and_by_urls_of_any_server(form: str) -> None:
    for path, resource in RESOURCES.items():
        address = read_address(form.format(path))
        assert (address.path, address.resource, address.is_record) == (path, resource, False)


def test_a_record_is_found_by_its_url() -> None:
    text = described(f"{ORIGINAL}/agencies/44/?mode=list&format=json")
    assert "\na record  AgencyEndpointDetailed\n" in text and "mode=" not in text
    assert "ignored. A record has no modes: it is always detailed.\n" in text


def test_of_a_url_with_a_mode_this_mode_alone_is_shown() -> None:
    text = described(f"{ORIGINAL}/agencies/?mode=list")
    assert "\nmode=list  AgencyMini\n" in text and "queries of mode=list," in text
    assert "mode=normal" not in text and "mode=detailed" not in text
    every = described("agencies")
    assert "mode=list" in every and "mode=normal" in every and "mode=detailed" in every


def test_each_parameter_of_a_url_is_told() -> None:
    query = "mode=list&search=x&ordering=net&lsp__id=1&lsp__id=2&limit=3&at=now&serch=%1b[2J&mode=list"
    lines = described(f"{ORIGINAL}/launches/?{query}").partition("asked for\n")[2].partition("\n\n")[0]
    assert [re.split(" {2,}", line.strip()) for line in lines.splitlines()][2:] == [
        ["ordering", "net", "the order"],
        ["lsp__id", "1, 2", "a filter"],
        ["limit", "3", "the page, or its format"],
        ["at", "now", "beyond the contract"],
        ["serch", "%1B[2J", "ignored. There is no such parameter here: did you mean search?"],
    ]
    assert "searches in launch_designator, " in lines


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("https://ll.thespacedevs.com/2.2.0/launch/", "is of version 2.2.0; this server speaks 2.3.0."),
        ("https://ll.thespacedevs.com/launches/", "is of no endpoint: their paths begin with /2.3.0/."),
        ("http://[x/2.3.0/", "is no url: Invalid IPv6 URL."),
    ],
)
def test_what_is_no_address_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^'") as refused:
        read_address(text)
    assert str(refused.value) == f"{text!r} {sentence}"


def test_an_address_without_a_query_tells_no_parameters() -> None:
    assert "asked for" not in described("config/orbits")
    assert asked(RESOURCES["launches"], read_address("launches")).row_count == 0


def command(*words: str) -> Result:
    return CliRunner().invoke(app, ["describe", *words])


@pytest.mark.django_db(databases="__all__")
def test_the_command_tells_what_was_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSMODROME_DATA_DIR", str(tmp_path / "data"))
    for text in ("launchs", f"{ORIGINAL}/launchs/", "/2.3.0/launchs/?mode=list"):
        refused = command(text)
        assert (refused.exit_code, refused.stderr) == (
            1,
            "'launchs' is not an endpoint: did you mean launches?\n",
        )
    assert "there are agencies, " in command("xyz").stderr
    found = command(f"{ORIGINAL}/agencies/?mode=list")
    assert found.exit_code == 0 and "mode=list  AgencyMini\n" in found.stdout
    assert ", ".join(RESOURCES["agencies"].filter_names()) + "\n" in found.stdout  # neither cut nor padded
    assert len(command().stdout.splitlines()) == len(RESOURCES) + 1
